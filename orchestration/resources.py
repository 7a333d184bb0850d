"""What the assets are given: the settings of the home, and the one build that a run is."""

from collections.abc import Generator, Set
from contextlib import contextmanager
from datetime import date

from dagster import AssetKey, ConfigurableResource, DagsterEventType, EventLogEntry, InitResourceContext
from dagster_shared.error import SerializableErrorInfo
from pydantic import PrivateAttr

from orchestration.build import Build, BuildRequest, building
from orchestration.core import tables_with_figures
from orchestration.dbt_runner import DbtProject
from orchestration.settings import Settings

PUBLICATION = AssetKey(["ops", "publications"])


class BuildResource(ConfigurableResource):  # type: ignore[type-arg]
    """Starts a build when a run first needs one, and keeps its lock until the run ends."""

    as_of: str = ""
    known_at: int = 0
    publish_anyway: bool = False
    full_refresh: bool = False
    train: bool = False

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
            full_refresh=self.full_refresh,
            train=self.train,
            only_some_tables=bool(selection) and not _covers_everything(settings, selection or frozenset()),
        )
        holder = f"run {run.run_id[:8]}" if run else "a run"
        self._dbt = DbtProject.of(settings)
        core_tables = tables_with_figures(self._dbt.manifest())
        with building(settings, request, holder, core_tables, self._dbt.fingerprint()) as build:
            self._build = build
            try:
                yield self
            finally:
                wanted = not selection or PUBLICATION in selection
                if wanted and build.published is None and build.moves_readers():
                    build.warehouse.mark_stale(_first_failure(context))


def _covers_everything(settings: Settings, selection: Set[AssetKey]) -> bool:
    """Whether a selection (the UI sends one for "materialize all") leaves no table of dbt out."""
    nodes = DbtProject.of(settings).manifest()["nodes"].values()
    tables = {AssetKey([n["schema"], n["alias"]]) for n in nodes if n["resource_type"] in ("model", "seed")}
    return tables <= set(selection)


def _first_failure(context: InitResourceContext) -> str:
    """Why the run did not publish, in one line: what its first failed step said."""
    if context.run is None or context.instance is None:
        return "the build stopped before it was published"
    failures = context.instance.all_logs(context.run.run_id, of_type=DagsterEventType.STEP_FAILURE)
    return failure_line(failures[0]) if failures else "the build was stopped before it was published"


def failure_line(entry: EventLogEntry) -> str:
    """What the product's own error said, without Dagster's wrapping and without the library's error beneath it.

    The outermost error that is not Dagster's is the one that was written for a person; a cause under it may hold what
    must not be shown, such as a connection string.
    """
    event = entry.dagster_event
    if event is None:
        return entry.message
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    return error_line(data.error) if data.error is not None else (event.message or "failed")


def error_line(error: SerializableErrorInfo) -> str:
    """The first error of the chain that is not a wrapper of Dagster's, in one line without its class."""
    while (error.cls_name or "").startswith("Dagster") and error.cause is not None:
        error = error.cause
    text = " ".join(error.message.split())[:2000]
    name, _, message = text.partition(": ")
    return message if message and name.endswith(error.cls_name or "-") else text
