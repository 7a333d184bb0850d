"""What files and the core's log say of the rows behind a figure: name and line of the file, the row as it came, or who
changed it, when, from what to what.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from ingestion.lake import literal
from orchestration.settings import Settings

FileRow = tuple[str, str, int]
"""Data set, file id and line."""
Change = tuple[str, int]
"""Tenant and number in its log."""
UNSHOWN = {"tenant_id", "file_id", "line", "extra"}


@dataclass(frozen=True)
class Sources:
    """What was found; a row or an entry that is no longer there is not in it."""

    files: Mapping[str, str]
    rows: Mapping[FileRow, Mapping[str, str]]
    entries: Mapping[Change, Mapping[str, Any]]


def look_up(connection: duckdb.DuckDBPyConnection, settings: Settings, parts: Iterable[Mapping[str, Any]]) -> Sources:
    """The sources of some parts, which name them by row_table, file_id and line, or by change_no."""
    lines: dict[str, set[tuple[str, int]]] = {}
    changes: set[Change] = set()
    for part in parts:
        if part["file_id"] is not None:
            lines.setdefault(part["row_table"], set()).add((part["file_id"], part["line"]))
        elif part["change_no"] is not None:
            changes.add((part["tenant_id"], part["change_no"]))
    rows: dict[FileRow, Mapping[str, str]] = {}
    for data_set, wanted in lines.items():
        rows |= _rows(connection, data_set, wanted)
    named = {file_id for wanted in lines.values() for file_id, _ in wanted}
    return Sources(_files(connection, named), rows, _entries(connection, settings, changes))


def _files(connection: duckdb.DuckDBPyConnection, file_ids: Collection[str]) -> dict[str, str]:
    if not file_ids:
        return {}
    listed = ", ".join(map(literal, sorted(file_ids)))
    query = f"select file_id, file_name from ops.ingest_receipts where file_id in ({listed})"
    return dict(connection.sql(query).fetchall())


def _rows(
    connection: duckdb.DuckDBPyConnection, data_set: str, wanted: Collection[tuple[str, int]]
) -> dict[FileRow, Mapping[str, str]]:
    """Rows as they came, where they still count; what no longer counts is told by its place alone."""
    listed = ", ".join(f"({literal(file_id)}, {line})" for file_id, line in sorted(wanted))
    try:
        cursor = connection.sql(
            f"select r.* from raw_csv.{data_set} as r"
            f" semi join (values {listed}) as w(file_id, line) on r.file_id = w.file_id and r.line = w.line"
        )
        found = cursor.fetchall()
    except duckdb.CatalogException:
        return {}
    rows: dict[FileRow, Mapping[str, str]] = {}
    for row in found:
        cells = dict(zip(cursor.columns, row, strict=True))
        key = (data_set, cells["file_id"], cells["line"])
        rows[key] = {name: str(value) for name, value in cells.items() if value is not None and name not in UNSHOWN}
    return rows


def _entries(
    connection: duckdb.DuckDBPyConnection, settings: Settings, changes: Collection[Change]
) -> dict[Change, Mapping[str, Any]]:
    """Entries of the core's log; where the core is not there, number, hash and time as they came into the intake."""
    from ingestion.app.core import Core
    from ingestion.errors import CoreUnreadable

    if not changes:
        return {}
    found: dict[Change, Mapping[str, Any]] = {}
    if settings.has_core:
        try:
            with Core(settings.database_url) as core:
                found = {(row["tenant_id"], row["change_no"]): _told(row) for row in core.entries(changes)}
        except CoreUnreadable:
            found = {}
    return found or _as_taken_in(connection, changes)


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    before, after = (json.loads(row[name]) if row[name] else {} for name in ("before_json", "after_json"))
    return {
        "entry_hash": row["entry_hash"],
        "actor": row["actor"],
        "changed_at": str(row["changed_at"]),
        "entity": row["entity"],
        "operation": row["operation"],
        "before": before,
        "after": after,
    }


def _as_taken_in(connection: duckdb.DuckDBPyConnection, changes: Collection[Change]) -> dict[Change, Mapping[str, Any]]:
    numbers = ", ".join(str(number) for _, number in sorted(changes))
    tables = connection.sql(
        "select view_name from duckdb_views() where schema_name = 'raw_app' and sql like '%entry_hash%' order by all"
    ).fetchall()
    found: dict[Change, Mapping[str, Any]] = {}
    for (table,) in tables:
        query = (
            f"select tenant_id, change_no, changed_at, entry_hash from raw_app.{table} where change_no in ({numbers})"
        )
        for tenant_id, change_no, changed_at, entry_hash in connection.sql(query).fetchall():
            if (tenant_id, change_no) in changes:
                found[tenant_id, change_no] = {
                    "entry_hash": entry_hash,
                    "changed_at": str(changed_at),
                    "entity": table,
                }
    return found
