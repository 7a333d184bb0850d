"""Xero's invoices: one row per line, totals repeated on each; documents come out once, lines exactly."""

from __future__ import annotations

from pathlib import Path

from tests.integration.ingestion.vendors.exports import Export, xero, xero_document, xero_import, xero_rows
from tests.integration.ingestion.vendors.looking import look, totals
from tests.unit.ingestion.drops import drop, reasons

LINES = "invoice_id, description, net_amount, tax_amount"
HEADS = "invoice_id, customer_id, issued_on, due_on, currency, status"


def test_documents_come_out_once_and_lines_without_tax(home: Path) -> None:
    receipt = drop(home, xero().text())
    assert (receipt.rows_read, receipt.rows_accepted) == (14, 14)
    assert receipt.data_set == "invoice_lines, invoices, credit_notes, bills, customers"
    # 160 + 120 + 30 + 7 + 9 of invoices, 20 of the credit note, 540 + 8 of bills: without tax
    assert totals(receipt.control_totals) == {"NZD": "894.00"}
    assert "dates read as D/M/Y" in receipt.notes
    assert look(home, "invoices", HEADS) == [
        ("INV-1", "Ada Ltd", "2026-01-13", "2026-02-13", "NZD", "posted"),
        ("INV-2", "Bo Ltd", "2026-01-13", "2026-01-20", "NZD", "posted"),
        ("INV-3", "Ada Ltd", "2026-01-14", "2026-02-14", "NZD", "posted"),
        ("INV-4", "Bo Ltd", "2026-01-14", "2026-02-14", "NZD", "void"),
        ("INV-5", "Bo Ltd", "2026-01-15", "2026-01-15", "NZD", "draft"),
    ]
    assert look(home, "invoice_lines", LINES) == [
        ("INV-1", "Licence", "100.00", "15.00"),
        ("INV-1", "Set-up, once", "50.00", "7.50"),
        ("INV-1", 'The "big" one', "10.00", "1.50"),
        ("INV-2", "Hours", "100.00", "15.00"),
        ("INV-2", "Travel", "20.00", "3.00"),
        ("INV-3", "Book", "5.00", "0.00"),
        ("INV-3", "Seat", "12.50", "0.00"),
        ("INV-3", "Seat", "12.50", "0.00"),
        ("INV-4", "Void", "7.00", "0.00"),
        ("INV-5", "Draft", "9.00", "0.00"),
    ]
    assert look(home, "credit_notes", "credit_note_id, customer_id, issued_on, amount, tax_amount") == [
        ("CN-1", "Ada Ltd", "2026-01-20", "23.00", "3.00")
    ]
    assert look(home, "bills", "bill_id, vendor_id, issued_on, due_on, amount, tax_amount") == [
        ("Landlord 771", "Landlord", "2026-01-05", "2026-01-25", "621.00", "81.00"),
        ("Landlord 772", "Landlord", "2026-01-06", "2026-01-26", "0.00", "0.00"),
    ]
    assert look(home, "customers", "customer_id, name, email, country") == [
        ("Ada Ltd", "Ada Ltd", "ada@example.com", "NZ"),
        ("Bo Ltd", "Bo Ltd", "bo@example.com", "NZ"),
    ]
    assert look(home, "payments", "count(*)") == [("0",)]


def one(*lines: tuple[str, str, str], total: str, tax: str, **more: str) -> Export:
    """Invoice X-1 of 13 January."""
    return xero(xero_document("X-1", "Ada Ltd", "13/01/2026", "28/01/2026", lines, total, tax, **more))


def test_tax_in_the_lines_is_told_by_their_sum(home: Path) -> None:
    mixed = [("Standard", "115.00", "15.00"), ("Exempt", "30.00", "0.00")]
    drop(home, one(*mixed, total="145.00", tax="15.00").text())
    assert look(home, "invoice_lines", LINES) == [
        ("X-1", "Exempt", "30.00", "0.00"),
        ("X-1", "Standard", "100.00", "15.00"),
    ]


