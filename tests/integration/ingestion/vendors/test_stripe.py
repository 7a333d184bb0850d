"""Stripe's exports: what becomes of each row, what is left out and why, and what a later export replaces."""

from __future__ import annotations

from pathlib import Path

from tests.integration.ingestion.vendors import exports
from tests.integration.ingestion.vendors.looking import look, totals
from tests.unit.ingestion.drops import drop, reasons, rows


def test_payments_keep_their_status_and_test_mode_stays_out(home: Path) -> None:
    receipt = drop(home, exports.stripe_payments().text())
    assert (receipt.rows_read, receipt.rows_accepted, receipt.data_set) == (8, 8, "payments, refunds")
    # 120.00 + 80.00 + 50.00 + 75.50 + 64.00 + 33.00 in dollars, the test payment not
    assert totals(receipt.control_totals) == {"JPY": "1200", "USD": "422.50"}
    assert "rows of Stripe's test mode: 1" in receipt.notes
    assert look(home, "payments", "payment_id, customer_id, received_on, amount, currency, invoice_id, status") == [
        ("ch_1", "cus_1", "2026-03-31", "120.00", "USD", "in_1", "succeeded"),
        ("ch_2", "cus_2", "2026-04-01", "1200.00", "JPY", None, "succeeded"),
        ("ch_3", "cus_0", "2026-04-02", "80.00", "USD", None, "failed"),
        ("ch_4", "c1@example.com", "2026-04-03", "50.00", "USD", None, "succeeded"),
        ("ch_5", "cus_2", "2026-04-04", "75.50", "USD", None, "succeeded"),
        ("ch_6", "cus_0", "2026-04-05", "64.00", "USD", None, "succeeded"),
        ("ch_7", "cus_1", "2026-04-06", "33.00", "USD", None, "pending"),
    ]


def test_a_dispute_that_is_lost_takes_the_money_and_one_that_is_won_takes_nothing(home: Path) -> None:
    drop(home, exports.stripe_payments().text())
    assert look(home, "refunds", "refund_id, payment_id, refunded_on, amount, kind") == [
        ("ch_5-dispute", "ch_5", "2026-04-20", "75.50", "chargeback"),
        ("ch_6-dispute", "ch_6", "2026-04-21", "0.00", "chargeback"),
    ]


def test_a_dispute_that_is_won_later_gives_the_money_back(home: Path) -> None:
    drop(home, exports.stripe_payments().changed(4, Dispute_Status="needs_response").text())
    assert look(home, "refunds", "refund_id, amount")[0] == ("ch_5-dispute", "75.50")
    drop(home, exports.stripe_payments().changed(4, Dispute_Status="won").text())
    assert look(home, "refunds", "refund_id, amount")[0] == ("ch_5-dispute", "0.00")


def test_an_inquiry_moves_no_money(home: Path) -> None:
    drop(home, exports.stripe_payments().changed(4, Dispute_Status="warning_needs_response").text())
    assert look(home, "refunds", "refund_id") == [("ch_6-dispute",)]


def test_refunded_amounts_have_no_date_and_stay_beside_the_payment(home: Path) -> None:
    drop(home, exports.stripe_payments().text())
    (extra,) = look(home, "payments where payment_id = 'ch_2'", "extra")[0]
    assert '"Amount Refunded":"0.00"' not in str(extra) and '"Amount Refunded":"1200"' in str(extra)
    assert ("ch_2-dispute",) not in look(home, "refunds", "refund_id")


def test_older_payments_without_the_sellers_message_are_read(home: Path) -> None:
    export = exports.stripe_payments()
    older = export.with_columns([name for name in export.header if name != "Seller Message"])
    assert drop(home, older.text()).rows_accepted == 8


def test_what_a_payment_cannot_be_is_quarantined_with_its_reason(home: Path) -> None:
    export = exports.stripe_payments()
    for row, cells in enumerate(
        (
            {"Status": "Teleported"},
            {"Amount": "1200.5"},
            {"Customer_ID": "", "Customer_Email": ""},
            {"Currency": "usdt"},
            {"Dispute_Date__UTC": ""},
            {"Dispute_Status": "pondering"},
            {"Created__UTC": "yesterday"},
        )
    ):
        export = export.changed(row, **cells)
    receipt = drop(home, export.text())
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_quarantined) == (8, 1, 7)
    found = {line: (column, reason) for line, column, _, reason in reasons(home)}
    assert found[2][0] == "Status" and found[2][1].startswith("is not one of Paid, ")
    assert found[3] == ("Amount", "has more decimals than are allowed here")
    assert found[4] == ("customer_id", "is required and blank")
    assert found[5] == ("Currency", "is not an ISO 4217 currency")
    assert found[6] == ("Dispute Date (UTC)", "is blank though the payment is disputed")
    assert found[7] == ("Dispute Status", "is not a state of a dispute that is known")
    assert found[8][0] == "Created (UTC)"


