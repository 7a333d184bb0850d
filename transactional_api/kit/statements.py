"""Statements on their way to the driver: none of them writes to a logged table unseen, and some go a short way."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Engine, Table, event, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

from transactional_api.kit.tables import Base

_WRITES = re.compile(
    r"\s*(?:/\*.*?\*/\s*)*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?(?:\s+ONLY)?"
    r'|DELETE\s+FROM(?:\s+ONLY)?|TRUNCATE(?:\s+TABLE)?|COPY|MERGE\s+INTO)\s+(?:"?\w+"?\.)?"?(\w+)"?',
    re.IGNORECASE | re.DOTALL,
)
_LOG_TABLES = frozenset({"change_log", "change_log_heads"})
_ALLOWED = "revhouse_recorded_write"
Values = Mapping[str, Any]


class UnloggedWrite(RuntimeError):
    """A write to a logged table that the change log could not have seen. A defect of the caller, never of a user."""

    def __init__(self, table: str) -> None:
        super().__init__(f"{table} is written through the session of Database.transaction() only, row by row")
        self.table = table


def guard_statements(engine: Engine) -> None:
    """Refuse statements on this engine that write to a logged table outside of `recorded`."""

    @event.listens_for(engine, "before_cursor_execute")
    def refuse_unlogged(conn: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if not conn.info.get(_ALLOWED) and (table := _guarded_in(statement)):
            raise UnloggedWrite(table)


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

    Rows come back as the driver gives them, so it is asked for texts and whole numbers only. Errors are SQLAlchemy's.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

    def run(self, connection: Connection, values: Values) -> Any:
        """The driver's cursor."""
        form = self._form(connection)
        return self._driven(connection, form, lambda cursor: cursor.execute(form.sql, form.given(values)))

    def run_all(self, connection: Connection, rows: Sequence[Values]) -> None:
        form = self._form(connection)
        self._driven(connection, form, lambda cursor: cursor.executemany(form.sql, [form.given(row) for row in rows]))

    def _form(self, connection: Connection) -> "_Form":
        form = self._forms.get(connection.dialect.name)
        if form is None:
            form = self._forms[connection.dialect.name] = _Form.of(self._statement, connection.dialect)
        if form.guarded is not None and not connection.info.get(_ALLOWED):
            raise UnloggedWrite(form.guarded)
        return form

    def _driven(self, connection: Connection, form: "_Form", execute: Callable[[Any], Any]) -> Any:
        cursor = connection.connection.cursor()
        try:
            execute(cursor)
        except connection.dialect.loaded_dbapi.Error as error:
            base = cast(type[Exception], connection.dialect.loaded_dbapi.Error)
            raise DBAPIError.instance(form.sql, None, error, base, dialect=connection.dialect) from error
        return cursor


@dataclass(frozen=True)
class _Form:
    """The text for one driver; names of values with what the driver's kind of value is made by, in order."""

    sql: str
    slots: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    is_positional: bool
    guarded: str | None

    @classmethod
    def of(cls, statement: ClauseElement, dialect: Dialect) -> "_Form":
        compiled: Any = statement.compile(dialect=dialect)
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        types = {name: compiled.binds[name].type.dialect_impl(dialect) for name in names}
        slots = tuple((name, types[name].bind_processor(dialect)) for name in names)
        return cls(str(compiled), slots, compiled.positional, _guarded_in(str(compiled)))

    def given(self, values: Values) -> Any:
        if self.is_positional:
            return tuple(values[name] if make is None else make(values[name]) for name, make in self.slots)
        return {name: values[name] if make is None else make(values[name]) for name, make in self.slots}


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
