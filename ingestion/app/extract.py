"""The core's changes, each exactly once, as Parquet batches; the journal's commit is the cursor.

Change numbers are dense per tenant and committed in order, so the range from the cursor to the head is
complete: a missing number is an error, never a gap to skip. Values of persons are not in the log; they are
copied whole, current values only, whenever the log says that one changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingestion.app.core import Core, sqlite_path
from ingestion.contracts import AppTable, app_tables
from ingestion.csv.engine import connect
from ingestion.errors import ChangeLogBroken
from ingestion.home import intake_folder, intake_lock
from ingestion.journal import CoreSpan, Journal, Part
from ingestion.lake import Step, no_step, write_parquet
from ingestion.profile import profile

BATCH_CHANGES = 200_000
MAX_RANGES = 200

Range = tuple[str, int, int]


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
) -> ExtractResult:
    """Read what the core logged since the last time. `on_progress` is called with the changes read so far."""
    path = sqlite_path(database_url)
    if path is not None and not path.exists():
        return ExtractResult(None, 0, ())
    seq: int | None = None
    rows = 0
    done: list[CoreSpan] = []
    with intake_lock(home, "core"), Journal(home) as journal, Core(database_url) as core:
        scratch = intake_folder(home) / "scratch-core"
        _sweep_personal(home, journal)
        ranges = _ranges(core.heads(), journal.cursors())
        if not ranges:
            return ExtractResult(None, 0, ())
        con = connect(scratch)
        try:
            for batch in _batches(ranges, batch_changes):
                seq = _take(con, home, journal, core, batch, step)
                rows += sum(last - first + 1 for _, first, last in batch)
                done += [CoreSpan(*each) for each in batch]
                if on_progress:
                    on_progress(rows)
        finally:
            con.close()
    return ExtractResult(seq, rows, _joined(done))


def unread_changes(home: Path, database_url: str, tables: Collection[str]) -> dict[str, int]:
    """The last change of each tenant to one of `tables` that was not extracted yet; empty if there is none."""
    path = sqlite_path(database_url)
    if path is not None and not path.exists():
        return {}
    found: dict[str, int] = {}
    with Journal(home) as journal, Core(database_url) as core:
        cursors = journal.cursors()  # before the heads, or an extraction in between would put them ahead
        for batch in _batches(_ranges(core.heads(), cursors), BATCH_CHANGES):
            found |= core.last_changes(batch, tables)
    return found


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


def _batches(ranges: list[Range], size: int) -> list[list[Range]]:
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


def _take(
    con: duckdb.DuckDBPyConnection, home: Path, journal: Journal, core: Core, batch: list[Range], step: Step
) -> int:
    changes = core.changes(batch)
    con.register("changes", changes)
    try:
        _check_dense(con, batch)
        _check_known(con)
        parts = [part for table in app_tables().values() if (part := _write(con, home, table, step)) is not None]
        touched = con.execute(
            "SELECT DISTINCT entity FROM changes WHERE personal_fields NOT IN ('', '[]', 'null')"
        ).fetchall()
    finally:
        con.unregister("changes")
    personal: dict[str, str] = {}
    persons = {str(row[0]) for row in touched}
    stored = {row["relation"] for row in journal.rows("select relation from personal")}
    for table in app_tables().values():
        if not table.personal or (table.logged_as not in persons and f"app/{table.name}" in stored):
            continue
        if core.has_table(table.table):
            personal[f"app/{table.name}"] = _copy_personal(con, home, core, table, step)
    seq = journal.accept_core([CoreSpan(*each) for each in batch], parts, personal)
    step("committed")
    if personal:
        _sweep_personal(home, journal)
        step("swept")
    return seq


def _check_dense(con: duckdb.DuckDBPyConnection, batch: list[Range]) -> None:
    found = {
        tenant: (count, low, high)
        for tenant, count, low, high in con.execute(
            "SELECT tenant_id, count(DISTINCT change_no), min(change_no), max(change_no) FROM changes GROUP BY 1"
        ).fetchall()
    }
    for tenant, first, last in batch:
        if found.get(tenant) != (last - first + 1, first, last):
            count = found.get(tenant, (0, None, None))[0]
            raise ChangeLogBroken(
                f"the change log of tenant {tenant} has {count} of the {last - first + 1} changes"
                f" from {first} to {last}: a number is missing"
            )


def _check_known(con: duckdb.DuckDBPyConnection) -> None:
    logged = {name for name, table in app_tables().items() if not table.personal}
    seen = {row[0] for row in con.execute("SELECT DISTINCT entity FROM changes").fetchall()}
    if unknown := sorted(seen - logged):
        raise ChangeLogBroken(f"the change log names tables that no contract knows: {', '.join(unknown)}")


def _write(con: duckdb.DuckDBPyConnection, home: Path, table: AppTable, step: Step) -> Part | None:
    """The versions of one table's rows in this batch, as one Parquet; None if it did not change."""
    if table.personal:
        return None
    found = con.execute("SELECT 1 FROM changes WHERE entity = ? LIMIT 1", [table.name]).fetchone()
    if found is None:
        return None
    columns = table.stored_columns()
    shape = "{" + ", ".join(f'"{name}": "VARCHAR"' for name, _ in columns) + "}"
    values = ", ".join(f"{_value(name, sql_type)} AS {name}" for name, sql_type in columns)
    try:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE versions AS SELECT tenant_id, change_no, operation, entity_key AS row_key,"
            f" {values} FROM (SELECT *, from_json(nullif(after_json, ''), '{shape}') AS j FROM changes"
            " WHERE entity = ?) ORDER BY tenant_id, change_no",
            [table.name],
        )
    except duckdb.Error as error:
        line = " ".join(str(error).split())
        raise ChangeLogBroken(f"a change of {table.name} does not fit its contract: {line[:300]}") from error
    _check_exact(con, table)
    operations = {f"{name}s": f"count(*) FILTER (operation = '{name}')" for name in ("insert", "update", "delete")}
    keys = {f"blank:{name}": f"count(*) FILTER (operation <> 'delete' AND {name} IS NULL)" for name in table.key}
    shape_of = profile(con, "versions", columns, operations | keys)
    path = write_parquet(con, home, f"app/{table.name}", "FROM versions", step)
    return Part(f"app/{table.name}", path, shape_of["rows"], shape_of)


