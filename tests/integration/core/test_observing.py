"""What the core says of itself over HTTP, health, metrics, a line per request, and what it refuses early."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.core.conftest import Api
from transactional_api.access.limits import Limits
from transactional_api.operations.logs import JsonLines


@pytest.mark.covers("GET /health")
@pytest.mark.covers("GET /readiness")
@pytest.mark.covers("GET /liveness")
def test_a_process_that_stops_is_alive_and_not_ready(client: TestClient) -> None:
    for path in ("/health", "/readiness", "/liveness"):
        assert (client.get(path).status_code, client.get(path).json()) == (200, {"status": "ok"})
    client.app.state.lifecycle.is_draining = True  # type: ignore[attr-defined]
    assert [client.get(path).status_code for path in ("/health", "/readiness", "/liveness")] == [503, 503, 200]
    assert client.get("/readiness").json()["type"] == "urn:revhouse:problem:not-ready"


def test_a_database_without_its_migrations_is_not_ready(
    client: TestClient, behind: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    behind("UPDATE alembic_version SET version_num = '0001'")
    answer = client.get("/readiness")
    assert (answer.status_code, answer.json()["detail"]) == (503, "the database lacks migrations")
    assert client.get("/liveness").status_code == 200


@pytest.mark.covers("GET /metrics")
def test_metrics_are_for_this_machine_and_for_who_may_read_them(client: TestClient, api: Api) -> None:
    assert client.get("/metrics").status_code == 401
    assert api.as_role("approver").call("GET", "/metrics")[0] == 403
    api.call("GET", "/deals/nothing")
    shown = api.as_role("analyst").send("GET", "/metrics")
    assert shown.headers["content-type"].startswith("text/plain")
    assert 'revhouse_http_requests_total{method="GET",route="/deals/{deal_id}",status="404"}' in shown.text
    for name in ("revhouse_http_seconds_bucket", "revhouse_payments", "revhouse_outbox_lag_changes 0.0"):
        assert name in shown.text
    assert "revhouse_database_up 1.0" in shown.text
    assert "acme" not in shown.text
    local = TestClient(client.app, client=("127.0.0.1", 5000))
    assert local.get("/metrics").status_code == 200
    assert local.get("/metrics", headers={"X-Forwarded-For": "9.9.9.9"}).status_code == 401
    assert TestClient(client.app, client=("::1", 5000)).get("/metrics").status_code == 200
    assert TestClient(client.app, client=("10.0.0.1", 5000)).get("/metrics").status_code == 401


def test_a_request_is_one_line_with_its_route_and_without_what_it_was_about(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "revhouse.requests"):
        body = {"deal_id": "secret-id", "name": "Ada Lovelace", "created_at": "2026-01-01T00:00:00Z", "stage": "new"}
        answer = api.send("POST", "/deals", body)
        api.send("GET", "/deals/secret-id?tenant_id=acme")
        api.client.get("/liveness")
        api.client.get("/nowhere", headers={"X-Request-Id": "mine-1"})
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    shown = [(one["method"], one["route"], one["status"]) for one in lines]
    assert shown == [("POST", "/deals", 201), ("GET", "/deals/{deal_id}", 200), ("GET", "none", 404)]
    assert lines[0]["tenant"] == "acme"
    assert lines[0]["actor"].startswith("key:")
    assert lines[0]["request_id"] == answer.headers["x-request-id"]
    assert lines[2]["request_id"] == "mine-1"
    assert not any(word in json.dumps(lines) for word in ("Ada", "secret-id", "tenant_id=", api.key))


@pytest.mark.parametrize("made", ["mine\r\nX: y", "x" * 65, "é", ""])
def test_a_request_id_that_could_forge_a_line_is_replaced(client: TestClient, made: str) -> None:
    answer = client.get("/liveness", headers={"X-Request-Id": made.encode()})
    assert answer.headers["x-request-id"] != made
    assert len(answer.headers["x-request-id"]) == 16


def test_a_body_that_nests_too_deeply_is_refused_before_anybody_is_asked_who_calls(client: TestClient) -> None:

    def send(depth: int) -> Any:
        body = b'{"a":' * depth + b"1" + b"}" * depth
        return client.post("/deals", content=body, headers={"content-type": "application/json"})

    assert (send(33).status_code, send(33).json()["type"]) == (400, "urn:revhouse:problem:body-too-deep")
    assert send(32).status_code == 401


def test_a_caller_that_writes_too_fast_is_told_when_to_come_again(client: TestClient) -> None:
    limited = TestClient(Limits(client.app, writes_per_minute=3, failed_sign_ins_per_minute=2))

    def touch(key: str) -> int:
        return limited.post("/deals/D1/touch", json={}, headers={"Authorization": f"Bearer {key}"}).status_code

    assert [touch("one") for _ in range(4)] == [401, 401, 401, 429]
    assert touch("other") == 401
    answer = limited.post("/deals/D1/touch", json={}, headers={"Authorization": "Bearer one"})
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:revhouse:problem:too-many-requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 20
    assert limited.get("/deals", headers={"Authorization": "Bearer one"}).status_code == 401


def test_sign_ins_that_fail_are_limited_by_address_and_those_that_hold_are_not(client: TestClient, api: Api) -> None:
    limited = Limits(client.app, writes_per_minute=0, failed_sign_ins_per_minute=2)

    def sign_in(address: str) -> int:
        asked = TestClient(limited, client=(address, 1))
        return asked.post("/auth/token", json={"login": "ada", "password": "wrong", "tenant": "acme"}).status_code

    assert [sign_in("9.9.9.9") for _ in range(3)] == [401, 401, 429]
    assert sign_in("9.9.9.8") == 401
    held = TestClient(limited, client=("9.9.9.7", 1))
    key = {"Authorization": f"Bearer {api.key}"}
    assert [held.post("/auth/refresh", json={"x": 1}, headers=key).status_code for _ in range(5)] == [422] * 5
