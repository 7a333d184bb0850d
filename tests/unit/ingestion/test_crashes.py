"""Killed at every step, and two at once: a rerun ends with each fact once and one receipt per file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingestion.csv import scan_drop
from ingestion.errors import IngestionError, JournalUnusable
from ingestion.journal import Journal

from .drops import drop, facts, put, rows, scan

HEAD = "payment_id,customer_id,received_on,amount,currency\n"
CHILD = """
import os, signal, sys
from pathlib import Path
from ingestion.csv import scan_drop
left = int(sys.argv[3])
def step(name):
    global left
    if name == sys.argv[2]:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
scan_drop(Path(sys.argv[1]), lambda tenant: "UTC", step=step)
"""


def fill(home: Path) -> None:
    for number in range(3):
        put(home, f"{HEAD}P{number},C1,2024-01-31,{number}.50,EUR\nQ{number},C1,x,1,EUR\n", f"{number}.csv", "t")
    put(home, "what,is,this\n1,2,3\n", "z.csv", "t")


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("step", ["written", "renamed", "committed", "moved"])
def test_a_scan_killed_at_any_step_is_completed_by_the_next(home: Path, tmp_path: Path, step: str, after: int) -> None:
    calm = tmp_path / "calm"
    fill(calm)
    scan(calm)
    fill(home)
    child = subprocess.run([sys.executable, "-c", CHILD, str(home), step, str(after)], check=False)
    assert child.returncode == -9
    scan(home)
    assert scan(home) == []
    for relation in ("raw_csv.payments", "ops.quarantined_rows"):
        assert facts(home, relation) == facts(calm, relation)
    receipts = rows(home, "ops.ingest_receipts")
    assert [(row["file_name"], row["status"]) for row in receipts] == [
        ("0.csv", "partly_quarantined"),
        ("1.csv", "partly_quarantined"),
        ("2.csv", "partly_quarantined"),
        ("z.csv", "refused"),
    ]
    assert sorted(path.name for path in (home / "drop" / ".accepted").rglob("*.csv")) == ["0.csv", "1.csv", "2.csv"]


def test_scans_at_the_same_time_take_each_file_once(home: Path) -> None:
    for number in range(12):
        put(home, f"{HEAD}P{number},C1,2024-01-31,1,EUR\n", f"{number:02}.csv")
    code = CHILD.replace("sys.argv[3])", '"9999")').replace("sys.argv[2]", '"never"')
    children = [subprocess.Popen([sys.executable, "-c", code, str(home)]) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    assert len(rows(home, "raw_csv.payments")) == 12
    assert [row["status"] for row in rows(home, "ops.ingest_receipts")] == ["accepted"] * 12


def test_a_copy_that_was_left_behind_goes_after_a_day(home: Path) -> None:
    left, fresh = put(home, HEAD, ".left.copying", "t"), put(home, HEAD, ".fresh.copying", "t")
    yesterday = time.time() - 25 * 3600
    os.utime(left, (yesterday, yesterday))
    assert scan(home) == []
    assert (left.exists(), fresh.exists()) == (False, True)


def test_a_journal_that_is_no_journal_is_one_clear_line(home: Path) -> None:
    put(home, HEAD)
    (home / "intake").mkdir()
    (home / "intake" / "journal.db").write_text("this is not a database, whatever its name says " * 30)
    with pytest.raises(JournalUnusable) as caught:
        scan_drop(home, lambda _: "UTC")
    assert "journal.db cannot be used" in str(caught.value) and "\n" not in str(caught.value)


def test_a_lake_that_cannot_be_written_is_one_clear_line_and_nothing_is_accepted(home: Path) -> None:
    drop(home, "customer_id,name\nC1,N\n")
    path = put(home, f"{HEAD}P1,C1,2024-01-31,1,EUR\n")
    (home / "intake" / "csv" / "payments").write_text("a file where the folder should be")
    with pytest.raises(IngestionError) as caught:
        scan(home)
    assert "\n" not in str(caught.value)
    assert path.exists() and len(rows(home, "ops.ingest_receipts")) == 1
    (home / "intake" / "csv" / "payments").unlink()
    assert [receipt.status for receipt in scan(home)] == ["accepted"]


def test_sequence_numbers_are_never_used_twice(home: Path) -> None:
    with Journal(home) as journal:
        with pytest.raises(RuntimeError), journal.writing() as db:
            db.execute("insert into entries (kind) values ('core')")
            raise RuntimeError
        assert journal.head() == 0
        assert journal.accept_core([], [], {}) == 1
        assert journal.head() == 1
