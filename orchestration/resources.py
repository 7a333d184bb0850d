"""What the assets are given: the settings of the home, and the one build that a run is."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date

from dagster import AssetKey, ConfigurableResource, DagsterEventType, EventLogEntry, InitResourceContext
from pydantic import PrivateAttr

from orchestration.build import Build, BuildRequest, building
from orchestration.dbt_runner import DbtProject
from orchestration.settings import Settings

PUBLICATION = AssetKey(["ops", "publications"])


class BuildResource(ConfigurableResource):  # type: ignore[type-arg]
    """Starts a build when a run first needs one, and keeps its lock until the run ends."""

    as_of: str = ""
    known_at: int = 0
    publish_anyway: bool = False

    _build: Build | None = PrivateAttr(default=None)
    _dbt: DbtProject | None = PrivateAttr(default=None)

    @property
    def build(self) -> Build:
        assert self._build is not None, "a build exists only inside a run"
        return self._build

    @property
    def dbt(self) -> DbtProject:
        assert self._dbt is not None, "a build exists only inside a run"
        return self._dbt

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Generator["BuildResource", None, None]:
        settings = Settings()
        run = context.run
        selection = run.asset_selection if run else None
        request = BuildRequest(
            as_of=date.fromisoformat(self.as_of) if self.as_of else None,
            known_at=self.known_at or None,
            publish_anyway=self.publish_anyway,
            from_last_version=bool(selection),
        )
        holder = f"run {run.run_id[:8]}" if run else "a run"
        with building(settings, request, holder) as build:
            self._build, self._dbt = build, DbtProject.of(settings)
            try:
                yield self
            finally:
                wanted = not selection or PUBLICATION in selection
                if wanted and build.published is None:
                    build.warehouse.mark_stale(_first_failure(context))


def _first_failure(context: InitResourceContext) -> str:
    """Why the run did not publish, in one line: what its first failed step said."""
    if context.run is None or context.instance is None:
        return "the build stopped before it was published"
    failures = context.instance.all_logs(context.run.run_id, of_type=DagsterEventType.STEP_FAILURE)
    return failure_line(failures[0]) if failures else "the build was stopped before it was published"


def failure_line(entry: EventLogEntry) -> str:
    """The message of a failed step without Dagster's wrapping: the innermost cause, first line."""
    event = entry.dagster_event
    if event is None:
        return entry.message
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return " ".join(error.message.split())[:2000] if error is not None else (event.message or "failed")
