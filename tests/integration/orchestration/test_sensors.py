"""When files start a build: each content once, and not while a run that takes everything is about to start."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetSelection,
    DagsterInstance,
    DagsterRunStatus,
    RunRequest,
    SkipReason,
    build_sensor_context,
    define_asset_job,
)

from ingestion.csv import scan_drop
from ingestion.retract import undo
from orchestration.build import BuildRequest, building
from orchestration.sensors import ASK_AGAIN_SECONDS, build_sensors
from orchestration.settings import Settings
from tests.compiled import copy_compiled

CUSTOMERS = "customer_id,name\nC{n},N\n"


@pytest.fixture(autouse=True)
def project_is_compiled(home: Path) -> None:
    """A build asks the dbt project which of its tables a close freezes; compiling it takes longer than all the rest."""
    copy_compiled(home)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def ask(instance: DagsterInstance, name: str, cursor: str | None = None) -> tuple[Any, str | None]:
    job = define_asset_job("build", selection=AssetSelection.all())
    [sensor] = [one for one in build_sensors(job, ()) if one.name == name]
    context = build_sensor_context(instance=instance, cursor=cursor)
    return sensor(context), context.cursor


def put(home: Path, number: int, taken: bool = False) -> None:
    folder = home / "drop" / "acme"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number}.csv").write_text(CUSTOMERS.format(n=number))
    if taken:
        scan_drop(home, lambda _: "UTC")


def published(known_at: int | None = None) -> None:
    with building(Settings(), BuildRequest(known_at=known_at, publish_anyway=True), "test", frozenset()) as build:
        build.ensure_raw()
        build.publish()


def test_new_content_in_the_drop_folder_asks_once_and_more_of_it_again(home: Path, instance: DagsterInstance) -> None:
    assert isinstance(ask(instance, "drop_folder")[0], SkipReason)
    put(home, 1)
    first, cursor = ask(instance, "drop_folder")
    second, cursor = ask(instance, "drop_folder", cursor)
    put(home, 2)
    third, cursor = ask(instance, "drop_folder", cursor)
    assert [type(one) for one in (first, second, third)] == [RunRequest, SkipReason, RunRequest]


def test_hidden_files_and_links_start_nothing(home: Path, instance: DagsterInstance) -> None:
    put(home, 1, taken=True)
    (home / "drop" / "acme").mkdir(exist_ok=True)
    (home / "drop" / "acme" / ".half.copying").write_text("x")
    (home / "drop" / "acme" / "link.csv").symlink_to(home / "drop" / "acme" / ".half.copying")
    assert isinstance(ask(instance, "drop_folder")[0], SkipReason)


@pytest.mark.parametrize("name", ["drop_folder", "accepted_files", "core_log"])
def test_while_a_run_is_about_to_start_nobody_asks_for_another(
    home: Path, instance: DagsterInstance, name: str
) -> None:
    put(home, 1, taken=True)
    put(home, 2)
    (home / "core.db").touch()
    instance.create_run_for_job(define_waiting(), status=DagsterRunStatus.STARTING)
    answer, cursor = ask(instance, name)
    assert isinstance(answer, SkipReason) and "about to start" in str(answer.skip_message)
    assert cursor is None, "the content is asked for when that run has begun"


def define_waiting() -> Any:
    from dagster import job, op

    @op
    def nothing() -> None: ...

    @job(name="build")
    def build() -> None:
        nothing()

    return build


def test_what_a_command_or_an_upload_left_in_the_intake_is_asked_for_until_it_is_published(
    home: Path, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(ask(instance, "accepted_files")[0], SkipReason)
    put(home, 1, taken=True)
    first, cursor = ask(instance, "accepted_files")
    second, cursor = ask(instance, "accepted_files", cursor)
    assert [type(one) for one in (first, second)] == [RunRequest, SkipReason]
    late = time.time() + ASK_AGAIN_SECONDS + 1
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.sensors.time.time", lambda: late)
        again, _ = ask(instance, "accepted_files", cursor)
    assert isinstance(again, RunRequest), "the first run may have failed early"
    published()
    assert isinstance(ask(instance, "accepted_files", cursor)[0], SkipReason)


def test_an_undo_is_asked_for_and_a_refused_file_is_not(home: Path, instance: DagsterInstance) -> None:
    put(home, 1, taken=True)
    published()
    _, cursor = ask(instance, "accepted_files")
    (home / "drop" / "acme").mkdir(exist_ok=True)
    (home / "drop" / "acme" / "odd.csv").write_text("what,is,this\n1,2,3\n")
    scan_drop(home, lambda _: "UTC")
    answer, cursor = ask(instance, "accepted_files", cursor)
    assert isinstance(answer, SkipReason)
    undo(home, "f1")
    assert isinstance(ask(instance, "accepted_files", cursor)[0], RunRequest)


def test_readers_who_were_moved_to_the_past_stay_there(home: Path, instance: DagsterInstance) -> None:
    put(home, 1, taken=True)
    put(home, 2, taken=True)
    published()
    _, cursor = ask(instance, "accepted_files")
    published(known_at=1)
    assert isinstance(ask(instance, "accepted_files", cursor)[0], SkipReason)
    put(home, 3, taken=True)
    assert isinstance(ask(instance, "accepted_files", cursor)[0], RunRequest)


def test_a_run_that_was_killed_long_ago_holds_nobody_up(
    home: Path, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, 1, taken=True)
    instance.create_run_for_job(define_waiting(), status=DagsterRunStatus.STARTED)
    assert isinstance(ask(instance, "accepted_files")[0], SkipReason)
    monkeypatch.setattr("orchestration.sensors.GIVEN_UP_SECONDS", -1)
    assert isinstance(ask(instance, "accepted_files")[0], RunRequest)
