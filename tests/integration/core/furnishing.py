"""A tenant that has one of everything, made over HTTP, and what stands for each parameter of a path."""

from collections.abc import Callable
from datetime import date
from typing import Any

Call = Callable[..., tuple[int, Any]]
OPS = "/api/v1/revenue-ops"
LINE = {"unit_amount": "100.00"}
BILLED = {"customer_id": "C1", "issued_on": "2026-01-01", "due_on": "2026-01-31", "currency": "USD", "lines": [LINE]}
TERM = {"starts_on": "2026-01-01", "ends_on": "2026-12-31"}


def furnish(call: Call, other: Call) -> dict[str, str]:
    """`other` is another account of the tenant, for what nobody may do alone. Returns parameter → id."""

    def made(path: str, body: Any, by: Call = call, method: str = "POST") -> Any:
        status, answer = by(method, path, body)
        assert status in (200, 201), (method, path, status, answer)
        return answer

    made("/api/v1/customers", {"customer_id": "C1", "name": "Ada", "created_on": "2026-01-01", "currency": "USD"})
    product = {"product_id": "P1", "name": "Seats", "kind": "subscription", "standalone_price": "100"}
    made("/products", product | {"currency": "USD"})
    item = {"item_id": "seats", "started_on": "2026-01-01", "billing_interval": "month", "unit_amount": "29"}
    made("/subscriptions", {"subscription_id": "S1", "customer_id": "C1", "currency": "USD", "items": [item]})
    account = made("/accounts", {"account_id": "ACC1", "login": "spare", "roles": ["analyst"]})
    key = made("/api-keys", {"name": "spare", "roles": ["analyst"]})
    return (
        {"customer_id": "C1", "product_id": "P1", "subscription_id": "S1", "item_id": "seats"}
        | {"account_id": account["account_id"], "key_id": key["key_id"]}
        | _deal(made, other)
        | _money(made, other)
        | _books(made)
        | _around(made)
    )


def _deal(made: Callable[..., Any], other: Call) -> dict[str, str]:
    deal = {"deal_id": "D1", "created_at": "2026-02-01T09:00:00Z", "stage": "qualified", "customer_id": "C1"}
    made("/deals", deal | {"amount": "100", "currency": "USD", "risk": "high"})
    quote = made("/deals/D1/quote", {"lines": [LINE | {"product_id": "P1", "discount_percent": "20"}]})
    assert quote["status"] == "pending_approval"
    made("/deals/D1/approvals", {"decision": "approve"}, other)
    made("/deals/D1/sign", {})
    made("/policies", {"policy_id": "POL1", "name": "ours"})
    made("/accounts", {"account_id": "ACC2", "login": "from", "roles": ["approver"]})
    made("/accounts", {"account_id": "ACC3", "login": "to", "roles": ["approver"]})
    period = {"starts_on": "2026-03-01", "ends_on": "2026-04-01"}
    accounts = {"from_account_id": "ACC2", "to_account_id": "ACC3"}
    made("/approval-delegations", {"delegation_id": "DEL1"} | accounts | period)
    return {"deal_id": "D1", "quote_id": quote["quote_id"], "policy_id": "POL1", "delegation_id": "DEL1"} | accounts


def _money(made: Callable[..., Any], other: Call) -> dict[str, str]:
    made("/invoices/stage", BILLED | {"invoice_id": "I1"})
    made("/invoices/I1/approve", None, other)
    made("/invoices/I1/post", {})
    payment = {"payment_id": "A1", "customer_id": "C1", "received_on": "2026-01-20", "currency": "USD"}
    made("/payments", payment | {"amount": "90.00"})
    made("/payments/A1/allocations", {"invoice_id": "I1", "allocated_on": "2026-01-20", "amount": "50.00"})
    dispute = made("/payments/A1/chargebacks", {"amount": "10.00"})
    made("/payments/A1/refunds", {"amount": "5.00"})
    made("/invoices/I1/credit-notes", {"issued_on": "2026-01-15", "amount": "10.00"})
    made("/invoices/I1/write-offs", {"written_off_on": "2026-02-15", "amount": "1.00"})
    posting = made("/accounting/postings", None, method="GET")["items"][0]
    chargeback = next(value for name, value in dispute.items() if name in ("chargeback_id", "refund_id"))
    return {
        "invoice_id": "I1",
        "payment_id": "A1",
        "allocated_on": date(2026, 1, 20).isoformat(),
        "chargeback_id": chargeback,
        "posting_id": posting["posting_id"],
        "purpose": "revenue",
    }


