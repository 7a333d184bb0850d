"""Statements on their way to the driver: none of them writes to a logged table unseen, and some go a short way."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Engine, Integer, Table, bindparam, event, insert, literal_column, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql import ClauseElement

from transactional_api.kit.tables import Base

_WRITES = re.compile(
    r"\s*(?:/\*.*?\*/\s*)*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?(?:\s+ONLY)?"
    r'|DELETE\s+FROM(?:\s+ONLY)?|TRUNCATE(?:\s+TABLE)?|COPY|MERGE\s+INTO)\s+(?:"?\w+"?\.)?"?(\w+)"?',
    re.IGNORECASE | re.DOTALL,
)
_LOG_TABLES = frozenset({"change_log", "change_log_heads"})
_ALLOWED = "revhouse_recorded_write"
# The type code of NUMERIC in PostgreSQL: of ours the only type whose reading depends on it.
_NUMERIC = 1700
_PIPELINE, _HAS_PIPELINES = "revhouse_pipeline", "revhouse_has_pipelines"
Values = Mapping[str, Any]


class UnloggedWrite(RuntimeError):
    """A write to a logged table that the change log could not have seen. A defect of the caller, never of a user."""

    def __init__(self, table: str) -> None:
        super().__init__(f"{table} is written through the session of Database.transaction() only, row by row")
        self.table = table


def guard_statements(engine: Engine) -> None:
    """Refuse statements on this engine that write to a logged table outside of `recorded`; and keep what SQLAlchemy
    sends itself out of the pipeline of prepared ones."""

    @event.listens_for(engine, "before_cursor_execute")
    def refuse_unlogged(conn: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if not conn.info.get(_ALLOWED) and (table := _guarded_in(statement)):
            raise UnloggedWrite(table)
        settle(conn)

    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "connect")
    def connected(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_HAS_PIPELINES] = True

    @event.listens_for(engine, "rollback")
    def before_rollback(conn: Connection) -> None:
        with suppress(SQLAlchemyError):
            settle(conn)

    @event.listens_for(engine, "reset")
    def left(connection: Any, record: ConnectionPoolEntry, _state: Any) -> None:
        """A commit goes with the pipeline: it is one wait for all, while the tenant's log is locked."""
        pipeline = record.info.pop(_PIPELINE, None)
        if pipeline is not None:
            pipeline.__exit__(None, None, None)
        connection.rollback()


@contextmanager
def recorded(connection: Connection) -> Iterator[None]:
    """Inside of it logged tables are writable: whoever opens it takes care that the log knows."""
    outer = connection.info.get(_ALLOWED, False)
    connection.info[_ALLOWED] = True
    try:
        yield
    finally:
        connection.info[_ALLOWED] = outer


class Prepared:
    """A statement that most transactions run, compiled once per kind of database. Its values go straight to the
    driver: SQLAlchemy's own way there costs several times as much as the statement itself.

    PostgreSQL is not waited for until somebody asks for rows, or the transaction ends: statements are sent in a
    pipeline, and an error of one comes with the next answer. Errors are SQLAlchemy's.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

    def first(self, connection: Connection, values: Values) -> Any:
        """The first row as the driver gives it, for texts and whole numbers; None without one."""
        form = self._form(connection)
        return _driven(connection, form.sql, lambda cursor: cursor.execute(form.sql, form.given(values)).fetchone())

    def ask(self, connection: Connection, values: Values) -> Callable[[], Any]:
        """Sends it; what it returns waits for the first row. So several questions cost one wait."""
        form = self._form(connection)
        cursor = _driven(connection, form.sql, lambda cursor: cursor.execute(form.sql, form.given(values)))
        return lambda: _driven(connection, form.sql, lambda _: cursor.fetchone())

    def rows(self, connection: Connection, values: Values) -> list[dict[str, Any]]:
        """What a query found, by the names of its columns, as the tables' types have it."""
        form = self._form(connection)
        found = _driven(connection, form.sql, lambda cursor: cursor.execute(form.sql, form.given(values)).fetchall())
        return [form.taken(row) for row in found]

    def write(self, connection: Connection, *rows: Values) -> None:
        """Once for each."""
        form = self._form(connection)
        given = [form.given(row) for row in rows]
        if len(given) == 1:
            _driven(connection, form.sql, lambda cursor: cursor.execute(form.sql, given[0]))
        else:
            _driven(connection, form.sql, lambda cursor: cursor.executemany(form.sql, given))

    def _form(self, connection: Connection) -> "_Form":
        form = self._forms.get(connection.dialect.name)
        if form is None:
            form = self._forms[connection.dialect.name] = _Form.of(self._statement, connection.dialect)
        if form.guarded is not None and not connection.info.get(_ALLOWED):
            raise UnloggedWrite(form.guarded)
        return form


