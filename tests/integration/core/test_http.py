"""The core over HTTP: the whole road, and a problem document that names the field for everything refused."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.integration.core.conftest import Api
from transactional_api.access.service import create_key, revoke_key
from transactional_api.kit.change_log import ChangeLogEntry

PUBLIC = {"/health", "/readiness", "/liveness"}
# What proves itself in another way: by password, refresh token, the address of a signing page, or a signature.
PROVEN = {"/auth/token", "/auth/refresh", "/auth/sign-out", "/sign/{token}", "/webhooks/{provider}", "/webhooks/n8n"}
CUSTOMER = {"customer_id": "C1", "name": "Ada", "created_on": "2026-01-01", "currency": "USD"}
PRODUCT = {"product_id": "P1", "name": "Seats", "kind": "subscription", "standalone_price": "29", "currency": "USD"}
ITEM = {
    "item_id": "seats",
    "started_on": "2026-01-01",
    "billing_interval": "month",
    "unit_amount": "29.00",
    "product_id": "P1",
}
SUBSCRIPTION = {"subscription_id": "S1", "customer_id": "C1", "currency": "USD", "items": [ITEM]}
DEAL = {"deal_id": "D1", "created_at": "2026-01-01T09:00:00Z", "stage": "qualified", "customer_id": "C1"}
INVOICE = {
    "invoice_id": "I1",
    "customer_id": "C1",
    "issued_on": "2026-01-01",
    "due_on": "2026-01-31",
    "currency": "USD",
    "lines": [{"unit_amount": "10.01", "quantity": "2.5", "tax_rate": "0.19"}],
}
PAYMENT = {"payment_id": "A1", "customer_id": "C1", "received_on": "2026-01-20", "amount": "20.00", "currency": "USD"}


def done(answer: tuple[int, Any]) -> Any:
    assert answer[0] in (200, 201), answer
    return answer[1]


@pytest.fixture
def furnished(api: Api) -> Api:
    for path, body in (
        ("/api/v1/customers", CUSTOMER),
        ("/products", PRODUCT),
        ("/subscriptions", SUBSCRIPTION),
        ("/deals", DEAL),
        ("/invoices/stage", INVOICE),
        ("/payments", PAYMENT),
    ):
        done(api.call("POST", path, body))
    return api


def test_the_road_from_deal_to_payment_is_told_by_the_log_in_order(furnished: Api) -> None:
    api = furnished
    done(api.call("PATCH", "/api/v1/customers/C1", {"country": "DE"}))
    done(api.call("POST", "/deals/D1/touch", {"touched_at": "2026-01-01T09:04:00Z"}))
    done(api.call("POST", "/deals/D1/stage", {"stage": "proposal", "entered_at": "2026-01-02T11:00:00+02:00"}))
    won = {"closed_at": "2026-01-03T09:00:00Z", "closed_on": "2026-01-03", "reason": "price"}
    assert done(api.call("POST", "/deals/D1/win", won))["stage"] == "won"
    change = {"item_id": "seats", "effective_on": "2026-03-01", "unit_amount": "31.50", "quantity": "2"}
    done(api.call("POST", "/subscriptions/S1/change", change))
    done(api.call("POST", "/subscriptions/S1/pause", {"paused_from": "2026-04-01"}))
    done(api.call("POST", "/subscriptions/S1/resume", {"resumed_on": "2026-05-01"}))
    done(api.call("POST", "/subscriptions/S1/items", ITEM | {"item_id": "support", "started_on": "2026-05-01"}))
    done(api.call("POST", "/subscriptions/S1/items/support/end", {"ended_on": "2026-06-01"}))
    cancelled = done(api.call("POST", "/subscriptions/S1/cancel", {"ended_on": "2026-07-01"}))
    assert [(p["item_id"], p["unit_amount"], p["ended_on"]) for p in cancelled["periods"]] == [
        ("seats", "29.00", "2026-03-01"),
        ("seats", "31.50", "2026-07-01"),
        ("support", "29.00", "2026-06-01"),
    ]
    done(api.as_role("approver").call("POST", "/invoices/I1/approve"))
    posted = done(api.call("POST", "/invoices/I1/post", {}))
    assert (posted["number"], posted["total"], posted["lines"][0]["tax_amount"]) == ("INV-00000001", "29.79", "4.76")
    allocation = {"invoice_id": "I1", "allocated_on": "2026-01-20", "amount": "19.99"}
    paid = done(api.call("POST", "/payments/A1/allocations", allocation))
    assert paid["unallocated"] == "0.01"
    done(api.call("DELETE", "/payments/A1/allocations/I1/2026-01-20"))
    done(api.call("POST", "/invoices/I1/void", {"voided_on": "2026-02-01"}))
    assert done(api.call("GET", "/invoices/I1"))["status"] == "void"
    with api.database.read("acme") as unit:
        query = select(ChangeLogEntry).where(ChangeLogEntry.tenant_id == "acme").order_by(ChangeLogEntry.change_no)
        story = [(entry.entity, entry.operation) for entry in unit.session.scalars(query)]
    assert story[:4] == [
        ("customers", "insert"),
        ("products", "insert"),
        ("subscriptions", "insert"),
        ("subscription_periods", "insert"),
    ]
    assert story[-4:] == [
        ("invoices", "update"),
        ("payment_allocations", "insert"),
        ("payment_allocations", "delete"),
        ("invoices", "update"),
    ]
    assert api.database.verify_chain("acme").holds


def test_lists_go_page_by_page_without_a_gap(api: Api) -> None:
    for number in range(5):
        done(api.call("POST", "/api/v1/customers", CUSTOMER | {"customer_id": f"C{number}"}))
    seen, cursor = [], ""
    while True:
        page = done(api.call("GET", f"/api/v1/customers?limit=2{cursor}"))
        seen += [row["customer_id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"C{number}" for number in range(5)]


def test_every_list_shows_what_was_written(furnished: Api) -> None:
    for path in ("/api/v1/customers", "/products", "/subscriptions", "/deals", "/invoices", "/payments", "/api-keys"):
        assert len(done(furnished.call("GET", path))["items"]) == 1, path


def test_every_operation_asks_for_a_key(client: TestClient) -> None:
    operations = [
        (method, path)
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for method in methods
        if path not in PUBLIC | PROVEN
    ]
    assert len(operations) > 25
    for method, path in operations:
        answer = client.request(method, path, json={})
        assert answer.status_code == 401, (method, path)
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_that_is_wrong_revoked_or_altered_opens_nothing(api: Api) -> None:
    with api.database.transaction("acme", "test") as unit:
        row, revoked = create_key(unit, "old")
        revoke_key(unit, row.key_id)
    last = "A" if api.key[-1] != "A" else "B"
    for key in ("", "x", "rvh__", revoked, api.key[:-1], api.key[:-1] + last, api.key.swapcase()):
        answer = api.client.get("/api/v1/customers", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 401, key


def test_another_tenants_ids_do_not_exist(furnished: Api, other_api: Api) -> None:
    before = furnished.database.change_log_heads()
    day = "2026-02-01"
    for method, path, body in (
        ("GET", "/api/v1/customers/C1", None),
        ("PATCH", "/api/v1/customers/C1", {"country": "DE"}),
        ("GET", "/products/P1", None),
        ("GET", "/subscriptions/S1", None),
        ("POST", "/subscriptions/S1/cancel", {"ended_on": day}),
        ("POST", "/subscriptions/S1/items", ITEM),
        ("GET", "/deals/D1", None),
        ("POST", "/deals/D1/touch", {"touched_at": "2026-01-02T00:00:00Z"}),
        ("GET", "/invoices/I1", None),
        ("POST", "/invoices/I1/post", {}),
        ("DELETE", "/invoices/I1", None),
        ("GET", "/payments/A1", None),
        ("POST", "/payments/A1/allocations", {"invoice_id": "I1", "allocated_on": day, "amount": "1"}),
        ("POST", "/subscriptions", SUBSCRIPTION),
        ("POST", "/invoices/stage", INVOICE),
        ("POST", "/payments", PAYMENT),
        ("GET", "/api/v1/customers?tenant_id=acme", None),
    ):
        status, _ = other_api.call(method, path, body)
        assert status == 404, (method, path)
    for path in ("/api/v1/customers", "/subscriptions", "/invoices", "/payments", "/deals", "/products"):
        assert done(other_api.call("GET", path))["items"] == []
    assert furnished.database.change_log_heads() == before


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/api/v1/customers", CUSTOMER | {"nick_name": "x"}, 422, "nick_name"),
        ("/api/v1/customers", CUSTOMER | {"created_on": 20000}, 422, "created_on"),
        ("/api/v1/customers", CUSTOMER | {"created_on": "2026-02-30"}, 422, "created_on"),
        ("/api/v1/customers", CUSTOMER | {"currency": "ZZZ"}, 422, "currency"),
        ("/api/v1/customers", CUSTOMER | {"currency": "XAU"}, 422, "currency"),
        ("/api/v1/customers", CUSTOMER | {"customer_id": "a\u001fb"}, 422, "customer_id"),
        ("/api/v1/customers", CUSTOMER | {"name": "\u0000"}, 422, "name"),
        ("/api/v1/customers", CUSTOMER | {"parent_customer_id": "nobody"}, 404, "parent_customer_id"),
        ("/api/v1/customers", "not an object", 422, "body"),
        ("/products", PRODUCT | {"standalone_price": 29.5}, 422, "standalone_price"),
        ("/products", PRODUCT | {"standalone_price": 29}, 422, "standalone_price"),
        ("/products", PRODUCT | {"standalone_price": "NaN"}, 422, "standalone_price"),
        ("/products", PRODUCT | {"standalone_price": "1e3"}, 422, "standalone_price"),
        ("/products", PRODUCT | {"standalone_price": "29.001"}, 422, "standalone_price"),
        ("/products", PRODUCT | {"standalone_price": "29.5", "currency": "JPY"}, 422, "standalone_price"),
        ("/products", PRODUCT | {"standalone_price": "99999999999999999"}, 422, "standalone_price"),
        ("/products", PRODUCT | {"standalone_price": "-1"}, 422, "standalone_price"),
        ("/products", PRODUCT | {"currency": None}, 422, "currency"),
        ("/products", PRODUCT | {"kind": "magic"}, 422, "kind"),
        ("/subscriptions", SUBSCRIPTION | {"customer_id": "nobody"}, 404, "customer_id"),
        ("/subscriptions", SUBSCRIPTION | {"items": []}, 422, "items"),
        ("/subscriptions", SUBSCRIPTION | {"items": [ITEM | {"unit_amount": "1.001"}]}, 422, "items.0.unit_amount"),
        ("/subscriptions", SUBSCRIPTION | {"items": [ITEM | {"quantity": 2}]}, 422, "items.0.quantity"),
        ("/subscriptions", SUBSCRIPTION | {"items": [ITEM, ITEM]}, 409, "items"),
        ("/deals", DEAL | {"created_at": "2026-01-01T09:00:00"}, 422, "created_at"),
        ("/deals", DEAL | {"stage": "won"}, 422, "stage"),
        ("/deals", DEAL | {"amount": "5"}, 422, "currency"),
        ("/invoices/stage", INVOICE | {"due_on": "2025-12-31"}, 422, "due_on"),
        ("/invoices/stage", INVOICE | {"lines": [{"unit_amount": "0.001"}]}, 422, "lines.0.unit_amount"),
        (
            "/invoices/stage",
            INVOICE | {"lines": [{"unit_amount": "1", "discount": "2"}]},
            422,
            "lines.0.discount",
        ),
        ("/payments", PAYMENT | {"amount": "0"}, 422, "amount"),
        ("/payments", PAYMENT | {"currency": "usd"}, 422, "currency"),
    ],
)
def test_what_is_refused_names_its_field_and_writes_nothing(
    api: Api, path: str, body: Any, status: int, field: str | None
) -> None:
    if path != "/api/v1/customers":
        done(api.call("POST", "/api/v1/customers", CUSTOMER))
    if path not in ("/api/v1/customers", "/products"):
        done(api.call("POST", "/products", PRODUCT))
    before = api.database.change_log_heads()
    got, problem = api.call("POST", path, body)
    assert got == status, problem
    assert problem["status"] == status
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    if field is not None:
        assert field in [error["field"] for error in problem["errors"]]
    assert api.database.change_log_heads() == before


def test_what_the_state_forbids_is_a_conflict(furnished: Api) -> None:
    done(furnished.as_role("approver").call("POST", "/invoices/I1/approve"))
    done(furnished.call("POST", "/invoices/I1/post", {"number": "2026-1"}))
    allocation = {"invoice_id": "I1", "allocated_on": "2026-01-20", "amount": "20.01"}
    for method, path, body in (
        ("POST", "/api/v1/customers", CUSTOMER),
        ("POST", "/invoices/I1/post", {}),
        ("DELETE", "/invoices/I1", None),
        ("POST", "/invoices/I1/void", {"voided_on": "2025-12-31"}),
        ("POST", "/payments/A1/allocations", allocation),
        ("POST", "/payments/A1/fail", None),
        ("POST", "/subscriptions/S1/resume", {"resumed_on": "2026-02-01"}),
        ("POST", "/subscriptions/S1/items/seats/end", {"ended_on": "2026-02-01"}),
        ("POST", "/deals/D1/stage", {"stage": "proposal", "entered_at": "2025-01-01T00:00:00Z"}),
    ):
        status, problem = furnished.call(method, path, body)
        assert (status, problem["status"]) == (409, 409), (path, problem)


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"[" * 100_000, 400), (b'{"name": ', 422), (b"\xff\xfe", 422), (b"x" * 3_000_000, 413), (b"", 422)],
)
def test_bodies_that_are_no_json_too_deep_or_too_large_are_refused(api: Api, content: bytes, status: int) -> None:
    headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "application/json"}
    answer = api.client.post("/api/v1/customers", content=content, headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/api/v1/customers/%00", "/api/v1/customers/%FF", "/api/v1/customers/a%2Fb", "/nothing"]
)
def test_odd_addresses_are_refused_and_never_an_error_of_ours(api: Api, path: str) -> None:
    status, problem = api.call("GET", path)
    assert status in (404, 422)
    assert problem["status"] == status


@pytest.mark.parametrize("query", ["cursor=abc", "cursor=W10", "limit=0", "limit=201", "limit=x"])
def test_a_page_that_cannot_be_is_refused_by_name(api: Api, query: str) -> None:
    status, problem = api.call("GET", f"/api/v1/customers?{query}")
    assert status == 422
    assert problem["errors"][0]["field"] == query.partition("=")[0]


def test_keys_are_shown_once_and_kept_as_hashes(api: Api) -> None:
    made = done(api.call("POST", "/api-keys", {"name": "robot", "roles": ["sales"]}))
    listed = done(api.call("GET", "/api-keys"))["items"]
    assert made["key"] not in str(listed)
    assert "key_hash" not in str(listed)
    done(api.call("DELETE", f"/api-keys/{made['key_id']}"))
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert api.client.get("/api/v1/customers", headers=headers).status_code == 401


def test_health_needs_no_key_and_gives_no_figure(client: TestClient) -> None:
    for path in PUBLIC:
        assert client.get(path).json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/payments", "/payments"),
        ("/payments/process", "/payments/process"),
        ("/payments/P1", "/payments/{payment_id}"),
        ("/deals/D1/quote", "/deals/{deal_id}/quote"),
        ("/health", "/health"),
    ],
)
def test_a_method_that_an_address_does_not_take_is_answered_with_those_that_it_takes(
    api: Api, path: str, template: str
) -> None:
    answer = api.client.request("OPTIONS", path, headers={"Authorization": f"Bearer {api.key}"})
    assert answer.status_code == 405
    documented = api.client.get("/openapi.json").json()["paths"][template]
    assert answer.headers["allow"].split(", ") == sorted(method.upper() for method in documented)
