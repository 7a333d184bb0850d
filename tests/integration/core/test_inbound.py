"""Messages that come in: proved by their signature alone, carried out once, refused in one way."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.integration.core.conftest import NOW, Api
from transactional_api.events import rules

TOUCH = {"command": "deal.touch", "deal_id": "D1", "touched_at": "2026-03-01T01:00:00Z"}


@pytest.fixture
def deal(api: Api) -> str:
    assert api.call("POST", "/deals", {"deal_id": "D1", "created_at": "2026-03-01T00:00:00Z", "stage": "new"})[0] == 201
    return "D1"


@pytest.fixture
def sender(api: Api) -> dict[str, Any]:
    status, endpoint = api.call("POST", "/inbound-endpoints", {"sender": "n8n"})
    assert status == 201
    return dict(endpoint)


@pytest.fixture
def send(api: Api, sender: dict[str, Any]) -> Callable[..., httpx.Response]:
    def signed(body: Any, message_id: str = "msg_1", **changes: Any) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        at = changes.pop("at", NOW)
        headers = {
            "content-type": "application/json",
            "revhouse-endpoint": sender["endpoint_id"],
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": rules.signatures([sender["secret"]], message_id, at, raw.decode(errors="replace")),
        }
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        return api.client.post(
            "/webhooks/n8n", content=raw, headers={name: value for name, value in headers.items() if value is not None}
        )

    return signed


@pytest.mark.covers("POST /webhooks/n8n")
def test_a_signed_command_is_carried_out_by_n8n_and_only_once(
    api: Api, deal: str, send: Callable[..., httpx.Response]
) -> None:
    first = send(TOUCH)
    assert (first.status_code, first.json()) == (
        200,
        {"command": "deal.touch", "subject_id": "D1", "is_repeated": False},
    )
    assert api.call("GET", "/deals/D1")[1]["first_touch_at"] == "2026-03-01T01:00:00.000000Z"
    entry = api.log("deals", "D1")[-1]
    assert (entry.operation, entry.actor) == ("update", "n8n")
    assert send(TOUCH).json()["is_repeated"] is True
    assert len(api.log("deals", "D1")) == 2
    other = send(TOUCH | {"touched_at": "2026-03-01T00:30:00Z"})
    assert (other.status_code, other.json()["type"]) == (409, "urn:revhouse:problem:message-id-reused")
    assert len(api.log("deals", "D1")) == 2


def test_every_command_acts_through_its_service(api: Api, deal: str, send: Callable[..., httpx.Response]) -> None:
    raised = send(
        {
            "command": "alert.raise",
            "alert_id": "A1",
            "kind": "churn.at_risk",
            "severity": "warning",
            "subject_id": "C1",
            "observed": "0.82",
        },
        "m1",
    )
    assert raised.json()["subject_id"] == "A1"
    assert api.call("GET", "/alerts/A1")[1]["observed"] == "0.82"
    assert send({"command": "alert.acknowledge", "alert_id": "A1"}, "m2").status_code == 200
    assert api.call("GET", "/alerts/A1")[1]["acknowledged_by"] == "n8n"
    moved = {"command": "deal.move", "deal_id": "D1", "stage": "proposal", "entered_at": "2026-03-01T02:00:00Z"}
    assert send(moved, "m3").status_code == 200
    assert api.call("GET", "/deals/D1")[1]["stage"] == "proposal"
    assert {entry.actor for entry in api.log("alerts")} == {"n8n"}


@pytest.mark.parametrize(
    "change",
    [
        {"revhouse_endpoint": None},
        {"revhouse_endpoint": "in_000000000000000000000000"},
        {"webhook_id": None},
        {"webhook_id": "another"},
        {"webhook_id": "x" * 201},
        {"webhook_timestamp": None},
        {"webhook_timestamp": "1"},
        {"webhook_timestamp": "now"},
        {"webhook_signature": None},
        {"webhook_signature": "v1,AAAA"},
        {"webhook_signature": "v1"},
        {"at": NOW - timedelta(minutes=5, seconds=1)},
        {"at": NOW + timedelta(minutes=5, seconds=1)},
    ],
)
def test_what_is_not_verified_gets_one_answer_and_changes_nothing(
    api: Api, deal: str, send: Callable[..., httpx.Response], change: dict[str, Any]
) -> None:
    refused = send(TOUCH, **change)
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:revhouse:problem:message-not-verified")
    assert len(api.log("deals", "D1")) == 1


def test_the_signature_is_over_the_very_bytes(
    api: Api, deal: str, sender: dict[str, Any], send: Callable[..., httpx.Response]
) -> None:
    signature = rules.signatures([sender["secret"]], "msg_1", NOW, json.dumps(TOUCH))
    spaced = json.dumps(TOUCH, indent=1).encode()
    assert send(spaced, webhook_signature=signature).status_code == 401
    assert send(b"\xff\xfe").status_code == 401
    assert send(json.dumps(TOUCH).encode(), webhook_signature=signature).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"command": "deal.delete", "deal_id": "D1"}, "body"),
        ({"deal_id": "D1"}, "body"),
        ({**TOUCH, "extra": 1}, "extra"),
        ({**TOUCH, "touched_at": 5}, "touched_at"),
        ({**TOUCH, "deal_id": "nothing"}, "deal_id"),
        ([], "body"),
        (b"{", "body"),
    ],
)
def test_a_signed_message_that_is_no_command_names_the_field_and_may_be_corrected(
    api: Api, deal: str, send: Callable[..., httpx.Response], body: Any, field: str
) -> None:
    refused = send(body)
    assert refused.status_code in (404, 422)
    assert refused.json()["errors"][0]["field"] == field
    assert send(TOUCH).status_code == 200


@pytest.mark.covers("POST /inbound-endpoints")
@pytest.mark.covers("GET /inbound-endpoints")
@pytest.mark.covers("GET /inbound-endpoints/{endpoint_id}")
@pytest.mark.covers("DELETE /inbound-endpoints/{endpoint_id}")
def test_a_revoked_endpoint_is_believed_no_more(
    api: Api, other_api: Api, deal: str, sender: dict[str, Any], send: Callable[..., httpx.Response]
) -> None:
    path = f"/inbound-endpoints/{sender['endpoint_id']}"
    shown = {name: value for name, value in sender.items() if name != "secret"}
    assert api.call("GET", path) == (200, shown)
    assert api.call("GET", "/inbound-endpoints")[1]["items"] == [shown]
    for method in ("GET", "DELETE"):
        assert other_api.call(method, path)[0] == 404
    assert send(TOUCH).status_code == 200
    assert api.call("DELETE", path) == (200, shown | {"status": "revoked"})
    assert send(TOUCH, "m2").status_code == 401
    assert api.call("DELETE", path)[0] == 409
    entries = api.log("inbound_endpoints", sender["endpoint_id"])
    assert [entry.operation for entry in entries] == ["insert", "update"]
    assert not any("secret" in str(entry.after_json) for entry in entries)


def test_a_command_reaches_only_the_tenant_of_its_endpoint(
    api: Api, other_api: Api, sender: dict[str, Any], send: Callable[..., httpx.Response]
) -> None:
    other_api.call("POST", "/deals", {"deal_id": "D1", "created_at": "2026-03-01T00:00:00Z", "stage": "new"})
    refused = send(TOUCH)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (404, "deal_id")
    assert len(other_api.log("deals", "D1")) == 1
