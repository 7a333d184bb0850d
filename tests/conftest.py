"""What every test may use: a home of its own, and the reference data where it is present."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

SLOW = ("tests/e2e/", "tests/orchestration/", "tests/warehouse/")
ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT.parent / "shared" / "data"


MEMORY = Path("/dev/shm")
ENOUGH = 12_000_000_000


def pytest_configure(config: pytest.Config) -> None:
    """Files of short tests stand in memory where there is much of it: to make and remove databases by the hundred takes
    a third of the time of those tests on a disk."""
    if config.option.markexpr == "not long" and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules of few and long tests go first, so that the many short ones fill both processes to the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home folder that this process's settings point to."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("REVHOUSE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("REVHOUSE_HOME", str(folder))
    monkeypatch.setenv("REVHOUSE_TRAINING", "never")  # a build for another purpose does not wait for models
    yield folder


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference data beside the project; a test that needs it is skipped where it is absent."""
    if not REFERENCE.is_dir():
        pytest.skip(f"the reference data is not beside the project ({REFERENCE})")
    return REFERENCE
