"""The dbt project of one home: compiled by dbt when a file of it changed, run by `dbt_plan`.

dbt is imported only to compile. Commands that find the stored manifest newer than the project never load it.
"""

import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from orchestration.dbt_plan import NodeResult, Runner, Step, needed_for, plan_of, run_plan, run_step, whole_steps
from orchestration.incremental import Incremental, Start, TooMuchChanged, forget_tables
from orchestration.settings import DBT_PROJECT, Settings


@dataclass(frozen=True)
class FailedCheck:
    """A failing test, with up to three of the rows that broke it."""

    name: str
    message: str
    rows: tuple[dict[str, Any], ...]

    def line(self) -> str:
        if not self.rows:
            return f"{self.name}: {self.message}"
        shown = "; ".join(", ".join(f"{k}={v}" for k, v in row.items()) for row in self.rows)
        return f"{self.name}: {shown}"


class DbtProject:
    """The dbt project, bound to one home's build file."""

    _by_target: ClassVar[dict[Path, "DbtProject"]] = {}

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._manifest: tuple[float, dict[str, Any]] | None = None

    @classmethod
    def of(cls, settings: Settings) -> "DbtProject":
        """The project of a home, one object per process, so that a manifest is read once."""
        return cls._by_target.setdefault(settings.dbt_target, cls(settings))

    @property
    def manifest_path(self) -> Path:
        return self.settings.dbt_target / "manifest.json"

    @property
    def parsed_path(self) -> Path:
        """dbt's own store of the parsed project; loading it takes a tenth of a parse."""
        return self.settings.dbt_target / "partial_parse.msgpack"

    def is_fresh(self) -> bool:
        """Whether what is stored is newer than every file of the project."""
        if not (self.manifest_path.exists() and self.parsed_path.exists()):
            return False
        newest = max(
            path.stat().st_mtime
            for path in DBT_PROJECT.rglob("*")
            if path.suffix in {".sql", ".yml", ".csv"} and "target" not in path.parts
        )
        return min(self.manifest_path.stat().st_mtime, self.parsed_path.stat().st_mtime) >= newest

    def manifest(self) -> dict[str, Any]:
        """The manifest with every node's SQL, compiled anew only when a file of the project is newer than it."""
        if not self.is_fresh():
            self.compile()
        written_at = self.manifest_path.stat().st_mtime
        if self._manifest is None or self._manifest[0] != written_at:
            self._manifest = written_at, json.loads(self.manifest_path.read_text(encoding="utf-8"))
        return self._manifest[1]

    def compile(self) -> None:
        """Parses what changed and writes the SQL of every node into the manifest. Nothing is connected to.

        Raises RuntimeError with dbt's words.
        """
        self.settings.dbt_target.mkdir(parents=True, exist_ok=True)
        os.environ["REVHOUSE_BUILD_FILE"] = str(self.settings.build_file)
        from dbt.cli.main import dbtRunner

        result = dbtRunner().invoke(self._arguments())
        if not result.success:
            raise RuntimeError(f"the dbt project does not compile: {result.exception or result.result}")

    def run(self, selected: Collection[str] | None = None, start: Start | None = None) -> Iterator[NodeResult]:
        """Makes the tables of these unique ids (None: all) and runs their checks, yielding each as it ends.

        With `start`, the build file is a copy of that version, and only what changed since is computed again.
        """
        steps = plan_of(self.manifest(), DBT_PROJECT, selected)
        if start is None:
            return run_plan(steps, self.settings.build_file)
        return run_plan(steps, self.settings.build_file, lambda connection: self._since(connection, start, steps))

    def _since(self, connection: duckdb.DuckDBPyConnection, start: Start, steps: list[Step]) -> Runner:
        """How steps run where only what changed is computed again; whole, if that is too much."""
        incremental = Incremental(start, steps)
        try:
            incremental.prepare(connection, self.settings.build_file.parent)
        except TooMuchChanged:
            forget_tables(connection)
            connection.execute("update run.context set started_from = null")
            return run_step
        return incremental.run

    def fingerprint(self) -> str:
        """Tells projects apart whose tables might differ."""
        steps = plan_of(self.manifest(), DBT_PROJECT)
        meta = (repr((step.rows_of, step.is_per_customer, step.names)) for step in steps)
        told = [duckdb.__version__, *(step.sql for step in steps), *meta]
        seeds = [path.read_text(encoding="utf-8") for path in sorted((DBT_PROJECT / "seeds").glob("*.csv"))]
        return sha256("\0".join([*told, *seeds]).encode()).hexdigest()

    def run_into(self, file: Path, relations: Collection[str]) -> str | None:
        """Makes these relations (schema.name) and all that they need in a file of their own, with the checks that read
        nothing else. The file is named as a build file. Returns what went wrong, in a line."""
        manifest = self.manifest()
        steps = whole_steps(plan_of(manifest, DBT_PROJECT, needed_for(manifest, relations)), manifest)
        for node in run_plan(steps, file):
            if node.status in ("error", "fail"):
                return self.failed_check(node, file=file).line()
        return None

    def failed_check(self, node: NodeResult, columns: int = 6, file: Path | None = None) -> FailedCheck:
        """Reads the rows that broke a test from the build file."""
        name = node.unique_id.split(".")[2]
        if node.status == "error":
            return FailedCheck(name, node.message, ())
        compiled = self.manifest()["nodes"][node.unique_id]["compiled_code"]
        with duckdb.connect(str(file or self.settings.build_file)) as connection:
            cursor = connection.sql(f"select * from (\n{compiled}\n) limit 3")
            names = cursor.columns[:columns]
            rows = tuple(dict(zip(names, row[:columns], strict=True)) for row in cursor.fetchall())
        return FailedCheck(name, node.message, rows)

    def _arguments(self) -> list[str]:
        return [
            "--quiet",
            "--log-level",
            "none",
            "--log-path",
            str(self.settings.dbt_target / "logs"),
            "compile",
            "--no-introspect",
            "--no-populate-cache",
            "--exclude",
            "test_type:unit",
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(DBT_PROJECT),
            "--target-path",
            str(self.settings.dbt_target),
        ]
