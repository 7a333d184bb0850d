"""Quarantined rows come out in their file's own header, and mended they count as if they had been right at once."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import erasing
from ingestion.contracts import layouts
from ingestion.csv.mend import Exported, export_quarantined
from ingestion.errors import NotMendable, UnknownFile

from .drops import drop, facts, rows

Edit = tuple[str, str]
NATIVE = (
    "payment_id,customer_id,received_on,amount,currency,reference,their note\n"
    'P1,C1,2024-01-31,1.50,EUR,"a, ""b""",x\nP2,C1,2024-02-30,2.50,EUR,"two\nlines",y\n'
    'P3,C1,2024-03-01,3.5O,EUR,,\nP4,C1,2024-03-02,4.50,EUR,,z,too much\nP5,C1,2024-03-03,5.50,EUR,"a"b,\n'
    "P6,C1,2024-03-04,6.50,EUR,sixth,\nP7,C1,2024-03-05,7.50,EUR,,\nP7,C1,2024-03-05,8.50,EUR,,\n"
)
NATIVE_EDITS = [
    ("2024-02-30", "2024-02-29"),
    ("3.5O", "3.50"),
    ("z,too much", "z"),
    ('"a"b', "ab"),
    ("P7,C1,2024-03-05,8.50,EUR,,\n", ""),
]
GERMAN = (
    "payment_id;customer_id;received_on;amount;currency\n"
    "P1;C1;31.12.2024;1.234,50;EUR\nP2;C1;01.02.2024;1.234;USD\nP3;C1;02.01.2024;12.345,00;E\nP4;C1;99.01.2024;2,00;EUR\n"
)
GERMAN_EDITS = [("12345.00;E\n", "12345.00;EUR\n"), ("99.01.2024", "2024-01-09")]
GERMAN_RIGHT = [("12.345,00;E\n", "12.345,00;EUR\n"), ("99.01.2024", "09.01.2024")]
UCI = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "536365,85123A,HOLDER,6,12/1/2010 8:26,2.55,17850.0,United Kingdom\n"
    "536366,22633,WARMER,six,12/31/2010 8:28,1.85,17850.0,United Kingdom\n"
)
UCI_EDITS = [("six", "6")]


def edited(text: str, edits: list[Edit]) -> str:
    for old, new in edits:
        assert old in text, (old, text)
        text = text.replace(old, new)
    return text


def export(home: Path, *file_ids: str, out: Path | None = None) -> list[Exported]:
    return export_quarantined(home, out or home.parent / "out", file_ids)


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("wrong", "relation", "edits", "right"),
    [
        (NATIVE, "payments", NATIVE_EDITS, NATIVE_EDITS),
        (NATIVE.replace("\n", "\r\n"), "payments", [*NATIVE_EDITS[:-1], ("P7,C1,2024-03-05,8.50,EUR,,\n", "")], None),
        (GERMAN, "payments", GERMAN_EDITS, GERMAN_RIGHT),
        (UCI, "sales", UCI_EDITS, UCI_EDITS),
    ],
    ids=["native", "other line ends", "semicolon", "vendor"],
)
def test_mended_rows_count_as_if_they_had_been_right_at_once(
    home: Path,
    tmp_path: Path,
    pack: Callable[[str], bytes],
    wrong: str,
    relation: str,
    edits: list[Edit],
    right: list[Edit] | None,
) -> None:
    calm = tmp_path / "calm"
    expected = drop(calm, edited(NATIVE if right is None else wrong, NATIVE_EDITS if right is None else right))
    assert expected.status == "accepted"
    first = drop(home, pack(wrong), "June.csv.gz" if pack is not str.encode else "June.csv", "acme")
    (exported,) = export(home)
    assert (exported.rows, exported.lost, exported.tenant_id) == (first.rows_quarantined, 0, "acme")
    assert exported.path.name == "f1-June.csv"
    mended = drop(home, edited(exported.path.read_text(encoding="utf-8"), edits), exported.path.name, "acme")
    assert (mended.status, mended.rows_quarantined) == ("accepted", 0)
    without_tenant = f"(select * exclude (tenant_id) from raw_csv.{relation})"
    found, wanted = facts_of(home, without_tenant), facts_of(calm, without_tenant)
    if right is None:
        for row in found:
            row["reference"] = row["reference"] and row["reference"].replace("\r\n", "\n")
    assert found == wanted


def facts_of(home: Path, relation: str) -> list[dict[str, object]]:
    return facts(home, relation)


def test_the_first_receipt_never_changes_and_the_mended_file_has_its_own(home: Path) -> None:
    drop(home, NATIVE)
    (before,) = rows(home, "ops.ingest_receipts")
    (exported,) = export(home)
    drop(home, edited(exported.path.read_text(), NATIVE_EDITS), exported.path.name)
    receipts = {row["file_id"]: row for row in rows(home, "ops.ingest_receipts")}
    assert receipts["f1"] == before
    assert (receipts["f2"]["rows_read"], receipts["f2"]["status"]) == (5, "accepted")
    assert len(rows(home, "ops.quarantined_rows")) == 6