def settle(connection: Connection) -> None:
    """Wait for all that was sent in the pipeline, if there is one; from then on statements are answered one by one."""
    pipeline = connection.info.pop(_PIPELINE, None)
    if pipeline is not None:
        try:
            pipeline.__exit__(None, None, None)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy(connection, "", error) from error


def _driven(connection: Connection, sql: str, do: Callable[[Any], Any]) -> Any:
    driver: Any = connection.connection.dbapi_connection
    try:
        if connection.info.get(_HAS_PIPELINES) and _PIPELINE not in connection.info:
            pipeline = driver.pipeline()
            pipeline.__enter__()
            connection.info[_PIPELINE] = pipeline
        return do(driver.cursor())
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_sqlalchemy(connection, sql, error) from error


def _as_sqlalchemy(connection: Connection, sql: str, error: Exception) -> Exception:
    base = cast(type[Exception], connection.dialect.loaded_dbapi.Error)
    return DBAPIError.instance(sql, None, error, base, dialect=connection.dialect)


@dataclass(frozen=True)
class _Form:
    """The text for one driver; the names of its values, in order, and what the driver's kind of value is made by where
    it is another; the same for the columns that come back."""

    sql: str
    names: tuple[str, ...]
    made: tuple[tuple[int, Callable[[Any], Any]], ...]
    is_positional: bool
    guarded: str | None
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    @classmethod
    def of(cls, statement: ClauseElement, dialect: Dialect) -> "_Form":
        compiled: Any = statement.compile(dialect=dialect)
        names = tuple(compiled.positiontup if compiled.positional else compiled.binds)
        makers = [compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
        columns = tuple(
            (column.name, column.type.dialect_impl(dialect).result_processor(dialect, _NUMERIC))
            for column in getattr(statement, "selected_columns", ())
        )
        made = tuple((at, make) for at, make in enumerate(makers) if make is not None)
        return cls(str(compiled), names, made, compiled.positional, _guarded_in(str(compiled)), columns)

    def given(self, values: Values) -> Any:
        given = [values[name] for name in self.names]
        for at, make in self.made:
            given[at] = make(given[at])
        return given if self.is_positional else dict(zip(self.names, given, strict=True))

    def taken(self, row: Sequence[Any]) -> dict[str, Any]:
        together = zip(self.columns, row, strict=True)
        return {name: value if make is None else make(value) for (name, make), value in together}


@cache
def by_key(table: type[Base], is_asked_only: bool = False) -> Prepared:
    """The row of a key, named as `key_values` does; with `is_asked_only` just whether it is there."""
    keyed = [column == bindparam(f"key_{at}") for at, column in enumerate(table.__mapper__.primary_key)]
    what = (
        select(literal_column("1", Integer)).select_from(table.__table__) if is_asked_only else select(table.__table__)
    )
    return Prepared(what.where(*keyed))


def key_values(key: Iterable[Any]) -> Values:
    """Of a key's parts, the tenant first, for `by_key`."""
    return {f"key_{at}": value for at, value in enumerate(key)}


@cache
def insert_into(table: type[Base]) -> Prepared:
    """One row, or many, with a value for every column."""
    return Prepared(insert(cast(Table, table.__table__)))


def _guarded_in(statement: str) -> str | None:
    """The logged table that it writes to."""
    written = _WRITES.match(statement)
    return written[1].lower() if written and written[1].lower() in _guarded() else None


@cache
def _guarded() -> frozenset[str]:
    mappers = Base.registry.mappers
    return _LOG_TABLES | {str(one.local_table.name) for one in mappers if one.class_.is_logged}  # type: ignore[attr-defined]
