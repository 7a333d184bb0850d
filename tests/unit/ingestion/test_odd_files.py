"""Odd and hostile files, one sentence of the drop's contract after the other;

each ends in its stated outcome.
"""

from __future__ import annotations

import gzip
import os
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.csv import source

from .drops import drop, facts, put, reasons, rows, scan

HEAD = "payment_id,customer_id,received_on,amount,currency"
ROW = "P1,C1,2024-01-31,10.50,EUR"
GOOD = f"{HEAD}\n{ROW}\n"
BOM = b"\xef\xbb\xbf"


READ = {
    "plain": GOOD.encode(),
    "byte order mark": BOM + GOOD.encode(),
    "semicolons": GOOD.replace(",", ";").encode(),
    "tabs": GOOD.replace(",", "\t").encode(),
    "CRLF": GOOD.replace("\n", "\r\n").encode(),
    "CR": GOOD.replace("\n", "\r").encode(),
    "mixed line ends": f"{HEAD}\r\n\r{ROW}\n\r\n".encode(),
    "no last line end": GOOD.rstrip("\n").encode(),
    "gzip": gzip.compress(GOOD.encode()),
    "gzip in two members": gzip.compress(HEAD.encode() + b"\n") + gzip.compress(ROW.encode()),
    "blank lines": f"\n{HEAD}\n\n \n{ROW}\n\n".encode(),
    "delimiter-only lines": f"{HEAD}\n,,,,\n{ROW}\n , ,,,\n".encode(),
    "header in other case and with spaces": GOOD.replace("payment_id", " Payment_ID ").encode(),
    "columns in another order": b"currency,amount,payment_id,received_on,customer_id\neur,10.5,P1,2024-01-31,C1\n",
    "everything quoted": b'"payment_id","customer_id","received_on","amount","currency"\n'
    b'"P1","C1","2024-01-31","10.50","EUR"\n',
    "outer spaces in cells": f"{HEAD}\n  P1 , C1, 2024-01-31 ,10.50 , eur\n".encode(),
    "trailing delimiter on rows": f"{HEAD}\n{ROW},\n".encode(),
    "zeros after the decimals": f"{HEAD}\nP1,C1,2024-01-31,10.50000000,EUR\n".encode(),
    "a plus sign": f"{HEAD}\nP1,C1,2024-01-31,+10.50,EUR\n".encode(),
    "a date at midnight": f"{HEAD}\nP1,C1,2024-01-31 00:00:00,10.50,EUR\n".encode(),
    "day first": f"{HEAD}\nP1,C1,31/01/2024,10.50,EUR\n".encode(),
    "month first": f"{HEAD}\nP1,C1,1/31/2024,10.50,EUR\n".encode(),
    "day first, two-digit year": f"{HEAD}\nP1,C1,31.01.24,10.50,EUR\n".encode(),
    "month name": f"{HEAD}\nP1,C1,31 Jan 2024,10.50,EUR\n".encode(),
    "month name first": f'{HEAD}\nP1,C1,"January 31, 2024",10.50,EUR\n'.encode(),
    "year first with slashes": f"{HEAD}\nP1,C1,2024/01/31,10.50,EUR\n".encode(),
    "digits only": f"{HEAD}\nP1,C1,20240131,10.50,EUR\n".encode(),
    "decimal comma": HEAD.replace(",", ";").encode() + b"\nP1;C1;2024-01-31;10,50;EUR\n",
    "currency sign": f"{HEAD}\nP1,C1,2024-01-31,€10.50,EUR\n".encode(),
    "an unknown blank column": f"{HEAD},\n{ROW},\n".encode(),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ.keys())
def test_the_same_row_is_read(home: Path, content: bytes) -> None:
    receipt = drop(home, content)
    assert (receipt.status, receipt.reason, receipt.data_set) == ("accepted", None, "payments")
    assert receipt.control_totals == {"EUR": Decimal("10.50")}
    (row,) = facts(home, "raw_csv.payments")
    assert (row["payment_id"], str(row["received_on"]), row["amount"], row["currency"], row["extra"]) == (
        "P1",
        "2024-01-31",
        Decimal("10.50"),
        "EUR",
        None,
    )


