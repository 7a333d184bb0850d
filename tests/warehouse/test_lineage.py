"""Every figure that is declared to lead down to rows is the sum of them, tolerance 0; ratios side by side."""

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lineage import Column, columns, grain_of, macros, select_parts, side_sums, sides_of, value_of
from orchestration.reader import mirror
from tests.warehouse.companies import make_company
from tests.warehouse.conftest import Built
from tests.warehouse.world import World

# No figure of these: what a row is about, when it is due, whether a month is over. `fx` is always 0, what is late is
# explained in words, the rest is told from several figures at once.
NOT_LED_BACK = {
    "deferred_revenue_rollforward": {"fx"},
    "revenue_bridge": {"residual", "late_invoices", "late_revenue"},
    "retail_daily": {"customers", "repeat_customers"},
    "ar_aging": {"days_past_due"},
    "ap_aging": {"days_past_due"},
    "accounts_receivable": {"days_past_due"},
    "accounts_payable": {"days_past_due"},
}


def open_file(path: Path) -> duckdb.DuckDBPyConnection:
    """As a reader sees a version: its schemas mirrored, figures with what leads them down."""
    connection = duckdb.connect()
    mirror(connection, path, skip_ops=False, lineage=True)
    for macro in macros():
        connection.execute(macro)
    return connection


@pytest.fixture(scope="module")
def opened(random_companies: Built, examples: Built) -> list[duckdb.DuckDBPyConnection]:
    assert random_companies.result.code == examples.result.code == 0
    return [open_file(random_companies.world.file), open_file(examples.world.file)]


def tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Column]]:
    found: dict[str, list[Column]] = {}
    for column in columns(connection):
        found.setdefault(column.table, []).append(column)
    return found


def differing_cells(connection: duckdb.DuckDBPyConnection, table: str, listed: list[Column]) -> dict[str, list[Any]]:
    """Cells that their parts do not give, by column: all cells of a table at once."""
    keys = [f'"{key}"' for key in ["tenant_id", *grain_of(connection, table)]]
    grain = ", ".join(keys)
    connection.execute(
        f"""create or replace temp table sums as select {grain}, column_name, side, sum(amount) as amount
        from lineage.{table}_rows group by all"""
    )
    same = " and ".join(f"m.{key} is not distinct from s.{key}" for key in keys)
    wrong = {}
    for column in listed:
        sides = ", ".join(
            f"coalesce(sum(amount) filter (where side = '{side}'), 0)::decimal(38, 6) as {side}"
            for side in sides_of(column) or ["nothing"]
        )
        of_column = f"from sums where column_name = '{column.name}' group by all"
        made = f"select {grain}, sum(amount) as total, {sides} {of_column}"
        differs = "s.made is distinct from m.figure"
        if not column.formula:
            differs = "coalesce(s.made, 0) <> coalesce(m.figure, 0)"
        found = connection.sql(
            f"""select m.*, s.made from (select *, "{column.name}" as figure from marts.{table}) as m
            full join (select {grain}, {column.formula or "total"} as made from ({made})) as s on {same}
            where {differs} or (m.tenant_id is null and s.made <> 0)"""
        ).fetchall()
        if found:
            wrong[column.name] = found
    return wrong


def test_the_parts_of_every_cell_sum_to_it(opened: list[duckdb.DuckDBPyConnection]) -> None:
    seen = 0
    for connection in opened:
        for table, listed in tables(connection).items():
            wrong = differing_cells(connection, table, listed)
            assert not wrong, (table, {name: (len(cells), cells[:1]) for name, cells in wrong.items()})
            seen += len(listed)
    assert seen > 300


def test_every_figure_of_a_mart_that_is_led_back_is_declared(opened: list[duckdb.DuckDBPyConnection]) -> None:
    numbers = ("DECIMAL", "DOUBLE", "BIGINT", "INTEGER", "HUGEINT")
    for table, listed in tables(opened[0]).items():
        described = opened[0].sql(f"describe from marts.{table}").fetchall()
        figures = {name for name, kind, *_ in described if kind.startswith(numbers)}
        about = set(grain_of(opened[0], table)) | NOT_LED_BACK.get(table, set())
        assert {column.name for column in listed} == figures - about, table


def test_every_declared_figure_is_not_0_somewhere_and_has_rows_there(opened: list[duckdb.DuckDBPyConnection]) -> None:
    for table, listed in tables(opened[0]).items():
        told = {
            name
            for connection in opened
            for (name,) in connection.sql(f"select distinct column_name from lineage.{table}_rows").fetchall()
        }
        # No catch-up of these companies meets a balance that is deferred.
        assert {column.name for column in listed} - told <= {"modified"}, table


def test_every_part_names_a_row_that_came_or_what_it_is_instead(random_companies: Built) -> None:
    connection = open_file(random_companies.world.file)
    rows = connection.sql(
        """select source_table, count(*), count(file_id), count(line) from ops.metric_lineage
        where table_name not in ('trial_balance', 'balance_sheet') group by all order by all"""
    ).fetchall()
    named = {table for table, *_ in rows}
    assert {"subscriptions", "invoice_lines", "payments", "credit_notes", "bills", "obligations"} <= named
    assert {table for table, count, files, lines in rows if not count == files == lines} <= {"calendar", "tenants.toml"}
    sources = named - {"calendar", "tenants.toml"}
    for table in sorted(sources):
        strangers = connection.sql(
            f"""select distinct file_id, line from ops.metric_lineage where source_table = '{table}'
            and table_name in ('revenue_metrics', 'ar_aging', 'tax_summary', 'revenue_recognition', 'journal_entries')
            except select file_id, line from wh.raw_csv.{table}"""
        ).fetchall()
        assert not strangers, (table, strangers[:3])


def random_cells(connection: duckdb.DuckDBPyConnection, seed: int, cells: int) -> None:
    """The way of the command: some rows of every table one by one, found by their key, two figures of each."""
    rng = random.Random(seed)
    for table, listed in tables(connection).items():
        keys = ["tenant_id", *grain_of(connection, table)]
        rows = connection.sql(f"from marts.{table} order by all").fetchall()
        names = [described[0] for described in connection.sql(f"describe from marts.{table}").fetchall()]
        for row in rng.sample(rows, min(cells, len(rows))):
            cell = dict(zip(names, row, strict=True))
            for column in rng.sample(listed, min(2, len(listed))):
                same = " and ".join(f'"{key}" is not distinct from ?' for key in keys)
                connection.execute(
                    f"create or replace temp table cells as select *, '{column.name}' as column_name"
                    f" from marts.{table} where {same}",
                    [cell[key] for key in keys],
                )
                select_parts(connection, table, "cells")
                made = value_of(connection, column, side_sums(connection))
                assert made == cell[column.name] or (made == 0 and cell[column.name] is None), (column.address, cell)


def test_cells_that_are_asked_one_by_one_are_the_sum_of_their_parts(opened: list[duckdb.DuckDBPyConnection]) -> None:
    random_cells(opened[0], 1, 1)


@pytest.mark.long
def test_of_four_hundred_companies_too_every_cell_is_the_sum_of_its_parts(tmp_path: Path) -> None:
    """All cells at once; asked one by one, as the command does, only some."""
    world = World(tmp_path)
    for seed in range(200, 600):
        make_company(seed).put(world)
    assert world.build().code == 0
    connection = open_file(world.file)
    for table, listed in tables(connection).items():
        assert not differing_cells(connection, table, listed), table
    random_cells(connection, 2, 3)
