"""Policies over HTTP: versions that stay, one active, every fault named, and what would have been decided."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError

from tests.integration.core.conftest import Api
from tests.integration.core.desk import done, line, quote, refused, with_deal
from transactional_api.database import Database
from transactional_api.kit.errors import DomainError

POLICY = {
    "policy_id": "P",
    "name": "House rules",
    "content": {
        "rules": [
            {
                "rule_id": "discount",
                "when": {"discount_percent": "> 5"},
                "outcome": "block",
                "message": "five percent is enough",
            }
        ]
    },
}


def content(limit: int, outcome: str = "block") -> dict[str, Any]:
    asked = {"approvers": ["finance_review"]} if outcome == "route" else {}
    rule = {"rule_id": "discount", "when": {"discount_percent": f"> {limit}"}, "outcome": outcome, "message": "m"}
    return {"rules": [rule | asked], "approvers": [{"name": "finance_review", "role": "finance"}]}


@pytest.fixture
def policy(api: Api) -> Api:
    done(api.call("POST", "/policies", POLICY))
    return api


@pytest.mark.covers("GET /policy-templates")
@pytest.mark.covers("POST /policies")
@pytest.mark.covers("GET /policies/{policy_id}")
@pytest.mark.covers("GET /policies")
def test_a_policy_begins_as_a_template_and_is_not_active(api: Api) -> None:
    templates = {one["name"]: one["content"] for one in done(api.call("GET", "/policy-templates"))["items"]}
    assert {"standard", "strict", "parallel_review"} <= set(templates)
    made = done(api.call("POST", "/policies", {"policy_id": "S", "name": "Strict", "template": "strict"}))
    assert (made["version"], made["active_version"], made["content"]) == (1, None, templates["strict"])
    assert done(api.call("GET", "/policies/S")) == made
    (row,) = done(api.call("GET", "/policies"))["items"]
    assert (row["policy_id"], row["latest_version"], row["active_version"]) == ("S", 1, None)
    assert [entry.operation for entry in api.log("policies", "S")] == ["insert"]
    assert [entry.operation for entry in api.log("policy_versions")] == ["insert"]


@pytest.mark.covers("PATCH /policies/{policy_id}")
@pytest.mark.covers("GET /policies/{policy_id}/versions")
def test_other_content_is_a_new_version_and_the_same_content_is_none(policy: Api) -> None:
    changed = done(policy.call("PATCH", "/policies/P", {"content": content(7)}))
    assert (changed["version"], changed["latest_version"]) == (2, 2)
    assert done(policy.call("PATCH", "/policies/P", {"content": content(7), "name": "Renamed"}))["version"] == 2
    versions = done(policy.call("GET", "/policies/P/versions"))["items"]
    assert [(one["version_no"], one["is_active"]) for one in versions] == [(2, False), (1, False)]
    first = done(policy.call("GET", "/policies/P?version=1"))
    assert first["content"]["rules"][0]["when"] == {"discount_percent": "> 5"}
    page = done(policy.call("GET", "/policies/P/versions?limit=1"))
    assert done(policy.call("GET", f"/policies/P/versions?cursor={page['next_cursor']}"))["items"][0]["version_no"] == 1
    assert len(policy.log("policies", "P")) == 3


def test_the_database_itself_keeps_versions(policy: Api, behind: Callable[[str], Any]) -> None:
    for sql in ("UPDATE policy_versions SET content = '{}'", "DELETE FROM policy_versions"):
        with pytest.raises(Exception, match=r"append-only|kept"):
            behind(sql)


@pytest.mark.covers("POST /policies/{policy_id}/activate")
def test_an_active_policy_judges_from_the_next_quote_on(policy: Api) -> None:
    with_deal(policy)
    before = quote(policy, "D1", line("20"))
    assert (before["verdict"], before["policy_id"]) == ("pass", None)
    active = done(policy.call("POST", "/policies/P/activate", {}))
    assert (active["policy_id"], active["version_no"], active["action"]) == ("P", 1, "activate")
    after = quote(policy, "D1", line("20"))
    assert (after["verdict"], after["policy_id"], after["policy_version"]) == ("block", "P", 1)
    assert done(policy.call("GET", "/policies/P"))["active_version"] == 1
    (entry,) = policy.log("policy_activations")
    assert '"policy_id":"P"' in str(entry.after_json)
    refused(policy.call("POST", "/policies/P/activate", {"version": 1}), 409, "already-active")


def test_a_change_waits_for_its_activation(policy: Api) -> None:
    with_deal(policy)
    done(policy.call("POST", "/policies/P/activate", {}))
    done(policy.call("PATCH", "/policies/P", {"content": content(50)}))
    assert quote(policy, "D1", line("20"))["verdict"] == "block"
    done(policy.call("POST", "/policies/P/activate", {}))
    assert quote(policy, "D1", line("20"))["policy_version"] == 2


@pytest.mark.covers("POST /policies/{policy_id}/rollback")
def test_a_rollback_goes_back_step_by_step_and_across_policies(policy: Api) -> None:
    done(policy.call("POST", "/policies", {"policy_id": "Q", "name": "Other", "content": content(9)}))
    done(policy.call("PATCH", "/policies/P", {"content": content(7)}))
    for policy_id, version in (("P", 1), ("P", 2), ("Q", 1)):
        done(policy.call("POST", f"/policies/{policy_id}/activate", {"version": version}))
    refused(policy.call("POST", "/policies/P/rollback"), 409, "policy-not-active")
    assert done(policy.call("POST", "/policies/Q/rollback"))["version_no"] == 2
    back = done(policy.call("POST", "/policies/P/rollback"))
    assert (back["policy_id"], back["version_no"], back["action"]) == ("P", 1, "rollback")
    refused(policy.call("POST", "/policies/P/rollback"), 409, "nothing-before")
    assert done(policy.call("GET", "/policies/P"))["active_version"] == 1
    assert len(policy.log("policy_activations")) == 5


@pytest.mark.covers("POST /policies/{policy_id}/validate")
def test_every_fault_is_named_and_a_faulty_version_never_becomes_active(policy: Api) -> None:
    bad = content(5)
    bad["rules"][0]["when"] = {"discount_percent": "len(map([1..9], #)) > 0", "colour": "'red'"}
    bad["rules"].append({"rule_id": "r", "when": {"risk": "'low'"}, "outcome": "route", "message": "m"})
    verdict = done(policy.call("POST", "/policies/P/validate", {"content": bad}))
    assert not verdict["is_valid"]
    found = {(one["row"], one["column"]) for one in verdict["faults"]}
    assert found == {("discount", "discount_percent"), ("discount", "colour"), ("r", "approvers")}
    assert len(done(policy.call("GET", "/policies/P/versions"))["items"]) == 1, "validating keeps nothing"
    assert done(policy.call("POST", "/policies/P/validate", {})) == {"is_valid": True, "faults": []}
    done(policy.call("PATCH", "/policies/P", {"content": bad}))
    refused(policy.call("POST", "/policies/P/activate", {"version": 2}), 409, "policy-faulty", "version")
    refused(policy.call("POST", "/policies/P/simulate", WINDOW), 409, "policy-faulty", "version")
    assert policy.log("policy_activations") == []


WINDOW = {"created_from": "2026-02-01", "created_before": "2026-04-01"}


@pytest.mark.covers("POST /policies/{policy_id}/simulate")
def test_a_simulation_says_what_would_newly_be_decided(policy: Api) -> None:
    for number, discount in enumerate(("0", "8", "35"), start=1):
        with_deal(policy, deal_id=f"D{number}")
        quote(policy, f"D{number}", line(discount), quote_id=f"Q{number}")
    with_deal(policy, deal_id="D4", discount_percent="6")
    with_deal(policy, deal_id="D5")
    with_deal(policy, deal_id="D6", discount_percent="90", created_at="2026-01-31T23:59:59Z")
    done(policy.call("PATCH", "/policies/P", {"content": content(5, "route")}))
    found = done(policy.call("POST", "/policies/P/simulate", WINDOW | {"version": 1}))
    assert {one["subject_id"]: (one["happened"], one["would"]) for one in found["changed"]} == {
        "Q2": ("pass", "block"),
        "Q3": ("route", "block"),
        "D4": ("unguarded", "block"),
    }
    assert (found["subjects"], found["would_pass"], found["would_block"], found["newly_block"]) == (5, 2, 3, 3)
    assert found["changed"][0]["rule_ids"] == ["discount"]
    routed = done(policy.call("POST", "/policies/P/simulate", WINDOW))
    assert (routed["version"], routed["newly_route"], routed["newly_block"]) == (2, 2, 0)
    assert done(policy.call("GET", "/deals/D1/quotes"))["items"][0]["verdict"] == "pass", "a simulation changes nothing"
    assert policy.log("policy_activations") == []


def test_what_is_asked_wrongly_is_refused_by_its_field(policy: Api, other_api: Api) -> None:
    refused(policy.call("POST", "/policies", POLICY), 409, "key-taken", "policy_id")
    refused(policy.call("POST", "/policies", {"name": "x", "template": "none"}), 404, "template-not-found", "template")
    refused(policy.call("GET", "/policies/P?version=9"), 404, "version-not-found", "version")
    refused(policy.call("POST", "/policies/P/activate", {"version": 9}), 404, "version-not-found", "version")
    empty = {"created_from": "2026-02-01", "created_before": "2026-02-01"}
    refused(policy.call("POST", "/policies/P/simulate", empty), 422, "window-refused", "created_before")
    assert policy.call("GET", "/policies/P/versions?cursor=x")[0] == 422
    javascript = {"nodes": [{"type": "functionNode", "content": "while(true){}"}], "edges": []}
    assert policy.call("PATCH", "/policies/P", {"content": javascript})[0] == 422
    for method, path, body in (
        ("GET", "/policies/P", None),
        ("GET", "/policies/P/versions", None),
        ("PATCH", "/policies/P", {"name": "theirs"}),
        ("POST", "/policies/P/validate", {}),
        ("POST", "/policies/P/activate", {}),
        ("POST", "/policies/P/rollback", None),
        ("POST", "/policies/P/simulate", WINDOW),
    ):
        refused(other_api.call(method, path, body), 404, "policy-not-found", "policy_id")
    assert done(policy.call("GET", "/policies/P"))["name"] == "House rules"


def test_only_an_admin_writes_and_activates(policy: Api) -> None:
    for role in ("sales", "approver", "finance", "analyst", "auditor"):
        one = policy.as_role(role)
        assert one.call("GET", "/policies/P")[0] == 200
        assert one.call("PATCH", "/policies/P", {"name": "x"})[0] == 403
        assert one.call("POST", "/policies/P/activate", {})[0] == 403
        assert one.call("POST", "/policies", {"name": "x"})[0] == 403


def test_two_activations_at_once_leave_one_history(database: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from transactional_api.policies import service
    from transactional_api.policies.templates import BY_NAME

    with database.transaction("acme", "test") as unit:
        for policy_id in "ABCD":
            service.create_policy(unit, name=policy_id, policy=BY_NAME["strict"].policy, policy_id=policy_id)

    def activate(policy_id: str) -> bool:
        try:
            with database.transaction("acme", "test") as unit:
                service.activate(unit, policy_id)
        except (DomainError, DatabaseError):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(activate, "ABCD"))
    with database.read("acme") as unit:
        assert service.in_force(unit).policy_id in "ABCD"
