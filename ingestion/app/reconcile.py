"""Whether the core and what was stored of it say the same: figures of the log per tenant and day, and row by row.

Both sides are read anew and worked out here, by the same SQL: the log's entries with their hashes and amounts against
the stored versions, the core's tables as they stand against the newest versions. What the core wrote since the
extraction is left out on both sides. Hashes are combined by XOR, so figures of later changes are added to earlier ones.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from sqlite3 import Row
from typing import Any

import duckdb

from ingestion.app.core import Core, Range
from ingestion.app.entries import parsed, plain, value_of
from ingestion.app.extract import BATCH_CHANGES, cut, read_ahead
from ingestion.contracts import AppTable, app_tables
from ingestion.csv.engine import connect
from ingestion.home import intake_folder
from ingestion.journal import Journal
from ingestion.raw import app_versions, create_raw_relations

FIGURES = {"changes": "BIGINT", "highest": "BIGINT", "minor_sum": "DECIMAL(38,0)", "hash": "VARCHAR"}
KEYS_NAMED = 20


@dataclass(frozen=True)
class Compared:
    """`log`: per tenant, day and table the figures of both sides (Arrow). `rows`: the same keys, with the rows that
    differ; None if rows were not compared."""

    log: Any
    rows: Any | None
    until: dict[str, int]


def reconcile(home: Path, database_url: str, after: Mapping[str, int], with_rows: bool) -> Compared:
    """Compare what came after the numbers of `after` per tenant; a tenant that is not there is compared whole."""
    lake = intake_folder(home)
    con = connect(lake / "scratch-reconcile")
    try:
        with Journal(home) as journal:  # before the core is read, which may only be ahead
            until = journal.cursors()
            parts: dict[str, list[Row]] = {name: [] for name in _logged()}
            for part in journal.parts("app/"):
                parts[part["relation"].removeprefix("app/")].append(part)
        for name, found in parts.items():
            con.execute(
                f"CREATE TEMP VIEW stored_{name} AS {app_versions(lake, found, app_tables()[name].stored_columns())}"
            )
        held = [name for name, found in parts.items() if found]
        ranges = _ranges(con, held, until, after)
        _sum_core(con, database_url, ranges)
        _sum_lake(con, held, ranges)
        log = con.sql(_side_by_side()).to_arrow_table()
        rows = None
        if with_rows:
            create_raw_relations(con, home)
            with Core(database_url) as core:
                core.hold_still()
                rows = _differing_rows(con, core, until)
        return Compared(log, rows, until)
    finally:
        con.close()
        shutil.rmtree(lake / "scratch-reconcile", ignore_errors=True)


def _logged() -> dict[str, AppTable]:
    return {name: table for name, table in app_tables().items() if not table.personal}


def _ranges(
    con: duckdb.DuckDBPyConnection, held: list[str], until: Mapping[str, int], after: Mapping[str, int]
) -> list[Range]:
    """From the first change to compare on. What was stored before entries had their hash kept cannot be compared."""
    since = dict(after)
    if any(tenant not in after for tenant in until) and held:
        unhashed = " UNION ALL ".join(
            f"SELECT tenant_id, max(change_no) AS n FROM stored_{name} WHERE entry_hash IS NULL GROUP BY 1"
            for name in held
        )
        for tenant, number in con.execute(f"SELECT tenant_id, max(n) FROM ({unhashed}) GROUP BY 1").fetchall():
            since[tenant] = max(since.get(tenant, 0), number)
    return [(tenant, since.get(tenant, 0) + 1, last) for tenant, last in until.items() if last > since.get(tenant, 0)]


def _figures(table: AppTable, prefix: str) -> str:
    """SQL: the figures of a group of changes of one table. The hash is over number, operation, key, the hash of the
    entry and every amount."""
    amounts = [f"{prefix}{name}" for name, kind in table.columns.items() if kind == "minor"]
    total = " + ".join(f"coalesce(sum({value}::BIGINT), 0)" for value in amounts) or "0"
    cells = ["change_no::VARCHAR", "operation", "row_key", "entry_hash"]
    cells += [f"coalesce({value}::BIGINT::VARCHAR, '-')" for value in amounts]
    return (
        f"count(*) AS changes, max(change_no) AS highest, ({total})::DECIMAL(38,0) AS minor_sum,"
        f" bit_xor(md5_number(concat_ws(chr(31), {', '.join(cells)}))) AS hash"
    )


def _sum_core(con: duckdb.DuckDBPyConnection, database_url: str, ranges: list[Range]) -> None:
    con.execute(
        "CREATE TEMP TABLE core_log (tenant_id VARCHAR, day DATE, table_name VARCHAR, changes BIGINT, highest BIGINT,"
        " minor_sum DECIMAL(38,0), hash UHUGEINT)"
    )
    con.execute("CREATE TEMP TABLE lake_log AS FROM core_log")
    for _, changes in read_ahead(database_url, cut(ranges, BATCH_CHANGES)):
        con.register("read", changes)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE entries AS SELECT * EXCLUDE (entity_key, entry_hash, changed_at),"
            " entity_key AS row_key, lower(entry_hash) AS entry_hash,"
            " CAST(CAST(changed_at AS TIMESTAMP) AS DATE) AS day FROM read"
        )
        con.unregister("read")
        for (name,) in con.execute("SELECT DISTINCT entity FROM entries").fetchall():
            table = app_tables()[name]
            amounts = {column: kind for column, kind in table.columns.items() if kind == "minor"}
            source = parsed("entries", replace(table, columns=amounts)) if amounts else "entries"
            con.execute(
                f"INSERT INTO core_log SELECT tenant_id, day, entity, {_figures(table, 'j_')} FROM {source}"
                f" WHERE entity = '{name}' GROUP BY ALL"
            )


def _sum_lake(con: duckdb.DuckDBPyConnection, held: list[str], ranges: list[Range]) -> None:
    con.execute("CREATE TEMP TABLE wanted (tenant_id VARCHAR, first BIGINT, last BIGINT)")
    if not ranges:
        return
    con.executemany("INSERT INTO wanted VALUES (?, ?, ?)", ranges)
    first = min(each[1] for each in ranges)
    for name in held:
        con.execute(
            f"INSERT INTO lake_log SELECT tenant_id, CAST(changed_at AS DATE) AS day, '{name}' AS table_name,"
            f" {_figures(app_tables()[name], '')} FROM (SELECT v.* REPLACE (lower(hex(v.entry_hash)) AS entry_hash)"
            f" FROM stored_{name} v JOIN wanted USING (tenant_id)"
            f" WHERE v.change_no >= {first} AND v.change_no BETWEEN wanted.first AND wanted.last) GROUP BY ALL"
        )


def _side_by_side() -> str:
    figures = ", ".join(
        f"coalesce({side}.{name}, 0)::{kind} AS {label}_{name}"
        for name, kind in FIGURES.items()
        for side, label in (("c", "core"), ("l", "warehouse"))
    )
    merged = (
        "(SELECT tenant_id, day, table_name, sum(changes) AS changes, max(highest) AS highest, sum(minor_sum) AS"
        " minor_sum, bit_xor(hash) AS hash FROM {} GROUP BY ALL)"
    )
    return (
        f"SELECT tenant_id, day, table_name, {figures} FROM {merged.format('core_log')} c"
        f" FULL JOIN {merged.format('lake_log')} l USING (tenant_id, day, table_name)"
    )


def _differing_rows(con: duckdb.DuckDBPyConnection, core: Core, until: Mapping[str, int]) -> Any:
    """Rows of which one side has none or another one, except those that were changed since the extraction."""
    since = [(tenant, until.get(tenant, 0) + 1, last) for tenant, last in core.heads().items()]
    con.execute("CREATE TEMP TABLE newer (tenant_id VARCHAR, entity VARCHAR, row_key VARCHAR)")
    for batch in cut([each for each in since if each[2] >= each[1]], BATCH_CHANGES):
        con.register("read", core.changed_keys(batch))
        con.execute("INSERT INTO newer FROM read")
        con.unregister("read")
    con.execute(
        "CREATE TEMP TABLE differing (tenant_id VARCHAR, day DATE, table_name VARCHAR, rows_differing BIGINT,"
        " differing_keys VARCHAR)"
    )
    for name, table in app_tables().items():
        if not core.has_table(table.table):
            continue
        with core.rows(table) as rows:
            con.register("read", rows)
            texts = f"SELECT {plain(['tenant_id', *table.columns], 'j_')} FROM read"
            typed = ", ".join(f"{value_of(column, kind)} AS {column}" for column, kind in table.stored_columns())
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE core_rows AS SELECT {_row(table)}"
                f" FROM (SELECT j_tenant_id AS tenant_id, {typed} FROM ({texts}))"
            )
            con.unregister("read")
        day = "NULL::DATE" if table.personal else "CAST(changed_at AS DATE)"
        con.execute(
            "INSERT INTO differing SELECT tenant_id, day, table_name, count(*), to_json(list(row_key ORDER BY"
            f" row_key)[:{KEYS_NAMED}]) FROM (SELECT tenant_id, l.day, '{name}' AS table_name, row_key FROM core_rows c"
            f" FULL JOIN (SELECT {_row(table)}, {day} AS day FROM raw_app.{name}) l USING (tenant_id, row_key)"
            " WHERE c.hash IS DISTINCT FROM l.hash) ANTI JOIN"
            f" (FROM newer WHERE entity = '{table.logged_as}') USING (tenant_id, row_key) GROUP BY ALL"
        )
    return con.sql("FROM differing").to_arrow_table()


def _row(table: AppTable) -> str:
    """SQL: tenant, key and a hash of the row's canonical text, of typed columns."""
    cells = ", ".join(f"coalesce('=' || \"{name}\"::VARCHAR, '-')" for name in table.columns)
    key = ", ".join(f'"{name}"::VARCHAR' for name in table.key)
    return f"tenant_id, concat_ws(chr(31), {key}) AS row_key, md5_number(concat_ws(chr(31), {cells})) AS hash"
