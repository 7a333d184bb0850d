"""The file after the present one is scanned meanwhile, and nothing of that can be told from its receipt."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

import pytest

from ingestion.csv import scan_drop, source
from ingestion.csv.receipt import Receipt

from .drops import facts, put

HEAD = "payment_id,customer_id,received_on,amount,currency"


def payments(name: str) -> str:
    return f"{HEAD}\n{name},C1,2024-01-31,10.50,EUR\n"


def receipts_while(home: Path, between: dict[str, object]) -> dict[str, Receipt]:
    """Receipts by file name; before the one of a file is given, its function of `between` is called."""

    def told(receipt: Receipt) -> None:
        if callable(act := between.get(receipt.file_name)):
            act()

    return {receipt.file_name: receipt for receipt in scan_drop(home, lambda _: "UTC", told)}


def test_the_next_file_is_scanned_in_a_thread_and_no_other(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned_in: dict[str, str] = {}
    scan = source.Source._scan

    def noted(self: source.Source) -> source.Scan:
        scanned_in[self.path.name] = threading.current_thread().name
        return scan(self)

    monkeypatch.setattr(source.Source, "_scan", noted)
    for name in "abc":
        put(home, payments(name), f"{name}.csv")
    receipts_while(home, {})
    assert scanned_in == {"a.csv": "MainThread", "b.csv": "scan_0", "c.csv": "scan_0"}
    assert {row["payment_id"] for row in facts(home, "raw_csv.payments")} == {"a", "b", "c"}


def test_a_file_that_changes_after_it_was_scanned_ahead_counts_as_it_is_now(home: Path) -> None:
    put(home, payments("a"), "a.csv")
    path = put(home, payments("b"), "b.csv")

    def write_again() -> None:
        path.write_text(payments("b") + "B2,C1,2024-01-31,1.00,EUR\n")

    receipts = receipts_while(home, {"a.csv": write_again})
    assert receipts["b.csv"].rows_accepted == 2
    assert {row["payment_id"] for row in facts(home, "raw_csv.payments")} == {"a", "b", "B2"}


def test_a_file_that_goes_away_after_it_was_scanned_ahead_is_refused_alone(home: Path) -> None:
    put(home, payments("a"), "a.csv")
    path = put(home, payments("b"), "b.csv")
    put(home, payments("c"), "c.csv")
    receipts = receipts_while(home, {"a.csv": path.unlink})
    assert [receipts[f"{name}.csv"].status for name in "abc"] == ["accepted", "refused", "accepted"]


def test_what_is_wrong_with_the_file_ahead_is_said_in_its_own_receipt(home: Path) -> None:
    put(home, payments("a"), "a.csv")
    put(home, b"\xff\xfe" + payments("b").encode("utf-16-le"), "b.csv")
    put(home, payments("c"), "c.csv")
    receipts = receipts_while(home, {})
    assert [receipts[f"{name}.csv"].status for name in "abc"] == ["accepted", "refused", "accepted"]
    assert "UTF-16" in str(receipts["b.csv"].reason)


def test_a_scan_that_stops_leaves_nothing_of_the_file_ahead(home: Path) -> None:
    lines = [f"P{number},C1,2024-01-31,1.00,EUR" for number in range(200_000)]
    put(home, payments("a"), "a.csv")
    put(home, gzip.compress("\n".join([HEAD, *lines]).encode(), 1), "b.csv.gz")

    def stop(_: Receipt) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan_drop(home, lambda _: "UTC", stop)
    assert [path.name for path in (home / "intake" / "scratch").glob("*.csv")] == []
    (receipt,) = scan_drop(home, lambda _: "UTC")
    assert receipt.rows_accepted == 200_000
