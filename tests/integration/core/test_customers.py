"""Customers, products and subscriptions over HTTP: each write is read back and stands in the log."""

from datetime import date
from typing import Any

import pytest

from tests.integration.core.conftest import Api
from transactional_api.customers import service as customers
from transactional_api.database import Database
from transactional_api.kit.errors import DomainError

CUSTOMERS = "/api/v1/customers"
ADA = {"customer_id": "C1", "name": "Ada", "created_on": "2026-01-01"}
SEATS = {"product_id": "P1", "name": "Seats", "kind": "subscription", "standalone_price": "29.00", "currency": "USD"}
ITEM = {"item_id": "seats", "started_on": "2026-01-01", "billing_interval": "month", "unit_amount": "29.00"}


def done(answer: tuple[int, Any], status: int = 200) -> Any:
    assert answer[0] == status, answer[1]
    return answer[1]


@pytest.mark.covers("POST /api/v1/customers")
@pytest.mark.covers("GET /api/v1/customers")
@pytest.mark.covers("GET /api/v1/customers/{customer_id}")
@pytest.mark.covers("PATCH /api/v1/customers/{customer_id}")
@pytest.mark.covers("DELETE /api/v1/customers/{customer_id}")
def test_a_customer_is_made_changed_and_removed_while_nothing_names_them(api: Api, other_api: Api) -> None:
    made = done(api.call("POST", CUSTOMERS, ADA | {"email": "ada@example"}), 201)
    assert done(api.call("GET", f"{CUSTOMERS}/C1")) == made
    changed = done(api.call("PATCH", f"{CUSTOMERS}/C1", {"country": "DE", "email": None}))
    assert done(api.call("GET", CUSTOMERS))["items"] == [changed]
    assert (changed["country"], changed["email"], changed["name"]) == ("DE", None, "Ada")
    assert other_api.call("DELETE", f"{CUSTOMERS}/C1")[0] == 404
    assert api.call("DELETE", f"{CUSTOMERS}/C1")[0] == 204
    assert api.call("GET", f"{CUSTOMERS}/C1")[0] == 404
    assert api.call("DELETE", f"{CUSTOMERS}/C1")[0] == 404
    log = api.log("customers", "C1")
    assert [(entry.operation, entry.personal_fields) for entry in log] == [
        ("insert", '["email","name"]'),
        ("update", '["email"]'),
        ("delete", '["name"]'),
    ]
    done(api.call("POST", CUSTOMERS, ADA), 201)
    assert api.database.verify_chain("acme").holds


@pytest.mark.parametrize(
    ("path", "body", "table"),
    [
        (CUSTOMERS, ADA | {"customer_id": "C2", "parent_customer_id": "C1"}, "customers"),
        ("/subscriptions", {"customer_id": "C1", "currency": "USD", "items": [ITEM]}, "subscriptions"),
        (
            "/api/v1/expenses",
            {"spent_on": "2026-01-01", "amount": "1", "category": "x", "customer_id": "C1"},
            "expenses",
        ),
    ],
)
def test_a_customer_who_is_named_stays_and_the_refusal_names_erasing(
    api: Api, path: str, body: dict[str, Any], table: str
) -> None:
    done(api.call("POST", CUSTOMERS, ADA), 201)
    done(api.call("POST", path, body), 201)
    status, problem = api.call("DELETE", f"{CUSTOMERS}/C1")
    assert (status, problem["type"]) == (409, "urn:revhouse:problem:customer-is-named")
    assert table in problem["detail"]
    assert f"{CUSTOMERS}/C1/erase" in problem["detail"]
    done(api.call("GET", f"{CUSTOMERS}/C1"))


