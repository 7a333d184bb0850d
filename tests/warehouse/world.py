"""A build file as ingestion would hand it over, filled from plain dicts, and dbt run over it.

Knows the raw relations and their types, nothing about figures. Every relation exists, empty or not; a tenant is one
company, so that many of them share one build.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from ingestion.contracts import app_tables, data_sets
from orchestration.closing import frozen_relations
from orchestration.dbt_plan import Step, run_plan
from tests.compiled import manifest, steps

ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = ROOT / "dbt_project"
_RUN = {
    "run.context": [("version", "VARCHAR"), ("known_at", "BIGINT"), ("as_of", "DATE")],
    "run.tenants": [
        ("tenant_id", "VARCHAR"),
        ("time_zone", "VARCHAR"),
        ("currency", "VARCHAR"),
        ("reporting_currency", "VARCHAR"),
        ("gross_margin", "DECIMAL(9,6)"),
        ("fiscal_year_start", "INTEGER"),
        ("as_of", "DATE"),
    ],
    "run.closed": [("tenant_id", "VARCHAR"), ("closed_month", "DATE")],
    "run.currencies": [("currency", "VARCHAR"), ("exponent", "INTEGER")],
}
_CURRENCIES = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3, "CHF": 2, "SEK": 2}


@cache
def relations() -> dict[str, list[tuple[str, str]]]:
    """Every raw relation, with the columns and types of ingestion's contracts."""
    source = [("tenant_id", "VARCHAR"), ("file_id", "VARCHAR"), ("line", "BIGINT")]
    change = [("tenant_id", "VARCHAR"), ("change_no", "BIGINT")]
    csv = {
        f"raw_csv.{name}": [*source, *contract.stored_columns(), ("extra", "VARCHAR")]
        for name, contract in data_sets().items()
    }
    app = {f"raw_app.{name}": [*change, *contract.stored_columns()] for name, contract in app_tables().items()}
    closed = {f"closed.{each.name}": list(each.columns.items()) for each in frozen_relations(manifest())}
    return {**csv, **app, **_RUN, **closed}


@dataclass
class BuildResult:
    """What dbt said: the exit code, its log, and one status per node."""

    code: int
    log: str
    statuses: dict[str, str]
    compiled: dict[str, str]

    def failed(self) -> list[str]:
        return sorted(name for name, status in self.statuses.items() if status in {"fail", "error"})


@dataclass
class World:
    """Rows by relation; `csv`, `app` and `tenant` add to them, `build` writes the file and runs dbt."""

    folder: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _reader: duckdb.DuckDBPyConnection | None = None
    """Kept from read to read: a file of some hundred tables takes longer to open than to ask. Nobody writes then."""

    @property
    def file(self) -> Path:
        return self.folder / "build.duckdb"

    def tenant(self, tenant_id: str, as_of: date, **settings: Any) -> None:
        defaults = {
            "time_zone": "UTC",
            "currency": "USD",
            "reporting_currency": "USD",
            "gross_margin": Decimal("0.8"),
            "fiscal_year_start": 1,
        }
        self._add("run.tenants", [{"tenant_id": tenant_id, "as_of": as_of, **defaults, **settings}])

    def csv(self, tenant_id: str, data_set: str, rows: Iterable[Mapping[str, Any]]) -> None:
        relation = f"raw_csv.{data_set}"
        start = len(self.rows.get(relation, []))
        self._add(
            relation,
            [
                {"tenant_id": tenant_id, "file_id": f"f-{data_set}", "line": start + number + 2, **row}
                for number, row in enumerate(rows)
            ],
        )

    def app(self, tenant_id: str, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        relation = f"raw_app.{table}"
        start = len(self.rows.get(relation, []))
        self._add(relation, [{"tenant_id": tenant_id, "change_no": start + n + 1, **row} for n, row in enumerate(rows)])

    def _add(self, relation: str, rows: list[dict[str, Any]]) -> None:
        known = {name for name, _ in relations()[relation]}
        for row in rows:
            if unknown := set(row) - known:
                raise KeyError(f"{relation} has no column {sorted(unknown)}")
        self.rows.setdefault(relation, []).extend(rows)

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self.file.unlink(missing_ok=True)
        with duckdb.connect(str(self.file)) as connection:
            create_relations(connection)
            connection.executemany("insert into run.currencies values (?, ?)", list(_CURRENCIES.items()))
            for relation, rows in self.rows.items():
                self._load(connection, relation, rows)
        return self.file

    def _load(self, connection: duckdb.DuckDBPyConnection, relation: str, rows: list[dict[str, Any]]) -> None:
        columns = relations()[relation]
        path = self.folder / "rows.json"
        with path.open("w", encoding="utf-8") as out:
            for row in rows:
                out.write(json.dumps({k: None if v is None else str(v) for k, v in row.items()}) + "\n")
        shape = ", ".join(f"{name}: 'VARCHAR'" for name, _ in columns)
        casts = ", ".join(f"{name}::{kind}" for name, kind in columns)
        connection.execute(
            f"insert into {relation} select {casts} from read_json('{path}', columns={{{shape}}},"
            " format='newline_delimited')"
        )
        path.unlink()

    def build(self, *arguments: str) -> BuildResult:
        """As the product builds; with arguments, as dbt does what they say."""
        self.write()
        return run_dbt(self.file, self.folder / "target", *arguments) if arguments else run_steps(self.file, steps())

    def read(self, sql: str) -> list[dict[str, Any]]:
        if self._reader is None:
            self._reader = duckdb.connect(str(self.file), read_only=True)
        cursor = self._reader.execute(sql)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def create_relations(connection: duckdb.DuckDBPyConnection) -> None:
    """The relations of a home in which nothing was dropped and nothing written."""
    for schema in ("raw_csv", "raw_app", "run", "ops", "closed"):
        connection.execute(f"create schema if not exists {schema}")
    for relation, columns in relations().items():
        body = ", ".join(f"{name} {kind}" for name, kind in columns)
        connection.execute(f"create table {relation} ({body})")


def run_steps(build_file: Path, plan: list[Step]) -> BuildResult:
    results = list(run_plan(plan, build_file))
    told = [f"{result.unique_id}: {result.message}" for result in results if result.status in ("error", "fail")]
    codes = {key: node.get("compiled_code") or "" for key, node in manifest()["nodes"].items()}
    return BuildResult(int(bool(told)), "\n".join(told), {one.unique_id: one.status for one in results}, codes)


def run_dbt(build_file: Path, target: Path, *arguments: str) -> BuildResult:
    """Runs dbt in a process of its own, so that no test inherits another's connection."""
    environment = {
        **os.environ,
        "REVHOUSE_BUILD_FILE": str(build_file),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
        "DO_NOT_TRACK": "1",
    }
    command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", *arguments]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    command += ["--target-path", str(target), "--log-path", str(target / "logs")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=build_file.parent)
    results = target / "run_results.json"
    nodes = json.loads(results.read_text(encoding="utf-8"))["results"] if results.exists() else []
    return BuildResult(
        done.returncode,
        done.stdout + done.stderr,
        {node["unique_id"]: node["status"] for node in nodes},
        {node["unique_id"]: node.get("compiled_code") or "" for node in nodes},
    )
