"""When the job runs by itself: once a day, after the day is over."""

from dagster import DefaultScheduleStatus, ScheduleDefinition
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.defs.intake import NIGHTLY


def build_schedules(job: UnresolvedAssetJobDefinition) -> list[ScheduleDefinition]:
    return [
        ScheduleDefinition(
            name=NIGHTLY,
            job=job,
            cron_schedule="15 2 * * *",
            execution_timezone="UTC",
            default_status=DefaultScheduleStatus.RUNNING,
            description="Rebuilds and publishes every night; the as-of date is yesterday in each tenant's zone.",
        )
    ]
