"""Exports over time: taken back, asked for as they were known, merged in the store, mended."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingestion.compacting import compact
from ingestion.csv.mend import export_quarantined
from ingestion.raw import create_raw_relations
from ingestion.retract import undo
from tests.integration.ingestion.vendors.exports import XeroLine, chase, stripe_balance, xero, xero_document
from tests.integration.ingestion.vendors.looking import look
from tests.unit.ingestion.drops import drop, put, scan

LINES = "invoice_id, description, net_amount"


def invoice(number: int, *lines: XeroLine, total: str) -> str:
    return xero(xero_document(f"X-{number}", "Ada Ltd", "13/01/2026", "28/01/2026", lines, total, "0.00")).text()


def known(home: Path, known_at: int) -> list[object]:
    with duckdb.connect() as con:
        create_raw_relations(con, home, known_at)
        names = ("invoice_lines", "invoices", "customers", "bank_statement")
        return [con.sql(f"from raw_csv.{name} order by all").fetchall() for name in names]


def test_taking_back_a_later_export_brings_the_earlier_lines_back(home: Path) -> None:
    first = drop(home, invoice(1, ("A", "10.00", "0.00"), ("B", "5.00", "0.00"), total="15.00"))
    before = known(home, first.accepted_seq)
    second = drop(home, invoice(1, ("A", "10.00", "0.00"), total="10.00"))
    assert look(home, "invoice_lines", LINES) == [("X-1", "A", "10.00")]
    assert known(home, first.accepted_seq) == before
    undone = undo(home, second.file_id)
    assert known(home, undone) == before
    assert known(home, second.accepted_seq) != before


def test_merging_the_stored_files_changes_nothing_at_any_time(home: Path) -> None:
    for number in range(12):
        amount = f"{number + 1}.00"
        put(home, invoice(number % 4, ("A", amount, "0.00"), total=amount), f"{number:02}-xero.csv")
    put(home, stripe_balance().text(), "20-stripe.csv")
    put(home, chase().text(), "21-chase.csv")
    put(home, "line_id,invoice_id,net_amount\nL1,X-1,3\n", "22-own.csv")
    receipts = scan(home)
    times = range(3, len(receipts) + 1, 4)
    before = [known(home, seq) for seq in times]
    assert look(home, "invoice_lines", "count(*)") == [("5",)]
    assert compact(home, 2).after > 0
    assert [known(home, seq) for seq in times] == before


def test_quarantined_lines_are_mended_and_join_their_invoice(home: Path, tmp_path: Path) -> None:
    lines = [("A", "100.00", "15.00"), ("B", "20.00", "3.00")]
    export = xero(xero_document("X-1", "Ada Ltd", "13/01/2026", "28/01/2026", lines, "138.00", "18.00"))
    receipt = drop(home, export.changed(1, LineAmount="twenty").text())
    assert look(home, "invoice_lines", LINES) == [("X-1", "A", "100.00")]
    (exported,) = export_quarantined(home, tmp_path / "mend", [receipt.file_id])
    mended = exported.path.read_text(encoding="utf-8-sig").replace("twenty", "20.00")
    assert drop(home, mended).status == "accepted"
    assert look(home, "invoice_lines", LINES) == [("X-1", "A", "100.00"), ("X-1", "B", "20.00")]