REFUSED = {
    "nothing at all": (b"", "the file is empty"),
    "blank lines only": (b"\n\n\n", "the file is empty"),
    "byte order mark only": (BOM, "the file is empty"),
    "latin-1": (f"{HEAD}\nP1,C\xe9,2024-01-31,1,EUR\n".encode("latin-1"), "not UTF-8: byte 0xE9 in line 2"),
    "UTF-16": (GOOD.encode("utf-16"), "UTF-16"),
    "half a character at the end": (GOOD.encode() + b"\xc3", "not UTF-8: byte 0xC3 in line 3"),
    "a broken gzip": (gzip.compress(GOOD.encode())[:-12], "gzip data"),
    "rubbish after a gzip header": (b"\x1f\x8b rubbish", "gzip data"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not UTF-8"),
    "an unknown header": (b"name_of_cat,color\nTom,red\n", "no data set has this header"),
    "a required column missing": (
        b"payment_id,customer_id,received_on,amount\nP1,C1,2024-01-31,1\n",
        "missing: currency",
    ),
    "a column twice": (f"{HEAD},Amount\n{ROW},1\n".encode(), "amount stands twice"),
    "a column and its alias": (b"customer_id,customer id,name\nC1,C1,N\n", "two columns of the header stand for"),
    "more than 2,000 columns": (HEAD.encode() + b"".join(b",x%d" % i for i in range(2000)) + b"\n", "2005 columns"),
    "an open quote": (f'{HEAD}\nP1,C1,2024-01-31,1,"EUR\n{ROW}\n'.encode(), "quote opened in line 2 is never closed"),
    "no header": (f"{ROW}\n".encode(), "no data set has this header"),
    "ambiguous dates": (f"{HEAD}\nP1,C1,01/02/2024,1,EUR\n".encode(), "whether the day or the month"),
    "dates in two formats": (f"{HEAD}\n{ROW}\nP2,C1,31/01/2024,1,EUR\n".encode(), "more than one format|the dates"),
    "day and month swapped": (
        f"{HEAD}\nP1,C1,13/01/2024,1,EUR\nP2,C1,01/13/2024,1,EUR\n".encode(),
        "change places",
    ),
    "spreadsheet serials": (f"{HEAD}\nP1,C1,45322,1,EUR\n".encode(), "spreadsheet serial"),
    "two- and four-digit years": (
        f"{HEAD}\nP1,C1,31/01/24,1,EUR\nP2,C1,31/01/2024,1,EUR\n".encode(),
        "more than one format",
    ),
}


@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_the_file_is_refused_and_says_why(home: Path, content: bytes, why: str) -> None:
    receipt = drop(home, content)
    assert receipt.status == "refused"
    assert receipt.reason is not None and any(part in receipt.reason for part in why.split("|"))
    folder = home / "drop" / ".refused" / receipt.file_id
    assert (folder / "file.csv").read_bytes() == content
    assert (folder / "file.csv.reason.txt").read_text() == receipt.reason + "\n"
    assert rows(home, "raw_csv.payments") == []


QUARANTINED = {
    "a blank id": (",C1,2024-01-31,1,EUR", "payment_id", "is required and blank"),
    "not a number": ("P2,C1,2024-01-31,ten,EUR", "amount", "is not a plain decimal number"),
    "an exponent": ("P2,C1,2024-01-31,1e3,EUR", "amount", "is not a plain decimal number"),
    "NaN": ("P2,C1,2024-01-31,NaN,EUR", "amount", "is not a plain decimal number"),
    "infinity": ("P2,C1,2024-01-31,inf,EUR", "amount", "is not a plain decimal number"),
    "an underscore": ("P2,C1,2024-01-31,1_000,EUR", "amount", "is not a plain decimal number"),
    "Arabic digits": ("P2,C1,2024-01-31,١٢,EUR", "amount", "is not a plain decimal number"),
    "three decimals of a euro": ("P2,C1,2024-01-31,1.005,EUR", "amount", "has more decimals than are allowed here"),
    "decimals of a yen": ("P2,C1,2024-01-31,1.5,JPY", "amount", "has more decimals than are allowed here"),
    "19 digits of cents": ("P2,C1,2024-01-31,10000000000000000,EUR", "amount", "is too large"),
    "an unknown currency": ("P2,C1,2024-01-31,1,EURO", "currency", "is not an ISO 4217 currency"),
    "a day that is not": ("P2,C1,2024-02-30,1,EUR", "received_on", "is not a date (ISO)"),
    "NULL as a date": ("P2,C1,NULL,1,EUR", "received_on", "is not a date (ISO)"),
    "a date with a time": (
        "P2,C1,2024-01-31 12:00:00,1,EUR",
        "received_on",
        "is a date with a time of day or in another format",
    ),
    "NUL": ("P2,C\x001,2024-01-31,1,EUR", None, "has a NUL or control character"),
    "a bell": ("P2,C\x071,2024-01-31,1,EUR", None, "has a NUL or control character"),
    "a C1 control": ("P2,C\x851,2024-01-31,1,EUR", None, "has a NUL or control character"),
    "a cell too few": ("P2,C1,2024-01-31,1", None, "has 4 cells where the header has 5"),
    "a cell too many": ("P2,C1,2024-01-31,1,EUR,more", None, "has 6 cells where the header has 5"),
    "text after a quote": ('P2,"C1"x,2024-01-31,1,EUR', None, "there is text after a closing quote"),
}


@pytest.mark.parametrize(("line", "column", "why"), QUARANTINED.values(), ids=QUARANTINED.keys())
def test_the_row_is_quarantined_and_the_rest_counts(home: Path, line: str, column: str | None, why: str) -> None:
    receipt = drop(home, f"{GOOD}{line}\nP3,C1,2024-02-01,1,EUR\n")
    assert (receipt.status, receipt.rows_accepted, receipt.rows_quarantined) == ("partly_quarantined", 2, 1)
    ((number, name, _, reason),) = reasons(home)
    assert (number, name, reason) == (3, column, why)
    assert [row["payment_id"] for row in rows(home, "raw_csv.payments")] == ["P1", "P3"]
    assert receipt.control_totals == {"EUR": Decimal("11.50")}


def test_legitimate_oddities_are_accepted(home: Path) -> None:
    receipt = drop(
        home,
        'customer_id,name\nNULL,NULL\n00017,Ünï 😀\nc1,a\nC1,=cmd|x\n-1,"two\nlines, one ""name"""\n',
    )
    assert receipt.status == "accepted"
    assert {(row["customer_id"], row["name"]) for row in rows(home, "raw_csv.customers")} == {
        ("NULL", "NULL"),
        ("00017", "Ünï 😀"),
        ("c1", "a"),
        ("C1", "=cmd|x"),
        ("-1", 'two\nlines, one "name"'),
    }


def test_line_numbers_are_physical_also_after_quoted_and_blank_lines(home: Path) -> None:
    drop(home, f'\n{HEAD},reference\n\n{ROW},"a\r\nb\nc"\nP2,C1,2024-01-31,x,EUR,\n\nP3,C1,2024-01-31,1,EUR,\n')
    assert [(row["payment_id"], row["line"]) for row in rows(home, "raw_csv.payments")] == [("P1", 4), ("P3", 9)]
    assert reasons(home)[0][0] == 7


def test_a_row_with_two_faults_is_one_row_and_two_reasons(home: Path) -> None:
    receipt = drop(home, f"{HEAD}\nP1,,2024-01-31,x,EUR\n")
    assert (receipt.rows_read, receipt.rows_quarantined) == (1, 1)
    assert [(line, column) for line, column, _, _ in reasons(home)] == [(2, "amount"), (2, "customer_id")]


def test_a_clear_convention_of_a_whole_column_is_read(home: Path) -> None:
    content = f'{HEAD}\nP1,C1,2024-01-31,"$1,234.50",USD\nP2,C1,2024-01-31,($420.81),USD\nP3,C1,2024-01-31,7,USD\n'
    receipt = drop(home, content)
    assert receipt.control_totals == {"USD": Decimal("820.69")}
    assert "amount read as 1,234.56" in receipt.notes


def test_a_column_of_two_conventions_keeps_only_its_plain_cells(home: Path) -> None:
    content = f'{HEAD}\nP1,C1,2024-01-31,"1,234.50",USD\nP2,C1,2024-01-31,"1.234,50",USD\nP3,C1,2024-01-31,7,USD\n'
    receipt = drop(home, content)
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (1, 2)


def test_a_comma_that_may_be_either_is_not_guessed(home: Path) -> None:
    receipt = drop(home, f'{HEAD}\nP1,C1,2024-01-31,"1,234",EUR\nP2,C1,2024-01-31,7,EUR\n')
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (1, 1)


def test_unknown_columns_are_kept_and_listed(home: Path) -> None:
    receipt = drop(home, 'customer_id,Mood,name,"A ""b"""\nC1,good,N,\nC2,,N,x\n')
    assert receipt.notes == ('unknown columns kept: Mood, A "b"',)
    assert [row["extra"] for row in rows(home, "raw_csv.customers")] == ['{"Mood":"good"}', '{"A \\"b\\"":"x"}']


def test_one_bad_date_among_good_ones_is_quarantined_under_the_files_format(home: Path) -> None:
    receipt = drop(home, f"{HEAD}\nP1,C1,31/01/2024,1,EUR\nP2,C1,31/02/2024,1,EUR\nP3,C1,n/a,1,EUR\n")
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (1, 2)
    assert "dates read as D/M/Y" in receipt.notes


def test_two_digit_years_mean_1970_to_2069(home: Path) -> None:
    drop(home, "customer_id,name,created_on\nA,a,31/12/69\nB,b,31/12/70\n")
    assert [str(row["created_on"]) for row in rows(home, "raw_csv.customers")] == ["2069-12-31", "1970-12-31"]


def test_the_column_that_decides_the_format_decides_for_all(home: Path) -> None:
    head = "invoice_id,customer_id,issued_on,due_on,currency,status"
    drop(home, f"{head}\nI1,C1,01/02/2024,15/02/2024,EUR,posted\n")
    (row,) = rows(home, "raw_csv.invoices")
    assert (str(row["issued_on"]), str(row["due_on"])) == ("2024-02-01", "2024-02-15")


INSTANTS = [
    ("2024-03-31T02:30:00Z", "2024-03-31 02:30:00", True),
    ("2024-03-31T02:30:00+02:00", "2024-03-31 00:30:00", True),
    ("2024-03-31 02:30:00-0130", "2024-03-31 04:00:00", True),
    ("2024-03-31 02:30:00.25 UTC", "2024-03-31 02:30:00.250000", True),
    ("2024-03-31 23:59", "2024-03-31 23:59:00", False),
    ("2024-03-31", "2024-03-31 00:00:00", False),
]


@pytest.mark.parametrize(("text", "value", "is_utc"), INSTANTS)
def test_instants_keep_whether_they_are_utc(home: Path, text: str, value: str, is_utc: bool) -> None:
    drop(home, f"deal_id,stage,entered_at\nD1,won,{text}\n")
    (row,) = rows(home, "raw_csv.deal_stages")
    assert (str(row["entered_at"]), row["entered_at_is_utc"]) == (value, is_utc)


def test_twelve_hour_clocks_are_read_beside_other_dates(home: Path) -> None:
    drop(home, "deal_id,stage,entered_at\nD1,a,1/31/2024 12:05 AM\nD1,b,1/31/2024 3:05:07 pm\nD1,c,1/31/2024 9:00\n")
    assert [str(row["entered_at"]) for row in rows(home, "raw_csv.deal_stages")] == [
        "2024-01-31 00:05:00",
        "2024-01-31 15:05:07",
        "2024-01-31 09:00:00",
    ]


def test_a_wall_clock_that_the_tenants_zone_skips_is_quarantined(home: Path) -> None:
    content = (
        "deal_id,stage,entered_at\nD1,a,2024-03-31 02:30:00\nD1,b,2024-03-31 03:00:00\nD1,c,2024-03-31 02:30:00Z\n"
    )
    receipt = drop(home, content, zone="Europe/Berlin")
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (2, 1)
    assert reasons(home) == [
        (2, "entered_at", "2024-03-31 02:30:00", "is a local time that the clocks of Europe/Berlin skip")
    ]


@pytest.mark.parametrize("bad", ["24:00:00", "12:60:00", "1:2:3:4", "noon", "12:00:00+25:99x"])
def test_times_that_are_none_are_quarantined(home: Path, bad: str) -> None:
    receipt = drop(home, f"deal_id,stage,entered_at\nD1,a,2024-01-31 {bad}\n")
    assert receipt.rows_quarantined == 1


def test_links_pipes_and_hidden_files_are_not_read(home: Path, tmp_path: Path) -> None:
    path = put(home, GOOD, "real.csv")
    (tmp_path / "secret.csv").write_text(GOOD)
    path.with_name("link.csv").symlink_to(tmp_path / "secret.csv")
    path.with_name("linked").symlink_to(tmp_path)
    os.mkfifo(path.with_name("pipe.csv"))
    path.with_name(".hidden.csv").write_text(GOOD)
    assert [receipt.file_name for receipt in scan(home)] == ["real.csv"]


def test_a_bomb_is_refused_cheaply(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert source.MAX_UNPACKED == 500 * 1024 * 1024
    monkeypatch.setattr(source, "MAX_UNPACKED", 20 * 1024 * 1024)
    receipt = drop(home, gzip.compress(b"\n" * (source.MAX_UNPACKED + 1), 1))
    assert receipt.reason == "larger than 20 MB when unpacked"


def test_a_large_gzip_is_read_from_a_scratch_file_that_goes_away(home: Path) -> None:
    lines = [f"P{n},C{n},2024-01-31,1.00,EUR,{'x' * 200}" for n in range(20_000)]
    receipt = drop(home, gzip.compress("\n".join([HEAD + ",reference", *lines]).encode(), 1))
    assert (receipt.status, receipt.rows_accepted) == ("accepted", 20_000)
    assert list((home / "intake" / "scratch").glob("*")) == []


def test_a_line_of_more_than_10_mb_is_refused(home: Path) -> None:
    receipt = drop(home, GOOD.encode() + b"x" * (source.MAX_LINE + 10))
    assert receipt.reason == "line 3 is longer than 10 MB"


def test_a_file_that_is_written_while_it_is_read_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(home, GOOD)

    def appended(_: source.Source) -> source.Scan:
        with path.open("a") as file:
            file.write(f"{ROW}\n")
        return scanned(_)

    scanned = source.Source.scan
    monkeypatch.setattr(source.Source, "scan", appended)
    (receipt,) = scan(home)
    assert receipt.status == "refused" and receipt.reason and "changed while it was read" in receipt.reason


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_fast_way_and_the_careful_way_read_the_same(home: Path, tmp_path: Path, line_end: str) -> None:
    count = 20_000
    lines = [f"P{n},C{n % 97},2024-01-{1 + n % 28:02},{n / 100:.2f},EUR" for n in range(count)]
    lines[100] = "P100,C1,2024-01-32,1,EUR"
    lines[200] = ",,,,"
    lines[300] = "P299,C1,2024-01-31,1.00,EUR"
    plain = line_end.join([HEAD, *lines, ""])
    careful = tmp_path / "careful"
    fast_receipt = drop(home, plain)
    careful_receipt = drop(careful, plain.replace("P0,", '"P0",', 1))
    for name in ("rows_read", "rows_accepted", "rows_quarantined", "control_totals", "notes"):
        assert getattr(fast_receipt, name) == getattr(careful_receipt, name)
    assert rows(home, "raw_csv.payments") == rows(careful, "raw_csv.payments")
    assert reasons(home) == reasons(careful)
    assert {line for line, *_ in reasons(home)} == {102, 301, 302}
