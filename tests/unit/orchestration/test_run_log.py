"""The events of runs, in files whose connections are kept: seen by others at once, closed at the end."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, asset, materialize

from orchestration.run_log import RunLog
from orchestration.runner import prepare_dagster_home
from orchestration.settings import Settings

MADE = AssetKey(["marts", "made"])


@asset(key=MADE)
def made() -> None:
    """An asset that writes a handful of events."""


@pytest.fixture
def runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the events of a new home; what the process's environment says afterwards is undone."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("REVHOUSE_DATABASE_URL", f"sqlite:///{home / 'core.db'}")
    prepare_dagster_home(Settings())
    return home / "dagster" / "history" / "runs"


@pytest.fixture
def instance(runs: Path) -> Iterator[DagsterInstance]:
    with DagsterInstance.get() as instance:
        yield instance


def test_a_home_keeps_its_runs_in_this_log(instance: DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, RunLog)


def test_the_events_of_every_run_are_read_back_and_no_log_is_left_beside_a_file(runs: Path) -> None:
    with DagsterInstance.get() as instance:
        ids = [materialize([made], instance=instance).run_id for _ in range(2)]
    assert {path.name for path in runs.iterdir()} == {"index.db", *(f"{one}.db" for one in ids)}
    with DagsterInstance.get() as instance:
        counts = [len(instance.all_logs(one)) for one in [*ids, *ids]]
        latest = instance.get_latest_materialization_event(MADE)
    assert counts[:2] == counts[2:] and min(counts) > 5
    assert latest is not None and latest.run_id == ids[1]


def test_whoever_watches_a_run_sees_its_events_while_the_writer_has_its_files_open(
    runs: Path, instance: DagsterInstance
) -> None:
    run = materialize([made], instance=instance)
    seen: list[str] = []
    with DagsterInstance.get() as other:
        other.watch_event_logs(run.run_id, None, lambda entry, cursor: seen.append(entry.message))
        instance.report_engine_event("still writing", run.dagster_run)
        until = time.monotonic() + 10
        while not any("still writing" in message for message in seen) and time.monotonic() < until:
            time.sleep(0.02)
    assert list(runs.glob("*.db-wal")), "the writer has closed its files: this proves nothing"
    assert any("still writing" in message for message in seen)
