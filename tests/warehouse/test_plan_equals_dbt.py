"""What a build runs itself gives what dbt gives, table by table and check by check."""

import shutil
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dbt_plan import NodeResult
from orchestration.dbt_runner import DbtProject
from orchestration.settings import Settings
from tests.warehouse.conftest import Built


def test_every_table_macro_and_check_is_as_dbt_makes_it(examples: Built, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.build_file.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.build_file)) as connection:
        connection.execute(f"attach '{examples.world.file}' as other (read_only)")
        for schema in ("raw_csv", "raw_app", "run"):
            connection.execute(f"create schema {schema}")
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'other'"
            " and schema_name in ('raw_csv', 'raw_app', 'run')"
        ).fetchall():
            connection.execute(f"create table {schema}.{table} as from other.{schema}.{table}")
    results = list(DbtProject(settings).run())
    of_dbt = {key: status for key, status in examples.result.statuses.items() if not key.startswith("unit_test.")}
    assert {result.unique_id: result.status for result in results} == of_dbt
    assert tables(settings.build_file) == tables(examples.world.file)
    assert macros(settings.build_file) == macros(examples.world.file)
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        connection.execute(f"attach '{examples.world.file}' as other (read_only)")
        for schema, table in {(schema, table) for schema, table, *_ in tables(settings.build_file)}:
            mine, other = f'build.{schema}."{table}"', f'other.{schema}."{table}"'
            for one, two in ((mine, other), (other, mine)):
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


def test_a_failing_check_shows_its_rows(tmp_path: Path, examples: Built) -> None:
    settings = Settings(home=tmp_path)
    settings.build_file.parent.mkdir(parents=True)
    shutil.copyfile(examples.world.file, settings.build_file)
    with duckdb.connect(str(settings.build_file)) as connection:
        connection.execute("insert into marts.ar_aging from marts.ar_aging where tenant_id = 'edges' limit 1")
    project = DbtProject(settings)
    (failed,) = (key for key in project.manifest()["nodes"] if ".ar_aging_has_its_grain." in key)
    line = project.failed_check(NodeResult(failed, "fail", "Got 1 result", 0.0, 1)).line()
    assert line.startswith("ar_aging_has_its_grain: tenant_id=edges, as_of=2024-")