def test_of_a_document_with_a_line_missing_the_others_tell_by_the_rate_in_their_taxs_name(home: Path) -> None:
    export = one(("A", "100.00", "15.00"), ("B", "10.00", "1.50"), ("C", "x", "0.00"), total="138.00", tax="18.00")
    receipt = drop(home, export.text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (2, 1)
    assert look(home, "invoice_lines", LINES) == [("X-1", "A", "100.00", "15.00"), ("X-1", "B", "10.00", "1.50")]
    mended = one(("C", "10.00", "1.50"), total="138.00", tax="18.00")
    assert drop(home, mended.text()).rows_accepted == 1
    assert [line[1] for line in look(home, "invoice_lines", LINES)] == ["A", "B", "C"]


def test_lines_that_may_or_may_not_include_tax_are_quarantined(home: Path) -> None:
    export = one(("A", "100.00", "15.00"), ("B", "100.00", "9.00"), total="250.00", tax="30.00")
    export = export.changed(0, TaxType="Standard Rate Sales")
    receipt = drop(home, export.text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (0, 2)
    assert {reason for *_, reason in reasons(home)} == {
        "may or may not include tax; the lines of the document do not add up to its totals"
    }
    assert look(home, "invoices", HEADS) == []


def test_rows_of_one_invoice_that_disagree_about_its_head_are_all_quarantined(home: Path) -> None:
    receipt = drop(home, xero().changed(1, Total="185.0000").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (11, 3)
    assert [(line, column, value) for line, column, value, _ in reasons(home)] == [
        (line, "InvoiceNumber", "INV-1") for line in (2, 3, 4)
    ]
    assert "INV-1" not in {head[0] for head in look(home, "invoices", HEADS)}


def test_an_overpayment_and_an_unknown_status_are_quarantined(home: Path) -> None:
    export = xero().changed(0, Type="Sales overpayment").changed(3, Status="Pondering")
    receipt = drop(home, export.text())
    assert receipt.rows_quarantined == 2
    assert [(line, column, value) for line, column, value, _ in reasons(home)] == [
        (2, "Type", "Sales overpayment"),
        (5, "Status", "Pondering"),
    ]


def test_a_later_export_of_a_changed_invoice_replaces_its_lines(home: Path) -> None:
    drop(home, one(("A", "100.00", "15.00"), ("B", "20.00", "3.00"), total="138.00", tax="18.00").text())
    drop(home, one(("A", "90.00", "13.50"), total="103.50", tax="13.50").text())
    assert look(home, "invoice_lines", LINES) == [("X-1", "A", "90.00", "13.50")]


def test_a_later_export_that_words_a_line_anew_does_not_count_it_twice(home: Path) -> None:
    """The head is the same; the file has the whole invoice, so what it says replaces what was said."""
    drop(home, one(("A", "100.00", "15.00"), ("B", "20.00", "3.00"), total="138.00", tax="18.00").text())
    drop(home, one(("A", "100.00", "15.00"), ("B, late", "20.00", "3.00"), total="138.00", tax="18.00").text())
    assert look(home, "invoice_lines", LINES) == [("X-1", "A", "100.00", "15.00"), ("X-1", "B, late", "20.00", "3.00")]


def test_a_later_export_replaces_only_the_documents_that_it_has(home: Path) -> None:
    drop(home, xero().text())
    paid = [row | {"Status": "Paid", "InvoiceAmountDue": "0.0000"} for row in xero_rows()[:3]]
    drop(home, xero(paid).text())
    assert look(home, "invoice_lines", "count(*)") == [("10",)]
    assert look(home, "invoices", "status")[0] == ("draft",)


def test_a_bill_that_is_voided_later_stands_with_nothing(home: Path) -> None:
    bill = {"Type": "Bill", "Status": "Awaiting Payment"}
    drop(home, one(("Rent", "100.00", "0.00"), total="100.00", tax="0.00", **bill).text())
    assert look(home, "bills", "amount") == [("100.00",)]
    drop(home, one(("Rent", "100.00", "0.00"), total="100.00", tax="0.00", **bill | {"Status": "Voided"}).text())
    assert look(home, "bills", "amount") == [("0.00",)]


def test_the_import_template_makes_drafts(home: Path) -> None:
    receipt = drop(home, xero_import().text())
    assert totals(receipt.control_totals) == {"AUD": "151.97"}  # 3 × 19.99 + 100 less 12.5 % + 0.5 × 9
    assert {head[5] for head in look(home, "invoices", HEADS)} == {"draft"}
    assert look(home, "invoice_lines", LINES) == [
        ("T-1", "Work for Ada Ltd", "59.97", None),
        ("T-1", "Work for Ada Ltd", "87.50", None),
        ("T-2", "Work for Bo Ltd", "4.50", None),
    ]


def test_a_template_line_that_is_no_whole_cent_is_quarantined(home: Path) -> None:
    receipt = drop(home, xero_import().changed(0, Quantity="0.333").changed(2, Quantity="999999999999999999").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (1, 2)
    assert {column for _, column, _, _ in reasons(home)} == {"*UnitAmount"}
