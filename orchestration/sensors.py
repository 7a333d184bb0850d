"""When the job runs because something came: new content in the drop folder, or a longer change log in the core."""

import hashlib
import time
from contextlib import closing
from pathlib import Path

from dagster import DefaultSensorStatus, RunRequest, SensorEvaluationContext, SkipReason, sensor
from dagster._core.definitions.sensor_definition import SensorDefinition
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ingestion.journal import Journal
from orchestration.settings import Settings

EVERY_SECONDS = 15
ASK_AGAIN_SECONDS = 600


def drop_mark(folder: Path) -> str:
    """A digest of what waits in the drop folder: names, sizes and times of change. Empty when nothing waits."""
    waiting = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts) or path.is_symlink() or not path.is_file():
            continue
        stat = path.stat()
        waiting.append(f"{inside}|{stat.st_size}|{stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(waiting).encode()).hexdigest()[:24] if waiting else ""


def ask_once(context: SensorEvaluationContext, mark: str, what: str) -> RunRequest | SkipReason:
    """A run for what waits, and another one ten minutes later if it still waits: the first may have failed early."""
    seen, _, asked_at = (context.cursor or "").partition("|")
    now = int(time.time())
    if mark == seen and now - int(asked_at or 0) < ASK_AGAIN_SECONDS:
        return SkipReason(f"a run was asked for {what}")
    context.update_cursor(f"{mark}|{now}")
    return RunRequest(run_key=f"{what}-{mark}-{now}")


def build_sensors(job: UnresolvedAssetJobDefinition) -> list[SensorDefinition]:
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
        """One run per new head of the core's change log."""
        from transactional_api.database import Database

        settings = Settings()
        if not settings.has_core:
            return SkipReason("this home has no core database")
        with closing(Database(settings.database_url)) as database:
            heads = database.change_log_heads()
        with Journal(settings.home) as journal:
            if heads == journal.cursors():
                return SkipReason("no new change in the core")
        mark = hashlib.sha256(repr(sorted(heads.items())).encode()).hexdigest()[:24]
        return ask_once(context, mark, "core")

    return [drop_folder, core_log]
