"""Webhook endpoints over HTTP: who hears of what, secrets that are shown once, replay, dead letters."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from standardwebhooks import Webhook

from tests.integration.core.conftest import NOW, Api
from tests.integration.core.receiver import Receiver, receiving
from transactional_api.events.dispatcher import dispatch
from transactional_api.events.jobs import JOBS
from transactional_api.settings import Settings

DEAL = {"created_at": "2026-03-01T00:00:00Z", "stage": "new"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def settings(client: TestClient) -> Settings:
    found: Settings = client.app.state.settings  # type: ignore[attr-defined]
    found.allow_private_webhooks = "127.0.0.1"
    found.webhook_attempts = 3
    return found


@pytest.fixture
def rounds(api: Api, settings: Settings) -> Callable[[float], None]:
    """Dispatches once, after the clock has gone on by so many seconds."""

    def run(seconds: float = 0) -> None:
        api.database.clock.instant += timedelta(seconds=seconds)  # type: ignore[attr-defined]
        dispatch(api.database, settings)

    return run


def listen(api: Api, receiver: Receiver, *event_types: str) -> dict[str, Any]:
    body = {"url": receiver.url, "event_types": list(event_types) or ["*"]}
    status, endpoint = api.call("POST", "/webhook-endpoints", body)
    assert status == 201, endpoint
    return dict(endpoint)


def make_deal(api: Api, deal_id: str) -> int:
    """Returns the change number at which the deal was created."""
    assert api.call("POST", "/deals", DEAL | {"deal_id": deal_id})[0] == 201
    return api.log("deals", deal_id)[0].change_no


@pytest.mark.covers("POST /webhook-endpoints")
@pytest.mark.covers("GET /webhook-endpoints/{endpoint_id}")
def test_an_endpoint_is_told_in_a_signed_message_of_what_happens_from_then_on(
    api: Api, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    make_deal(api, "before")
    endpoint = listen(api, receiver)
    secret = endpoint.pop("secret")
    assert api.call("GET", f"/webhook-endpoints/{endpoint['endpoint_id']}") == (200, endpoint)
    number = make_deal(api, "D1")
    rounds()
    [message] = receiver.received
    assert message.body == {
        "type": "deal.created",
        "timestamp": "2026-03-01T12:00:00.000000Z",
        "data": message.body["data"],
        "tenant": "acme",
        "change_no": number,
    }
    assert message.body["data"]["deal_id"] == "D1"
    assert message.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = Webhook(secret).sign(message.id, NOW, message.raw.decode())
    assert message.headers["webhook-signature"] == signed
    [entry] = api.log("webhook_endpoints", endpoint["endpoint_id"])
    assert (entry.operation, "secret" in str(entry.after_json)) == ("insert", False)
    rounds(3600)
    assert len(receiver.received) == 1


def test_a_secret_is_shown_once_even_when_the_request_comes_again(api: Api, settings: Settings) -> None:
    body = {"url": "https://example.com/", "event_types": ["*"]}
    first = api.call("POST", "/webhook-endpoints", body, key="k1")
    again = api.call("POST", "/webhook-endpoints", body, key="k1")
    assert first[1].pop("secret").startswith("whsec_")
    assert again[1].pop("secret") is None
    assert first == again


@pytest.mark.covers("PATCH /webhook-endpoints/{endpoint_id}")
def test_a_changed_endpoint_hears_of_other_events_and_a_paused_one_of_none(
    api: Api, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    address = f"/webhook-endpoints/{listen(api, receiver)['endpoint_id']}"
    status, changed = api.call("PATCH", address, {"event_types": ["deal.touched", "deal.touched"]})
    assert (status, changed["event_types"]) == (200, ["deal.touched"])
    assert api.call("GET", address)[1] == changed
    make_deal(api, "D1")
    api.call("POST", "/deals/D1/touch", {"touched_at": "2026-03-01T01:00:00Z"})
    rounds()
    assert [one.body["type"] for one in receiver.received] == ["deal.touched"]
    assert api.call("PATCH", address, {"status": "paused", "event_types": ["*"]})[0] == 200
    make_deal(api, "D2")
    rounds()
    assert api.call("PATCH", address, {"status": "active"})[0] == 200
    make_deal(api, "D3")
    rounds()
    assert [one.body["data"]["deal_id"] for one in receiver.received] == ["D1", "D3"]
    assert [entry.operation for entry in api.log("webhook_endpoints")] == ["insert", "update", "update", "update"]


@pytest.mark.covers("DELETE /webhook-endpoints/{endpoint_id}")
@pytest.mark.covers("GET /webhook-endpoints")
def test_a_deleted_endpoint_is_gone_with_its_deliveries(
    api: Api, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    kept, gone = listen(api, receiver), listen(api, receiver)
    make_deal(api, "D1")
    assert api.call("DELETE", f"/webhook-endpoints/{gone['endpoint_id']}") == (204, None)
    assert api.call("GET", f"/webhook-endpoints/{gone['endpoint_id']}")[0] == 404
    assert [one["endpoint_id"] for one in api.call("GET", "/webhook-endpoints")[1]["items"]] == [kept["endpoint_id"]]
    rounds()
    assert len(receiver.received) == 1
    assert [one.operation for one in api.log("webhook_endpoints", gone["endpoint_id"])] == ["insert", "delete"]


@pytest.mark.covers("POST /webhook-endpoints/{endpoint_id}/rotate-secret")
def test_during_the_overlap_messages_carry_a_signature_of_each_secret(
    api: Api, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    endpoint = listen(api, receiver)
    path = f"/webhook-endpoints/{endpoint['endpoint_id']}/rotate-secret"
    status, rotated = api.call("POST", path, {"overlap_hours": 2})
    assert (status, rotated["old_expires_at"]) == (200, "2026-03-01T14:00:00.000000Z")

    def signed_by() -> list[bool]:
        make_deal(api, f"D{len(receiver.received)}")
        rounds()
        one, now = receiver.received[-1], api.database.clock.now()
        shown = one.headers["webhook-signature"].split()
        return [
            Webhook(s).sign(one.id, now, one.raw.decode()) in shown for s in (endpoint["secret"], rotated["secret"])
        ]

    assert signed_by() == [True, True]
    rounds(2 * 3600)
    assert signed_by() == [False, True]
    assert api.call("GET", f"/webhook-endpoints/{endpoint['endpoint_id']}")[0] == 200


@pytest.mark.covers("GET /webhook-endpoints/{endpoint_id}/deliveries")
def test_deliveries_tell_what_became_of_each_event(api: Api, receiver: Receiver, rounds: Callable[..., None]) -> None:
    endpoint = listen(api, receiver)
    path = f"/webhook-endpoints/{endpoint['endpoint_id']}/deliveries"
    receiver.answer = lambda one: 500 if one.body["data"]["deal_id"] == "D1" else 200
    for number in range(3):
        make_deal(api, f"D{number}")
    rounds()
    items = api.call("GET", path)[1]["items"]
    assert [(one["status"], one["attempts"], one["last_outcome"]) for one in items] == [
        ("delivered", 1, "http-200"),
        ("pending", 1, "http-500"),
        ("delivered", 1, "http-200"),
    ]
    first = api.call("GET", f"{path}?limit=2")[1]
    rest = api.call("GET", f"{path}?limit=2&cursor={first['next_cursor']}")[1]
    assert first["items"] + rest["items"] == items
    assert [one["change_no"] for one in api.call("GET", f"{path}?status=pending")[1]["items"]] == [
        items[1]["change_no"]
    ]


@pytest.mark.covers("POST /webhook-endpoints/{endpoint_id}/replay")
def test_a_replay_sends_a_range_again_under_the_same_ids_and_nothing_beside_it(
    api: Api, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    numbers = [make_deal(api, f"D{number}") for number in range(3)]
    endpoint = listen(api, receiver)
    numbers += [make_deal(api, f"D{number}") for number in range(3, 6)]
    rounds()
    assert receiver.change_nos == numbers[3:]
    ids = {one.body["change_no"]: one.id for one in receiver.received}
    path = f"/webhook-endpoints/{endpoint['endpoint_id']}/replay"
    status, answer = api.call("POST", path, {"from_change_no": numbers[1], "to_change_no": numbers[4]})
    assert (status, answer["deliveries"]) == (200, 4)
    deliveries = api.call("GET", f"/webhook-endpoints/{endpoint['endpoint_id']}/deliveries?status=pending")[1]["items"]
    assert [one["change_no"] for one in deliveries] == numbers[1:5]
    rounds()
    assert receiver.change_nos == [*numbers[3:], *numbers[1:5]]
    assert all(ids.get(one.body["change_no"], one.id) == one.id for one in receiver.received)


def test_a_range_that_is_none_or_too_long_or_of_a_paused_endpoint_is_not_replayed(
    api: Api, receiver: Receiver, settings: Settings
) -> None:
    endpoint = listen(api, receiver)
    path = f"/webhook-endpoints/{endpoint['endpoint_id']}/replay"
    for first, last in ((2, 1), (1, 10**6), (1, 99), (0, 1)):
        status, problem = api.call("POST", path, {"from_change_no": first, "to_change_no": last})
        assert (status, problem["errors"][0]["field"][-9:]) == (422, "change_no")
    api.call("PATCH", f"/webhook-endpoints/{endpoint['endpoint_id']}", {"status": "paused"})
    status, problem = api.call("POST", path, {"from_change_no": 1, "to_change_no": 1})
    assert (status, problem["type"]) == (409, "urn:revhouse:problem:endpoint-inactive")


@pytest.mark.covers("GET /dead-letters")
@pytest.mark.covers("POST /dead-letters/{message_id}/retry")
def test_what_is_refused_as_often_as_it_may_be_is_a_dead_letter_until_it_is_retried(
    api: Api, other_api: Api, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    endpoint = listen(api, receiver)
    receiver.answer = lambda _: 500
    make_deal(api, "D1")
    for _ in range(5):
        rounds(3600)
    assert len(receiver.received) == 3
    assert len({one.id for one in receiver.received}) == 1
    [letter] = api.call("GET", "/dead-letters")[1]["items"]
    assert (letter["status"], letter["attempts"], letter["next_attempt_at"]) == ("dead", 3, None)
    path = f"/dead-letters/{letter['message_id']}/retry"
    assert other_api.call("POST", path)[0] == 404
    assert other_api.call("GET", "/dead-letters")[1]["items"] == []
    receiver.answer = lambda _: 204
    status, again = api.call("POST", path)
    assert (status, again["status"], again["attempts"]) == (200, "pending", 0)
    assert api.call("GET", "/dead-letters")[1]["items"] == []
    rounds(3600)
    [delivery] = api.call("GET", f"/webhook-endpoints/{endpoint['endpoint_id']}/deliveries")[1]["items"]
    assert (delivery["status"], receiver.received[-1].id) == ("delivered", letter["message_id"])
    status, problem = api.call("POST", path)
    assert (status, problem["errors"][0]["field"]) == (404, "message_id")


def test_other_tenants_and_other_roles_find_no_endpoint(
    api: Api, other_api: Api, receiver: Receiver, settings: Settings
) -> None:
    endpoint_id = listen(api, receiver)["endpoint_id"]
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"status": "paused"}),
        ("DELETE", "", None),
        ("GET", "/deliveries", None),
        ("POST", "/rotate-secret", {}),
        ("POST", "/replay", {"from_change_no": 1, "to_change_no": 1}),
    ):
        status, problem = other_api.call(method, f"/webhook-endpoints/{endpoint_id}{path}", body)
        assert (status, problem["errors"][0]["field"]) == (404, "endpoint_id")
        assert api.as_role("finance").call(method, f"/webhook-endpoints/{endpoint_id}{path}", body)[0] == 403
    assert len(api.log("webhook_endpoints")) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://169.254.169.254/", "event_types": ["*"]}, "url"),
        ({"url": "http://10.0.0.1/", "event_types": ["*"]}, "url"),
        ({"url": "ftp://example.com/", "event_types": ["*"]}, "url"),
        ({"url": "https://example.com/", "event_types": ["deal.eaten"]}, "event_types"),
        ({"url": "https://example.com/", "event_types": []}, "event_types"),
        ({"url": "https://example.com/", "event_types": ["*"], "secret": "x"}, "secret"),
    ],
)
def test_an_endpoint_that_could_not_be_told_is_refused(api: Api, body: dict[str, Any], field: str) -> None:
    status, problem = api.call("POST", "/webhook-endpoints", body)
    assert (status, problem["errors"][0]["field"]) == (422, field)
    assert api.log("webhook_endpoints") == []


def test_deliveries_are_forgotten_after_a_month_and_dead_letters_are_not(
    api: Api, receiver: Receiver, rounds: Callable[..., None], settings: Settings
) -> None:
    endpoint = listen(api, receiver)
    receiver.answer = lambda one: 500 if one.body["data"]["deal_id"] == "D1" else 200
    make_deal(api, "D1")
    make_deal(api, "D2")
    for _ in range(3):
        rounds(3600)
    forget = next(job for job in JOBS if job.name == "forget_deliveries").run
    assert forget(api.database, settings) == 0
    api.database.clock.instant += timedelta(days=31)  # type: ignore[attr-defined]
    assert forget(api.database, settings) == 1
    items = api.call("GET", f"/webhook-endpoints/{endpoint['endpoint_id']}/deliveries")[1]["items"]
    assert [one["status"] for one in items] == ["dead"]