def test_an_invoice_is_a_head_and_one_line_without_its_tax(home: Path) -> None:
    receipt = drop(home, exports.stripe_invoices().text())
    assert totals(receipt.control_totals) == {"USD": "203.00"}  # 100 + 60 + 10 + 5 + 28
    assert look(home, "invoices", "invoice_id, customer_id, issued_on, due_on, status, voided_on, subscription_id") == [
        ("in_1", "cus_1", "2026-03-01", "2026-03-31", "posted", None, "sub_1"),
        ("in_2", "cus_2", "2026-03-02", "2026-03-02", "posted", None, "sub_2"),
        ("in_3", "cus_0", "2026-03-03", "2026-03-03", "void", "2026-03-15", "sub_3"),
        ("in_4", "cus_1", "2026-03-04", "2026-03-04", "draft", None, "sub_4"),
        ("in_5", "cus_2", "2026-03-05", "2026-03-05", "posted", None, "sub_5"),
    ]
    assert look(home, "invoice_lines", "line_id, net_amount, tax_amount, service_starts_on") == [
        ("in_1", "100.00", "20.00", None),
        ("in_2", "60.00", "0.00", None),
        ("in_3", "10.00", "0.00", None),
        ("in_4", "5.00", "0.00", None),
        ("in_5", "28.00", "5.33", None),
    ]


def test_an_invoice_in_a_status_that_is_not_known_is_quarantined_with_its_line(home: Path) -> None:
    receipt = drop(home, exports.stripe_invoices().changed(1, Status="lost").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (4, 1)
    assert [line[0] for line in look(home, "invoice_lines", "line_id")] == ["in_1", "in_3", "in_4", "in_5"]


def test_subscriptions_that_never_began_make_no_row_and_a_paused_one_is_paused(home: Path) -> None:
    receipt = drop(home, exports.stripe_subscriptions().text())
    assert totals(receipt.control_totals) == {"": "786.00"}  # 49 + 588 + 20 + 30 + 99
    assert "no currency column: the tenant's currency is used" in receipt.notes
    assert "subscriptions that never began: 1" in receipt.notes
    columns = "subscription_id, unit_amount, billing_interval, started_on, ended_on, cancel_requested_on"
    assert look(home, "subscriptions", f"{columns}, trial_ends_on, paused_from") == [
        ("sub_1", "49.00", "month", "2025-01-01", None, None, None, None),
        ("sub_2", "588.00", "year", "2025-02-01", "2025-06-01", "2025-05-10", None, None),
        ("sub_3", "20.00", "month", "2025-03-01", None, None, "2025-03-15", None),
        ("sub_5", "30.00", "month", "2025-05-01", None, None, "2025-05-15", "2025-05-15"),
        ("sub_6", "99.00", "month", "2025-06-01", None, "2025-08-02", None, None),
    ]


def test_a_subscription_that_ends_before_it_starts_or_never_says_when_is_quarantined(home: Path) -> None:
    export = exports.stripe_subscriptions().changed(1, Ended_At__UTC="2024-01-01 00:00")
    receipt = drop(home, export.changed(0, Status="canceled").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (4, 2)
    assert [(line, column, reason) for line, column, _, reason in reasons(home)] == [
        (2, "Ended At (UTC)", "is blank, and so is the day of the cancellation"),
        (3, "ended_on", "is before started_on"),
    ]


def test_a_customer_without_a_name_goes_by_description_or_e_mail(home: Path) -> None:
    drop(home, exports.stripe_customers().text())
    assert look(home, "customers", "customer_id, name, email, created_on") == [
        ("cus_1", "Ada Ltd", "a@example.com", "2025-01-31"),
        ("cus_2", "Bo, by phone", "b@example.com", "2025-02-01"),
        ("cus_3", "c@example.com", "c@example.com", "2025-02-02"),
    ]


def test_utc_days_are_utc_days_whatever_the_tenants_zone(home: Path) -> None:
    drop(home, exports.stripe_payments().text(), zone="Asia/Tokyo")
    assert look(home, "payments", "received_on")[:1] == [("2026-03-31",)]


def test_the_balance_is_a_statement_with_the_fees_as_lines_of_their_own(home: Path) -> None:
    receipt = drop(home, exports.stripe_balance().text())
    assert totals(receipt.control_totals) == {"EUR": "29.50", "USD": "-2.00"}  # 600 + 400 − 20 − 50 − 900.50
    lines = look(home, "bank_statement", "posted_on, amount, currency, reference, description")
    assert lines[:2] == [
        ("2026-01-14", "-8.70", "EUR", "ch_1", "fee: charge"),
        ("2026-01-14", "600.00", "EUR", "ch_1", "charge: Order 1"),
    ]
    # every net amount: 591.30 + 394.20 − 20 − 65 − 1 − 1 − 900.50
    assert look(home, "bank_statement", "sum(amount), count(*)") == [("-2.00", "10")]


def test_two_equal_fees_are_two_lines_and_an_overlapping_report_adds_none(home: Path) -> None:
    export = exports.stripe_balance()
    drop(home, export.text())
    drop(home, export.with_rows(export.rows[4:]).text())
    assert look(home, "bank_statement", "count(*)") == [("10",)]
    assert [row["reference"] for row in rows(home, "raw_csv.bank_statement") if row["currency"] == "USD"] == [
        "txn_5",
        "txn_6",
    ]


def test_a_balance_row_whose_net_is_not_gross_less_fee_is_quarantined(home: Path) -> None:
    receipt = drop(home, exports.stripe_balance().changed(0, net="600.00").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (6, 1)
    assert reasons(home) == [(2, "net", "600.000000", "is not gross less fee")]