def test_dropped_again_unmended_they_are_quarantined_again_for_the_same_reasons(home: Path) -> None:
    first = drop(home, NATIVE)

    def found() -> list[str]:
        return sorted(repr(tuple(row.values())[3:6]) for row in rows(home, "ops.quarantined_rows"))

    before = found()
    (exported,) = export(home)
    again = drop(home, exported.path.read_bytes(), exported.path.name)
    assert (again.rows_read, again.rows_accepted) == (first.rows_quarantined, 0)
    assert found() == sorted([*before, *before])


def test_a_cell_of_another_convention_is_never_read_a_thousand_times_larger_or_smaller(home: Path) -> None:
    """1.234 is 1234 in its file; alone in the mended file it would be a plain 1.234."""
    head = "sale_id;sold_at;product;quantity;unit_price;currency\n"
    drop(home, head + "S1;2024-01-31;A;1;2.345,50;EUR\nS2;2024-01-31;A;1;1.234;euro\n", "sales.csv")
    (exported,) = export(home)
    drop(home, exported.path.read_text().replace("euro", "EUR"), "mended.csv")
    assert [str(row["unit_price"]) for row in rows(home, "raw_csv.sales")] == ["2345.500000", "1234.000000"]


def test_the_reasons_stand_beside_by_the_line_of_the_first_file(home: Path) -> None:
    drop(home, NATIVE)
    (exported,) = export(home)
    text = exported.reasons.read_text()
    assert exported.reasons.name == "f1-file.csv.reasons.txt"
    assert "line 3: received_on '2024-02-30' is not a date" in text
    assert "line 5: amount '3.5O' is not a plain decimal number\n" in text
    assert "line 7: there is text after a closing quote\n" in text


def test_nothing_that_was_mended_is_overwritten(home: Path) -> None:
    drop(home, NATIVE)
    (exported,) = export(home)
    exported.path.write_text("mended")
    with pytest.raises(NotMendable, match="is there already"):
        export(home)
    assert exported.path.read_text() == "mended"


def test_every_file_that_counts_is_written_unless_some_are_named(home: Path, tmp_path: Path) -> None:
    drop(home, NATIVE, tenant="acme")
    drop(home, GERMAN, tenant="globex")
    drop(home, "customer_id,name\nC1,N\n", tenant="acme")
    assert [one.file_id for one in export(home, out=tmp_path / "1")] == ["f1", "f2"]
    assert [one.file_id for one in export_quarantined(home, tmp_path / "2", tenant_id="globex")] == ["f2"]
    assert [one.file_id for one in export(home, "f2", "f2", out=tmp_path / "3")] == ["f2"]
    for unknown, message in (("f9", "there is no file f9"), ("f3", "f3 has no quarantined rows")):
        with pytest.raises(UnknownFile, match=message):
            export(home, unknown, out=tmp_path / "4")
    with pytest.raises(UnknownFile, match="there is no file f1"):
        export_quarantined(home, tmp_path / "4", ["f1"], "globex")
    assert not (tmp_path / "4").exists()


def test_rows_that_say_nothing_without_those_above_them_are_not_written_out(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(home, NATIVE)
    drop(home, UCI, "uci.csv")
    known = dict(layouts())
    known["uci_retail"] = replace(known["uci_retail"], fill_down=("order_id",))
    monkeypatch.setattr("ingestion.csv.mend.layouts", lambda: known)
    found = {one.file_id: one.why_not for one in export(home)}
    assert found["f1"] is None and "its rows cannot stand alone" in str(found["f2"])
    with pytest.raises(NotMendable, match="f2: its rows cannot stand alone; undo it"):
        export(home, "f2", out=tmp_path / "2")


def test_nothing_personal_is_left_to_write_after_an_erasure(home: Path) -> None:
    head = "customer_id,name,created_on\n"
    content = head + 'C-GONE,Kanarie Vogel,never\nC-STAYS,Bleibt Hier,never\nC-GONE,"Kanarie"Two,2024-01-01\n'
    drop(home, content, "Kanarie Vogel.csv")
    erasing.erase(home, [erasing.Request("default", "C-GONE", "e1")])
    (exported,) = export(home)
    assert (exported.rows, exported.lost) == (1, 2)
    for path in exported.path.parent.iterdir():
        assert "kanarie" not in (path.name + path.read_text()).lower()
    assert exported.path.read_text() == head + "C-STAYS,Bleibt Hier,never\n"
    assert exported.reasons.read_text().count("its text is not kept any more") == 2
