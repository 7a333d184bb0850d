"""The whole road over HTTP: from a deal to a credit note, each step by the role that may take it, told by the log."""

from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from tests.integration.core.conftest import Api
from transactional_api.kit.change_log import ChangeLogEntry

CUSTOMER = {"customer_id": "C1", "name": "Ada Ltd", "created_on": "2026-01-01", "currency": "USD", "country": "CH"}
PRODUCT = {"product_id": "P1", "name": "Seats", "kind": "subscription", "standalone_price": "100", "currency": "USD"}
DEAL = {
    "deal_id": "D1",
    "customer_id": "C1",
    "created_at": "2026-03-01T09:00:00Z",
    "stage": "qualified",
    "amount": "1000.00",
    "currency": "USD",
    "risk": "high",
    "payment_terms_days": 30,
}
LINE = {"product_id": "P1", "quantity": "10", "unit_amount": "100.00", "discount_percent": "25"}
# A line is one transaction; within it, owners are written before what they own.
STORY = """
customers insert
deals insert
deals first_touch_at
quotes insert pending_approval, quote_violations insert, approval_requests insert pending
approval_requests status approved, quotes status approved
envelopes insert
envelopes status signed, quotes status signed, deals signed_at, deals stage won
invoices insert draft
invoices status approved
invoices status posted
payments insert succeeded, payment_allocations insert, deals paid_at
refunds insert, refund_reopenings insert
credit_notes insert
"""


def done(answer: tuple[int, Any]) -> Any:
    assert answer[0] in (200, 201), answer
    return answer[1]


def told(api: Api) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """The tenant's log as (table, operation, before, after)."""
    import json

    query = select(ChangeLogEntry).where(ChangeLogEntry.tenant_id == api.tenant_id).order_by(ChangeLogEntry.change_no)
    with api.database.read(api.tenant_id) as unit:
        return [
            (one.entity, one.operation, json.loads(one.before_json or "{}"), json.loads(one.after_json or "{}"))
            for one in unit.session.scalars(query)
        ]


def place_of(step: str, log: list[tuple[str, str, dict[str, Any], dict[str, Any]]], start: int) -> int:
    """Where the log, from `start` on, tells the step: an insert (into a state), or a changed column (to a value)."""
    entity, what, *value = step.split()
    for at in range(start, len(log)):
        name, operation, before, after = log[at]
        if name != entity:
            continue
        if what == "insert" and operation == "insert" and (not value or after.get("status") == value[0]):
            return at
        changed = what != "insert" and operation == "update" and before.get(what) != after.get(what)
        if changed and (not value or after.get(what) == value[0]):
            return at
    raise AssertionError(f"after entry {start} the log does not tell: {step}; it tells {[each[:2] for each in log]}")


def test_the_whole_road_is_taken_by_those_who_may_and_told_by_the_log_in_order(api: Api) -> None:
    seller, boss = api.as_account("seller", "sales"), api.as_account("boss", "finance", "approver")
    billing = api.as_account("billing", "finance")
    done(api.call("POST", "/products", PRODUCT))
    done(seller.call("POST", "/api/v1/customers", CUSTOMER))
    done(seller.call("POST", "/deals", DEAL))
    done(seller.call("POST", "/deals/D1/touch", {"touched_at": "2026-03-01T09:04:00Z"}))

    quote = done(seller.call("POST", "/deals/D1/quote", {"lines": [LINE]}))
    assert (quote["status"], quote["total"]) == ("pending_approval", "750.00")
    assert [one["rule_id"] for one in quote["violations"]] == ["discount-high"]
    assert seller.call("POST", "/deals/D1/sign", {})[0] == 409
    assert seller.call("POST", "/deals/D1/approvals", {"decision": "approve"})[0] == 403
    done(boss.call("POST", "/deals/D1/approvals", {"decision": "approve", "comment": "once"}))
    assert done(seller.call("GET", "/deals/D1/quotes"))["items"][0]["status"] == "approved"

    envelope = done(seller.call("POST", "/deals/D1/sign", {}))
    page = urlsplit(envelope["signing_address"]).path
    assert "750.00" in api.client.get(page).text
    signed = api.client.post(page, data={"name": "Ada Lovelace", "consent": "yes"})
    assert signed.status_code == 200
    evidence = done(seller.call("GET", "/deals/D1/signature"))
    assert set(evidence["proof"].values()) == {True}
    assert done(seller.call("GET", "/deals/D1"))["stage"] == "won"

    staged = done(billing.call("POST", "/invoices/stage", {"deal_id": "D1", "issued_on": "2026-03-01"}))
    invoice = f"/invoices/{staged['invoice_id']}"
    assert billing.call("POST", "/invoices/stage", {"deal_id": "D1", "issued_on": "2026-03-01"})[0] == 409
    assert billing.call("POST", f"{invoice}/approve")[0] == 403
    assert billing.call("POST", f"{invoice}/post", {})[0] == 409
    done(boss.call("POST", f"{invoice}/approve"))
    posted = done(billing.call("POST", f"{invoice}/post", {}, key="post-1"))
    assert done(billing.call("POST", f"{invoice}/post", {}, key="post-1")) == posted
    shown = done(billing.call("GET", invoice))
    total = shown["total"]
    assert shown["outstanding"] == total

    order = {
        "payment_id": "A1",
        "customer_id": "C1",
        "invoice_id": staged["invoice_id"],
        "amount": total,
        "currency": "USD",
        "method": "card_ok",
    }
    assert done(billing.call("POST", "/payments/process", order))["status"] == "succeeded"
    assert done(billing.call("GET", invoice))["outstanding"] == "0.00"
    assert done(seller.call("GET", "/deals/D1"))["paid_at"] is not None
    done(billing.call("POST", "/payments/A1/refunds", {"amount": "100.00"}))
    assert done(billing.call("GET", invoice))["outstanding"] == "100.00"
    note = {"issued_on": "2026-03-01", "amount": "100.00", "reason": "service was down"}
    done(billing.call("POST", f"{invoice}/credit-notes", note))
    assert done(billing.call("GET", invoice))["outstanding"] == "0.00"

    log, at = told(api), -1
    for line in STORY.split("\n")[1:-1]:
        at = max(place_of(step, log, at + 1) for step in line.split(", "))
    actors = [key for key, _ in groupby(entry.actor for entry in api.log("invoices"))]
    assert actors == [f"account:{each.account_id}" for each in (billing, boss, billing)]
    assert "Ada" not in str(log)
    assert api.database.verify_chain("acme").holds
