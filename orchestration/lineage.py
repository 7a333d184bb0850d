"""Figures as rows: which columns can be led back, which cells a question selects, and the parts that sum to them.

What a figure is made of is declared in `dbt_project/models/lineage`; here it is only asked. Everything runs on a
connection of `reader.published(…, lineage=True)`, and what a question selects stays in tables of its private memory.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from ingestion.lake import literal

PART = ("side", "party", "document_name", "step", "row_table", "row_id", "file_id", "line", "change_no")
NOT_GRAIN = {"tenant_id", "column_name", "amount", *PART}
WORDS = {"ratio", "quotient", "greatest", "nullif", "double", "case", "when", "then", "else", "end", "null"} | {
    "units",
    "cells",
    "number",
    "rounded",
}
VALUES_NAMED = 30
"""Up to so many values of a column of the grain are named in a query, so that a view reads no more than these."""


def macros() -> tuple[str, ...]:
    """What formulas are written in. Parts have six decimals at most, so a million of one is an integer."""
    return (
        "create or replace temp macro units(a) as ((a) * 1000000)::hugeint",
        "create or replace temp macro ratio(a, b) as units(a)::double / nullif(units(b), 0)::double",
        # Half-up to four decimals.
        """create or replace temp macro quotient(a, b) as case when b <> 0 then
        (sign(a) * divide(2 * abs(units(a)) * 10000 + units(b), 2 * units(b)))::decimal(38, 0)
        * 0.0001::decimal(4, 4) end""",
        # A product of several amounts is exact, and fits, only as a product of integers: MRR in ten-thousandths.
        "create or replace temp macro cells(a) as ((a) * 10000)::hugeint",
        "create or replace temp macro number(a) as (a)::hugeint",
        """create or replace temp macro rounded(a, b) as case when b <> 0 then
        (sign(a) * divide(2 * abs(a) + b, 2 * b))::decimal(38, 0) * 0.0001::decimal(4, 4) end""",
    )


class LineageRefused(ValueError):
    """The question is wrong: no such figure, no such cells, or SQL that is none. One message, several lines."""


@dataclass(frozen=True)
class Column:
    """A figure that can be led back to rows; with a formula it is made of several sums, else it is one."""

    table: str
    name: str
    formula: str
    in_words: str

    @property
    def address(self) -> str:
        return f"marts.{self.table}.{self.name}"


def columns(connection: duckdb.DuckDBPyConnection) -> list[Column]:
    """Every figure that can be led back, as the version declares it."""
    try:
        found = connection.sql("select table_name, column_name, formula, in_words from ops.metric_columns").fetchall()
    except duckdb.CatalogException:
        raise LineageRefused("this version was published before figures could be led back; build anew") from None
    return [Column(table, name, formula or "", in_words) for table, name, formula, in_words in found]


def column_named(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> Column:
    """Raises LineageRefused with what can be asked instead."""
    known = columns(connection)
    table = table.removeprefix("marts.")
    for column in known:
        if (column.table, column.name) == (table, name):
            return column
    if here := [column.name for column in known if column.table == table]:
        raise LineageRefused(f"{table}.{name} cannot be led back to rows; of {table} these can: {', '.join(here)}")
    tables: dict[str, list[str]] = {}
    for column in known:
        tables.setdefault(column.table, []).append(column.name)
    listed = "\n".join(f"  {each}: {', '.join(names)}" for each, names in tables.items())
    raise LineageRefused(f"{table} cannot be led back to rows; these can:\n{listed}")


def grain_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """What a row of the table is about, beside its tenant."""
    described = connection.sql(f"describe from lineage.{table}_rows").fetchall()
    return [row[0] for row in described if row[0] not in NOT_GRAIN]


def select_cells(connection: duckdb.DuckDBPyConnection, column: Column, where: str, name: str = "cells") -> None:
    """The cells of a column that a condition selects, as a table. Raises LineageRefused."""
    listed = ", ".join(["tenant_id", *(f'"{key}"' for key in grain_of(connection, column.table))])
    figure = f'{literal(column.name)} as column_name, "{column.name}" as value'
    query = f"select {listed}, {figure} from marts.{column.table} where (\n{where or 'true'}\n)"
    try:
        statements = connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise LineageRefused(f"--where is one condition over marts.{column.table}, such as month = '2026-03-01'")
        connection.execute(f"create or replace temp table {name} as {query}")
    except duckdb.Error as error:
        raise LineageRefused(f"--where is no condition over marts.{column.table}: {first_line(error)}") from None


def select_parts(
    connection: duckdb.DuckDBPyConnection, table: str, cells: str, name: str = "parts", catalog: str = ""
) -> None:
    """The parts of the cells of a table, which are named by their grain and column_name, as a table of their own.

    `catalog` is that of an attached version, with its dot; default what the connection shows.
    """
    keys = ["tenant_id", *grain_of(connection, table), "column_name"]
    conditions = []
    for key in keys:
        values = connection.sql(f'select distinct "{key}" from {cells} limit {VALUES_NAMED + 1}').fetchall()
        if len(values) <= VALUES_NAMED and all(value is not None for (value,) in values):
            named = ", ".join(literal(str(value)) for (value,) in values)
            conditions.append(f'p."{key}" in ({named})' if values else "false")
    same = " and ".join(f'p."{key}" is not distinct from c."{key}"' for key in keys)
    listed = ", ".join(f'p."{key}"' for key in [*keys, *PART])
    connection.execute(
        f"""create or replace temp table {name} as select {listed}, sum(p.amount) as amount
        from {catalog}lineage.{table}_rows as p semi join {cells} as c on {same}
        where {" and ".join(conditions or ["true"])} group by all"""
    )


def side_sums(connection: duckdb.DuckDBPyConnection, parts: str = "parts") -> dict[str, Decimal]:
    """What the parts of each side sum to; one side without a name where the figure is a sum."""
    return dict(connection.sql(f"select side, sum(amount) from {parts} group by side order by side").fetchall())


def value_of(connection: duckdb.DuckDBPyConnection, column: Column, sums: Mapping[str, Decimal]) -> Any:
    """The figure that the sides make, by the column's formula; a side without parts is 0."""
    if not column.formula:
        return sums.get("", Decimal(0))
    names = {name: Decimal(0) for name in sides_of(column)} | dict(sums)
    listed = ", ".join(f"{amount}::decimal(38, 6) as {name}" for name, amount in names.items())
    for macro in macros():
        connection.execute(macro)
    return connection.sql(f"select {column.formula} from (select {listed})").fetchall()[0][0]


def sides_of(column: Column) -> list[str]:
    """The sides that a formula names, in its order."""
    words = dict.fromkeys(re.findall(r"[a-z][a-z_]*[a-z]", column.formula))
    return [word for word in words if word not in WORDS]


def first_line(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0]


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.sql(query)
    return [dict(zip(cursor.columns, row, strict=True)) for row in cursor.fetchall()]


def named(row: Mapping[str, Any], keys: Sequence[str]) -> str:
    """The key of a cell as a person reads it."""
    texts = {key: row[key].normalize() if isinstance(row[key], Decimal) else row[key] for key in keys}
    return " · ".join(f"{key} {text}" for key, text in texts.items() if text is not None)
