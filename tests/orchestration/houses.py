"""Homes for tests that run the whole pipeline: filled from invented companies, built, and compared table by table."""

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from ingestion.app import extract
from ingestion.csv import copy_into_drop, scan_drop
from ingestion.lake import literal
from orchestration.build import BuildRequest, building
from orchestration.core import tables_with_figures
from orchestration.dbt_runner import DbtProject
from orchestration.settings import Settings
from orchestration.tenants import load_tenants
from tests.compiled import copy_compiled
from tests.orchestration.commands import run

ROOT = Path(__file__).resolve().parents[2]


def new_home(home: Path) -> Path:
    """A home that has nothing but the compiled dbt project, which every test would pay for otherwise."""
    copy_compiled(home)
    return home


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a child process whose only settings are these; it trains no models unless it is told to."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("REVHOUSE_", "DAGSTER_"))}
    return {**kept, "REVHOUSE_HOME": str(home), "REVHOUSE_TRAINING": "never", "PYTHONPATH": str(ROOT), **more}


def revhouse(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user runs it."""
    return run(arguments, environment(home, **more), home.parent)


def drop(home: Path, *paths: Path | str, tenant: str = "default") -> None:
    """Takes files or folders in, in this process. None of them may be refused."""
    copy_into_drop(home, [Path(path) for path in paths], tenant)
    receipts = scan_drop(home, load_tenants(home / "tenants.toml").time_zone_of)
    assert [one for one in receipts if one.status == "refused"] == []


def build(home: Path, as_of: date | None = None, *, is_small_whole: bool = True, **asked: Any) -> Path:
    """A version with every table of dbt's, without what a run of Dagster costs and does besides (models, checks of the
    core). A small home is computed whole, unless that is False. `asked` is of `BuildRequest`. Raises with the checks'
    words."""
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}")
    if not is_small_whole:
        settings = settings.model_copy(update={"incremental_from_bytes": 0})
    extract(home, settings.database_url)
    scan_drop(home, load_tenants(home / "tenants.toml").time_zone_of)
    project = DbtProject(settings)
    core_tables = tables_with_figures(project.manifest())
    with building(settings, BuildRequest(as_of=as_of, **asked), "test", core_tables, project.fingerprint()) as one:
        one.ensure_raw()
        wrong = [node for node in project.run(None, one.start_from) if node.status in ("error", "fail")]
        assert not wrong, [
            project.failed_check(node).line() if node.unique_id.startswith("test.") else node.message
            for node in wrong[:5]
        ]
        one.publish()
        return one.warehouse.path_of(one.version)


def in_process(home: Path, code: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Python in a child process, for what must be killed."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        check=False,
    )


def newest_version(home: Path) -> Path:
    return max((home / "warehouse").glob("warehouse-*.duckdb"))


def tables(path: Path, schemas: Iterable[str]) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.sql("select schema_name, table_name from duckdb_tables() order by all").fetchall()
    return [f"{schema}.{name}" for schema, name in rows if schema in set(schemas)]


def differing_tables(one: Path, other: Path, schemas: Iterable[str] = ("marts", "ml")) -> dict[str, int]:
    """Tables of two versions that are not the same multiset of rows, with the number of rows that differ."""
    names = tables(one, schemas)
    assert names == tables(other, schemas), "the two versions do not have the same tables"
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(one)} as a (read_only); attach {literal(other)} as b (read_only)")
        for name in names:
            count = connection.sql(
                f"""select count(*) from ((from a.{name} except all from b.{name})
                union all (from b.{name} except all from a.{name}))"""
            ).fetchall()[0][0]
            if count:
                found[name] = count
    return found


def differing_tenants(version: Path, one: str, other: str, schemas: Iterable[str] = ("marts", "ml")) -> dict[str, int]:
    """Tables of a version in which two tenants do not have the same rows, with the number of rows that differ."""
    found = {}
    with duckdb.connect(str(version), read_only=True) as connection:
        for name in tables(version, schemas):
            of = f"select * exclude (tenant_id) from {name} where tenant_id = ?"
            count = connection.execute(
                f"select count(*) from (({of} except all {of}) union all ({of} except all {of}))",
                [one, other, other, one],
            ).fetchall()[0][0]
            if count:
                found[name] = count
    return found


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql(query).fetchall()
