"""Which stored rows are about erased customers, and the same files with those rows blanked.

A row is about a customer by its `customer_id`, or through an id of something that is the customer's: the line of an
invoice, the refund of a payment. A text that belongs to nobody by an id, such as the words on a bank statement, is
blanked where it contains one of the values that stood in the customer's own rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

import duckdb

from ingestion.contracts import AppTable, DataSet, app_tables, data_sets
from ingestion.journal import Journal
from ingestion.lake import Step, is_shared, literal, scan_of, write_parquet

SHORTEST = 5


class Gone:
    """The erased customers of one tenant, with what is theirs, as relations of one DuckDB connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection, lake: Path, tenant_id: str, customers: Sequence[str]) -> None:
        self.con = con
        self.lake = lake
        self.tenant_id = tenant_id
        con.execute("create or replace temp table gone (id varchar)")
        con.executemany("insert into gone values (?)", [(one,) for one in sorted(set(customers))])
        con.execute("create or replace temp table owned (column_name varchar, id varchar)")
        con.execute("create or replace temp table needles (value varchar)")

    def find(self, csv: dict[str, list[str]], app: dict[str, list[str]], personal: dict[str, list[str]]) -> None:
        """Fill `owned` and `needles` from the paths of each relation."""
        for sources, tables, scan in ((csv, data_sets(), self._scan), (app, app_tables(), self._scan_shared)):
            for name, paths in sources.items():
                table = tables[name]
                if "customer_id" in table.columns and len(table.key) == 1 and table.key[0] != "customer_id":
                    key = table.key[0]
                    self.con.execute(
                        f"insert into owned select distinct {literal(key)}, {key} from {scan(paths)}"
                        " where customer_id in (from gone)"
                    )
        for name, paths in csv.items():
            self._collect(self._scan(paths), personal_columns(data_sets()[name]), self.is_theirs(data_sets()[name]))
        for name, paths in personal.items():
            table = app_tables()[name]
            texts = [column for column, kind in table.columns.items() if kind == "text"]
            self._collect(self._scan_shared(paths), texts, self.is_theirs(table))
        self.con.execute("create or replace temp table needles as select distinct value from needles")

    def values(self) -> list[str]:
        """The personal values that stood in their rows, longest first."""
        return [row[0] for row in self.con.execute("from needles order by length(value) desc, value").fetchall()]

    def is_theirs(self, table: DataSet | AppTable) -> str:
        """SQL: whether a row of the set is about one of them."""
        if "customer_id" in table.columns:
            return "coalesce(customer_id in (from gone), false)"
        owned = {row[0] for row in self.con.execute("select distinct column_name from owned").fetchall()}
        ways = [
            f'coalesce("{name}" in (select id from owned where column_name = {literal(name)}), false)'
            for name in table.columns
            if name in owned
        ]
        return f"({' or '.join(ways)})" if ways else "false"

    def blanked(self, home: Path, data_set: DataSet, path: str, step: Step) -> str | None:
        """The path of the same part with their cells blank; None where nothing in it is theirs."""
        theirs = self.is_theirs(data_set)
        scan = self._scan([path])
        texts = [name for name in personal_columns(data_set) if data_set.columns[name].type == "text"]
        quoting = {name: _quotes(f'"{name}"') for name in texts} if "customer_id" not in data_set.columns else {}
        if not self._any(scan, [theirs, *quoting.values()]):
            return None
        cells = []
        for name in personal_columns(data_set):
            condition = f"{theirs} or {quoting[name]}" if name in quoting else theirs
            cells.append(f'case when {condition} then null else "{name}" end as "{name}"')
        cells.append(f"case when {theirs} then null else extra end as extra")
        if "row_body" in self._names(scan):
            cells.append(f"case when {theirs} then 'erased' else row_body end as row_body")
        query = f"select * replace ({', '.join(cells)}) from {scan} order by {_order(path)}"
        return write_parquet(self.con, home, str(PurePath(path).parent), query, step)

    def blanked_quarantine(self, home: Path, path: str, step: Step) -> str | None:
        """Quarantined rows lose value and cells where a cell is one of their ids, or a text quotes a value."""
        scan = self._scan([path])
        ids = "(select list(id) from (select id from gone union select id from owned))"
        trimmed = "list_transform(from_json(cells, '[\"VARCHAR\"]'), x -> trim(x))"
        named = f"(cells is not null and list_has_any({trimmed}, {ids}))"
        texts = [_quotes(f"coalesce({name}, '')") for name in ("value", "cells", "reason")]
        condition = " or ".join([f"coalesce({named}, false)", *texts])
        if not self._any(scan, [condition]):
            return None
        replaced = (
            f"case when {condition} then null else value end as value,"
            f" case when {condition} then null else cells end as cells,"
            f" case when {_quotes('reason')} then 'erased' else reason end as reason"
        )
        query = f"select * replace ({replaced}) from {scan} order by {_order(path)}, column_name"
        return write_parquet(self.con, home, str(PurePath(path).parent), query, step)

    def _collect(self, scan: str, columns: Sequence[str], theirs: str) -> None:
        for name in columns:
            self.con.execute(
                f'insert into needles select distinct trim("{name}") from {scan}'
                f' where {theirs} and length(trim("{name}")) >= {SHORTEST}'
            )

    def _any(self, scan: str, conditions: Sequence[str]) -> bool:
        return self.con.execute(f"select 1 from {scan} where {' or '.join(conditions)} limit 1").fetchone() is not None

    def _scan(self, paths: Sequence[str]) -> str:
        return scan_of([self.lake / path for path in paths], ", union_by_name = true")

    def _names(self, scan: str) -> set[str]:
        return {row[0] for row in self.con.execute(f"describe from {scan}").fetchall()}

    def _scan_shared(self, paths: Sequence[str]) -> str:
        """Files from the core, which hold several tenants."""
        return f"(from {self._scan(paths)} where tenant_id = {literal(self.tenant_id)})"


def personal_columns(data_set: DataSet) -> list[str]:
    return [column.name for column in data_set.columns.values() if column.personal]


def paths_by_name(journal: Journal, prefix: str, tenant_id: str | None) -> dict[str, list[str]]:
    """Stored files per relation, retracted ones too. A batch of the core may hold several tenants."""
    found: dict[str, list[str]] = {}
    for row in journal.rows(
        "select distinct p.relation, p.path from parts p join entries e on e.seq = p.seq where p.path is not null"
        " and p.relation >= ? and p.relation < ? and (? is null or e.tenant_id is null or e.tenant_id = ?)",
        (prefix, prefix + "\U0010ffff", tenant_id, tenant_id),
    ):
        found.setdefault(str(row["relation"]).removeprefix(prefix), []).append(row["path"])
    return found


def _order(path: str) -> str:
    return "part_seq, line" if is_shared(path) else "line"


def _quotes(text: str) -> str:
    return f"coalesce((select bool_or(contains(lower({text}), lower(value))) from needles), false)"
