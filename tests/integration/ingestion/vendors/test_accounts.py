"""Statements of PayPal and Chase: only what moves money is a line, and equal lines are different lines."""

from __future__ import annotations

from pathlib import Path

from tests.integration.ingestion.vendors import exports
from tests.integration.ingestion.vendors.looking import look, totals
from tests.unit.ingestion.drops import drop, reasons


def test_memo_and_failed_rows_of_paypal_move_no_money(home: Path) -> None:
    receipt = drop(home, exports.paypal().text())
    assert (receipt.rows_read, receipt.rows_accepted, receipt.data_set) == (8, 8, "bank_statement, payments")
    # Σ Gross of TX1, 2, 6, 7 and 8: 1,200 + 10 − 10 − 500, and 5
    assert totals(receipt.control_totals) == {"EUR": "700.00", "USD": "5.00"}
    assert "rows that move no money and are no payment received: 1" in receipt.notes
    assert look(home, "bank_statement", "posted_on, amount, currency, reference") == [
        ("2025-12-30", "-37.75", "EUR", "TX1"),
        ("2025-12-30", "1200.00", "EUR", "TX1"),
        ("2025-12-31", "-0.64", "EUR", "TX2"),
        ("2025-12-31", "10.00", "EUR", "TX2"),
        ("2026-01-14", "-10.00", "EUR", "TX6"),
        ("2026-01-14", "0.34", "EUR", "TX6"),
        ("2026-01-15", "-500.00", "EUR", "TX7"),
        ("2026-01-15", "-0.40", "USD", "TX8"),
        ("2026-01-15", "5.00", "USD", "TX8"),
    ]


def test_payments_received_through_paypal_keep_their_status(home: Path) -> None:
    drop(home, exports.paypal().text())
    assert look(home, "payments", "payment_id, customer_id, received_on, amount, currency, status") == [
        ("TX1", "p@example.com", "2025-12-30", "1200.00", "EUR", "succeeded"),
        ("TX2", "p@example.com", "2025-12-31", "10.00", "EUR", "succeeded"),
        ("TX3", "p@example.com", "2025-12-31", "99.00", "EUR", "pending"),
        ("TX4", "p@example.com", "2025-12-31", "45.00", "EUR", "failed"),
        ("TX8", "p@example.com", "2026-01-15", "5.00", "USD", "succeeded"),
    ]


def test_a_pending_payment_that_completes_later_is_one_payment_and_then_a_line(home: Path) -> None:
    drop(home, exports.paypal().text())
    drop(home, exports.paypal().changed(2, Status="Completed", Balance_Impact="Credit").text())
    assert look(home, "payments where payment_id = 'TX3'", "status") == [("succeeded",)]
    assert look(home, "bank_statement where reference = 'TX3'", "amount") == [("99.00",)]
    assert look(home, "bank_statement", "count(*)") == [("10",)]


def test_an_overlapping_download_with_other_columns_adds_no_lines(home: Path) -> None:
    export = exports.paypal()
    drop(home, export.text())
    drop(home, export.with_columns([name for name in export.header if name not in ("Note", "Item Title")]).text())
    assert look(home, "bank_statement", "count(*)") == [("9",)]


def test_fees_written_without_their_sign_are_still_taken_off(home: Path) -> None:
    drop(home, exports.paypal().changed(1, Fee="0.64").text())
    assert look(home, "bank_statement where reference = 'TX2'", "amount") == [("-0.64",), ("10.00",)]


def test_a_status_or_an_impact_that_is_not_known_is_quarantined(home: Path) -> None:
    receipt = drop(home, exports.paypal().changed(0, Status="Refunded").changed(1, Balance_Impact="Sideways").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (6, 2)
    assert [(line, column, value) for line, column, value, _ in reasons(home)] == [
        (2, "Status", "Refunded"),
        (3, "Balance Impact", "Sideways"),
    ]


def test_equal_lines_of_chase_are_different_lines_and_the_trailing_comma_is_nothing(home: Path) -> None:
    receipt = drop(home, exports.chase().text())
    assert (receipt.rows_read, receipt.rows_accepted) == (5, 5)
    assert totals(receipt.control_totals) == {"": "3667.00"}  # 4,000 − 200 − 6.50 − 6.50 − 120
    assert look(home, "bank_statement", "posted_on, amount, balance, reference, description") == [
        ("2026-03-13", "-120.00", "5280.63", None, "GROCERY"),
        ("2026-03-14", "-6.50", None, None, "COFFEE, BAR"),
        ("2026-03-14", "-6.50", None, None, "COFFEE, BAR"),
        ("2026-03-29", "-200.00", "5080.63", "1088", "CHECK 1088"),
        ("2026-03-30", "4000.00", "9080.63", None, "PAYROLL  PPD ID: 12"),
    ]


def test_a_chase_row_with_more_than_a_trailing_comma_is_quarantined(home: Path) -> None:
    receipt = drop(home, exports.chase().text() + "DEBIT,03/20/2026,X,-1.00,DEBIT_CARD,,,more\r\n")
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (5, 1)
    assert reasons(home)[0][3] == "has 8 cells where the header has 7"
