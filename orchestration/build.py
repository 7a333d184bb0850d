"""One build: a private file, the relations that say what it is about, and its end as a version or as nothing.

The steps between (ingest, dbt, models) are the assets in `orchestration/defs`; this module knows the order in which
a build file comes to life and dies, and nothing of what is computed in it.
"""

import hashlib
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
from iso4217 import Currency

from ingestion.changes import has_erasures
from ingestion.closes import period_changes
from ingestion.home import lake_read
from ingestion.journal import Journal
from ingestion.lake import literal
from ingestion.raw import create_intake_ops, create_raw_relations, tenants_with_facts
from models_ml.artefacts import Artefacts
from models_ml.registry import KINDS, Registry, Training, read_registry
from orchestration import closing, progress
from orchestration.dbt_runner import DbtProject
from orchestration.incremental import Start, forget_tables
from orchestration.publish import Pointer, Warehouse, build_lock, utc_now
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.tenants import Tenant, Tenants, load_tenants

# Published files are read by DuckDB 1.4 and later: its storage takes a quarter less time to write than the default,
# which versions from 1.0 on can read.
STORAGE_VERSION = "v1.4.0"
OPENED_WITH: dict[str, Any] = {"storage_compatibility_version": STORAGE_VERSION, "memory_limit": "2GB"}
"""What dbt's tables do not need is small; what is read stays in memory up to this."""


@dataclass(frozen=True)
class BuildRequest:
    """What the user asked for; None means the default of each tenant and the newest facts."""

    as_of: date | None = None
    known_at: int | None = None
    publish_anyway: bool = False
    full_refresh: bool = False
    """Everything is computed again, whatever changed."""
    train: bool = False
    """Models are trained again, although this month's are there."""
    only_some_tables: bool = False
    """The other tables come from the last version, so as-of date, sequence and settings are that version's too."""


class SelectionRefused(ValueError):
    """Some tables cannot be computed anew under another date or sequence than those that stay."""


class SequenceUnknown(ValueError):
    """A sequence that nothing was accepted at yet."""


class ClosedInAnotherCurrency(ValueError):
    """Closed months keep their reporting amounts, so a table would have two currencies in one column."""

    def __init__(self, close: closing.Close, was: str, is_now: str) -> None:
        super().__init__(
            f"tenant {close.tenant_id}: {close.month} was closed with reporting currency {was}, which is now {is_now};"
            " set it back or reopen the closed months"
        )


class CloseNotFrozen(RuntimeError):
    """The books as they were at a close do not pass their checks; what they said follows."""


