"""One database from one URL: SQLite in a file, or PostgreSQL. Transactions begin and end here and nowhere else."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Select, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import configure_mappers
from sqlalchemy.pool import ConnectionPoolEntry

from transactional_api.kit.chain import ChainVerdict, Mark, verify_chain
from transactional_api.kit.change_log import ChangeLog, ChangeLogHead
from transactional_api.kit.clock import Clock, SystemClock
from transactional_api.kit.constraints import refusal
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.recording import ALL_TENANTS, RecordedSession, TenantMixed, see_tenant
from transactional_api.kit.statements import guard_statements
from transactional_api.kit.totals import CoreTotals, read_totals
from transactional_api.tables import Base

BUSY_SECONDS = 30
_OVERTAKEN = ("40P01", "40001")  # deadlock detected, serialization failure
IDLE_SECONDS = 2
# A log of 20 MB before it is copied into the file: pages that many commits touched are then copied once.
WAL_PAGES = 5000
_READS_ONLY = "revhouse_reads_only"
_MIGRATION_LOCK = 7_238_114_550_021


class DatabaseUnavailable(Exception):
    """The database cannot be used: wrong URL, no server, no file, or a lock that was not released. One line."""


class Overtaken(DatabaseUnavailable):
    """Two transactions waited for each other and this one was given up (PostgreSQL). Nothing of it is written."""


@dataclass(frozen=True)
class UnitOfWork:
    """One transaction of one tenant by one actor. Services write through `session` and never commit."""

    session: RecordedSession
    tenant_id: str
    actor: str
    clock: Clock

    @property
    def now(self) -> datetime:
        return self.clock.now()


class Database:
    """Opens lazily: nothing is connected, and no file is made, before the first use."""

    def __init__(self, url: str, clock: Clock | None = None, owner_url: str = "") -> None:
        """`sqlite:////path/core.db` or `postgresql://user:password@host/name`. Raises DatabaseUnavailable.

        `owner_url` is a role that may change tables, for a server on which the role of `url` may not.
        """
        self.url = _normalised(url)
        self.owner_url = _normalised(owner_url) if owner_url else self.url
        self.name = _shown(self.url)
        self.clock = clock or SystemClock()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._is_migrated = False
        self._writer = threading.Lock()
        configure_mappers()  # rows are also made without asking a mapper first
        self.engine = self._engine()
        guard_statements(self.engine)
        self._reader = self.engine.execution_options(**self._read_options())
        self._glancer = self.engine if self.is_sqlite else self._glancing_engine()
        self._glances: dict[Select[Any], tuple[str, list[str] | None]] = {}

    def _engine(self) -> Engine:
        if not self.is_sqlite:
            # As many as a process has threads that work requests.
            engine = create_engine(
                self.url,
                connect_args={"connect_timeout": 10},
                pool_size=10,
                max_overflow=30,
                pool_reset_on_return=None,  # `guard_statements` does it
            )
            _try_idle_connections(engine)
            return engine
        # A connection to a file costs little, and whoever reads need not wait for one.
        engine = create_engine(self.url, creator=lambda: _open_sqlite(str(self.url.database)), max_overflow=-1)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _glancing_engine(self) -> Engine:
        """Connections that see every tenant and need no transaction: one round trip a query."""
        engine = create_engine(
            self.url,
            connect_args={"connect_timeout": 10, "autocommit": True},
            pool_size=5,
            max_overflow=5,
            pool_reset_on_return=None,
        )
        _try_idle_connections(engine)

        @event.listens_for(engine, "connect")
        def see_all(connection: Any, _record: ConnectionPoolEntry) -> None:
            connection.execute("SELECT set_config('revhouse.tenant', %s, false)", (ALL_TENANTS,))

        return engine

    def migrate(self) -> None:
        """Bring the tables up to this version of the code. Safe to call from several processes at once."""
        from transactional_api.migrations.runner import upgrade

        with self._translated():
            if self.is_sqlite:
                _make_file(Path(str(self.url.database)))
            owner = self.engine if self.owner_url == self.url else create_engine(self.owner_url)
            upgrade(owner, _MIGRATION_LOCK, granted_to=None if owner is self.engine else self.url.username)
            if owner is not self.engine:
                owner.dispose()

    @contextmanager
    def all_tenants(self, writes: bool = True) -> Iterator[RecordedSession]:
        """One transaction over what is not logged, of every tenant: keys, leases, cursors. Commits at the end."""
        engine = self.engine if writes else self._reader
        session = RecordedSession(engine, tenant_id=ALL_TENANTS, log=None, expire_on_commit=False)
        with self._translated(), self._in_turn() if writes else nullcontext(), session:
            yield session
            session.commit()

    def glance(self, query: Select[Any], values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a query of what is not logged, of every tenant. Every request asks one, so it goes past
        everything but the pool: values come as the driver gives them. The query is kept; make it once."""
        sql, names = self._sql_of(query)
        given = values if names is None else tuple(values[name] for name in names)
        with self._translated():
            connection = self._glancer.raw_connection()
            try:
                return connection.execute(sql, given).fetchone()  # type: ignore[no-any-return]
            except self.engine.dialect.loaded_dbapi.Error as error:
                raise self._unavailable(error) from error
            finally:
                connection.close()

    def _sql_of(self, query: Select[Any]) -> tuple[str, list[str] | None]:
        """The text for the driver, and the order of its values if they have no names."""
        known = self._glances.get(query)
        if known is None:
            compiled = query.compile(self.engine)
            known = self._glances[query] = (str(compiled), compiled.positiontup)
        return known

    def ping(self) -> None:
        """Raises DatabaseUnavailable unless a statement can be run. Makes no file."""
        with self._translated(), self._reading() as connection:
            connection.execute(text("SELECT 1"))

    def is_migrated(self) -> bool:
        """Whether the tables are those of this version of the code. Once they are, it is not asked again."""
        from transactional_api.migrations.runner import is_current

        if not self._is_migrated:
            with self._translated(), self._reading() as connection:
                self._is_migrated = is_current(connection)
        return self._is_migrated

    def close(self) -> None:
        self.engine.dispose()
        self._glancer.dispose()

    @contextmanager
    def transaction(self, tenant_id: str, actor: str) -> Iterator[UnitOfWork]:
        """All or nothing: commits at the end of the block, rolls back if it raises."""
        _check_tenant(tenant_id)
        log = ChangeLog(tenant_id, actor, self.clock)
        session = RecordedSession(self.engine, tenant_id=tenant_id, log=log, expire_on_commit=False)
        with self._translated(), self._in_turn(), session:
            yield UnitOfWork(session, tenant_id, actor, self.clock)
            session.commit()

    @contextmanager
    def read(self, tenant_id: str, actor: str = "reader") -> Iterator[UnitOfWork]:
        """One consistent view; writing in it is refused."""
        _check_tenant(tenant_id)
        session = RecordedSession(self._reader, tenant_id=tenant_id, log=None, expire_on_commit=False)
        with self._translated(), session:
            yield UnitOfWork(session, tenant_id, actor, self.clock)

    def change_log_heads(self) -> dict[str, int]:
        """The last committed change number per tenant; empty before the first migration."""
        with self._translated(), self._reading() as connection:
            if not inspect(connection).has_table(ChangeLogHead.__tablename__):
                return {}
            heads = connection.execute(select(ChangeLogHead.tenant_id, ChangeLogHead.last_change_no))
            return {str(row[0]): int(row[1]) for row in heads}

    def totals(self) -> CoreTotals:
        """Heads, row counts and sums of every logged table in one consistent read; empty before the first migration."""
        with self._translated(), self._reading() as connection:
            if not inspect(connection).has_table(ChangeLogHead.__tablename__):
                return CoreTotals({}, {})
            return read_totals(connection, Base)

    def verify_chain(
        self,
        tenant_id: str,
        on_progress: Callable[[int], None] | None = None,
        *,
        after: Mark | None = None,
        marks: Mapping[int, str] | None = None,
    ) -> ChainVerdict:
        """Recompute the tenant's chain, the whole of it unless `after` is given; the verdict says where it breaks."""
        with self._translated(), self._reading() as connection:
            return verify_chain(connection, tenant_id, on_progress, after=after, marks=marks)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """SQLite has one writer. Threads of this process wait for each other here and go on at once; in SQLite's own
        queue they would sleep and look again, which costs more than the writing itself."""
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise DatabaseUnavailable(f"the core database {self.name} is written to for more than {BUSY_SECONDS} s")
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._reader.connect() as connection:
            see_tenant(connection, ALL_TENANTS)
            yield connection

    def _read_options(self) -> dict[str, Any]:
        if self.is_sqlite:
            return {_READS_ONLY: True}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise refusal(error) from error
        except DataError as error:
            raise ValueRefused(
                "a value cannot be stored or looked for: a NUL character, or a date out of range"
            ) from error
        except (OperationalError, InterfaceError, sqlite3.Error) as error:
            if getattr(getattr(error, "orig", None), "sqlstate", None) in _OVERTAKEN:
                raise Overtaken("another request was in the way; nothing was written") from error
            raise self._unavailable(error) from error
        except PoolTimeout as error:
            raise DatabaseUnavailable(f"the core database {self.name} has no connection free") from error
        except DatabaseError as error:
            if type(error) is not DatabaseError:
                raise
            raise self._unavailable(error) from error  # a file that is no database

    def _unavailable(self, error: Exception) -> DatabaseUnavailable:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        return DatabaseUnavailable(f"the core database {self.name} cannot be used: {_first_line(cause)}")


