"""What a build runs itself gives what dbt gives, table by table and check by check."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dbt_plan import NodeResult
from tests.compiled import compiled, manifest
from tests.warehouse.conftest import Built
from tests.warehouse.world import World


@pytest.mark.long
def test_every_table_macro_and_check_is_as_dbt_makes_it(examples: Built, tmp_path: Path) -> None:
    other = World(tmp_path, examples.world.rows)
    result = other.build("build", "--exclude", "test_type:unit")
    assert result.statuses == examples.result.statuses
    mine, theirs = examples.world.file, other.file
    assert tables(mine) == tables(theirs)
    assert macros(mine) == macros(theirs)
    with duckdb.connect(str(mine), read_only=True) as connection:
        connection.execute(f"attach '{theirs}' as other (read_only)")
        for schema, table in {(schema, table) for schema, table, *_ in tables(mine)}:
            pair = f'build.{schema}."{table}"', f'other.{schema}."{table}"'
            for one, two in (pair, pair[::-1]):
                rows = connection.execute(f"select * from (from {one} except all from {two}) limit 3").fetchall()
                assert rows == [], one


def tables(file: Path) -> list[Any]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(
            """select schema_name, table_name, column_name, data_type from duckdb_columns()
            where database_name = current_database() and schema_name in ('staging', 'intermediate', 'marts', 'ops')
            order by all"""
        ).fetchall()


def macros(file: Path) -> list[Any]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(
            """select schema_name, function_name, parameters, macro_definition from duckdb_functions()
            where function_type = 'table_macro' and schema_name = 'marts' order by all"""
        ).fetchall()


def test_a_failing_check_shows_its_rows(examples: Built, tmp_path: Path) -> None:
    build_file = Path(shutil.copy(examples.world.file, tmp_path))
    with duckdb.connect(str(build_file)) as connection:
        connection.execute("insert into marts.ar_aging from marts.ar_aging where tenant_id = 'edges' limit 1")
    (failed,) = (key for key in manifest()["nodes"] if ".ar_aging_has_its_grain." in key)
    line = compiled().failed_check(NodeResult(failed, "fail", "Got 1 result", 0.0, 1), file=build_file).line()
    assert line.startswith("ar_aging_has_its_grain: tenant_id=edges, as_of=2024-")