class Build:
    """A build between its start and its publication; use `building()`."""

    def __init__(self, settings: Settings, request: BuildRequest, core_tables: Collection[str], code: str = "") -> None:
        """`core_tables` are those of the core that figures rest on; `code` tells one dbt project from another."""
        self.settings = settings
        self.request = request
        self.core_tables = core_tables
        self.code = code
        self.base: Pointer | None = None
        """The version that the build file was copied from, of which only what changed since is computed again."""
        self.tenants: Tenants = load_tenants(settings.home / "tenants.toml")
        self.warehouse = Warehouse(settings.warehouse)
        self.version = self.warehouse.next_version()
        self.known_at = 0
        self.started_at = datetime.now(UTC)
        self.raw_rows: dict[str, int] = {}
        self.published: Pointer | None = None
        self.held = ExitStack()
        """What is let go when the build ends, however it ends."""
        self._open: duckdb.DuckDBPyConnection | None = None
        self._has_raw = False
        self._is_copy = False
        self._registries: dict[str, Registry] = {}

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The build file, for one step. It stays open for the next ones: opening and closing take longer than most of
        the work on a small file."""
        if self._open is None:
            self._open = duckdb.connect(str(self.settings.build_file), config=OPENED_WITH)
        with self._open.cursor() as connection:
            yield connection

    def close_file(self) -> None:
        """Before it is opened in another way, or moved."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def start(self) -> None:
        """A fresh file, or a copy of the last version when only some tables are asked for."""
        with Journal(self.settings.home) as journal:
            if (self.request.known_at or 0) > journal.head():
                raise SequenceUnknown(
                    f"sequence {self.request.known_at} does not exist yet; the newest is {journal.head()}"
                )
        folder = self.settings.build_file.parent
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if self.request.only_some_tables:
            self._check_selection()
            self._copy_last()
        elif self._can_start_from_last():
            self._copy_last()
            self.base = self._last()

    def _copy_last(self) -> None:
        shutil.copyfile(self.warehouse.path_of(), self.settings.build_file)
        self.settings.build_file.chmod(0o644)
        self._is_copy = True

    def _can_start_from_last(self) -> bool:
        """Whether nothing but facts can have changed since the last version; new tenants are found later."""
        last = self.warehouse.current()
        if last is None or self.request.full_refresh or self.request.known_at is not None or not self.code:
            return False
        path = self.warehouse.path_of()
        if has_erasures(self.settings.home) or path.stat().st_size < self.settings.incremental_from_bytes:
            return False
        with duckdb.connect(str(path), read_only=True) as connection:
            columns = [row[0] for row in connection.execute("describe run.context").fetchall()]
            if "code" not in columns:
                return False
            code, requested = connection.execute("select code, as_of from run.context").fetchall()[0]
            before = _tenants_of(connection)
        as_of = self.request.as_of
        days = {row[0]: as_of or self.tenants.of(row[0]).default_as_of(self.started_at) for row in before}
        return code == self.code and requested == as_of and all(row[-1] == days[row[0]] for row in before)

    def _check_selection(self) -> None:
        last = self.warehouse.current()
        if last is None:
            raise SelectionRefused("nothing is published yet: build everything once before selecting tables")
        other_day = self.request.as_of is not None and str(self.request.as_of) != last.as_of
        if other_day or self.request.known_at not in (None, last.known_at):
            raise SelectionRefused(
                f"the tables that are not selected stay as of {last.as_of}, known at {last.known_at};"
                " select everything to build as of another date or sequence"
            )

    def ensure_raw(self) -> dict[str, int]:
        """Fixes the sequence that this build knows and lays out everything that dbt reads, once per build.

        Returns the stored rows behind each raw relation ("raw_csv.invoices"), superseded ones included.
        """
        if self._has_raw:
            return self.raw_rows
        home = self.settings.home
        self.held.enter_context(lake_read(home))
        with Journal(home) as journal:
            head = journal.head()
            self.known_at = head if self.request.known_at is None else self.request.known_at
            if self.request.only_some_tables:
                self.known_at = self._last().known_at
        with self.connect() as connection:
            self.raw_rows = create_raw_relations(connection, home, self.known_at)
            create_intake_ops(connection, home, self.known_at)
            if not self.request.only_some_tables:
                days = {
                    tenant_id: self.request.as_of or self.tenants.of(tenant_id).default_as_of(self.started_at)
                    for tenant_id in tenants_with_facts(connection, home, self.known_at, self.core_tables)
                }
                before = _tenants_of(connection) if self.base else []
                self._write_run_relations(connection, days)
                if self.base and before != _tenants_of(connection):
                    self._start_anew(connection)
            period = period_changes(connection, home, self.known_at)
            closes = closing.closes_of(period)
            if self.base and any(change.seq > self.base.known_at for change in period):
                self._start_anew(connection)
        self._freeze_what_is_not(closes)
        with self.connect() as connection:
            closing.create_closed_relations(connection, home, self._frozen(), closes)
            self._check_currencies(connection, closes)
        self.close_file()
        self._has_raw = True
        return self.raw_rows

    def _start_anew(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Everything is computed after all."""
        forget_tables(connection)
        self.base = None
        connection.execute("update run.context set started_from = null")

    @property
    def start_from(self) -> Start | None:
        """What a build that computes only what changed starts from; None: everything is computed."""
        return Start(self.settings.home, self.base.known_at, self.known_at) if self.base else None

    @property
    def artefacts(self) -> Artefacts:
        return Artefacts(self.settings.artefacts)

    def registry_before(self, kind: str) -> Registry:
        """The trained models of one kind that this build starts from: those of the version that readers see."""
        if not self._registries:
            training = Training(
                allowed=self.settings.training != "never" or self.request.train, again=self.request.train
            )
            self._registries = {kind: Registry(kind, training=training) for kind in KINDS}
            if self.warehouse.current() is not None:
                with duckdb.connect(str(self.warehouse.path_of()), read_only=True) as connection:
                    self._registries = {kind: read_registry(connection, kind, training) for kind in KINDS}
        return self._registries[kind]

    def carry_over(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        """The table as the version that readers see has it, for what a build only adds to. A copy of it has it."""
        if self._is_copy or self.warehouse.current() is None:
            return
        connection.execute(f"attach {literal(self.warehouse.path_of())} as last_version (read_only)")
        with suppress(duckdb.CatalogException):
            connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            connection.execute(f"create or replace table {table} as from last_version.{table}")
        connection.execute("detach last_version")

    def _frozen(self) -> list[closing.Frozen]:
        return closing.frozen_relations(DbtProject.of(self.settings).manifest())

    def _freeze_what_is_not(self, closes: closing.Closes) -> None:
        """Makes the frozen rows of every close that has none, as known at its sequence."""
        closing.sweep(self.settings.home)
        for wave in closing.waves(self.settings.home, closes):
            for close in wave:
                progress.report("close", f"{close.month} of {close.tenant_id}")
            self._freeze(wave)

    def _freeze(self, wave: list[closing.Close]) -> None:
        home, file = self.settings.home, self.settings.build_file.parent / "closing" / self.settings.build_file.name
        file.parent.mkdir(parents=True)
        relations = self._frozen()
        try:
            with duckdb.connect(str(file), config=OPENED_WITH) as connection:
                create_raw_relations(connection, home, tenants={close.tenant_id: close.seq for close in wave})
                create_intake_ops(connection, home, max(close.seq for close in wave))
                self._write_run_relations(connection, {close.tenant_id: close.until for close in wave})
                earlier = closing.Closes(in_effect=tuple(one for close in wave for one in close.before))
                closing.create_closed_relations(connection, home, relations, earlier)
            wrong = DbtProject.of(self.settings).run_into(file, {each.freezes for each in relations if each.freezes})
            if wrong:
                named = ", ".join(f"{close.month} of {close.tenant_id}" for close in wave)
                raise CloseNotFrozen(f"closing {named}: {wrong}")
            with duckdb.connect(str(file), config=OPENED_WITH) as connection:
                connection.execute("set TimeZone = 'UTC'")
                for close in wave:
                    currency = self._reporting_currencies(connection)[close.tenant_id]
                    closing.freeze(connection, home, relations, close, currency)
        finally:
            shutil.rmtree(file.parent, ignore_errors=True)

    @staticmethod
    def _reporting_currencies(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
        return dict(connection.sql("select tenant_id, reporting_currency from run.tenants").fetchall())

    def _check_currencies(self, connection: duckdb.DuckDBPyConnection, closes: closing.Closes) -> None:
        now = self._reporting_currencies(connection)
        for close in closes.in_effect:
            was = closing.reporting_currency(self.settings.home, close)
            if now.get(close.tenant_id, was) != was:
                raise ClosedInAnotherCurrency(close, was, now[close.tenant_id])

    def _write_run_relations(self, connection: duckdb.DuckDBPyConnection, days: Mapping[str, date]) -> None:
        """`days` has the as-of date of every tenant."""
        connection.execute("create schema if not exists run")
        connection.execute(
            """create or replace table run.context (version varchar not null, known_at bigint not null, as_of date,
            code varchar not null, started_from varchar)"""
        )
        connection.execute(
            "insert into run.context values (?, ?, ?, ?, ?)",
            [self.version, self.known_at, self.request.as_of, self.code, self.base.version if self.base else None],
        )
        connection.execute(
            "create or replace table run.currencies (currency varchar not null, exponent integer not null)"
        )
        connection.executemany(
            "insert into run.currencies values (?, ?)",
            sorted((c.code, c.exponent) for c in Currency if c.exponent is not None),
        )
        connection.execute(
            """create or replace table run.tenants (tenant_id varchar not null, time_zone varchar not null,
            currency varchar not null, reporting_currency varchar not null, gross_margin decimal(9, 6) not null,
            fiscal_year_start integer not null, as_of date not null)"""
        )
        roots = self._root_entity_currencies(connection)
        for tenant_id, as_of in days.items():
            tenant = self.tenants.of(tenant_id)
            reporting = tenant.reporting_currency or roots.get(tenant_id) or self.settings.reporting_currency
            connection.execute(
                "insert into run.tenants values (?, ?, ?, ?, ?, ?, ?)",
                [
                    tenant_id,
                    tenant.time_zone,
                    tenant.currency,
                    reporting,
                    tenant.gross_margin,
                    tenant.fiscal_year_start,
                    as_of,
                ],
            )

    @staticmethod
    def _root_entity_currencies(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """The reporting currency of a tenant that set none: its root entity's, where there is just one."""
        return dict(
            connection.sql(
                """select tenant_id, min(currency) from raw_csv.entities where parent_entity_id is null
                group by tenant_id having count(distinct currency) = 1"""
            ).fetchall()
        )

    def publish(self) -> Pointer:
        """Seals the build file and makes it the next version.

        Figures of the past (an older sequence or an earlier as-of date) become a version that can be asked for,
        but readers stay where they are unless the user said otherwise.
        """
        with self.connect() as connection:
            latest = connection.sql("select max(as_of) from run.tenants").fetchall()[0][0]
            as_of = str(latest or self.request.as_of or Tenant("").default_as_of(self.started_at))
            self._write_publication(connection)
            self._drop_live_views(connection)
            connection.execute("checkpoint")
        self.close_file()
        self.published = self.warehouse.publish(
            self.settings.build_file, self.version, as_of, self.known_at, move_pointer=self.moves_readers()
        )
        self.warehouse.prune(self.settings.keep_versions, self.settings.keep_bytes)
        return self.published

    def moves_readers(self) -> bool:
        """False for a look at the past that the user did not ask to publish."""
        before = self.warehouse.current()
        if before is None or self.request.publish_anyway:
            return True
        earlier_day = self.request.as_of is not None and str(self.request.as_of) < before.as_of
        earlier_sequence = self.request.known_at is not None and self.request.known_at < before.known_at
        return not (earlier_day or earlier_sequence)

    def _last(self) -> Pointer:
        pointer = self.warehouse.current()
        assert pointer is not None, "checked before the build started"
        return pointer

    def _write_publication(self, connection: duckdb.DuckDBPyConnection) -> None:
        """`ops.publications`: every version published so far, carried from version to version."""
        connection.execute("create schema if not exists ops")
        connection.execute(
            """create or replace table ops.publications (tenant_id varchar not null, version varchar not null,
            as_of date not null, known_at bigint not null, started_at timestamp not null,
            finished_at timestamp not null)"""
        )
        if self.warehouse.current() is not None:
            connection.execute(f"attach {literal(self.warehouse.path_of())} as last_version (read_only)")
            connection.execute("insert into ops.publications from last_version.ops.publications")
            connection.execute("detach last_version")
        connection.execute(
            """insert into ops.publications select tenant_id, ?, as_of, ?, ?, ? from run.tenants order by tenant_id""",
            [self.version, self.known_at, self.started_at, utc_now()],
        )
        connection.execute("create or replace table run.code (path varchar not null, content_hash varchar not null)")
        connection.executemany("insert into run.code values (?, ?)", sorted(code_hashes().items()))

    @staticmethod
    def _drop_live_views(connection: duckdb.DuckDBPyConnection) -> None:
        """Views over the intake's files must not outlive the build: an immutable version holds only its own rows. Those
        of staging read what is dropped here."""
        views = connection.sql(
            """select view_name from duckdb_views()
            where database_name = current_database() and schema_name = 'staging' and not internal"""
        ).fetchall()
        for (view,) in views:
            connection.execute(f'drop view staging."{view}"')
        for schema in ("raw_csv", "raw_app", "intake", closing.SCHEMA):
            connection.execute(f"drop schema if exists {schema} cascade")


def _tenants_of(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """What a version says of its tenants, their as-of date last."""
    return connection.execute("from run.tenants order by tenant_id").fetchall()


def code_hashes() -> dict[str, str]:
    """The files that figures are computed by, each with its content's hash: what two versions are told apart by."""
    root = DBT_PROJECT.parent
    found = [path for path in DBT_PROJECT.rglob("*") if path.suffix in {".sql", ".csv"} and "target" not in path.parts]
    found += (root / "models_ml").rglob("*.py")
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@contextmanager
def building(
    settings: Settings, request: BuildRequest, holder: str, core_tables: Collection[str], code: str = ""
) -> Iterator[Build]:
    """Holds the writer's lock for one build, and removes its private file at the end.

    Raises BuildLocked when another one keeps the lock longer than the settings allow.
    """
    with build_lock(settings.warehouse, settings.lock_wait_seconds, holder):
        build = Build(settings, request, core_tables, code)
        build.start()
        try:
            yield build
        finally:
            build.close_file()
            build.held.close()
            shutil.rmtree(settings.build_file.parent, ignore_errors=True)
