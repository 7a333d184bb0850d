"""When the job runs because something came: new content in the drop folder, files that were taken in by a command or
over HTTP, or a longer change log in the core.

Runs work one at a time, and each takes everything that is there when it starts: while one is waiting to start, nobody
asks for another.
"""

import hashlib
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)
from dagster._core.definitions.sensor_definition import SensorDefinition
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ingestion.app import unread_changes
from ingestion.csv.receipts import last_change
from ingestion.errors import ChangeLogBroken
from orchestration.defs.intake import CORE, KEEPS_UP
from orchestration.lag import ERASURES, late_line
from orchestration.publish import Warehouse
from orchestration.settings import Settings

EVERY_SECONDS = 15
ASK_AGAIN_SECONDS = 600
GIVEN_UP_SECONDS = 3600
WAITING = [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING]


def drop_mark(folder: Path) -> str:
    """A digest of what waits in the drop folder: names, sizes and times of change. Empty when nothing waits."""
    waiting = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts) or path.is_symlink() or not path.is_file():
            continue
        stat = path.stat()
        waiting.append(f"{inside}|{stat.st_size}|{stat.st_mtime_ns}")
    return digest("\n".join(waiting)) if waiting else ""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def has_runs(context: SensorEvaluationContext, job: str, statuses: list[DagsterRunStatus]) -> bool:
    """Of the last hour: a run whose process was killed keeps its status for ever."""
    lately = datetime.now(UTC) - timedelta(seconds=GIVEN_UP_SECONDS)
    return context.instance.get_runs_count(RunsFilter(job_name=job, statuses=statuses, updated_after=lately)) > 0


def ask_for_accepted(context: SensorEvaluationContext, settings: Settings) -> RunRequest | SkipReason:
    """A run for files that are in the intake, or were taken back, and in no published version.

    Each is asked for once, and again after ten minutes if no version was published since: whoever moved the readers
    to the past keeps them there.
    """
    newest = last_change(settings.home)
    pointer = Warehouse(settings.warehouse).current()
    version = pointer.version if pointer else ""
    seen, seen_version, asked_at = [*(context.cursor or "").split("|"), "", ""][:3]
    if pointer is not None and pointer.known_at >= newest:
        if seen != str(newest):
            context.update_cursor(f"{newest}|{version}|0")
        return SkipReason("everything that was accepted is published")
    now = int(time.time())
    if not newest or (seen == str(newest) and (seen_version != version or now - int(asked_at) < ASK_AGAIN_SECONDS)):
        return SkipReason(f"a run was asked for sequence {newest}" if newest else "nothing was accepted yet")
    context.update_cursor(f"{newest}|{version}|{now}")
    return RunRequest(run_key=f"accepted-{newest}-{now}")


def ask_once(context: SensorEvaluationContext, mark: str, what: str) -> RunRequest | SkipReason:
    """A run for what waits, and another one ten minutes later if it still waits: the first may have failed early."""
    seen, _, asked_at = (context.cursor or "").partition("|")
    now = int(time.time())
    if mark == seen and now - int(asked_at or 0) < ASK_AGAIN_SECONDS:
        return SkipReason(f"a run was asked for {what}")
    context.update_cursor(f"{mark}|{now}")
    return RunRequest(run_key=f"{what}-{mark}-{now}")


def build_sensors(job: UnresolvedAssetJobDefinition, core_tables: Collection[str]) -> list[SensorDefinition]:
    """`core_tables` are those of the core that figures rest on. A build follows them, and it follows erasures."""
    followed = {*core_tables, ERASURES}

    @sensor(
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        name="drop_folder",
    )
    def drop_folder(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        """One run per new content of the drop folder."""
        if has_runs(context, job.name, WAITING):
            return SkipReason("a run that takes everything is about to start")
        mark = drop_mark(Settings().drop)
        return ask_once(context, mark, "drop") if mark else SkipReason("nothing waits in the drop folder")

    @sensor(
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        name="accepted_files",
    )
    def accepted_files(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        """One run for what `revhouse drop`, `revhouse undo` or an upload left to be published."""
        if has_runs(context, job.name, [*WAITING, DagsterRunStatus.STARTED]):
            return SkipReason("a run works or is about to start: it may have taken them")
        return ask_for_accepted(context, Settings())

    @sensor(
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        name="core_log",
    )
    def core_log(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        """One run per new change in the core that a build has to follow."""
        settings = Settings()
        if not settings.has_core:
            return SkipReason("this home has no core database")
        if has_runs(context, job.name, WAITING):
            return SkipReason("a run that takes everything is about to start")
        try:
            unread = unread_changes(settings.home, settings.database_url, followed)
        except ChangeLogBroken as broken:
            return ask_once(context, digest(str(broken)), "core")  # the run fails with it and labels the figures
        if not unread:
            return SkipReason("no new change in the core that figures rest on")
        return ask_once(context, digest(repr(sorted(unread.items()))), "core")

    @sensor(minimum_interval_seconds=60, default_status=DefaultSensorStatus.RUNNING, name="core_lag")
    def core_lag(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        """Fails a check of the extraction while the core's changes wait for too long, and passes it again after."""
        late = late_line(Settings(), core_tables, datetime.now(UTC))
        was_late, _, said_at = (context.cursor or "").partition("|")
        now = int(time.time())
        if not late and was_late != "late":
            return SkipReason("the core's changes are read in time")
        if late and was_late == "late" and now - int(said_at or 0) < ASK_AGAIN_SECONDS:
            return SkipReason(late)
        evaluation = AssetCheckEvaluation(
            asset_key=CORE,
            check_name=KEEPS_UP,
            passed=not late,
            severity=AssetCheckSeverity.WARN,
            metadata={"behind": late or "no longer"},
        )
        return SensorResult(asset_events=[evaluation], cursor=f"{'late' if late else 'in time'}|{now}")

    return [drop_folder, accepted_files, core_log, core_lag]
