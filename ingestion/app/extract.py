"""The core's changes, each exactly once, as Parquet batches; the journal's commit is the cursor.

Change numbers are dense per tenant and committed in order, so the range from the cursor to the head is
complete: a missing number is an error, never a gap to skip. Values of persons are not in the log; `personal.py` reads
those that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from ingestion.app.core import Core, Range, literally, sqlite_path
from ingestion.app.entries import parsed, value_of
from ingestion.app.personal import MANY_FILES, copy_personal, fold_under_lock, sweep_personal
from ingestion.contracts import AppTable, app_tables
from ingestion.csv.engine import connect
from ingestion.errors import ChangeLogBroken
from ingestion.home import intake_folder, intake_lock
from ingestion.journal import CoreSpan, Journal, Part
from ingestion.lake import Step, literal, no_step, scan_of, write_parquet
from ingestion.profile import profile

BATCH_CHANGES = 200_000
MAX_RANGES = 200
PERIODS = "periods"
"""The core's table of closed months."""


@dataclass(frozen=True)
class ExtractResult:
    """`seq` = the last batch's place in the sequence, None if nothing was new; `rows` = changes read."""

    seq: int | None
    rows: int
    spans: tuple[CoreSpan, ...]


def extract(
    home: Path,
    database_url: str,
    on_progress: Callable[[int], None] | None = None,
    step: Step = no_step,
    batch_changes: int = BATCH_CHANGES,
    many_files: int = MANY_FILES,
) -> ExtractResult:
    """Read what the core logged since the last time. `on_progress` is called with the changes read so far.

    A table's personal values are folded into one file as soon as `many_files` have them."""
    path = sqlite_path(database_url)
    if path is not None and not path.exists():
        return ExtractResult(None, 0, ())
    seq: int | None = None
    rows = 0
    done: list[CoreSpan] = []
    whole: set[str] = set()
    with intake_lock(home, "core"), Journal(home) as journal, Core(database_url) as core:
        sweep_personal(home, journal)
        ranges = _ranges(core.heads(), journal.cursors())
        if not ranges:
            return ExtractResult(None, 0, ())
        con = connect(intake_folder(home) / "scratch-core")
        try:
            for read, changes in read_ahead(database_url, cut(ranges, batch_changes)):
                _hold(con, read, changes, step)
                for batch in _cut_after_closes(con, read):
                    seq = _take(con, home, journal, core, batch, whole, step)
                    if fold_under_lock(con, home, journal, many_files, step):
                        sweep_personal(home, journal)
                        step("swept")
                    rows += sum(last - first + 1 for _, first, last in batch)
                    done += [CoreSpan(*each) for each in batch]
                    if on_progress:
                        on_progress(rows)
        finally:
            con.close()
    return ExtractResult(seq, rows, _joined(done))


def read_ahead(database_url: str, batches: list[list[Range]]) -> Iterator[tuple[list[Range], Any]]:
    """Each batch with its changes. The next one is read while the caller works, over a connection of its own."""
    if not batches:
        return
    with Core(database_url) as core, ThreadPoolExecutor(1) as reader:
        coming = reader.submit(core.changes, batches[0])
        for place, batch in enumerate(batches):
            changes = coming.result()
            if place + 1 < len(batches):
                coming = reader.submit(core.changes, batches[place + 1])
            yield batch, changes


def unread_changes(home: Path, database_url: str, tables: Collection[str]) -> dict[str, int]:
    """The last change of each tenant to one of `tables` that was not extracted yet; empty if there is none."""
    found: dict[str, int] = {}
    for core, batch in _unread(home, database_url):
        found |= core.last_changes(batch, tables)
    return found


def unread_since(home: Path, database_url: str, tables: Collection[str]) -> dict[str, datetime]:
    """When each tenant made its first change to one of `tables` that was not extracted yet. UTC, without a zone."""
    found: dict[str, datetime] = {}
    for core, batch in _unread(home, database_url):
        for tenant, moment in core.first_times(batch, tables).items():
            found[tenant] = min(moment, found.get(tenant, moment))
    return found


def _unread(home: Path, database_url: str) -> Iterator[tuple[Core, list[Range]]]:
    path = sqlite_path(database_url)
    if path is not None and not path.exists():
        return
    with Journal(home) as journal, Core(database_url) as core:
        cursors = journal.cursors()  # before the heads, or an extraction in between would put them ahead
        for batch in cut(_ranges(core.heads(), cursors), BATCH_CHANGES):
            yield core, batch


def _ranges(heads: dict[str, int], cursors: dict[str, int]) -> list[Range]:
    for tenant, cursor in cursors.items():
        if heads.get(tenant, 0) < cursor:
            raise ChangeLogBroken(
                f"the change log of tenant {tenant} ends at {heads.get(tenant, 0)}, but {cursor} was read before:"
                " another database, or one restored from a backup?"
            )
    return [
        (tenant, cursors.get(tenant, 0) + 1, head) for tenant, head in heads.items() if head > cursors.get(tenant, 0)
    ]


def cut(ranges: list[Range], size: int) -> list[list[Range]]:
    """Cut the ranges so that no batch has more than `size` changes or too many tenants for one query."""
    batches: list[list[Range]] = []
    room = 0
    for tenant, first, last in ranges:
        start = first
        while start <= last:
            if room <= 0 or len(batches[-1]) >= MAX_RANGES:
                batches.append([])
                room = size
            end = min(last, start + room - 1)
            batches[-1].append((tenant, start, end))
            room -= end - start + 1
            start = end + 1
    return batches