def _value(name: str, sql_type: str) -> str:
    if sql_type == "TIMESTAMP":
        return f"(CAST(j.{name} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"
    return f"CAST(j.{name} AS {sql_type})"


def _check_exact(con: duckdb.DuckDBPyConnection, table: AppTable) -> None:
    """A decimal that the lake's type would round is an error."""
    for name, sql_type in table.stored_columns():
        if not sql_type.startswith("DECIMAL"):
            continue
        places = int(sql_type.rstrip(")").rpartition(",")[2])
        text = f"json_extract_string(nullif(after_json, ''), '$.{name}')"
        found = con.execute(
            f"SELECT {text} FROM changes WHERE entity = ? AND (contains(lower({text}), 'e') OR (contains({text}, '.')"
            f" AND length(rtrim({text}, '0')) - strpos({text}, '.') > {places})) LIMIT 1",
            [table.name],
        ).fetchone()
        if found:
            raise ChangeLogBroken(f"{table.name}.{name} has a value that cannot be kept exactly: {found[0]}")


def _copy_personal(con: duckdb.DuckDBPyConnection, home: Path, core: Core, table: AppTable, step: Step) -> str:
    values: Any = core.personal_values(table)
    con.register("values_now", values)
    try:
        columns = ", ".join(
            f"CASE substr({name}::VARCHAR, 1, 1) WHEN '=' THEN substr({name}::VARCHAR, 2) END AS {name}"
            for name in ("tenant_id", *table.columns)
        )
        return write_parquet(con, home, "personal", f"SELECT {columns} FROM values_now ORDER BY ALL", step)
    finally:
        con.unregister("values_now")


def _sweep_personal(home: Path, journal: Journal) -> None:
    """Only the current values of persons may exist: remove every copy that the journal does not point to."""
    kept = {row["path"] for row in journal.rows("select path from personal")}
    folder = intake_folder(home) / "personal"
    for path in folder.glob("*"):
        if f"personal/{path.name}" not in kept:
            path.unlink(missing_ok=True)


def _joined(spans: list[CoreSpan]) -> tuple[CoreSpan, ...]:
    """One span per tenant over all batches."""
    joined: dict[str, CoreSpan] = {}
    for span in spans:
        before = joined.get(span.tenant_id)
        first = before.first_change_no if before else span.first_change_no
        joined[span.tenant_id] = CoreSpan(span.tenant_id, first, span.last_change_no)
    return tuple(joined.values())
