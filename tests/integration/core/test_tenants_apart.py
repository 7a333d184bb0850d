"""Every operation of the API, by a token of another tenant, on this tenant's ids: not there, and nothing changes."""

import hashlib
import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.integration.core.api_table import operations
from tests.integration.core.bodies import smallest_body
from tests.integration.core.conftest import NOW, Api
from tests.integration.core.furnishing import furnish
from transactional_api.database import Database
from transactional_api.events.tables import Delivery
from transactional_api.tables import Base

OPERATIONS = operations()
# A period is every tenant's own, and so are a purpose of a mapping and a data set; a token stands for itself.
OWN = {"month", "purpose", "token", "provider", "data_set"}
# The same for everybody until changed, and no JSON.
ALIKE = {"/accounting/mappings", "/metrics"}
# Ids that a tenant may give to something of its own.
GIVEN = {
    "POST /alerts": {"alert_id"},
    "POST /accounts": {"account_id"},
    "POST /api/v1/customers": {"customer_id"},
    "POST /api/v1/expenses": {"expense_id"},
    "POST /api/v1/sales": {"sale_id"},
    "POST /approval-delegations": {"delegation_id"},
    "POST /deals": {"deal_id"},
    "POST /invoices/stage": {"invoice_id"},
    "POST /payments": {"payment_id"},
    "POST /payments/process": {"payment_id"},
    "POST /policies": {"policy_id"},
    "POST /products": {"product_id"},
    "POST /subscriptions": {"subscription_id", "item_id"},
    "POST /api/v1/revenue-ops/ap/create": {"bill_id"},
    "POST /api/v1/revenue-ops/ar/create": {"invoice_id"},
    "POST /api/v1/revenue-ops/reconciliation/bank-lines": {"bank_line_id"},
    "POST /api/v1/revenue-ops/revenue-recognition/create": {"contract_id", "obligation_id"},
    "POST /api/v1/revenue-ops/tax/filings": {"filing_id"},
    "POST /api/v1/revenue-ops/tax/rates": {"rate_id"},
}


def parameters(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def addressed(path: str, ids: dict[str, str]) -> str:
    """The path with this tenant's ids in it. A KeyError names a parameter that the furnishing forgot."""
    known = ids | {"endpoint_id": ids["inbound_endpoint_id"]} if path.startswith("/inbound-endpoints") else ids
    return re.sub(r"{(\w+)}", lambda found: known[found[1]], path)


def state_of(database: Database, tenant_id: str) -> dict[str, str]:
    """A hash of every table's rows of the tenant."""
    found = {}
    with database.read(tenant_id) as unit:
        for table in Base.metadata.sorted_tables:
            rows = unit.session.execute(select(table).where(table.c.tenant_id == tenant_id)).all()
            found[table.name] = hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()
    return found


@pytest.fixture
def ids(api: Api) -> dict[str, str]:
    made = furnish(api.call, api.as_account("second", "admin").call)
    endpoint_id = made["endpoint_id"]
    with api.database.transaction("acme", "test") as unit:
        letter = Delivery(message_id="M1", endpoint_id=endpoint_id, change_no=1, event_type="x", status="dead")
        letter.attempts, letter.created_at = 10, NOW
        unit.session.add(letter)
    return made | {"message_id": "M1"}


def test_whatever_an_address_names_is_not_there_for_another_tenant(
    api: Api, other_api: Api, ids: dict[str, str]
) -> None:
    openapi = api.client.app.openapi()  # type: ignore[attr-defined]
    before = state_of(api.database, "acme")
    tried, wrong = 0, []
    for name, operation in OPERATIONS.items():
        method, _, path = name.partition(" ")
        if "x-permission" not in operation or not set(parameters(path)) - OWN or path.startswith("/webhooks"):
            continue
        body = smallest_body(operation, openapi, {"created_before": "2026-03-01"})
        status, answer = other_api.call(method, addressed(path, ids), body)
        tried += 1
        if status != 404:
            wrong.append((name, status, answer))
    assert not wrong, "\n".join(map(str, wrong))
    assert tried > 80
    assert state_of(api.database, "acme") == before


def test_whatever_a_body_names_is_not_there_for_another_tenant(api: Api, other_api: Api, ids: dict[str, str]) -> None:
    openapi = api.client.app.openapi()  # type: ignore[attr-defined]
    before = state_of(api.database, "acme")
    mine = {"customer_id": "MINE", "name": "Bo", "created_on": "2026-01-01", "currency": "USD"}
    assert other_api.call("POST", "/api/v1/customers", mine)[0] == 201
    account = {"account_id": "MINE", "login": "mine", "roles": ["approver"]}
    assert other_api.call("POST", "/accounts", account)[0] == 201
    own = {"customer_id": "MINE", "from_account_id": "MINE", "due_on": "2026-03-01", "currency": "USD"}
    own |= {"lines": [{"unit_amount": "1"}]}
    tried, wrong = 0, []
    for name, operation in OPERATIONS.items():
        method, _, path = name.partition(" ")
        if "x-permission" not in operation or set(parameters(path)) - OWN or path.startswith("/webhooks"):
            continue
        for field, value in ids.items():
            body = smallest_body(operation, openapi, own | {field: value})
            if method == "GET" or field in GIVEN.get(name, ()) or not named_in(body, field, value):
                continue
            status, answer = other_api.call(method, addressed(path, ids), body)
            tried += 1
            if status != 404 or field not in str(answer["errors"]):
                wrong.append((name, field, status, answer))
    assert not wrong, "\n".join(map(str, wrong))
    assert tried > 20
    assert state_of(api.database, "acme") == before


def named_in(body: Any, field: str, value: str) -> bool:
    if isinstance(body, dict):
        return body.get(field) == value or any(named_in(inner, field, value) for inner in body.values())
    return isinstance(body, list) and any(named_in(inner, field, value) for inner in body)


def test_no_list_shows_anything_of_another_tenant(other_api: Api, ids: dict[str, str]) -> None:
    tried = 0
    for name in OPERATIONS:
        method, _, path = name.partition(" ")
        if method == "GET" and path not in ALIKE and not parameters(path) and "x-permission" in OPERATIONS[name]:
            shown = other_api.call("GET", path)[1]
            if "items" in shown:
                tried += 1
                foreign = [item for item in shown["items"] if set(map(str, item.values())) & set(ids.values())]
                assert foreign == [], path
    assert tried > 15


def test_an_operation_without_a_permission_is_forbidden_and_does_nothing(api: Api, ids: dict[str, str]) -> None:
    """A caller without any role reaches nothing but itself."""
    nobody = api.as_account("nobody")
    before = state_of(api.database, "acme")
    openapi = api.client.app.openapi()  # type: ignore[attr-defined]
    for name, operation in OPERATIONS.items():
        method, _, path = name.partition(" ")
        permission = operation.get("x-permission", "")
        if ":" in permission:
            status, answer = nobody.call(method, addressed(path, ids), smallest_body(operation, openapi, {}))
            assert (status, answer["detail"]) == (403, f"this needs the permission {permission}"), name
    assert state_of(api.database, "acme") == before
