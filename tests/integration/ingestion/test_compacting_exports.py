"""Every known export, in two versions of which one is taken back, merged into few files: the rows are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from ingestion.compacting import compact
from ingestion.contracts import data_sets
from ingestion.csv import scan_drop
from ingestion.csv.drop import data_sets_in
from ingestion.journal import Journal
from ingestion.raw import create_raw_relations
from ingestion.retract import undo

from .vendors.exports import MAKERS


def everything(home: Path) -> list[Any]:
    with Journal(home) as journal:
        head = journal.head()
    found = []
    for known_at in (head // 2, head - 1, head):
        with duckdb.connect() as con:
            create_raw_relations(con, home, known_at)
            found += [con.sql(f"from raw_csv.{name} order by all").fetchall() for name in data_sets()]
    return found


def test_the_rows_of_every_export_are_the_same_in_a_file_with_others(home: Path) -> None:
    made: dict[Path, set[str]] = {}
    for number, maker in enumerate(MAKERS):
        export = maker()
        for version, rows in enumerate((export.rows, export.rows[:-1])):
            path = home / "drop" / "acme" / f"{number:02}-{version}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(replace(export, rows=rows).text(), encoding="utf-8", newline="")
            made[path] = data_sets_in(home, path) or set()
    receipts = scan_drop(home, lambda _: "UTC")
    filed = {receipt.file_name: set((receipt.data_set or "").split(", ")) for receipt in receipts if receipt.data_set}
    assert {path.name: made[path] for path in made if path.name in filed} == filed
    assert len(filed) > len(MAKERS)
    accepted = [receipt.file_id for receipt in receipts if receipt.rows_accepted]
    undo(home, accepted[-1])
    before = everything(home)
    assert compact(home, 2).after > 5
    assert everything(home) == before
