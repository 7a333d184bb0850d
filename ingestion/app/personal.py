"""Values of persons: never in the log, current only, kept apart from everything that keeps history.

The first time a table is copied whole; from then on only the rows that the log names are read, each batch into a small
file of its own. A row is what the newest of its files says (`change_no`, the last number of the batch that read it; 0
for the whole copy), or nothing if that says so. What was superseded goes when the files are folded into one: every
night, and at once where a person is erased. The journal's commit names the files; no other counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from ingestion.app.core import Core, Range
from ingestion.app.entries import plain
from ingestion.contracts import AppTable, app_tables
from ingestion.csv.engine import connect
from ingestion.home import intake_folder, intake_lock, lake_unread
from ingestion.journal import Journal
from ingestion.lake import Step, no_step, write_parquet
from ingestion.raw import personal_rows

FOLDER = "personal"
MANY_FILES = 32
NAMED = "personal_fields NOT IN ('', '[]', 'null') OR operation = 'delete'"


def copy_personal(
    con: duckdb.DuckDBPyConnection,
    home: Path,
    core: Core,
    ranges: Sequence[Range],
    stored: Collection[str],
    whole: set[str],
    step: Step,
) -> dict[str, str]:
    """The files with the values that changed in the ranges, by relation. `con` has the relation `changes` of them.

    Relations that are not `stored` yet are copied whole and added to `whole`: until the next run they are as new as
    every change that is read, whose numbers were asked for before.
    """
    touched = {row[0] for row in con.execute(f"SELECT DISTINCT entity FROM changes WHERE {NAMED}").fetchall()}
    copied: dict[str, str] = {}
    for table in app_tables().values():
        relation = f"app/{table.name}"
        if not table.personal or relation in whole or (relation in stored and table.logged_as not in touched):
            continue
        if not core.has_table(table.table):
            continue
        if relation in stored:
            path = _copy_changes(con, home, core, table, ranges, step)
        else:
            path = _copy_whole(con, home, core, table, step)
            whole.add(relation)
        copied[relation] = path
    return copied


def fold_personal(home: Path, at_least: int = 2, step: Step = no_step) -> int:
    """Make one file of each relation that has so many, without what was superseded. Returns how many were replaced.

    Whoever reads the old files must be done, or begin anew: call it where a build begins.
    """
    with intake_lock(home, "core"), Journal(home) as journal:
        con = connect(intake_folder(home) / "scratch-core")
        try:
            replaced = fold_under_lock(con, home, journal, at_least, step)
        finally:
            con.close()
        sweep_personal(home, journal)
    return replaced


def fold_under_lock(
    con: duckdb.DuckDBPyConnection, home: Path, journal: Journal, at_least: int = 2, step: Step = no_step
) -> int:
    """The same for a caller that holds the lock `core` and sweeps afterwards."""
    folded = fold_files(con, home, journal, at_least, step)
    if not folded:
        return 0
    replaced = sum(len(paths) for relation, paths in journal.personal().items() if relation in folded)
    journal.replace_personal(folded)
    step("folded")
    return replaced


def fold_files(
    con: duckdb.DuckDBPyConnection, home: Path, journal: Journal, at_least: int = 2, step: Step = no_step
) -> dict[str, str]:
    """One new file for each relation that has so many, which nobody names yet."""
    many = {relation: paths for relation, paths in journal.personal().items() if len(paths) >= at_least}
    return {relation: _fold(con, home, relation, paths, step) for relation, paths in many.items()}


def sweep_personal(home: Path, journal: Journal, at_once: bool = False) -> None:
    """Only the current values of persons may exist: remove every file that the journal does not name. While somebody
    reads they stay until the next time, unless a person is erased (`at_once`)."""
    with lake_unread(home) as nobody_reads:
        if not (nobody_reads or at_once):
            return
        kept = {path for paths in journal.personal().values() for path in paths}
        for path in (intake_folder(home) / FOLDER).glob("*"):
            if f"{FOLDER}/{path.name}" not in kept:
                path.unlink(missing_ok=True)


def _fold(con: duckdb.DuckDBPyConnection, home: Path, relation: str, paths: Sequence[str], step: Step) -> str:
    table = app_tables()[relation.removeprefix("app/")]
    rows = personal_rows([str(intake_folder(home) / path) for path in paths], table, ["change_no"])
    return write_parquet(con, home, FOLDER, f"SELECT *, false AS is_gone FROM ({rows})", step)


def _copy_whole(con: duckdb.DuckDBPyConnection, home: Path, core: Core, table: AppTable, step: Step) -> str:
    with core.rows(table) as rows:
        con.register("values_now", rows)
        try:
            query = f"SELECT 0::BIGINT AS change_no, false AS is_gone, * FROM ({_values_now(table)})"
            return write_parquet(con, home, FOLDER, query, step)
        finally:
            con.unregister("values_now")


def _copy_changes(
    con: duckdb.DuckDBPyConnection, home: Path, core: Core, table: AppTable, ranges: Sequence[Range], step: Step
) -> str:
    """What the named rows hold now; a row that is no longer there, or holds nothing, is marked as gone."""
    con.register("values_now", core.personal_changes(table, ranges))
    try:
        keys = ", ".join(
            f"CAST(string_split(entity_key, chr(31))[{place}] AS {kind}) AS {name}"
            for place, (name, kind) in enumerate(_typed(table, table.key), start=1)
        )
        others = [name for name in table.columns if name not in table.key]
        cells = "".join(f", v.{name}" for name in others)
        on = " AND ".join(f"v.{name} = k.{name}" for name in ("tenant_id", *table.key))
        query = (
            f"SELECT k.change_no, {' AND '.join(f'v.{name} IS NULL' for name in others)} AS is_gone, k.tenant_id"
            f"{''.join(f', k.{name}' for name in table.key)}{cells}"
            f" FROM (SELECT tenant_id, {keys}, max(last_no) AS change_no FROM (SELECT *, max(change_no) OVER"
            f" (PARTITION BY tenant_id) AS last_no FROM changes) WHERE entity = '{table.logged_as}' AND ({NAMED})"
            f" GROUP BY ALL) k LEFT JOIN (SELECT DISTINCT * FROM ({_values_now(table)})) v ON {on}"
        )
        return write_parquet(con, home, FOLDER, query, step)
    finally:
        con.unregister("values_now")


def _values_now(table: AppTable) -> str:
    """SQL: what was read from the core, in the contract's types."""
    typed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in _typed(table, table.columns))
    return f"SELECT tenant_id, {typed} FROM (SELECT {plain(['tenant_id', *table.columns])} FROM values_now)"


def _typed(table: AppTable, names: Collection[str]) -> list[tuple[str, str]]:
    return [(name, kind) for name, kind in table.stored_columns() if name in names]