def _hold(con: duckdb.DuckDBPyConnection, ranges: list[Range], changes: Any, step: Step) -> None:
    step("read")
    con.register("read", changes)
    con.execute("CREATE OR REPLACE TEMP TABLE read_changes AS FROM read")
    con.unregister("read")
    _check_dense(con, ranges)


def _cut_after_closes(con: duckdb.DuckDBPyConnection, ranges: list[Range]) -> Iterator[list[Range]]:
    """The ranges in batches, `changes` being those of the batch. One ends where a month is closed or reopened: what is
    known at the sequence of a close must hold nothing that came after it."""
    closes = con.execute(
        f"SELECT tenant_id, change_no FROM read_changes WHERE entity = {literal(PERIODS)} ORDER BY change_no"
    ).fetchall()
    if not closes:
        con.execute("CREATE OR REPLACE TEMP VIEW changes AS FROM read_changes")
        yield ranges
        return
    for batch in after_each(ranges, closes):
        con.execute(f"CREATE OR REPLACE TEMP VIEW changes AS FROM read_changes WHERE {literally(batch)}")
        yield batch


def after_each(ranges: list[Range], ends: Sequence[tuple[str, int]]) -> Iterator[list[Range]]:
    """The same ranges in order, a new list beginning after each (tenant, change number) of `ends`."""
    batch: list[Range] = []
    for tenant, first, last in ranges:
        start = first
        for end in [number for owner, number in ends if owner == tenant and first <= number <= last]:
            yield [*batch, (tenant, start, end)]
            batch, start = [], end + 1
        if start <= last:
            batch.append((tenant, start, last))
    if batch:
        yield batch


def _take(
    con: duckdb.DuckDBPyConnection,
    home: Path,
    journal: Journal,
    core: Core,
    batch: list[Range],
    whole: set[str],
    step: Step,
) -> int:
    parts = [_write(con, home, table, step) for table in _changed_tables(con)]
    personal = copy_personal(con, home, core, batch, journal.personal(), whole, step)
    seq = journal.accept_core([CoreSpan(*each) for each in batch], parts, personal)
    step("committed")
    return seq


def _check_dense(con: duckdb.DuckDBPyConnection, batch: list[Range]) -> None:
    found = {
        tenant: (count, low, high)
        for tenant, count, low, high in con.execute(
            "SELECT tenant_id, count(DISTINCT change_no), min(change_no), max(change_no) FROM read_changes GROUP BY 1"
        ).fetchall()
    }
    for tenant, first, last in batch:
        if found.get(tenant) != (last - first + 1, first, last):
            count = found.get(tenant, (0, None, None))[0]
            raise ChangeLogBroken(
                f"the change log of tenant {tenant} has {count} of the {last - first + 1} changes"
                f" from {first} to {last}: a number is missing"
            )


def _changed_tables(con: duckdb.DuckDBPyConnection) -> list[AppTable]:
    logged = {name: table for name, table in app_tables().items() if not table.personal}
    seen = {str(row[0]) for row in con.execute("SELECT DISTINCT entity FROM changes").fetchall()}
    if unknown := sorted(seen - logged.keys()):
        raise ChangeLogBroken(f"the change log names tables that no contract knows: {', '.join(unknown)}")
    return [table for name, table in logged.items() if name in seen]


def _write(con: duckdb.DuckDBPyConnection, home: Path, table: AppTable, step: Step) -> Part:
    """The versions of one table's rows in this batch, as one Parquet, and the profile of what stands in it."""
    relation, columns = f"app/{table.name}", table.stored_columns()
    query = (
        "SELECT tenant_id, change_no, operation, entity_key AS row_key, CAST(changed_at AS TIMESTAMP) AS changed_at,"
        f" unhex(entry_hash) AS entry_hash, {', '.join(f'{value_of(name, kind)} AS {name}' for name, kind in columns)}"
        f" FROM {parsed('changes', table)} WHERE entity = '{table.name}'"
    )
    try:
        path = write_parquet(con, home, relation, query, step)
    except duckdb.Error as error:
        line = " ".join(str(error).split())
        raise ChangeLogBroken(f"a change of {table.name} does not fit its contract: {line[:300]}") from error
    operations = {f"{name}s": f"count(*) FILTER (operation = '{name}')" for name in ("insert", "update", "delete")}
    keys = {f"blank:{name}": f"count(*) FILTER (operation <> 'delete' AND {name} IS NULL)" for name in table.key}
    shape_of = profile(con, scan_of([intake_folder(home) / path]), columns, operations | keys)
    return Part(relation, path, int(shape_of["rows"]), shape_of)


def _joined(spans: list[CoreSpan]) -> tuple[CoreSpan, ...]:
    """One span per tenant over all batches."""
    joined: dict[str, CoreSpan] = {}
    for span in spans:
        before = joined.get(span.tenant_id)
        first = before.first_change_no if before else span.first_change_no
        joined[span.tenant_id] = CoreSpan(span.tenant_id, first, span.last_change_no)
    return tuple(joined.values())
