"""The dbt project, compiled once for all tests of a checkout: each home and each build would pay for it otherwise."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.dbt_plan import Step, plan_of
from orchestration.dbt_runner import DbtProject
from orchestration.settings import DBT_PROJECT, Settings

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".pytest_cache" / "dbt_home"


def compiled() -> DbtProject:
    """Compiled in a process of its own, so that no test has dbt imported by another."""
    project = DbtProject(Settings(home=HOME))
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not project.is_fresh():
            code = "from orchestration.dbt_runner import DbtProject as D, Settings; D(Settings()).manifest()"
            kept = {name: value for name, value in os.environ.items() if not name.startswith("REVHOUSE_")}
            environment = {**kept, "REVHOUSE_HOME": str(HOME), "PYTHONPATH": str(ROOT)}
            done = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
    return project


def copy_compiled(home: Path) -> None:
    """Puts it where a home would have it."""
    target = Settings(home=home).dbt_target
    target.parent.mkdir(parents=True)
    shutil.copytree(compiled().settings.dbt_target, target)


@cache
def manifest() -> dict[str, Any]:
    return compiled().manifest()


def steps(selected: Collection[str] | None = None) -> list[Step]:
    """What a build of these tables (by unique id; None: all) runs."""
    return plan_of(manifest(), DBT_PROJECT, selected)
