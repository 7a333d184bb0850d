"""Child of the warehouse's benchmark: one build, or only the models of some tables, and what each part of it took."""

import json
import resource
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from orchestration.dbt_plan import NodeResult
from orchestration.dbt_runner import DbtProject
from orchestration.incremental import Start

STARTED = time.perf_counter()


def main() -> None:
    """`whole ARGUMENT…` = `revhouse build ARGUMENT…`; `models AS_OF TABLE…` = those and what they are made of."""
    what, *arguments = sys.argv[1:]
    took = whole(arguments) if what == "whole" else models(arguments[0], arguments[1:])
    took["seconds"] = time.perf_counter() - STARTED
    took["cpu"] = time.process_time()
    took["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(took))


def whole(arguments: list[str]) -> dict[str, Any]:
    """The command as users call it, its steps told apart by the ends of dbt's nodes and of the calls around them."""
    from orchestration import build, cli

    took: dict[str, Any] = {"imports": time.perf_counter() - STARTED, "nodes": {}}
    keep_time(took, DbtProject, "compile")
    keep_time(took, build.Build, "ensure_raw")
    keep_time(took, build.Build, "publish")
    run = DbtProject.run

    def noted(
        self: DbtProject, selected: Collection[str] | None = None, start: Start | None = None
    ) -> Iterator[NodeResult]:
        started = time.perf_counter()
        for node in run(self, selected, start):
            took["nodes"][node.unique_id] = node.seconds
            yield node
        took["tables"] = took.get("tables", 0) + time.perf_counter() - started

    DbtProject.run = noted  # type: ignore[method-assign]
    sys.argv = ["revhouse", "build", *arguments]
    try:
        cli.app(standalone_mode=False)
    except SystemExit as stop:
        if stop.code:
            raise
    return took


def models(as_of: str, tables: list[str]) -> dict[str, Any]:
    """Those tables and what they are made of, without checks, in a build that is not published."""
    from datetime import date

    from orchestration.build import BuildRequest, building
    from orchestration.dbt_plan import needed_for, plan_of, run_plan
    from orchestration.settings import DBT_PROJECT, Settings

    settings = Settings()
    manifest = DbtProject.of(settings).manifest()
    steps = [
        step
        for step in plan_of(manifest, DBT_PROJECT, needed_for(manifest, {f"marts.{name}" for name in tables}))
        if step.kind != "test"
    ]
    made = frozenset(step.unique_id for step in steps)
    with building(settings, BuildRequest(as_of=date.fromisoformat(as_of)), "benchmark", []) as build:
        build.ensure_raw()
        started, cpu = time.perf_counter(), time.process_time()
        nodes = list(run_plan([replace(step, waits_for=step.waits_for & made) for step in steps], settings.build_file))
        took, cpu = time.perf_counter() - started, time.process_time() - cpu
        megabytes = settings.build_file.stat().st_size // 1_000_000
    if broken := [node for node in nodes if node.status != "success"]:
        raise SystemExit(f"{broken[0].unique_id}: {broken[0].message}")
    seconds = {node.unique_id: node.seconds for node in nodes}
    return {"models": took, "models_cpu": cpu, "nodes": seconds, "file_mb": megabytes}


def keep_time(took: dict[str, Any], owner: Any, name: str) -> None:
    """Adds up what a method takes."""
    inner = getattr(owner, name)

    def timed(*arguments: Any, **options: Any) -> Any:
        started = time.perf_counter()
        try:
            return inner(*arguments, **options)
        finally:
            took[name] = took.get(name, 0) + time.perf_counter() - started

    setattr(owner, name, timed)


if __name__ == "__main__":
    main()
