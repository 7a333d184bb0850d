"""A request under a key takes effect once: its first answer comes again, and nobody else gets it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import func, select

from tests.integration.core.conftest import NOW, Api
from transactional_api.access.boundary import Caller
from transactional_api.access.identity import Identity
from transactional_api.database import Database, UnitOfWork
from transactional_api.idempotency import service
from transactional_api.idempotency.errors import KeyInFlight
from transactional_api.idempotency.service import Answer, Claim
from transactional_api.idempotency.tables import IdempotencyKey
from transactional_api.kit.clock import FixedClock
from transactional_api.kit.http import Result

ACCOUNT = {"account_id": "A1", "login": "ada", "roles": ["sales"]}


def test_the_same_request_gets_the_first_answer_and_takes_effect_once(api: Api) -> None:
    api.call("POST", "/accounts", ACCOUNT)
    first = api.send("PATCH", "/accounts/A1", {"display_name": "Ada"}, key="k")
    again = api.send("PATCH", "/accounts/A1", {"display_name": "Ada"}, key="k")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(api.log("accounts", "A1")) == 2


@pytest.mark.parametrize("change", [{"display_name": "Eve"}, {"display_name": "Ada", "status": "disabled"}])
def test_another_request_under_the_key_is_refused_and_does_nothing(api: Api, change: dict[str, Any]) -> None:
    api.call("POST", "/accounts", ACCOUNT)
    api.call("PATCH", "/accounts/A1", {"display_name": "Ada"}, key="k")
    status, problem = api.call("PATCH", "/accounts/A1", change, key="k")
    assert (status, problem["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert api.call("GET", "/accounts/A1")[1]["display_name"] == "Ada"
    assert api.call("POST", "/accounts/A1/reset-password", None, key="k")[0] == 422


def test_a_refusal_of_the_domain_is_the_answer_to_the_key_too(api: Api) -> None:
    assert api.call("PATCH", "/accounts/A1", {"display_name": "Ada"}, key="k")[0] == 404
    api.call("POST", "/accounts", ACCOUNT)
    replayed = api.send("PATCH", "/accounts/A1", {"display_name": "Ada"}, key="k")
    assert (replayed.status_code, replayed.headers["Idempotency-Replayed"]) == (404, "true")
    assert replayed.headers["content-type"] == "application/problem+json"
    assert api.call("PATCH", "/accounts/A1", {"display_name": "Ada"}, key="k2")[0] == 200


def test_a_request_that_was_never_understood_leaves_the_key_free(api: Api) -> None:
    assert api.call("POST", "/accounts", ACCOUNT | {"nick": "x"}, key="k")[0] == 422
    assert api.call("POST", "/accounts", ACCOUNT, key="k")[0] == 201


def test_keys_of_callers_and_tenants_do_not_meet(api: Api, other_api: Api) -> None:
    for each in (api, api.as_role("admin"), other_api):
        body = ACCOUNT | {"account_id": f"A-{each.key[:16]}", "login": each.key[:16]}
        assert each.call("POST", "/accounts", body, key="k")[0] == 201


@pytest.mark.parametrize("key", ["x" * 201, "two words", "tab\tbed"])
def test_a_key_that_is_none_is_refused_by_name(api: Api, key: str) -> None:
    status, problem = api.call("POST", "/accounts", ACCOUNT, key=key)
    assert (status, problem["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_many_at_the_same_moment_are_one(api: Api) -> None:
    api.call("POST", "/accounts", ACCOUNT)
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(api.send, "PATCH", "/accounts/A1", {"display_name": "Ada"}, "k") for _ in range(16)]
        answers = [one.result() for one in sent]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    fresh = [a for a in answers if a.status_code == 200 and "Idempotency-Replayed" not in a.headers]
    assert len(fresh) == 1
    assert len(api.log("accounts", "A1")) == 2


class _Request:
    """What `Caller` asks of a request."""

    class route:
        status_code = 201

    scope: ClassVar[dict[str, object]] = {"route": route}


class Said(Result):
    outcome: str


def test_work_that_waits_for_another_machine_holds_the_key_until_it_is_settled(database: Database) -> None:
    claim = Claim("key:x", "k", "f")

    def caller() -> Caller:
        made = Caller(database, Identity.of("acme", "key:x", ("admin",)), _Request())  # type: ignore[arg-type]
        made.claim = claim
        return made

    def crash(_begun: str) -> str:
        raise KeyboardInterrupt

    def begin(_unit: UnitOfWork) -> tuple[str, str]:
        return "payment:P1", "P1"

    def finish(_unit: UnitOfWork, outcome: str) -> Said:
        return Said(outcome=outcome)

    with pytest.raises(KeyboardInterrupt):
        caller().perform_outside(begin, crash, finish)
    with pytest.raises(KeyInFlight):
        caller().perform_outside(begin, lambda begun: begun, finish)
    with database.transaction("acme", "worker") as unit:
        service.settle(unit, "payment:P1", Answer(201, '{"outcome":"late"}'))
        service.settle(unit, "payment:P1", Answer(201, '{"outcome":"later"}'))
    answer = caller().perform_outside(begin, lambda begun: begun, finish)
    assert (answer.status_code, answer.body) == (201, b'{"outcome":"late"}')


def test_settled_keys_are_forgotten_after_thirty_days_and_held_ones_are_not(database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        service.keep(unit, Claim("c", "settled", "f"), Answer(200, "{}"))
        service.hold(unit, Claim("c", "held", "f"), "payment:P1")
    assert service.forget_old(database) == 0
    database.clock = FixedClock(NOW + timedelta(days=31))
    assert service.forget_old(database) == 1
    with database.all_tenants(writes=False) as session:
        assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1
