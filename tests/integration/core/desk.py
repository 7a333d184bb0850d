"""Shortcuts for tests of the deal desk: a deal, a product, a quote, an approval, a signature."""

from typing import Any

from tests.integration.core.conftest import Api

DEAL = {
    "deal_id": "D1",
    "created_at": "2026-02-01T09:00:00Z",
    "stage": "qualified",
    "amount": "1000.00",
    "currency": "USD",
    "risk": "low",
    "customer_id": "C1",
    "name": "Ada's renewal",
}
CUSTOMER = {"customer_id": "C1", "name": "Ada Lovelace", "created_on": "2026-01-01", "currency": "USD", "country": "GB"}
PRODUCT = {
    "product_id": "P1",
    "name": "Plan",
    "kind": "subscription",
    "standalone_price": "100.00",
    "currency": "USD",
}


def done(answer: tuple[int, Any]) -> Any:
    status, body = answer
    assert 200 <= status < 300, body
    return body


def with_deal(api: Api, **changes: Any) -> str:
    """A customer, a product and an open deal."""
    deal = DEAL | changes
    if api.call("GET", "/api/v1/customers/C1")[0] == 404:
        done(api.call("POST", "/api/v1/customers", CUSTOMER))
        done(api.call("POST", "/products", PRODUCT))
    done(api.call("POST", "/deals", deal))
    return str(deal["deal_id"])


def line(discount: str = "0", **changes: Any) -> dict[str, Any]:
    return {"product_id": "P1", "unit_amount": "100.00", "quantity": "10", "discount_percent": discount} | changes


def quote(api: Api, deal_id: str = "D1", *lines: dict[str, Any], **changes: Any) -> Any:
    return done(api.call("POST", f"/deals/{deal_id}/quote", {"lines": list(lines) or [line()]} | changes))


def deal(api: Api, deal_id: str = "D1") -> Any:
    return done(api.call("GET", f"/deals/{deal_id}"))


def approvals(api: Api, deal_id: str = "D1") -> Any:
    return done(api.call("GET", f"/deals/{deal_id}/approvals"))["items"]


def approve(api: Api, deal_id: str = "D1", **changes: Any) -> tuple[int, Any]:
    return api.call("POST", f"/deals/{deal_id}/approvals", {"decision": "approve"} | changes)


def refused(answer: tuple[int, Any], status: int, law: str, field: str | None = None) -> None:
    got, problem = answer
    assert got == status, problem
    assert problem["type"] == f"urn:revhouse:problem:{law}"
    if field is not None:
        assert problem["errors"][0]["field"] == field
