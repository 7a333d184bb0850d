"""`revhouse diff`: what differs between two published versions, what came in between, and under each changed figure the
rows that changed it.

Both versions are attached to one connection: the newer one is what its schemas show, the older one is catalog `before`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb

from ingestion.between import CameBetween, came_between
from ingestion.lake import literal
from orchestration.lineage import (
    PART,
    Column,
    LineageRefused,
    columns,
    first_line,
    grain_of,
    rows_of,
    select_parts,
    value_of,
)
from orchestration.publish import Warehouse
from orchestration.reader import published
from orchestration.row_hashes import two_hashes
from orchestration.settings import Settings
from orchestration.sources import Sources, look_up

COMPARED = ("marts", "ml")
BEFORE = "before."
SOURCES_READ = 2000
"""Of so many rows at most the file or the log is asked what they said."""


class VersionsRefused(ValueError):
    """There are no two versions to compare. One line."""


@dataclass(frozen=True)
class TableDiff:
    """A table that is not the same in both versions."""

    name: str
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    totals: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class CellDiff:
    """A changed figure and the parts that differ; their differences sum to the figure's, side by side of a ratio."""

    table: str
    column: str
    key: dict[str, Any]
    before: Any
    after: Any
    difference: Decimal | float | None
    sides: dict[str, tuple[Decimal, Decimal]]
    parts: list[dict[str, Any]]
    parts_more: int
    parts_more_amount: Decimal
    is_exact: bool


@dataclass(frozen=True)
class Diff:
    """Two versions beside each other; a side is None where no table has it."""

    before: dict[str, Any]
    after: dict[str, Any]
    came: CameBetween
    causes: list[str]
    tables: list[TableDiff]
    cells: list[CellDiff]
    cells_more: dict[str, int]
    sources: Sources

    @property
    def is_same(self) -> bool:
        return not self.tables


def two_versions(settings: Settings, given: Sequence[str]) -> tuple[str, str]:
    """The versions to compare: two as given, one and the published one, or the published one and the one before."""
    warehouse = Warehouse(settings.warehouse)
    warehouse.path_of(given[0] if given else None)
    pointer = warehouse.current()
    assert pointer is not None, "path_of raises where nothing is published"
    current = pointer.version
    if len(given) == 2:
        first, second = given
    elif given:
        first, second = given[0], current
    else:
        earlier = [version for version in warehouse.versions() if int(version) < int(current)]
        if not earlier:
            raise VersionsRefused(
                f"version {current} is the only one that is kept: there is nothing to compare it with"
            )
        first, second = earlier[-1], current
    for version in (first, second):
        warehouse.path_of(version)
    return f"{int(first):06d}", f"{int(second):06d}"


