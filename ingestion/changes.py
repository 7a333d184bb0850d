"""What came in or was taken back between two sequences, and the raw rows of some keys alone.

A build that starts from an earlier version asks here. Keys are compared as texts, nothing for NULL: a part of a key may
be empty (the item of a subscription).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from sqlite3 import Row

import duckdb

from ingestion.contracts import app_tables, data_sets, owners
from ingestion.home import intake_folder
from ingestion.journal import Journal
from ingestion.lake import literal, stored
from ingestion.raw import app_versions, create_parts_table, current_app, current_csv


def changed_relations(home: Path, since: int, until: int) -> dict[str, list[Row]]:
    """The stored parts of what was accepted or taken back after `since` and not after `until`, by raw relation
    ("raw_csv.invoices"). A change of a row's personal values is a change of the row's own relation too."""
    changed: dict[str, list[Row]] = {}
    with Journal(home) as journal:
        parts = journal.parts_changed(since, until)
    for part in parts:
        kind, _, name = str(part["relation"]).partition("/")
        if kind in ("csv", "app"):
            changed.setdefault(f"raw_{kind}.{name}", []).append(part)
    for name, table in app_tables().items():
        if table.personal and f"raw_app.{table.logged_as}" in changed:
            changed.setdefault(f"raw_app.{name}", [])
    return changed


def has_erasures(home: Path) -> bool:
    """Whether a person is still to be erased: then nothing may be copied from an earlier version."""
    with Journal(home) as journal:
        return bool(journal.rows("select 1 from erasures where not finished limit 1"))


def key_columns(relation: str) -> Sequence[str]:
    """What a raw relation has one row per, beside the tenant. Empty for a data set without a key."""
    schema, _, name = relation.partition(".")
    return data_sets()[name].identity if schema == "raw_csv" else app_tables()[name].key


def column_names(relation: str) -> list[str]:
    schema, _, name = relation.partition(".")
    table = data_sets()[name] if schema == "raw_csv" else app_tables()[name]
    return [column for column, _ in table.stored_columns()]


def owner_of(relation: str) -> str | None:
    """The column that names what a row belongs to, where some export replaces its rows all together."""
    schema, _, name = relation.partition(".")
    return owners().get(name) if schema == "raw_csv" else None


def changed_rows(home: Path, relation: str, parts: Sequence[Row], columns: Collection[str]) -> str:
    """SQL: tenant and `columns` of every version that stands in the changed parts. A deleted row has no values any
    more: its earlier versions speak for it."""
    lake = intake_folder(home)
    listed = ", ".join(f'"{name}"' for name in columns)
    if relation.startswith("raw_csv."):
        return " UNION ALL ".join(
            f"SELECT {literal(part['tenant_id'])} AS tenant_id, {listed} FROM {stored(lake, part)}" for part in parts
        )
    touched = " UNION ALL ".join(f"SELECT tenant_id, row_key FROM {stored(lake, part)}" for part in parts)
    table = app_tables()[relation.partition(".")[2]]
    versions = app_versions(lake, _parts(home, relation, None), table.stored_columns())
    return f"SELECT tenant_id, {listed} FROM ({versions}) SEMI JOIN ({touched}) USING (tenant_id, row_key)"


def owned_rows(home: Path, relation: str, known_at: int, columns: Collection[str]) -> str:
    """SQL: tenant and `columns` of every stored row, superseded ones included, of a data set whose rows are replaced
    together with their document."""
    return changed_rows(home, relation, _parts(home, relation, known_at), columns)


def is_stored(home: Path, relation: str, known_at: int) -> bool:
    """Whether anything is stored of a relation."""
    return bool(_parts(home, relation, known_at))


def create_slice(
    con: duckdb.DuckDBPyConnection, home: Path, known_at: int, relation: str, keys: str, columns: Sequence[str]
) -> None:
    """Create the raw relation in the connection's database with the current rows of some keys only: those of the table
    `keys`, which has tenant_id and the key's `columns` as texts."""
    schema, _, name = relation.partition(".")
    lake = intake_folder(home)
    parts = _parts(home, relation, known_at)
    same_key = " AND ".join(f'coalesce({{rows}}."{column}"::VARCHAR, \'\') = k."{column}"' for column in columns)
    only = f" SEMI JOIN {keys} k ON k.tenant_id = {{tenant}}.tenant_id AND {same_key}"
    if schema == "raw_csv":
        data_set = data_sets()[name]
        listed = [("line", "BIGINT"), *data_set.stored_columns(), ("extra", "VARCHAR")]
        query = current_csv(lake, parts, listed, data_set, only.format(rows="r", tenant="p"))
    else:
        table = app_tables()[name]
        query = current_app(lake, parts, table.stored_columns(), only.format(rows="v", tenant="v"))
    create_parts_table(con, lake, parts)
    con.execute(f"CREATE OR REPLACE TABLE {schema}.{name} AS {query}")


def _parts(home: Path, relation: str, known_at: int | None) -> list[Row]:
    stored_as = relation.removeprefix("raw_").replace(".", "/", 1)
    with Journal(home) as journal:
        return [part for part in journal.parts(stored_as, known_at) if part["relation"] == stored_as]
