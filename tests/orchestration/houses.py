"""Homes for tests that run the whole pipeline: filled from invented companies, built, and compared table by table."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

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
        connection.execute(f"attach '{one}' as a (read_only); attach '{other}' as b (read_only)")
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