def _check_tenant(tenant_id: str) -> None:
    """`*` means every tenant to row security, and is nobody's name."""
    if tenant_id in ("", ALL_TENANTS):
        raise TenantMixed(f"{tenant_id!r} is not a tenant")


def _normalised(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUnavailable("the database URL is not one: sqlite:////path or postgresql://…") from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise DatabaseUnavailable("the database URL names no file: sqlite:////path/core.db")
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise DatabaseUnavailable(f"{backend!r} is not supported: use sqlite:////path or postgresql://…")


def _shown(url: URL) -> str:
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]


def _make_file(path: Path) -> None:
    """A new core is readable by its owner only: it holds personal values."""
    try:
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(f"the core database {path} cannot be made: {error.strerror}") from error


def _open_sqlite(path: str) -> sqlite3.Connection:
    """SQLAlchemy begins transactions itself, so the driver's own handling of them is off."""
    uri = f"file:{quote(str(Path(path).absolute()))}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switching a new file to WAL does not wait for other processes by itself."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _try_idle_connections(engine: Engine) -> None:
    """A server that was started again is noticed before a connection of its former life is used. Asking each time would
    cost two round trips per request, and one that was used a moment ago is as likely to fail after being asked."""

    @event.listens_for(engine, "checkin")
    def left(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["left_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("left_at", time.monotonic()) < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once, so that it never finds out at its commit that another was first."""
    reads_only = connection.get_execution_options().get(_READS_ONLY)
    try:
        connection.connection.cursor().execute("BEGIN" if reads_only else "BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise DBAPIError.instance("BEGIN", None, error, sqlite3.Error, dialect=connection.dialect) from error


__all__ = ["Base", "Database", "DatabaseUnavailable", "UnitOfWork"]
