"""Receivables made directly, dunning, bills, and the bank."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.core.conftest import Api
from tests.integration.core.test_invoices import CUSTOMER, INVOICE, LINE, PAYMENT, done, outstanding, post, refused
from transactional_api.kit.clock import FixedClock

OPS = "/api/v1/revenue-ops"
BILL = {
    "bill_id": "B1",
    "vendor_id": "V1",
    "issued_on": "2026-01-05",
    "due_on": "2026-02-04",
    "amount": "119.00",
    "tax_amount": "19.00",
    "currency": "USD",
    "category": "rent",
}
BANK = {
    "bank_line_id": "BL1",
    "booked_on": "2026-01-21",
    "amount": "119.00",
    "currency": "USD",
    "counterparty": "ADA LOVELACE",
    "description": "INV-00000001 thank you",
}


@pytest.fixture
def furnished(api: Api) -> Api:
    done(api.call("POST", "/api/v1/customers", CUSTOMER))
    return api


@pytest.mark.covers("POST /api/v1/revenue-ops/ar/create")
def test_a_receivable_is_owed_at_once_and_says_that_nobody_approved_it(furnished: Api, other_api: Api) -> None:
    made = done(furnished.call("POST", f"{OPS}/ar/create", INVOICE | {"number": "R-1"}))
    assert (made["status"], made["number"], made["approved_by"]) == ("posted", "R-1", None)
    assert outstanding(furnished) == "119.00"
    assert done(furnished.call("GET", "/invoices/I1"))["postings"][0]["status"] == "posted"
    assert [entry.operation for entry in furnished.log("invoices", "I1")] == ["insert", "update"]
    assert furnished.call("POST", f"{OPS}/ar/create", INVOICE)[0] == 409
    assert other_api.call("POST", f"{OPS}/ar/create", INVOICE)[0] == 404
    assert furnished.as_role("sales").call("POST", f"{OPS}/ar/create", INVOICE)[0] == 403


@pytest.mark.covers("POST /api/v1/revenue-ops/ar/{invoice_id}/collections")
@pytest.mark.covers("GET /api/v1/revenue-ops/ar/{invoice_id}/collections")
def test_steps_are_taken_when_due_until_the_invoice_is_paid(furnished: Api, other_api: Api) -> None:
    post(furnished)  # due on 2026-02-09
    path = f"{OPS}/ar/I1/collections"

    def take(day: str, **more: str) -> tuple[int, Any]:
        return furnished.call("POST", path, {"taken_on": day} | more)

    refused(take("2026-02-09"), "step-not-due", "taken_on")
    done(take("2026-02-10", note="Ada promised to pay"))
    refused(take("2026-02-22"), "step-not-due", "taken_on")
    done(take("2026-02-23"))
    now = done(furnished.call("GET", path))
    assert [(one["step_no"], one["action"], one["days_overdue"], one["outstanding"]) for one in now["taken"]] == [
        (1, "reminder", 1, "119.00"),
        (2, "second_reminder", 14, "119.00"),
    ]
    assert (now["next_step"]["action"], now["due_since"], now["is_disputed"]) == ("final_notice", "2026-02-09", False)
    [entry] = furnished.log("collection_steps", "I1\x1f1")
    assert "promised" not in str(entry.after_json)
    done(furnished.call("POST", "/payments", PAYMENT))
    paid = {"invoice_id": "I1", "allocated_on": "2026-02-24", "amount": "119.00"}
    done(furnished.call("POST", "/payments/P1/allocations", paid))
    refused(take("2026-03-01"), "nothing-outstanding")
    assert other_api.call("POST", path, {"taken_on": "2026-02-10"})[0] == 404
    assert other_api.call("GET", path)[0] == 404


def test_instalments_are_collected_by_their_own_days(furnished: Api) -> None:
    post(furnished)
    plan = {"instalments": [{"due_on": "2026-03-10", "amount": "19"}, {"due_on": "2026-04-10", "amount": "100"}]}
    done(furnished.call("POST", "/invoices/I1/instalments", plan))
    done(furnished.call("POST", "/invoices/I1/credit-notes", {"issued_on": "2026-02-01", "amount": "19.00"}))
    refused(furnished.call("POST", f"{OPS}/ar/I1/collections", {"taken_on": "2026-04-11"}), "value-refused", "taken_on")
    furnished.database.clock = FixedClock(datetime(2026, 4, 11, tzinfo=UTC))
    refused(furnished.call("POST", f"{OPS}/ar/I1/collections", {"taken_on": "2026-04-10"}), "step-not-due")
    done(furnished.call("POST", f"{OPS}/ar/I1/collections", {"taken_on": "2026-04-11"}))


def test_what_is_disputed_or_not_posted_is_not_collected(furnished: Api) -> None:
    done(furnished.call("POST", "/invoices/stage", INVOICE))
    refused(furnished.call("POST", f"{OPS}/ar/I1/collections", {"taken_on": "2026-03-01"}), "wrong-invoice-state")
    done(furnished.as_role("approver").call("POST", "/invoices/I1/approve"))
    done(furnished.call("POST", "/invoices/I1/post", {}))
    done(furnished.call("POST", "/payments", PAYMENT))
    paid = {"invoice_id": "I1", "allocated_on": "2026-01-20", "amount": "119.00"}
    done(furnished.call("POST", "/payments/P1/allocations", paid))
    back = {"chargeback_id": "CB1", "opened_on": "2026-02-15", "amount": "119.00"}
    done(furnished.call("POST", "/payments/P1/chargebacks", back))
    assert outstanding(furnished) == "119.00"
    refused(furnished.call("POST", f"{OPS}/ar/I1/collections", {"taken_on": "2026-03-01"}), "invoice-disputed")
    assert done(furnished.call("GET", f"{OPS}/ar/I1/collections"))["is_disputed"] is True


@pytest.mark.covers("GET /api/v1/revenue-ops/ar/dunning-steps")
@pytest.mark.covers("PUT /api/v1/revenue-ops/ar/dunning-steps")
def test_a_tenant_sets_its_own_steps(furnished: Api, other_api: Api) -> None:
    def days(api: Api) -> list[int]:
        return [one["days_overdue"] for one in done(api.call("GET", f"{OPS}/ar/dunning-steps"))["steps"]]

    assert days(furnished) == [1, 14, 30, 45]
    own = {"steps": [{"days_overdue": 5, "action": "call"}, {"days_overdue": 10, "action": "letter"}]}
    done(furnished.call("PUT", f"{OPS}/ar/dunning-steps", own))
    assert (days(furnished), days(other_api)) == ([5, 10], [1, 14, 30, 45])
    assert [entry.operation for entry in furnished.log("dunning_steps", "2")] == ["insert"]
    falling = {"steps": [{"days_overdue": 5, "action": "call"}, {"days_overdue": 5, "action": "letter"}]}
    refused(furnished.call("PUT", f"{OPS}/ar/dunning-steps", falling), "steps-refused", "steps.1")
    done(furnished.call("PUT", f"{OPS}/ar/dunning-steps", {"steps": [own["steps"][1]]}))
    assert days(furnished) == [10]
    done(furnished.call("PUT", f"{OPS}/ar/dunning-steps", {"steps": []}))
    assert days(furnished) == [1, 14, 30, 45]


@pytest.mark.covers("POST /api/v1/revenue-ops/ap/create")
@pytest.mark.covers("POST /api/v1/revenue-ops/ap/{bill_id}/pay")
@pytest.mark.covers("GET /api/v1/revenue-ops/ap/{bill_id}")
@pytest.mark.covers("GET /api/v1/revenue-ops/ap")
def test_a_bill_is_paid_in_parts_and_never_beyond_what_is_open(furnished: Api, other_api: Api) -> None:
    done(furnished.call("POST", f"{OPS}/ap/create", BILL))
    pay = f"{OPS}/ap/B1/pay"
    done(furnished.call("POST", pay, {"bill_payment_id": "BP1", "paid_on": "2026-01-20", "amount": "19.00"}))
    refused(
        furnished.call("POST", pay, {"paid_on": "2026-01-21", "amount": "100.01"}), "payment-exceeds-bill", "amount"
    )
    refused(furnished.call("POST", pay, {"paid_on": "2026-01-04"}), "paid-before-issued", "paid_on")
    refused(furnished.call("POST", pay, {"paid_on": "2026-01-21", "amount": "0"}), "bill-refused", "amount")
    assert len(done(furnished.call("GET", f"{OPS}/ap?is_open=true&vendor_id=V1"))["items"]) == 1
    done(furnished.call("POST", pay, {"paid_on": "2026-01-21"}))
    refused(furnished.call("POST", pay, {"paid_on": "2026-01-22"}), "payment-exceeds-bill", "amount")
    shown = done(furnished.call("GET", f"{OPS}/ap/B1"))
    assert (shown["paid"], shown["open"]) == ("119.00", "0.00")
    assert [one["amount"] for one in shown["payments"]] == ["19.00", "100.00"]
    assert done(furnished.call("GET", f"{OPS}/ap?is_open=true"))["items"] == []
    assert len(done(furnished.call("GET", f"{OPS}/ap?is_open=false"))["items"]) == 1
    assert [entry.operation for entry in furnished.log("bills", "B1")] == ["insert", "update", "update"]
    assert len(furnished.log("bill_payments", "BP1")) == 1
    assert other_api.call("GET", f"{OPS}/ap/B1")[0] == 404
    assert other_api.call("POST", pay, {"paid_on": "2026-01-22"})[0] == 404
    assert furnished.as_role("analyst").call("POST", pay, {"paid_on": "2026-01-22"})[0] == 403
    postings = done(furnished.call("GET", "/accounting/postings"))["items"]
    assert sorted(one["document_kind"] for one in postings) == ["bill", "bill_payment", "bill_payment"]


def test_paying_a_bill_needs_a_key_and_two_at_once_never_overpay(furnished: Api) -> None:
    from concurrent.futures import ThreadPoolExecutor

    done(furnished.call("POST", f"{OPS}/ap/create", BILL))
    headers = {"Authorization": f"Bearer {furnished.key}"}
    bare = furnished.client.post(f"{OPS}/ap/B1/pay", json={"paid_on": "2026-01-20"}, headers=headers)
    assert bare.status_code in (400, 422, 428)
    body = {"paid_on": "2026-01-20", "amount": "50.00"}
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: furnished.call("POST", f"{OPS}/ap/B1/pay", body)[0], range(5)))
    assert sorted(answers) == [200, 200, 409, 409, 409]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"tax_amount": "120"}, "tax_amount"),
        ({"tax_amount": "-1"}, "tax_amount"),
        ({"due_on": "2026-01-04"}, "due_on"),
        ({"currency": "ZZZ"}, "currency"),
    ],
)
def test_a_bill_that_cannot_be_is_refused_by_name(furnished: Api, change: dict[str, str], field: str) -> None:
    status, problem = furnished.call("POST", f"{OPS}/ap/create", BILL | change)
    assert (status, [error["field"] for error in problem["errors"]]) == (422, [field])


@pytest.fixture
def banked(furnished: Api) -> Api:
    post(furnished)
    done(furnished.call("POST", "/payments", PAYMENT))
    done(furnished.call("POST", f"{OPS}/reconciliation/bank-lines", {"lines": [BANK]}))
    return furnished


def match(api: Api, **body: Any) -> tuple[int, Any]:
    return api.call("POST", f"{OPS}/reconciliation/match", body)


@pytest.mark.covers("POST /api/v1/revenue-ops/reconciliation/bank-lines")
@pytest.mark.covers("GET /api/v1/revenue-ops/reconciliation/bank-lines")
@pytest.mark.covers("POST /api/v1/revenue-ops/reconciliation/match")
@pytest.mark.covers("GET /api/v1/revenue-ops/reconciliation/matches")
def test_a_line_is_proposed_confirmed_and_undone(banked: Api) -> None:
    [proposal] = done(match(banked, action="propose"))["proposals"]
    assert (proposal["payment_id"], proposal["amount"], proposal["score"]) == ("P1", "119.00", 77)
    assert proposal["reasons"] == ["amount", "date", "name"]
    [made] = done(match(banked, action="confirm", bank_line_id="BL1", payments=[{"payment_id": "P1"}]))["matches"]
    [line] = done(banked.call("GET", f"{OPS}/reconciliation/bank-lines"))["items"]
    assert (line["matched"], line["customer_id"]) == ("119.00", "C1")
    assert done(match(banked, action="propose"))["proposals"] == []
    assert done(match(banked, action="propose", bank_line_ids=["BL1"]))["proposals"] == []
    done(match(banked, action="undo", match_id=made["match_id"]))
    [shown] = done(banked.call("GET", f"{OPS}/reconciliation/matches?bank_line_id=BL1"))["items"]
    assert (shown["status"], shown["undone_by"]) == ("undone", made["confirmed_by"])
    assert done(banked.call("GET", f"{OPS}/reconciliation/matches?status=confirmed"))["items"] == []
    assert [entry.operation for entry in banked.log("bank_matches", made["match_id"])] == ["insert", "update"]
    assert done(match(banked, action="propose"))["proposals"] == []  # what a person undid is not proposed again
    refused(match(banked, action="undo", match_id=made["match_id"]), "match-undone", "match_id")
    [line] = done(banked.call("GET", f"{OPS}/reconciliation/bank-lines?is_open=true"))["items"]
    assert (line["matched"], line["customer_id"]) == ("0.00", None)
    done(match(banked, action="confirm", bank_line_id="BL1", payments=[{"payment_id": "P1"}]))


def test_one_line_may_be_several_payments_but_never_more_than_it_is(banked: Api) -> None:
    for payment_id, amount in (("P2", "60.00"), ("P3", "59.00"), ("P4", "1.00")):
        done(banked.call("POST", "/payments", PAYMENT | {"payment_id": payment_id, "amount": amount}))
    body = {"action": "confirm", "bank_line_id": "BL1"}
    three = [{"payment_id": "P2"}, {"payment_id": "P3"}, {"payment_id": "P4"}]
    refused(match(banked, **body, payments=three), "match-exceeds", "payments.2.amount")
    more = [{"payment_id": "P2", "amount": "60.01"}]
    refused(match(banked, **body, payments=more), "match-exceeds", "payments.0.amount")
    made = done(match(banked, **body, payments=three[:2]))["matches"]
    assert [one["amount"] for one in made] == ["60.00", "59.00"]
    refused(match(banked, **body, payments=three[2:]), "match-exceeds")


def test_one_payment_may_be_several_lines(banked: Api) -> None:
    parts = [BANK | {"bank_line_id": f"BL-{at}", "amount": amount} for at, amount in enumerate(("100.00", "30.00"))]
    done(banked.call("POST", f"{OPS}/reconciliation/bank-lines", {"lines": parts}))
    for at, matched in enumerate(("100.00", "19.00")):
        [made] = done(match(banked, action="confirm", bank_line_id=f"BL-{at}", payments=[{"payment_id": "P1"}]))[
            "matches"
        ]
        assert made["amount"] == matched


def test_what_is_no_such_money_is_refused(banked: Api, other_api: Api) -> None:
    lines = [BANK | {"bank_line_id": "OUT", "amount": "-5.00"}, BANK | {"bank_line_id": "EUR", "currency": "EUR"}]
    done(banked.call("POST", f"{OPS}/reconciliation/bank-lines", {"lines": lines}))
    done(banked.call("POST", "/payments", PAYMENT | {"payment_id": "PP", "status": "pending"}))
    part = [{"payment_id": "P1"}]
    refused(match(banked, action="confirm", bank_line_id="OUT", payments=part), "match-refused", "bank_line_id")
    refused(match(banked, action="confirm", bank_line_id="EUR", payments=part), "match-refused")
    pending = [{"payment_id": "PP"}]
    refused(match(banked, action="confirm", bank_line_id="BL1", payments=pending), "match-refused")
    twice = [part[0] | {"amount": "1.00"}, part[0] | {"amount": "1.00"}]
    assert match(banked, action="confirm", bank_line_id="BL1", payments=twice)[0] == 409
    assert match(banked, action="propose", bank_line_ids=["none"])[1]["errors"][0]["field"] == "bank_line_ids.0"
    assert match(banked, action="confirm", bank_line_id="none", payments=part)[0] == 404
    assert match(banked, action="guess")[0] == 422
    assert banked.call("POST", f"{OPS}/reconciliation/bank-lines", {"lines": [BANK]})[0] == 409
    zero = {"lines": [BANK | {"bank_line_id": "Z", "amount": "0"}]}
    refused(banked.call("POST", f"{OPS}/reconciliation/bank-lines", zero), "bank-line-refused", "lines.0.amount")
    for body in (
        {"action": "confirm", "bank_line_id": "BL1", "payments": part},
        {"action": "propose", "bank_line_ids": ["BL1"]},
        {"action": "undo", "match_id": "none"},
    ):
        assert match(other_api, **body)[0] == 404
    assert match(banked.as_role("analyst"), action="propose")[0] == 403


def test_texts_of_the_bank_are_never_in_the_log_and_go_with_the_person(banked: Api) -> None:
    [entry] = banked.log("bank_lines", "BL1")
    assert "LOVELACE" not in str(entry.after_json)
    assert entry.personal_fields == '["counterparty","description"]'
    done(match(banked, action="confirm", bank_line_id="BL1", payments=[{"payment_id": "P1"}]))
    done(banked.call("POST", "/api/v1/customers/C1/erase", {"reason": "other"}))
    [line] = done(banked.call("GET", f"{OPS}/reconciliation/bank-lines"))["items"]
    assert (line["counterparty"], line["description"]) == (None, None)


def test_a_receivable_without_lines_is_refused(furnished: Api) -> None:
    assert furnished.call("POST", f"{OPS}/ar/create", INVOICE | {"lines": []})[0] == 422
    status, problem = furnished.call("POST", f"{OPS}/ar/create", INVOICE | {"lines": [LINE | {"unit_amount": "0.001"}]})
    assert (status, problem["errors"][0]["field"]) == (422, "lines.0.unit_amount")
