"""Runs the job in this process, as a run that Dagster records in the home's own instance."""

import json
import os
from dataclasses import dataclass
from datetime import date

from orchestration.publish import Pointer
from orchestration.settings import Settings

DAGSTER_YAML = """telemetry:
  enabled: false
event_log_storage:
  module: orchestration.run_log
  class: RunLog
  config:
    base_dir:
      env: DAGSTER_HOME
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      failure: 30
      success: 90
concurrency:
  runs:
    max_concurrent_runs: 1
"""


@dataclass(frozen=True)
class Outcome:
    """How a build ended: a pointer, or the one line that says why not."""

    run_id: str
    pointer: Pointer | None
    failure: str | None


def prepare_dagster_home(settings: Settings) -> None:
    """Makes the instance folder and points this process, and those that it starts, to it."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_home / "dagster.yaml"
    if not config.exists():
        config.write_text(DAGSTER_YAML, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["REVHOUSE_HOME"] = str(settings.home)
    os.environ["REVHOUSE_DATABASE_URL"] = settings.database_url
    # What a run intends is written at once: `RunLog.store_event_batch`.
    os.environ["DAGSTER_EVENT_BATCH_SIZE"] = "1000"


def run_build(
    settings: Settings,
    *,
    as_of: date | None = None,
    known_at: int | None = None,
    select: str = "",
    publish_anyway: bool = False,
    full_refresh: bool = False,
    train: bool = False,
    as_at_night: bool = False,
) -> Outcome:
    """One build from ingestion to publication.

    `select` limits the tables that are computed anew; the others come from the last version. `full_refresh` computes
    everything, whatever was selected. `train` trains models that are not due. `as_at_night`: what the nightly build
    does besides.
    """
    import logging

    from dagster import AssetSelection, DagsterEventType, DagsterInstance

    from orchestration.definitions import JOB, build_defs
    from orchestration.defs.intake import AS_AT_NIGHT
    from orchestration.resources import PUBLICATION, failure_line

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    prepare_dagster_home(settings)
    config = {
        "as_of": as_of.isoformat() if as_of else "",
        "known_at": known_at or 0,
        "publish_anyway": publish_anyway,
        "full_refresh": full_refresh,
        "train": train,
    }
    job = build_defs().resolve_job_def(JOB)
    selection = None
    if select and not full_refresh:
        chosen = AssetSelection.from_string(select).resolve(job.asset_layer.asset_graph)
        selection = sorted({*chosen, PUBLICATION})
    with DagsterInstance.get() as instance:
        result = job.execute_in_process(
            run_config={
                "resources": {"build": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            instance=instance,
            asset_selection=selection,
            tags={AS_AT_NIGHT: "true"} if as_at_night else None,
            raise_on_error=False,
        )
        if result.success:
            published = next(
                event.materialization.metadata
                for event in result.get_asset_materialization_events()
                if event.asset_key == PUBLICATION
            )
            return Outcome(result.run_id, Pointer(**json.loads(str(published["pointer"].value))), None)
        failures = instance.all_logs(result.run_id, of_type=DagsterEventType.STEP_FAILURE)
        reason = failure_line(failures[0]) if failures else _run_failure(instance, result.run_id)
        return Outcome(result.run_id, None, reason)


def _run_failure(instance: object, run_id: str) -> str:
    """A run that failed outside a step, such as one that could not get the lock."""
    from dagster import DagsterEventType, DagsterInstance

    from orchestration.resources import error_line

    assert isinstance(instance, DagsterInstance)
    logs = instance.all_logs(
        run_id,
        of_type={
            DagsterEventType.RUN_FAILURE,
            DagsterEventType.RESOURCE_INIT_FAILURE,
            DagsterEventType.ENGINE_EVENT,
        },
    )
    for entry in logs:
        data = entry.dagster_event.event_specific_data if entry.dagster_event else None
        error = getattr(data, "error", None)
        if error is not None:
            return error_line(error)
    return "the run failed before its first step"
