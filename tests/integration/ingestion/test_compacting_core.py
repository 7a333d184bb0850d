"""Batches of the core's log merged into few files: every version stays known at its sequence, and more may come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from ingestion.app import extract
from ingestion.compacting import compact
from ingestion.journal import Journal
from ingestion.raw import create_raw_relations

from .core_by_hand import core_file, customer, line

RELATIONS = ("raw_app.customers", "raw_app.invoice_lines")


def everything(home: Path, upto: int) -> list[Any]:
    found = []
    for known_at in range(upto + 1):
        with duckdb.connect() as con:
            create_raw_relations(con, home, known_at)
            found += [con.sql(f"from {name} order by all").fetchall() for name in RELATIONS]
    return found


def test_every_version_stays_known_at_its_sequence_and_more_may_come(home: Path, tmp_path: Path) -> None:
    core = core_file(tmp_path)
    for number in range(4):
        core.write("t1", [customer(1, country=f"A{number}"), customer(number + 2), line(number)])
        if number % 2:
            core.write("t2", [customer(1, country=f"B{number}"), ("customers", ("C1",), None)])
        extract(home, core.url)
    with Journal(home) as journal:
        head = journal.head()
    before = everything(home, head)
    done = compact(home, 2)
    assert (done.before, done.after, done.removed) == (8, 2, 8)
    assert everything(home, head) == before
    core.write("t1", [customer(1, country="ZZ"), ("invoice_lines", ("L0",), None)])
    extract(home, core.url)
    known = everything(home, head + 1)
    assert known[: len(before)] == before
    assert compact(home, 2).after == 2
    assert everything(home, head + 1) == known
    assert len(list((home / "intake" / "app").rglob("shared/*.parquet"))) == 2
