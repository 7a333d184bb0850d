"""When the job runs because something came: new content in the drop folder, or a longer change log in the core."""

import hashlib
import time
from collections.abc import Collection
from pathlib import Path

from dagster import DefaultSensorStatus, RunRequest, SensorEvaluationContext, SkipReason, sensor
from dagster._core.definitions.sensor_definition import SensorDefinition
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ingestion.app import unread_changes
from ingestion.errors import ChangeLogBroken
from orchestration.settings import Settings

EVERY_SECONDS = 15
ASK_AGAIN_SECONDS = 600
ERASURES = "erasures"


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
        mark = drop_mark(Settings().drop)
        return ask_once(context, mark, "drop") if mark else SkipReason("nothing waits in the drop folder")

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
        try:
            unread = unread_changes(settings.home, settings.database_url, followed)
        except ChangeLogBroken as broken:
            return ask_once(context, digest(str(broken)), "core")  # the run fails with it and labels the figures
        if not unread:
            return SkipReason("no new change in the core that figures rest on")
        return ask_once(context, digest(repr(sorted(unread.items()))), "core")

    return [drop_folder, core_log]