def _books(made: Callable[..., Any]) -> dict[str, str]:
    obligation = {"obligation_id": "O1", "standalone_price": "1200", "recognition": "over_time"}
    contract = {"contract_id": "K1", "customer_id": "C1", "signed_on": "2026-01-01", "currency": "USD"} | TERM
    made(f"{OPS}/revenue-recognition/create", contract | {"total_amount": "1200", "obligations": [obligation]})
    made(f"{OPS}/revenue-recognition/K1/recognize", {"through": "2026-02-28"})
    bill = {"bill_id": "B1", "vendor_id": "V1", "issued_on": "2026-01-05", "due_on": "2026-02-05"}
    made(f"{OPS}/ap/create", bill | {"amount": "50", "currency": "USD"})
    line = {"bank_line_id": "BL1", "booked_on": "2026-01-20", "amount": "90.00", "currency": "USD"}
    made(f"{OPS}/reconciliation/bank-lines", {"lines": [line]})
    matched = made(
        f"{OPS}/reconciliation/match",
        {"action": "confirm", "bank_line_id": "BL1", "payments": [{"payment_id": "A1", "amount": "1.00"}]},
    )
    filing = {"jurisdiction": "DE", "period_starts_on": "2026-01-01", "period_ends_on": "2026-01-31"}
    filed = made(f"{OPS}/tax/filings", filing | {"currency": "EUR"})
    rate = {"rate_id": "R1", "jurisdiction": "DE", "kind": "VAT", "rate": "0.19", "valid_from": "2027-01-01"}
    made(f"{OPS}/tax/rates", rate)
    return {
        "contract_id": "K1",
        "obligation_id": "O1",
        "bill_id": "B1",
        "bank_line_id": "BL1",
        "match_id": matched["matches"][0]["match_id"],
        "filing_id": filed["filing_id"],
        "rate_id": "R1",
        "month": "2026-01",
    }


def _around(made: Callable[..., Any]) -> dict[str, str]:
    sale = {"sale_id": "SA1", "sold_at": "2026-02-01T09:00:00Z", "product": "Tea", "quantity": "1", "unit_price": "3"}
    made("/api/v1/sales", sale | {"currency": "USD"})
    expense = {"expense_id": "EX1", "spent_on": "2026-02-01", "amount": "3", "category": "travel", "currency": "USD"}
    made("/api/v1/expenses", expense)
    alert = made("/alerts", {"kind": "kpi.alert", "severity": "info", "subject_id": "mrr"})
    sent = b"sale_id,sold_at,product,quantity,unit_price\nU1,2026-02-01,Tea,1,3\nU2,2026-02-01,Tea,one,3\n"
    receipt = made("/api/v1/data/upload-sales-csv", sent)
    endpoint = made("/webhook-endpoints", {"url": "https://1.1.1.1/hook", "event_types": ["invoice.posted"]})
    inbound = made("/inbound-endpoints", {"sender": "n8n"})
    return {
        "sale_id": "SA1",
        "expense_id": "EX1",
        "alert_id": alert["alert_id"],
        "file_id": receipt["file_id"],
        "data_set": "sales",
        "endpoint_id": endpoint["endpoint_id"],
        "inbound_endpoint_id": inbound["endpoint_id"],
    }
