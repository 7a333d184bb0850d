"""Runs dbt in this process: no second interpreter, no second parse.

The project is parsed once per home; the manifest object goes from the parse to every run. dbt keeps its DuckDB
connection for the life of a process, so it is closed here after each run: a build file that stays open cannot become
a published version.
"""

import json
import os
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from orchestration.settings import DBT_PROJECT, Settings


@dataclass(frozen=True)
class NodeResult:
    """What dbt said of one node: status is success, error, skipped, pass, fail, warn."""

    unique_id: str
    status: str
    message: str
    seconds: float
    failures: int


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
        self._manifest: Any = None
        self._compiled: dict[str, str | None] = {}

    @classmethod
    def of(cls, settings: Settings) -> "DbtProject":
        """The project of a home, one object per process, so that a parse is paid once."""
        return cls._by_target.setdefault(settings.dbt_target, cls(settings))

    @property
    def manifest_path(self) -> Path:
        return self.settings.dbt_target / "manifest.json"

    @property
    def parsed_path(self) -> Path:
        """dbt's own store of the parsed project; loading it takes a tenth of a parse."""
        return self.settings.dbt_target / "partial_parse.msgpack"

    def is_fresh(self) -> bool:
        """Whether the stored parse is newer than every file of the project."""
        if not (self.manifest_path.exists() and self.parsed_path.exists()):
            return False
        newest = max(
            path.stat().st_mtime
            for path in DBT_PROJECT.rglob("*")
            if path.suffix in {".sql", ".yml", ".csv"} and "target" not in path.parts
        )
        return min(self.manifest_path.stat().st_mtime, self.parsed_path.stat().st_mtime) >= newest

    def manifest(self) -> dict[str, Any]:
        """The manifest as JSON, parsed anew only when a file of the project is newer than it."""
        if not self.is_fresh():
            self.parse()
        loaded: dict[str, Any] = json.loads(self.manifest_path.read_text(encoding="utf-8"))
        return loaded

    def parse(self) -> None:
        result = self._runner().invoke(self._arguments("parse"))
        if not result.success:
            raise RuntimeError(f"the dbt project does not parse: {result.exception or result.result}")
        self._manifest = result.result

    def run(self, command: str, *arguments: str) -> Iterator[NodeResult]:
        """Runs `dbt <command>`, yielding each node as it finishes. Raises RuntimeError if dbt itself fails.

        The manifest is not written again: that costs a second, and it is what the run was given.
        """
        finished: queue.Queue[NodeResult | None] = queue.Queue()
        outcome: list[Any] = []

        def listen(event: Any) -> None:
            if event.info.name == "NodeFinished":
                finished.put(_node_result(event.data))

        def work() -> None:
            try:
                outcome.append(self._runner([listen]).invoke(self._arguments(command, "--no-write-json", *arguments)))
            finally:
                self.release()
                finished.put(None)

        thread = threading.Thread(target=work, name="dbt", daemon=True)
        thread.start()
        while (node := finished.get()) is not None:
            yield node
        thread.join()
        if not outcome:
            raise RuntimeError("dbt stopped without a result")
        if outcome[0].exception is not None:
            raise RuntimeError(f"dbt {command}: {outcome[0].exception}")
        self._compiled = {
            one.node.unique_id: getattr(one.node, "compiled_code", None) for one in outcome[0].result.results
        }

    def failed_check(self, node: NodeResult, columns: int = 6) -> FailedCheck:
        """Reads the rows that broke a test from the build file."""
        name = node.unique_id.split(".")[2]
        compiled = self._compiled.get(node.unique_id)
        if compiled is None or node.status == "error":
            return FailedCheck(name, node.message, ())
        with duckdb.connect(str(self.settings.build_file)) as connection:
            cursor = connection.sql(f"select * from ({compiled}) limit 3")
            names = cursor.columns[:columns]
            rows = tuple(dict(zip(names, row[:columns], strict=True)) for row in cursor.fetchall())
        return FailedCheck(name, node.message, rows)

    def release(self) -> None:
        """Closes dbt's connection to the build file."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.adapters.factory import cleanup_connections

        cleanup_connections()  # type: ignore[no-untyped-call]
        environment = DuckDBConnectionManager._ENV
        if environment is not None:
            environment.close()
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]

    def _runner(self, callbacks: list[Any] | None = None) -> Any:
        os.environ["REVHOUSE_BUILD_FILE"] = str(self.settings.build_file)
        from dbt.cli.main import dbtRunner
        from dbt.contracts.graph.manifest import Manifest

        if self._manifest is None and self.is_fresh():
            self._manifest = Manifest.from_msgpack(self.parsed_path.read_bytes())
        return dbtRunner(manifest=self._manifest, callbacks=callbacks or [])

    def _arguments(self, command: str, *arguments: str) -> list[str]:
        self.settings.dbt_target.mkdir(parents=True, exist_ok=True)
        return [
            "--quiet",
            "--log-level",
            "none",
            "--log-path",
            str(self.settings.dbt_target / "logs"),
            command,
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(DBT_PROJECT),
            "--target-path",
            str(self.settings.dbt_target),
            *arguments,
        ]


def _node_result(data: Any) -> NodeResult:
    result = data.run_result
    return NodeResult(
        unique_id=data.node_info.unique_id,
        status=result.status,
        message=result.message or "",
        seconds=result.execution_time,
        failures=int(result.num_failures or 0),
    )