@contextmanager
def both_attached(settings: Settings, first: str, second: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(settings, second, lineage=True) as (connection, _):
        path = Warehouse(settings.warehouse).path_of(first)
        connection.execute(f"attach {literal(path)} as before (read_only)")
        yield connection


def diff(connection: duckdb.DuckDBPyConnection, settings: Settings, table: str, where: str, limit: int | None) -> Diff:
    """Raises LineageRefused for a table that is not there or a condition that is none.

    `limit` is how many cells of a column and rows of a cell are looked at, None: all; of all tables, one cell a column.
    """
    before, after = (_version(connection, catalog) for catalog in (BEFORE, ""))
    low, high = sorted((before["known_at"], after["known_at"]))
    came = came_between(settings.home, low, high)
    tables, cells, more = [], [], {}
    figures: dict[str, list[Column]] = {}
    for column in columns(connection):
        figures.setdefault(column.table, []).append(column)
    for name in _tables(connection, table):
        if not where and _is_same(connection, name):
            continue
        short = name.removeprefix("marts.")
        if short not in figures or not _has_lineage_before(connection, short):
            found = _whole_rows(connection, name, where)
            if found.added or found.removed:
                tables.append(found)
            continue
        found = _by_grain(connection, short, figures[short], where)
        if found.added or found.removed or found.changed:
            tables.append(found)
            shown = limit if limit is None or table else 1
            changed, left = _cells(connection, short, figures[short], limit, shown)
            cells += changed
            if left:
                more[short] = left
    sources = look_up(connection, settings, [part for cell in cells for part in cell.parts][:SOURCES_READ])
    return Diff(before, after, came, _causes(connection), tables, cells, more, sources)


def _version(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, Any]:
    context = rows_of(connection, f"select version, known_at from {catalog}run.context")[0]
    as_of = f"select distinct as_of::varchar as as_of from {catalog}run.tenants order by all"
    return {**context, "as_of": [row["as_of"] for row in rows_of(connection, as_of)]}


def _tables(connection: duckdb.DuckDBPyConnection, only: str) -> list[str]:
    listed = connection.sql(
        f"""select schema_name || '.' || name from (
        select database_name, schema_name, table_name as name from duckdb_tables() where not internal
        union all select database_name, schema_name, view_name from duckdb_views() where not internal)
        where database_name in ('wh', 'before') and schema_name in {COMPARED} group by all order by all"""
    ).fetchall()
    names = [name for (name,) in listed]
    if not only:
        return names
    wanted = only if "." in only else f"marts.{only}"
    if wanted not in names:
        raise LineageRefused(f"{only} is no published table; these are: {', '.join(names)}")
    return [wanted]


def _has_lineage_before(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the older version leads the figures of a table down in the same way, so that rows can be compared."""
    then, now = (_columns_of(connection, f"{catalog}.lineage.{table}_rows") for catalog in ("before", "wh"))
    return bool(then) and set(then) == set(now)


def _columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    try:
        return [row[0] for row in connection.sql(f"describe from {relation}").fetchall()]
    except duckdb.CatalogException:
        return []


def _common(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    after = _columns_of(connection, f"wh.{name}")
    return [column for column in _columns_of(connection, f"before.{name}") if column in after]


def _is_same(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether both versions hold the same rows, by their number and the sum of their hashes: one pass over each."""
    described = [
        [(row[0], row[1]) for row in connection.sql(f"describe from {catalog}.{name}").fetchall()]
        for catalog in ("before", "wh")
    ]
    if described[0] != described[1]:
        return False
    sums = ", ".join(f"sum({one}::hugeint)" for one in two_hashes(described[0]))
    prints = [
        connection.sql(f"select count(*), {sums} from {catalog}.{name}").fetchall() for catalog in ("before", "wh")
    ]
    return prints[0] == prints[1]


def _differing(connection: duckdb.DuckDBPyConnection, name: str, where: str) -> dict[str, int]:
    """Rows of one version only, as tables; and how many rows there are in each."""
    listed = ", ".join(f'"{column}"' for column in _common(connection, name)) or "null as nothing"
    condition = f"where (\n{where or 'true'}\n)"
    selected = {}
    for side, catalog in (("before", "before"), ("after", "wh")):
        is_there = bool(_columns_of(connection, f"{catalog}.{name}"))
        selected[side] = (
            f"select {listed} from {catalog}.{name} {condition}" if is_there else f"select {listed} limit 0"
        )
    try:
        for query in selected.values():
            if len(connection.extract_statements(query)) != 1:
                raise LineageRefused(f"--where is one condition over {name}, such as month = '2026-03-01'")
        for side, other in (("before", "after"), ("after", "before")):
            connection.execute(
                f"create or replace temp table only_{side} as ({selected[side]}) except all ({selected[other]})"
            )
        return {side: _count(connection, f"({query})") for side, query in selected.items()}
    except duckdb.Error as error:
        raise LineageRefused(f"--where is no condition over {name}: {first_line(error)}") from None


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.sql(f"select count(*) from {relation}").fetchall()[0][0])


def _whole_rows(connection: duckdb.DuckDBPyConnection, name: str, where: str) -> TableDiff:
    rows = _differing(connection, name, where)
    removed, added = (_count(connection, f"only_{side}") for side in ("before", "after"))
    return TableDiff(name, rows["before"], rows["after"], added, removed, 0)


def _by_grain(connection: duckdb.DuckDBPyConnection, table: str, figures: list[Column], where: str) -> TableDiff:
    """Leaves `changes`: the rows that differ by their grain, each figure before and after."""
    name = f"marts.{table}"
    rows = _differing(connection, name, where)
    keys = ["tenant_id", *grain_of(connection, table)]
    same = " and ".join(f'b."{key}" is not distinct from a."{key}"' for key in keys)
    known = [column for column in figures if column.name in _common(connection, name)]
    listed = [f'coalesce(b."{key}", a."{key}") as "{key}"' for key in keys]
    listed += [f'b."{c.name}" as "before {c.name}", a."{c.name}" as "after {c.name}"' for c in known]
    connection.execute(
        f"""create or replace temp table changes as select {", ".join(listed)},
        case when b.tenant_id is null then 'added' when a.tenant_id is null then 'removed' else 'changed' end as "how"
        from only_before as b full join only_after as a on {same}"""
    )
    counts = dict(connection.sql("select how, count(*) from changes group by how").fetchall())
    totals = _totals(connection, keys, [column for column in known if not column.formula])
    added, removed, changed = (counts.get(kind, 0) for kind in ("added", "removed", "changed"))
    return TableDiff(name, rows["before"], rows["after"], added, removed, changed, totals)


def _totals(connection: duckdb.DuckDBPyConnection, keys: list[str], figures: list[Column]) -> list[dict[str, Any]]:
    """Of each figure that is a sum what its changed cells were and are, by currency where the table has one."""
    by = [key for key in ("tenant_id", "currency") if key in keys]
    queries = [
        f"""select {", ".join(by)}, '{figure.name}' as column_name,
        coalesce(sum("before {figure.name}"), 0) as before, coalesce(sum("after {figure.name}"), 0) as after,
        after - before as difference
        from changes where {_is_changed(figure)} group by all"""
        for figure in figures
    ]
    return rows_of(connection, f"{' union all '.join(queries)} order by all") if queries else []


def _is_changed(figure: Column) -> str:
    """Of a sum nothing and 0 are the same; a ratio that there is none of is not 0."""
    before, after = f'"before {figure.name}"', f'"after {figure.name}"'
    if figure.formula:
        return f"{before} is distinct from {after}"
    return f"coalesce({before}, 0) <> coalesce({after}, 0)"


def _cells(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    figures: list[Column],
    limit: int | None,
    cells_shown: int | None,
) -> tuple[list[CellDiff], int]:
    """Changed cells, the largest differences first, with the parts that differ; and how many more there are."""
    grain = grain_of(connection, table)
    keys = ["tenant_id", *grain]
    there = _columns_of(connection, "changes")
    known = [column for column in figures if f"before {column.name}" in there]
    queries = [
        f"""select {_listed(keys)}, '{column.name}' as column_name, "before {column.name}"::varchar as before,
        "after {column.name}"::varchar as after, typeof("after {column.name}") = 'DOUBLE' as is_double,
        coalesce("after {column.name}"::double, 0) - coalesce("before {column.name}"::double, 0) as size
        from changes where {_is_changed(column)}"""
        for column in known
    ]
    order = f"partition by column_name order by abs(size) desc, {_listed(keys)}"
    top = f"qualify row_number() over ({order}) <= {cells_shown}" if cells_shown else ""
    connection.execute(f"create or replace temp table all_cells as {' union all '.join(queries)}")
    connection.execute(f"create or replace temp table cells as from all_cells {top}")
    left = connection.sql("select (select count(*) from all_cells) - (select count(*) from cells)").fetchall()[0][0]
    for name, catalog in (("parts_before", BEFORE), ("parts_after", "")):
        select_parts(connection, table, "cells", name, catalog)
    part = [*keys, "column_name", *PART]
    same = " and ".join(f'b."{name}" is not distinct from a."{name}"' for name in part)
    both = ", ".join(f'coalesce(b."{name}", a."{name}") as "{name}"' for name in part)
    connection.execute(
        f"""create or replace temp table moved as select {both}, b.amount as before, a.amount as after,
        coalesce(a.amount, 0) - coalesce(b.amount, 0) as difference
        from parts_before as b full join parts_after as a on {same}
        where b.amount is distinct from a.amount"""
    )
    by_name = {column.name: column for column in known}
    cells = rows_of(connection, f"from cells order by column_name, abs(size) desc, {_listed(keys)}")
    return [_cell(connection, table, by_name[cell["column_name"]], keys, cell, limit) for cell in cells], left


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _cell(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: Column,
    keys: list[str],
    cell: dict[str, Any],
    limit: int | None,
) -> CellDiff:
    key = {name: cell[name] for name in keys}
    wanted = [column.name, *key.values()]
    condition = "column_name = ? and " + " and ".join(f'"{name}" is not distinct from ?' for name in keys)

    def asked(query: str) -> list[dict[str, Any]]:
        cursor = connection.execute(query, wanted)
        names = [described[0] for described in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    shown = f" limit {limit}" if limit else ""
    parts = asked(f"from moved where {condition} order by side, abs(difference) desc, row_table, row_id{shown}")
    [whole] = asked(f"select count(*) as n, coalesce(sum(difference), 0) as total from moved where {condition}")
    sides: dict[str, tuple[Decimal, Decimal]] = {}
    for name in ("parts_before", "parts_after"):
        for row in asked(f"select side, sum(amount) as amount from {name} where {condition} group by side"):
            was, now = sides.get(row["side"], (Decimal(0), Decimal(0)))
            sides[row["side"]] = (row["amount"], now) if name == "parts_before" else (was, row["amount"])
    before, after = (_value(cell[side], cell["is_double"]) for side in ("before", "after"))
    difference = None if before is None and after is None else (after or 0) - (before or 0)
    seen = sum((part["difference"] for part in parts), Decimal(0))
    return CellDiff(
        table,
        column.name,
        key,
        before,
        after,
        difference,
        sides,
        parts,
        whole["n"] - len(parts),
        whole["total"] - seen,
        _is_exact(connection, column, sides, before, after),
    )


def _value(text: str | None, is_double: bool) -> Any:
    """A figure that was carried as text, so that decimals of every width are exact."""
    return None if text is None else float(text) if is_double else Decimal(text)


def _is_exact(
    connection: duckdb.DuckDBPyConnection,
    column: Column,
    sides: dict[str, tuple[Decimal, Decimal]],
    before: Any,
    after: Any,
) -> bool:
    """Whether the parts give both figures, and so their differences the figure's difference."""
    made = [value_of(connection, column, {side: both[at] for side, both in sides.items()}) for at in (0, 1)]
    return all(value is None or value == one for value, one in zip((before, after), made, strict=True))


def _causes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What differs beside the facts: settings and as-of dates of tenants, code, rates."""
    causes = []
    settings = _common(connection, "run.tenants")
    for name in (column for column in settings if column != "tenant_id"):
        rows = connection.sql(
            f"""select tenant_id, b."{name}"::varchar, a."{name}"::varchar from before.run.tenants as b
            inner join wh.run.tenants as a using (tenant_id)
            where b."{name}" is distinct from a."{name}" order by all"""
        ).fetchall()
        what = "as-of date" if name == "as_of" else f"setting {name}"
        causes += [f"{what} of tenant {tenant}: {was} → {now}" for tenant, was, now in rows]
    for side, one, other in (("new", "wh", "before"), ("gone", "before", "wh")):
        rows = connection.sql(
            f"select tenant_id from {one}.run.tenants except select tenant_id from {other}.run.tenants order by all"
        ).fetchall()
        causes += [f"{side} tenant {tenant}" for (tenant,) in rows]
    return causes + _code(connection) + _rates(connection)


def _code(connection: duckdb.DuckDBPyConnection) -> list[str]:
    if not _common(connection, "run.code"):
        return ["the code of one of the versions is not known"]
    rows = connection.sql(
        """select coalesce(a.path, b.path) from before.run.code as b full join wh.run.code as a using (path)
        where a.content_hash is distinct from b.content_hash order by all"""
    ).fetchall()
    paths = [path for (path,) in rows]
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return [f"code: {', '.join(paths[:5])}{more}"] if paths else []


def _rates(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Rates of the same month and currency that are not what they were."""
    rows = connection.sql(
        """select tenant_id, currency, min(month_index), max(month_index), count(*)
        from before.intermediate.int_fx__month_rates as b
        inner join wh.intermediate.int_fx__month_rates as a using (tenant_id, currency, month_index)
        where (b.numerator::hugeint * a.denominator) is distinct from (a.numerator::hugeint * b.denominator)
        group by all order by all"""
    ).fetchall()
    return [
        f"rate of {currency} of tenant {tenant}: {count} month-end{'s' if count > 1 else ''},"
        f" {_month(first)} to {_month(last)}"
        for tenant, currency, first, last, count in rows
    ]


def _month(index: int) -> str:
    return f"{index // 12}-{index % 12 + 1:02d}"
