"""QuickBooks: a report with sections and totals, lists under a title, lines whose head stands above them."""

from __future__ import annotations

from pathlib import Path

from tests.integration.ingestion.vendors import exports
from tests.integration.ingestion.vendors.looking import look, totals
from tests.unit.ingestion.drops import drop, reasons


def test_sections_and_totals_of_the_ageing_are_no_rows(home: Path) -> None:
    receipt = drop(home, exports.quickbooks_receivables().text())
    assert (receipt.rows_read, receipt.rows_accepted) == (4, 4)
    assert totals(receipt.control_totals) == {"": "1213.69"}  # 1,234.50 − 100.00 − 420.81 + 500.00
    assert "no currency column: the tenant's currency is used" in receipt.notes
    assert look(home, "invoices", "invoice_id, customer_id, issued_on, due_on, status, currency") == [
        ("SI-1", "TACTICS", "2025-11-25", "2025-12-25", "posted", None),
        ("SI-2", "Sports, Basement", "2026-03-15", "2026-04-14", "posted", None),
    ]
    assert look(home, "invoice_lines", "line_id, invoice_id, net_amount") == [
        ("SI-1", "SI-1", "1234.50"),
        ("SI-2", "SI-2", "500.00"),
    ]
    assert look(home, "credit_notes", "credit_note_id, customer_id, issued_on, amount") == [
        ("SC-1", "ZUMIEZ", "2025-01-23", "100.00")
    ]
    assert look(home, "payments", "customer_id, received_on, amount") == [("ZUMIEZ", "2025-01-24", "420.81")]
    assert look(home, "invoices", "extra")[0] == ('{"Open balance":"500.00"}',)


def test_lines_of_the_report_are_counted_from_the_top_of_the_file(home: Path) -> None:
    receipt = drop(home, exports.quickbooks_receivables().changed(1, Amount="a lot", Transaction_type="Deposit").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (3, 1)
    assert [(line, column, value) for line, column, value, _ in reasons(home)] == [
        (7, "Amount", "a lot"),
        (7, "Transaction type", "Deposit"),
    ]


def test_a_report_without_its_title_is_read_the_same(home: Path) -> None:
    export = exports.quickbooks_receivables()
    bare = exports.Export(export.contract, export.header, [row for row in export.rows if "," not in "".join(row)])
    receipt = drop(home, bare.text().replace("$", "").replace("\r\n", "\n"))
    assert (receipt.status, receipt.rows_read) == ("accepted", 2)


def test_an_invoice_without_a_number_is_quarantined_and_a_payment_is_not(home: Path) -> None:
    receipt = drop(home, exports.quickbooks_receivables().changed(1, Num="").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (3, 1)
    assert [(line, column, reason) for line, column, _, reason in reasons(home)] == [
        (7, "Num", "is required and blank")
    ]


def test_next_months_ageing_adds_what_is_new_and_repeats_nothing(home: Path) -> None:
    export = exports.quickbooks_receivables()
    drop(home, export.text())
    later = export.changed(1, Open_balance="10.00").changed(3, Open_balance="(1.00)")
    drop(home, later.with_rows([*later.rows[:3], later.rows[3], *later.rows[4:]]).text())
    assert look(home, "payments", "count(*)") == [("1",)]
    assert look(home, "invoice_lines", "sum(net_amount)") == [("1734.50",)]


def test_customers_of_either_header_are_named_as_documents_name_them(home: Path) -> None:
    receipt = drop(home, exports.quickbooks_customers().text())
    assert (receipt.rows_read, receipt.rows_accepted) == (2, 2)
    assert look(home, "customers", "customer_id, name, email, currency") == [
        ("Bali Villas", "Bali Villas", None, "IDR"),
        ("Smith, John", "Smith, John", "john@example.com", "USD"),
    ]
    other = drop(home, exports.quickbooks_contacts().text(), tenant="other")
    assert (other.contract, other.rows_accepted) == ("quickbooks_customers", 2)
    (extra,) = look(home, "customers where tenant_id = 'other'", "extra")[0]
    assert "Jl. Raya 10" in str(extra) and "Badung" in str(extra)


def test_an_invoices_head_stands_in_its_first_row_only(home: Path) -> None:
    receipt = drop(home, exports.quickbooks_invoice_import().text())
    assert totals(receipt.control_totals) == {"EUR": "120.00", "USD": "300.00"}
    assert look(home, "invoices", "invoice_id, customer_id, issued_on, due_on, currency, status") == [
        ("1001", "Ada Ltd", "2026-01-15", "2026-02-14", "USD", "posted"),
        ("1002", "Bo Ltd", "2026-01-16", "2026-02-15", "EUR", "posted"),
    ]
    assert look(home, "invoice_lines", "invoice_id, description, quantity, unit_amount, net_amount") == [
        ("1001", "Build", "3.00", "60.00", "180.00"),
        ("1001", "Design", "2.00", "50.00", "100.00"),
        ("1001", "Train", "1.00", "20.00", "20.00"),
        ("1002", "Build", "1.00", "60.00", "60.00"),
        ("1002", "Build", "1.00", "60.00", "60.00"),
    ]


def test_a_continued_row_that_contradicts_its_head_takes_the_whole_invoice_out(home: Path) -> None:
    receipt = drop(home, exports.quickbooks_invoice_import().changed(2, Customer="Somebody else").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (2, 3)
    assert {reason for *_, reason in reasons(home)} == {"is an invoice whose rows disagree about its head"}


def test_a_row_before_any_head_is_quarantined(home: Path) -> None:
    export = exports.quickbooks_invoice_import()
    receipt = drop(home, export.with_rows(export.rows[1:2] + export.rows[3:]).text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (2, 1)
    assert {column for _, column, _, _ in reasons(home)} == {"InvoiceNo", "Customer", "InvoiceDate", "DueDate"}


def test_journal_lines_take_date_type_and_number_from_the_first_of_their_entry(home: Path) -> None:
    """Two entries of one day: the second has no number, and gets none from the first."""
    receipt = drop(home, exports.quickbooks_journal().text())
    assert (receipt.rows_read, receipt.rows_accepted) == (9, 9)
    assert totals(receipt.control_totals) == {"": "1305.99"}  # 1,250.00 + 45.99 + 5.00 + 5.00
    assert "total rows: 2" in receipt.notes
    assert look(home, "journal_lines", "posted_on, type, number, account, debit, credit") == [
        ("2026-01-15", "Expense", None, "Checking", None, "45.99"),
        ("2026-01-15", "Expense", None, "Office", "45.99", None),
        ("2026-01-15", "Invoice", "1001", "Accounts Receivable (A/R)", "1250.00", None),
        ("2026-01-15", "Invoice", "1001", "Sales:Design", None, "1250.00"),
        ("2026-02-17", "Journal Entry", "7", "Checking", None, "10.00"),
        ("2026-02-17", "Journal Entry", "7", "Office", "5.00", None),
        ("2026-02-17", "Journal Entry", "7", "Office", "5.00", None),
    ]


def test_a_journal_line_without_an_account_or_with_two_amounts_is_quarantined(home: Path) -> None:
    export = exports.quickbooks_journal().changed(1, Account="").changed(4, Debit="45.99")
    receipt = drop(home, export.text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (7, 2)
    assert [(line, column) for line, column, _, _ in reasons(home)] == [(7, "Account"), (10, "Debit")]