def test_a_customer_cannot_be_removed_and_named_in_one_transaction(database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        customers.create_customer(unit, customer_id="C1", name="Ada", created_on=date(2026, 1, 1))
    with pytest.raises(DomainError), database.transaction("acme", "test") as unit:
        customers.create_customer(
            unit, customer_id="C2", name="Bob", created_on=date(2026, 1, 1), parent_customer_id="C1"
        )
        customers.remove_customer(unit, "C1")


def test_the_same_key_makes_one_customer(api: Api) -> None:
    body = {"name": "Ada", "created_on": "2026-01-01"}
    first = api.send("POST", CUSTOMERS, body, key="k1")
    again = api.send("POST", CUSTOMERS, body, key="k1")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert len(done(api.call("GET", CUSTOMERS))["items"]) == 1
    assert api.call("POST", CUSTOMERS, body | {"name": "Eve"}, key="k1")[0] == 422


@pytest.mark.covers("POST /products")
@pytest.mark.covers("GET /products")
@pytest.mark.covers("GET /products/{product_id}")
@pytest.mark.covers("PATCH /products/{product_id}")
def test_a_product_is_made_and_changed_field_by_field(api: Api, other_api: Api) -> None:
    made = done(api.call("POST", "/products", SEATS), 201)
    assert done(api.call("GET", "/products/P1")) == made
    changed = done(api.call("PATCH", "/products/P1", {"unit_cost": "4.00", "tax_category": "reduced"}))
    assert (changed["standalone_price"], changed["unit_cost"], changed["tax_category"]) == ("29.00", "4.00", "reduced")
    assert done(api.call("GET", "/products"))["items"] == [changed]
    yen = {"currency": "JPY", "standalone_price": "2900", "unit_cost": None}
    assert done(api.call("PATCH", "/products/P1", yen))["standalone_price"] == "2900"
    assert other_api.call("PATCH", "/products/P1", {"name": "x"})[0] == 404
    assert [entry.operation for entry in api.log("products", "P1")] == ["insert", "update", "update"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"kind": None}, "kind"),
        ({"kind": "magic"}, "kind"),
        ({"currency": "EUR"}, "standalone_price"),
        ({"currency": None}, "standalone_price"),
        ({"currency": None, "standalone_price": "1"}, "currency"),
        ({"standalone_price": "29.001"}, "standalone_price"),
        ({"unit_cost": "-1"}, "unit_cost"),
        ({"product_id": "P2"}, "product_id"),
    ],
)
def test_a_change_of_a_product_that_does_not_hold_is_refused_by_its_field(
    api: Api, change: dict[str, Any], field: str
) -> None:
    made = done(api.call("POST", "/products", SEATS), 201)
    status, problem = api.call("PATCH", "/products/P1", change)
    assert (status, problem["errors"][0]["field"]) == (422, field), problem
    assert done(api.call("GET", "/products/P1")) == made


@pytest.mark.covers("POST /subscriptions")
@pytest.mark.covers("GET /subscriptions")
@pytest.mark.covers("GET /subscriptions/{subscription_id}")
@pytest.mark.covers("POST /subscriptions/{subscription_id}/items")
@pytest.mark.covers("POST /subscriptions/{subscription_id}/items/{item_id}/end")
@pytest.mark.covers("POST /subscriptions/{subscription_id}/change")
@pytest.mark.covers("POST /subscriptions/{subscription_id}/pause")
@pytest.mark.covers("POST /subscriptions/{subscription_id}/resume")
@pytest.mark.covers("POST /subscriptions/{subscription_id}/cancel")
def test_a_subscription_lives_over_http_and_every_step_is_logged(api: Api, other_api: Api) -> None:
    done(api.call("POST", CUSTOMERS, ADA), 201)
    path = "/subscriptions/S1"
    body = {"subscription_id": "S1", "customer_id": "C1", "currency": "USD", "items": [ITEM]}
    done(api.call("POST", "/subscriptions", body), 201)
    support = ITEM | {"item_id": "support", "unit_amount": "5.00"}
    done(api.call("POST", f"{path}/items", support))
    done(api.call("POST", f"{path}/change", {"item_id": "seats", "effective_on": "2026-02-01", "quantity": "3"}))
    done(api.call("POST", f"{path}/items/support/end", {"ended_on": "2026-03-01"}))
    done(api.call("POST", f"{path}/pause", {"paused_from": "2026-04-01"}))
    done(api.call("POST", f"{path}/resume", {"resumed_on": "2026-05-01"}))
    ended = done(api.call("POST", f"{path}/cancel", {"ended_on": "2026-07-01", "requested_on": "2026-06-15"}))
    assert done(api.call("GET", path)) == ended
    assert done(api.call("GET", "/subscriptions?customer_id=C1"))["items"] == [ended]
    assert [(one["item_id"], one["started_on"], one["ended_on"], one["quantity"]) for one in ended["periods"]] == [
        ("seats", "2026-01-01", "2026-02-01", "1"),
        ("seats", "2026-02-01", "2026-07-01", "3"),
        ("support", "2026-01-01", "2026-03-01", "1"),
    ]
    status, problem = api.call("POST", f"{path}/pause", {"paused_from": "2026-08-01"})
    assert (status, problem["type"]) == (409, "urn:revhouse:problem:already-cancelled")
    assert other_api.call("POST", f"{path}/cancel", {"ended_on": "2026-07-01"})[0] == 404
    assert api.as_role("sales").call("POST", f"{path}/cancel", {"ended_on": "2026-07-01"})[0] == 403
    assert [entry.operation for entry in api.log("subscriptions", "S1")] == ["insert", "update"]
    assert len(api.log("subscription_periods")) >= 7
