"""Payments, what they close, and what of them goes back, over HTTP and on both engines."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.integration.core.conftest import NOW, Api
from transactional_api.kit.clock import FixedClock
from transactional_api.kit.errors import ConstraintBroken
from transactional_api.payments import service
from transactional_api.payments.providers.local import SENT_AT, SIGNATURE, webhook_signature
from transactional_api.payments.providers.port import WebhookRefused
from transactional_api.payments.reconciliation import reconcile, take_webhook
from transactional_api.payments.rules import reference_of
from transactional_api.payments.tables import LocalCharge

DAY = "2026-01-20"
CARD = {"payment_id": "P1", "customer_id": "C1", "amount": "100.00", "currency": "USD", "method": "card_ok"}


def made(api: Api, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
    status, answer = api.call(method, path, body, key)
    assert status in (200, 201), answer
    return answer


def refused(api: Api, method: str, path: str, body: Any = None) -> tuple[int, str]:
    status, answer = api.call(method, path, body)
    return status, answer["type"].removeprefix("urn:revhouse:problem:")


def invoice(api: Api, invoice_id: str, amount: str = "100.00", **values: Any) -> None:
    body = {"invoice_id": invoice_id, "customer_id": "C1", "issued_on": "2026-01-01", "due_on": "2026-01-31"}
    made(api, "POST", "/invoices/stage", body | {"currency": "USD", "lines": [{"unit_amount": amount}]} | values)
    made(api.as_role("approver"), "POST", f"/invoices/{invoice_id}/approve")
    assert made(api, "POST", f"/invoices/{invoice_id}/post", {})["status"] == "posted"


def later(api: Api, seconds: float) -> int:
    api.database.clock = FixedClock(api.database.clock.now() + timedelta(seconds=seconds))
    return reconcile(api.database, api.client.app.state.settings)  # type: ignore[attr-defined]


@pytest.fixture
def shop(api: Api) -> Api:
    made(api, "POST", "/api/v1/customers", {"customer_id": "C1", "name": "Ada", "created_on": "2026-01-01"})
    return api


@pytest.mark.covers("POST /payments/process")
def test_a_processed_payment_closes_the_invoice_that_it_is_meant_for(shop: Api) -> None:
    made(shop, "POST", "/deals", {"deal_id": "D1", "created_at": "2026-01-01T09:00:00Z", "stage": "qualified"})
    invoice(shop, "I1", deal_id="D1")
    paid = made(shop, "POST", "/payments/process", CARD | {"amount": "130.00", "invoice_id": "I1"})
    assert (paid["status"], paid["received_on"], paid["unallocated"]) == ("succeeded", "2026-03-01", "30.00")
    assert made(shop, "GET", "/payments/P1") == paid
    assert made(shop, "GET", "/deals/D1")["paid_at"] == "2026-03-01T12:00:00.000000Z"
    (entry,) = shop.log("payments", "P1")
    after = json.loads(entry.after_json or "")
    assert (entry.operation, after["status"], after["invoice_id"]) == ("insert", "succeeded", "I1")
    assert [row.operation for row in shop.log("payment_allocations")] == ["insert"]
    assert shop.log("deals", "D1")[-1].operation == "update"
    assert shop.database.verify_chain("acme").holds


def test_a_payment_in_part_leaves_the_deal_unpaid(shop: Api) -> None:
    made(shop, "POST", "/deals", {"deal_id": "D1", "created_at": "2026-01-01T09:00:00Z", "stage": "qualified"})
    invoice(shop, "I1", deal_id="D1")
    made(shop, "POST", "/payments/process", CARD | {"amount": "99.99", "invoice_id": "I1"})
    assert made(shop, "GET", "/deals/D1")["paid_at"] is None
    made(shop, "POST", "/payments/process", CARD | {"payment_id": "P2", "amount": "0.01", "invoice_id": "I1"})
    assert made(shop, "GET", "/deals/D1")["paid_at"] is not None


def test_without_a_key_no_money_is_taken(shop: Api) -> None:
    headers = {"Authorization": f"Bearer {shop.key}"}
    assert shop.client.post("/payments/process", json=CARD, headers=headers).status_code == 422
    assert made(shop, "GET", "/payments")["items"] == []


def test_without_a_key_no_money_is_recorded_settled_or_allocated(shop: Api) -> None:
    invoice(shop, "I1")
    recorded = {"customer_id": "C1", "received_on": DAY, "amount": "20.00", "currency": "USD"}
    for payment_id, status in (("P1", "pending"), ("P2", "succeeded")):
        made(shop, "POST", "/payments", recorded | {"payment_id": payment_id, "status": status})
    headers = {"Authorization": f"Bearer {shop.key}"}
    for path, body in (
        ("/payments", recorded),
        ("/payments/P1/succeed", {"received_on": DAY}),
        ("/payments/P1/fail", None),
        ("/payments/P2/allocations", {"invoice_id": "I1", "allocated_on": DAY, "amount": "20.00"}),
    ):
        assert shop.client.post(path, json=body, headers=headers).status_code == 422, path
    rows = made(shop, "GET", "/payments")["items"]
    assert [(row["status"], row["allocations"]) for row in rows] == [("pending", []), ("succeeded", [])]


def test_one_key_takes_money_once_and_answers_the_same_again(shop: Api) -> None:
    unnamed = {name: value for name, value in CARD.items() if name != "payment_id"}
    first = shop.send("POST", "/payments/process", unnamed, "k")
    again = shop.send("POST", "/payments/process", unnamed, "k")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert shop.call("POST", "/payments/process", unnamed | {"amount": "100.01"}, "k")[0] == 422
    assert len(made(shop, "GET", "/payments")["items"]) == 1
    assert booked(shop) == 1


def test_the_same_key_at_the_same_moment_takes_money_once(shop: Api) -> None:
    unnamed = {name: value for name, value in CARD.items() if name != "payment_id"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.send("POST", "/payments/process", unnamed, "k"), range(16)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(made(shop, "GET", "/payments")["items"]) == booked(shop) == 1


def booked(api: Api) -> int:
    with api.database.read(api.tenant_id) as unit:
        mine = LocalCharge.tenant_id == api.tenant_id
        return int(unit.session.scalar(select(func.count()).select_from(LocalCharge).where(mine)) or 0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"customer_id": "C9"}, (404, "customer-not-found")),
        ({"invoice_id": "I9"}, (404, "invoice-not-found")),
        ({"invoice_id": "draft"}, (409, "invoice-not-open")),
        ({"invoice_id": "other"}, (409, "customer-differs")),
        ({"invoice_id": "I1", "currency": "EUR"}, (409, "allocation-crosses-currencies")),
        ({"amount": "0.00"}, (422, "amount-not-positive")),
        ({"amount": "1.001"}, (422, "amount-refused")),
        ({"currency": "ZZZ"}, (422, "currency-unknown")),
        ({"provider": "nobody"}, (422, "provider-unknown")),
        ({"provider": None, "surprise": 1}, (422, "request-refused")),
    ],
)
def test_a_payment_that_could_not_be_right_takes_no_money(
    shop: Api, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    invoice(shop, "I1")
    made(shop, "POST", "/api/v1/customers", {"customer_id": "C2", "name": "Eve", "created_on": "2026-01-01"})
    invoice(shop, "other", customer_id="C2")
    staged = {"invoice_id": "draft", "customer_id": "C1", "issued_on": DAY, "due_on": DAY, "currency": "USD"}
    made(shop, "POST", "/invoices/stage", staged | {"lines": [{"unit_amount": "1"}]})
    assert refused(shop, "POST", "/payments/process", CARD | change) == expected
    assert made(shop, "GET", "/payments")["items"] == []
    assert booked(shop) == 0


@pytest.mark.parametrize(
    ("method", "at_once", "in_the_end"),
    [
        ("card_declined", "failed", "failed"),
        ("insufficient_funds", "failed", "failed"),
        ("time_out_then_success", "unknown", "succeeded"),
        ("time_out_then_failure", "unknown", "failed"),
        ("late_success", "pending", "succeeded"),
        ("late_failure", "pending", "failed"),
        ("flaky", "pending", "succeeded"),
        ("time_out_never_booked", "unknown", "unknown"),
        ("action_needed", "pending", "pending"),
    ],
)
def test_the_embedded_provider_follows_its_script_and_the_worker_finds_the_end(
    shop: Api, method: str, at_once: str, in_the_end: str
) -> None:
    invoice(shop, "I1")
    body = CARD | {"method": method, "invoice_id": "I1"}
    assert made(shop, "POST", "/payments/process", body)["status"] == at_once
    for _ in range(3):
        later(shop, 6)
    paid = made(shop, "GET", "/payments/P1")
    assert paid["status"] == in_the_end
    assert len(paid["allocations"]) == (1 if in_the_end == "succeeded" else 0)
    assert booked(shop) == (0 if method in ("time_out_never_booked", "action_needed") else 1)


def test_a_payer_who_has_to_act_is_told_where_and_a_signed_webhook_settles(shop: Api) -> None:
    waiting = made(shop, "POST", "/payments/process", CARD | {"method": "action_needed"})
    assert waiting["action_url"].startswith("https://")
    settings = shop.client.app.state.settings.model_copy(  # type: ignore[attr-defined]
        update={"local_payment_webhook_secret": "s3cret"}
    )
    raw = json.dumps({"reference": reference_of("charge", "acme", "P1"), "outcome": "succeeded"}).encode()
    sent_at = str(int(NOW.timestamp()))
    good = {SENT_AT: sent_at, SIGNATURE: webhook_signature("s3cret", sent_at, raw)}
    old_at = str(int(NOW.timestamp()) - 301)
    old = {SENT_AT: old_at, SIGNATURE: webhook_signature("s3cret", old_at, raw)}
    for headers in ({}, good | {SIGNATURE: "0" * 64}, good | {SENT_AT: old_at}, old):
        with pytest.raises(WebhookRefused):
            take_webhook(shop.database, settings, "local", raw, headers)
    with pytest.raises(WebhookRefused):
        take_webhook(shop.database, shop.client.app.state.settings, "local", raw, good)  # type: ignore[attr-defined]
    shop.client.app.state.settings = settings  # type: ignore[attr-defined]
    assert shop.client.post("/webhooks/local", content=raw, headers=good | {SIGNATURE: "0" * 64}).status_code == 401
    assert shop.client.post("/webhooks/local", content=raw, headers=good).status_code == 200
    paid = made(shop, "GET", "/payments/P1")
    assert (paid["status"], paid["action_url"]) == ("succeeded", None)
    assert shop.log("payments", "P1")[-1].actor == "provider:local"


@pytest.mark.covers("POST /payments")
@pytest.mark.covers("GET /payments")
@pytest.mark.covers("GET /payments/{payment_id}")
def test_money_that_a_person_recorded_is_listed_and_its_reference_stays_out_of_the_log(
    shop: Api, other_api: Api
) -> None:
    body = {"payment_id": "P1", "customer_id": "C1", "received_on": DAY, "amount": "20.00", "currency": "USD"}
    made(shop, "POST", "/payments", body | {"reference": "from Ada"})
    made(shop, "POST", "/payments", body | {"payment_id": "P2", "status": "pending"})
    assert made(shop, "GET", "/payments/P1")["reference"] == "from Ada"
    page = made(shop, "GET", "/payments?limit=1")
    rest = made(shop, "GET", f"/payments?limit=1&cursor={page['next_cursor']}")
    assert [row["payment_id"] for row in page["items"] + rest["items"]] == ["P1", "P2"]
    assert [row["payment_id"] for row in made(shop, "GET", "/payments?status=pending")["items"]] == ["P2"]
    (entry,) = shop.log("payments", "P1")
    assert "Ada" not in (entry.after_json or "")
    assert entry.personal_fields == '["reference"]'
    assert refused(other_api, "GET", "/payments/P1") == (404, "payment-not-found")
    assert made(other_api, "GET", "/payments")["items"] == []
    assert refused(shop, "POST", "/payments", body | {"payment_id": "P3", "status": "unknown"})[0] == 422


@pytest.mark.covers("POST /payments/{payment_id}/succeed")
@pytest.mark.covers("POST /payments/{payment_id}/fail")
def test_pending_money_that_a_person_recorded_is_settled_by_a_person_and_a_providers_is_not(shop: Api) -> None:
    body = {"customer_id": "C1", "received_on": DAY, "amount": "20.00", "currency": "USD", "status": "pending"}
    for payment_id in ("P1", "P2"):
        made(shop, "POST", "/payments", body | {"payment_id": payment_id})
    made(shop, "POST", "/payments/P1/succeed", {"received_on": "2026-01-25"})
    made(shop, "POST", "/payments/P2/fail")
    paid = made(shop, "GET", "/payments/P1")
    assert (paid["status"], paid["received_on"]) == ("succeeded", "2026-01-25")
    assert made(shop, "GET", "/payments/P2")["status"] == "failed"
    assert [entry.operation for entry in shop.log("payments", "P2")] == ["insert", "update"]
    assert refused(shop, "POST", "/payments/P2/succeed", {"received_on": DAY}) == (409, "wrong-payment-state")
    made(shop, "POST", "/payments/process", CARD | {"payment_id": "P3", "method": "late_success"})
    for path, answer in (("succeed", {"received_on": DAY}), ("fail", None)):
        assert refused(shop, "POST", f"/payments/P3/{path}", answer) == (409, "settled-by-provider")


@pytest.mark.covers("POST /payments/{payment_id}/allocations")
@pytest.mark.covers("DELETE /payments/{payment_id}/allocations/{invoice_id}/{allocated_on}")
def test_an_allocation_closes_and_taking_it_back_opens_unless_a_refund_did(shop: Api, other_api: Api) -> None:
    invoice(shop, "I1")
    made(shop, "POST", "/payments/process", CARD)
    body = {"invoice_id": "I1", "allocated_on": DAY, "amount": "60.00"}
    made(shop, "POST", "/payments/P1/allocations", body)
    assert made(shop, "GET", "/payments/P1")["unallocated"] == "40.00"
    assert refused(shop, "POST", "/payments/P1/allocations", body | {"allocated_on": "2026-01-21"}) == (
        409,
        "allocation-exceeds-payment",
    )
    assert refused(other_api, "POST", "/payments/P1/allocations", body) == (404, "payment-not-found")
    made(shop, "DELETE", f"/payments/P1/allocations/I1/{DAY}")
    assert made(shop, "GET", "/payments/P1")["allocations"] == []
    assert [entry.operation for entry in shop.log("payment_allocations")] == ["insert", "delete"]
    made(shop, "POST", "/payments/P1/allocations", body)
    made(shop, "POST", "/payments/P1/refunds", {"amount": "41.00"})
    assert refused(shop, "DELETE", f"/payments/P1/allocations/I1/{DAY}") == (409, "allocation-refunded")
    assert refused(shop, "POST", "/payments/P1/allocations", body | {"allocated_on": "2026-01-21", "amount": "1"}) == (
        409,
        "allocation-exceeds-payment",
    )


@pytest.mark.covers("POST /payments/{payment_id}/rollback")
def test_a_payment_rolled_back_closes_nothing_and_the_deal_is_not_paid(shop: Api, other_api: Api) -> None:
    made(shop, "POST", "/deals", {"deal_id": "D1", "created_at": "2026-01-01T09:00:00Z", "stage": "qualified"})
    invoice(shop, "I1", deal_id="D1")
    made(shop, "POST", "/payments/process", CARD | {"invoice_id": "I1"})
    assert refused(other_api, "POST", "/payments/P1/rollback") == (404, "payment-not-found")
    made(shop, "POST", "/payments/P1/rollback")
    undone = made(shop, "GET", "/payments/P1")
    assert (undone["status"], undone["rollback"], undone["allocations"]) == ("rolled_back", "done", [])
    assert made(shop, "GET", "/deals/D1")["paid_at"] is None
    assert [entry.operation for entry in shop.log("payment_allocations")] == ["insert", "delete"]
    assert json.loads(shop.log("payments", "P1")[-1].after_json or "")["status"] == "rolled_back"
    assert refused(shop, "POST", "/payments/P1/rollback") == (409, "wrong-payment-state")
    made(shop, "POST", "/payments/process", CARD | {"payment_id": "P2", "invoice_id": "I1"})
    assert made(shop, "GET", "/deals/D1")["paid_at"] is not None


def test_what_failed_or_was_refunded_in_part_is_not_rolled_back(shop: Api) -> None:
    made(shop, "POST", "/payments/process", CARD | {"method": "card_declined"})
    assert refused(shop, "POST", "/payments/P1/rollback") == (409, "wrong-payment-state")
    made(shop, "POST", "/payments/process", CARD | {"payment_id": "P2"})
    made(shop, "POST", "/payments/P2/refunds", {"amount": "0.01"})
    assert refused(shop, "POST", "/payments/P2/rollback") == (409, "partly-refunded")


@pytest.mark.parametrize("method", ["late_success", "time_out_then_success", "void_timed_out"])
def test_a_payment_that_is_not_settled_is_rolled_back_and_stays_so(shop: Api, method: str) -> None:
    made(shop, "POST", "/payments/process", CARD | {"method": method})
    made(shop, "POST", "/payments/P1/rollback")
    for _ in range(3):
        later(shop, 30)
    assert made(shop, "GET", "/payments/P1")["status"] == "rolled_back"


@pytest.mark.covers("POST /payments/{payment_id}/refunds")
@pytest.mark.covers("GET /payments/{payment_id}/refunds")
def test_a_refund_takes_what_is_unallocated_then_opens_the_latest_allocations(shop: Api, other_api: Api) -> None:
    for invoice_id, amount in (("I1", "40.00"), ("I2", "50.00")):
        invoice(shop, invoice_id, amount)
    made(shop, "POST", "/payments/process", CARD)
    for invoice_id, amount in (("I1", "40.00"), ("I2", "50.00")):
        body = {"invoice_id": invoice_id, "allocated_on": DAY, "amount": amount}
        made(shop, "POST", "/payments/P1/allocations", body)
    body = {"refund_id": "R1", "amount": "70.00", "reason": "duplicate"}
    refund = made(shop, "POST", "/payments/P1/refunds", body)
    assert (refund["status"], refund["refunded_on"], refund["from_unallocated"]) == ("succeeded", "2026-03-01", "10.00")
    assert refund["reopened"] == [{"invoice_id": "I1", "amount": "10.00"}, {"invoice_id": "I2", "amount": "50.00"}]
    assert made(shop, "GET", "/payments/P1/refunds")["items"] == [refund]
    paid = made(shop, "GET", "/payments/P1")
    assert (paid["refunded"], paid["unallocated"], paid["status"]) == ("70.00", "0.00", "succeeded")
    assert [entry.entity_key for entry in shop.log("refund_reopenings")] == ["R1\x1fI1", "R1\x1fI2"]
    assert json.loads(shop.log("refunds", "R1")[-1].after_json or "")["from_unallocated_minor"] == 1000
    made(shop, "POST", "/payments/process", CARD | {"payment_id": "P2", "amount": "80.00", "invoice_id": "I2"})
    assert made(shop, "GET", "/payments/P2")["allocations"][0]["amount"] == "50.00"
    assert refused(shop, "POST", "/payments/P1/refunds", {"amount": "30.01"}) == (409, "refund-exceeds-payment")
    assert refused(other_api, "POST", "/payments/P1/refunds", body) == (404, "payment-not-found")
    assert refused(other_api, "GET", "/payments/P1/refunds") == (404, "payment-not-found")


def test_a_refund_that_names_an_invoice_opens_it_and_no_more_than_the_payment_closed(shop: Api) -> None:
    invoice(shop, "I1", "40.00")
    invoice(shop, "I2", "50.00")
    made(shop, "POST", "/payments/process", CARD | {"invoice_id": "I1"})
    named = {"amount": "40.01", "invoice_id": "I1"}
    assert refused(shop, "POST", "/payments/P1/refunds", named) == (409, "refund-exceeds-invoice")
    assert refused(shop, "POST", "/payments/P1/refunds", named | {"invoice_id": "I2"}) == (
        409,
        "refund-exceeds-invoice",
    )
    refund = made(shop, "POST", "/payments/P1/refunds", named | {"amount": "15.00"})
    assert (refund["from_unallocated"], refund["reopened"]) == ("0.00", [{"invoice_id": "I1", "amount": "15.00"}])
    assert made(shop, "GET", "/payments/P1")["unallocated"] == "60.00"


def test_a_declined_refund_gives_nothing_back(shop: Api) -> None:
    made(shop, "POST", "/payments/process", CARD | {"method": "refund_declined"})
    refund = made(shop, "POST", "/payments/P1/refunds", {"amount": "70.00"})
    assert (refund["status"], refund["failure_code"]) == ("failed", "refund_declined")
    assert made(shop, "GET", "/payments/P1")["refunded"] == "0.00"


def test_only_money_that_came_is_given_back(shop: Api) -> None:
    made(shop, "POST", "/payments/process", CARD | {"method": "late_success"})
    assert refused(shop, "POST", "/payments/P1/refunds", {"amount": "1"}) == (409, "wrong-payment-state")
    assert refused(shop, "POST", "/payments/P1/chargebacks", {"amount": "1"}) == (409, "wrong-payment-state")
    assert refused(shop, "POST", "/payments/P9/refunds", {"amount": "1"}) == (404, "payment-not-found")


def test_refunds_at_the_same_moment_never_give_back_more_than_came(shop: Api) -> None:
    invoice(shop, "I1", "80.00")
    made(shop, "POST", "/payments/process", CARD | {"invoice_id": "I1"})

    def give_back(_: int) -> int:
        return shop.call("POST", "/payments/P1/refunds", {"amount": "30.00"}, uuid.uuid4().hex)[0]

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(give_back, range(8)))
    assert sorted(statuses) == [201] * 3 + [409] * 5
    assert made(shop, "GET", "/payments/P1")["refunded"] == "90.00"
    reopened = [row for refund in made(shop, "GET", "/payments/P1/refunds")["items"] for row in refund["reopened"]]
    assert sum(float(row["amount"]) for row in reopened) == 70
    assert shop.database.verify_chain("acme").holds


@pytest.mark.covers("POST /payments/{payment_id}/chargebacks")
@pytest.mark.covers("GET /payments/{payment_id}/chargebacks")
@pytest.mark.covers("POST /payments/{payment_id}/chargebacks/{chargeback_id}/resolve")
def test_a_chargeback_opens_the_invoice_until_it_is_won(shop: Api, other_api: Api) -> None:
    invoice(shop, "I1")
    made(shop, "POST", "/payments/process", CARD | {"invoice_id": "I1"})
    body = {"chargeback_id": "B1", "amount": "60.00", "opened_on": "2026-02-01", "reason": "fraudulent"}
    assert refused(other_api, "POST", "/payments/P1/chargebacks", body) == (404, "payment-not-found")
    opened = made(shop, "POST", "/payments/P1/chargebacks", body)
    assert (opened["status"], opened["reopened"]) == ("open", [{"invoice_id": "I1", "amount": "60.00"}])
    assert made(shop, "GET", "/payments/P1/chargebacks")["items"] == [opened]
    assert made(shop, "GET", "/payments/P1/refunds")["items"] == []
    path = "/payments/P1/chargebacks/B1/resolve"
    early = {"outcome": "won", "resolved_on": "2026-01-31"}
    assert refused(shop, "POST", path, early) == (409, "resolved-before-opened")
    assert refused(other_api, "POST", path, {"outcome": "won"}) == (404, "payment-not-found")
    made(shop, "POST", path, {"outcome": "won", "resolved_on": "2026-02-10"})
    (won,) = made(shop, "GET", "/payments/P1/chargebacks")["items"]
    assert (won["status"], won["resolved_on"], won["reopened"]) == ("won", "2026-02-10", [])
    paid = made(shop, "GET", "/payments/P1")
    assert (paid["refunded"], paid["unallocated"], paid["allocations"][0]["amount"]) == ("0.00", "0.00", "100.00")
    assert [entry.operation for entry in shop.log("refund_reopenings")] == ["insert", "delete"]
    assert [entry.operation for entry in shop.log("refunds", "B1")] == ["insert", "update"]
    assert refused(shop, "POST", path, {"outcome": "lost"}) == (409, "chargeback-resolved")


def test_a_lost_chargeback_keeps_the_invoice_open(shop: Api) -> None:
    invoice(shop, "I1")
    made(shop, "POST", "/payments/process", CARD | {"invoice_id": "I1"})
    made(shop, "POST", "/payments/P1/chargebacks", {"chargeback_id": "B1", "amount": "60.00"})
    lost = made(shop, "POST", "/payments/P1/chargebacks/B1/resolve", {"outcome": "lost"})
    assert (lost["status"], lost["reopened"]) == ("lost", [{"invoice_id": "I1", "amount": "60.00"}])
    made(shop, "POST", "/payments/process", CARD | {"payment_id": "P2", "invoice_id": "I1"})
    assert made(shop, "GET", "/payments/P2")["allocations"][0]["amount"] == "60.00"
    assert refused(shop, "POST", "/payments/P1/refunds", {"amount": "40.01"}) == (409, "refund-exceeds-payment")


def test_money_won_back_for_an_invoice_that_was_paid_meanwhile_is_unallocated(shop: Api) -> None:
    invoice(shop, "I1")
    made(shop, "POST", "/payments/process", CARD | {"invoice_id": "I1"})
    made(shop, "POST", "/payments/P1/chargebacks", {"chargeback_id": "B1", "amount": "60.00"})
    made(shop, "POST", "/payments/process", CARD | {"payment_id": "P2", "amount": "45.00", "invoice_id": "I1"})
    made(shop, "POST", "/payments/P1/chargebacks/B1/resolve", {"outcome": "won"})
    paid = made(shop, "GET", "/payments/P1")
    assert (paid["allocations"][0]["amount"], paid["unallocated"]) == ("55.00", "45.00")
    made(shop, "POST", "/payments/process", CARD | {"payment_id": "P3", "invoice_id": "I1"})
    assert made(shop, "GET", "/payments/P3")["allocations"] == []


def test_roles_without_the_right_take_and_return_no_money(shop: Api) -> None:
    made(shop, "POST", "/payments/process", CARD)
    for role, may_read in (("sales", False), ("analyst", True), ("approver", False)):
        caller = shop.as_role(role)
        assert caller.call("POST", "/payments/process", CARD | {"payment_id": "P2"})[0] == 403
        assert caller.call("POST", "/payments/P1/refunds", {"amount": "1"})[0] == 403
        assert caller.call("POST", "/payments/P1/rollback")[0] == 403
        assert caller.call("GET", "/payments/P1")[0] == (200 if may_read else 403)
    assert shop.as_role("finance").call("POST", "/payments/P1/refunds", {"amount": "1"})[0] == 201


def test_the_tables_themselves_refuse_more_refunds_than_came(shop: Api) -> None:
    made(shop, "POST", "/payments/process", CARD)
    for change in ({"refunded_minor": 10_001}, {"status": "nonsense"}, {"failure_code": "x"}):
        with pytest.raises(ConstraintBroken), shop.database.transaction("acme", "test") as unit:
            payment = service.get_payment(unit, "P1")
            for name, value in change.items():
                setattr(payment, name, value)


def test_a_list_asks_a_fixed_number_of_queries(shop: Api) -> None:
    from sqlalchemy import event

    for number in range(12):
        made(shop, "POST", "/payments/process", CARD | {"payment_id": f"P{number}", "amount": "10.00"})
        made(shop, "POST", f"/payments/P{number}/refunds", {"amount": "1.00"})
    seen: list[str] = []
    engine = shop.client.app.state.database.engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", lambda *arguments: seen.append(arguments[2]))
    for limit in (2, 12):
        seen.clear()
        assert len(made(shop, "GET", f"/payments?limit={limit}")["items"]) == limit
        counted = len([statement for statement in seen if statement.startswith("SELECT")])
        assert counted <= 8
