"""Many small files become few: whatever is asked, at whatever sequence, the answer stays the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion import compacting, erasing
from ingestion.compacting import compact
from ingestion.csv.mend import export_quarantined
from ingestion.home import lake_read
from ingestion.journal import Journal
from ingestion.raw import create_intake_ops, create_raw_relations
from ingestion.retract import undo

from .drops import drop

HEAD = "payment_id,customer_id,received_on,amount,currency,reference\n"
BANK = "posted_on,amount,currency,description\n"
RELATIONS = ("raw_csv.payments", "raw_csv.bank_statement", "ops.quarantined_rows", "ops.ingest_receipts")


def everything(home: Path) -> list[object]:
    """What is known at sequences from the first to the last."""
    with Journal(home) as journal:
        head = journal.head()
    found: list[object] = []
    for known_at in range(0, head + 1, 1 + head // 6):
        with duckdb.connect() as con:
            create_raw_relations(con, home, known_at)
            create_intake_ops(con, home, known_at)
            found += [con.sql(f"from {name} order by all").fetchall() for name in RELATIONS]
    return found


def content(number: int, tenant: str) -> str:
    """A file whose rows replace some of earlier ones, with a bad row in each."""
    if number % 3 == 2:
        return f"{BANK}2024-01-0{number % 7 + 1},1.50,EUR,from Kanarie Vogel\n2024-01-09,{number % 2},EUR,same\n"
    return (
        f"{HEAD}P{number % 4},C{number % 3},2024-01-31,{number}.50,EUR,Kanarie Vogel\n"
        f'"Q{number}",C0,2024-01-31,{number},EUR,"{tenant}"\nB{number},C1,never,1,EUR,Kanarie Vogel\n'
    )


def stored(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home / "intake")) for path in (home / "intake").rglob("*.parquet"))


operation = st.sampled_from(["drop", "drop", "drop", "undo", "compact", "erase"])


def _any_order(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain, merged = Path(folder) / "plain", Path(folder) / "merged"
        dropped: list[str] = []
        for place, (step, number) in enumerate(steps):
            if step == "compact":
                compact(merged, 2)
                continue
            if step == "undo" and dropped:
                file_id = dropped.pop(number % len(dropped))
                for home in (plain, merged):
                    undo(home, file_id)
            for home in (plain, merged):
                if step == "erase":
                    erasing.erase(home, [erasing.Request("ab"[number % 2], f"C{number % 3}", f"e{place}")])
                elif step == "drop":
                    receipt = drop(home, content(place, "x"), f"{place}.csv", "ab"[number % 2])
            if step == "drop":
                dropped.append(receipt.file_id)
        for again in range(2):
            assert everything(merged) == everything(plain), again
            compact(merged, 2)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.lists(st.tuples(operation, st.integers(0, 5)), min_size=6, max_size=10))
def test_in_any_order_with_undo_and_erasures_history_is_the_same(steps: list[tuple[str, int]]) -> None:
    _any_order(steps)


@pytest.mark.long
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(operation, st.integers(0, 5)), min_size=6, max_size=16))
def test_in_any_order_with_undo_and_erasures_history_is_the_same_at_length(steps: list[tuple[str, int]]) -> None:
    _any_order(steps)


def fill(home: Path, count: int = 9) -> None:
    for number in range(count):
        drop(home, content(number, "a"), f"{number}.csv", "a")


def test_a_file_holds_one_relation_of_one_tenant_and_the_small_ones_are_gone(home: Path) -> None:
    fill(home)
    drop(home, content(0, "b"), tenant="b")
    drop(home, content(1, "b"), tenant="b")
    before = everything(home)
    done = compact(home, 2)
    assert (done.before, done.after, done.removed) == (9 + 6 + 2 + 2, 5, 9 + 6 + 2 + 2)
    assert len(stored(home)) == 5 and all("/shared/" in path for path in stored(home))
    assert everything(home) == before
    assert compact(home, 2) == compacting.Compacted()


def test_too_few_files_stay_as_they_are(home: Path) -> None:
    fill(home)
    names = stored(home)
    assert compact(home, 7) == compacting.Compacted() and stored(home) == names


def test_shared_files_are_merged_again_until_they_are_large(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(home, 4)
    compact(home, 2)
    drop(home, content(6, "a"), tenant="a")
    before = everything(home)
    assert compact(home, 2).after == 2
    assert everything(home) == before and len(stored(home)) == 3
    monkeypatch.setattr(compacting, "SMALL", 1)
    drop(home, content(7, "a"), tenant="a")
    drop(home, content(9, "a"), tenant="a")
    assert compact(home, 2) == compacting.Compacted()


def test_nothing_is_removed_while_somebody_reads(home: Path) -> None:
    fill(home)
    names = stored(home)
    with lake_read(home):
        assert compact(home, 2).removed == 0
        assert set(names) <= set(stored(home))
    before = everything(home)
    assert compact(home, 2) == compacting.Compacted(removed=len(names))
    assert everything(home) == before and not set(names) & set(stored(home))


def test_quarantined_rows_of_a_merged_file_are_written_out_as_before(home: Path, tmp_path: Path) -> None:
    fill(home)
    before = [one.path.read_text() for one in export_quarantined(home, tmp_path / "before")]
    compact(home, 2)
    assert [one.path.read_text() for one in export_quarantined(home, tmp_path / "after")] == before


def test_an_erasure_leaves_nothing_in_a_merged_file_nor_in_those_it_replaced(home: Path) -> None:
    fill(home)
    with lake_read(home):
        compact(home, 2)
    erasing.erase(home, [erasing.Request("a", f"C{number}", f"e{number}") for number in range(3)])
    found = [name for name in stored(home) if b"Kanarie" in (home / "intake" / name).read_bytes()]
    assert found == [] and "Kanarie" not in str(everything(home))


CHILD = """
import os, signal, sys
from pathlib import Path
from ingestion.compacting import compact
left = int(sys.argv[3])
def step(name):
    global left
    if name == sys.argv[2]:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
compact(Path(sys.argv[1]), 2, step)
"""


@pytest.mark.parametrize(
    ("step", "after"),
    [("renamed", 0), ("committed", 1)]
    + [pytest.param(*one, marks=pytest.mark.long) for one in product(("written", "renamed", "committed"), range(3))]
    + [pytest.param("removed", 0, marks=pytest.mark.long)],
)
def test_killed_at_any_step_nothing_changes_and_the_next_round_completes_it(
    home: Path, tmp_path: Path, step: str, after: int
) -> None:
    fill(home)
    before = everything(home)
    child = subprocess.run([sys.executable, "-c", CHILD, str(home), step, str(after)], check=False)
    assert child.returncode == -9
    assert everything(home) == before
    compact(home, 2)
    assert everything(home) == before
    assert len(stored(home)) == 3
    assert not list((home / "intake").rglob("*.writing"))


def test_a_merge_that_would_lose_a_row_is_given_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(home)
    before, names = everything(home), stored(home)
    monkeypatch.setitem(compacting.ORDER, "csv", "part_seq, line limit 1")
    with pytest.raises(Exception, match="has other rows than the files"):
        compact(home, 2)
    assert (everything(home), stored(home)) == (before, names)
    shutil.rmtree(home / "intake" / "scratch-compact", ignore_errors=True)
