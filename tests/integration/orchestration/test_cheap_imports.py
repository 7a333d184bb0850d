"""Libraries of models are loaded where a model is trained or drawn, not by a command that only drops or asks."""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import models_ml
from tests.orchestration.houses import ROOT, environment

HEAVY = ("prophet", "statsforecast", "sklearn", "shap", "scipy", "matplotlib", "skops", "numba", "pandas")
CUSTOMERS = "customer_id,name,currency\nC1,Ada,USD\n"


def loaded(home: Path, code: str) -> list[str]:
    """The heavy libraries that a process has loaded after running the code."""
    told = f"\nimport json, sys\nprint('loaded', json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", code + told],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    last = done.stdout.splitlines()[-1]
    assert last.startswith("loaded "), done.stdout
    return list(json.loads(last.removeprefix("loaded ")))


def command(*arguments: str) -> str:
    return f"""
import sys
from orchestration.cli import main
sys.argv = ['revhouse', *{list(arguments)!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def test_a_library_that_is_loaded_is_seen(tmp_path: Path) -> None:
    assert loaded(tmp_path, "import scipy") == ["scipy"]


@pytest.mark.parametrize("module", ["orchestration.definitions", "orchestration.cli", "models_ml"])
def test_importing_loads_no_library_of_models(tmp_path: Path, module: str) -> None:
    assert loaded(tmp_path, f"import {module}") == []


def test_no_module_of_the_models_loads_a_library_when_it_is_imported(tmp_path: Path) -> None:
    names = [found.name for found in pkgutil.walk_packages(models_ml.__path__, "models_ml.")]
    assert "models_ml.ltv.scoring" in names
    assert loaded(tmp_path, "\n".join(f"import {name}" for name in names)) == []


def test_dropping_and_asking_load_no_library_of_models(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(CUSTOMERS)
    home = tmp_path / "home"
    assert loaded(home, command("drop", str(file))) == []
    asked = command("sql", "select customer_id from raw_csv.customers", "--format", "csv")
    assert loaded(home, asked) == []
