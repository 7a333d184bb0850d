"""Finding and removing one row of the session's own tenant."""

from collections.abc import Mapping
from typing import Any, TypeVar

from transactional_api.kit.errors import KeyTaken
from transactional_api.kit.recording import RecordedSession, row_key
from transactional_api.kit.statements import by_key, key_values
from transactional_api.kit.tables import Base

Row = TypeVar("Row", bound=Base)


def find(session: RecordedSession, table: type[Row], *key: Any) -> Row | None:
    """By its id columns, pending rows included. A row of another tenant is not there."""
    row = session.rows.get((table, session.of_tenant, *key))
    if isinstance(row, table):
        return row
    found = by_key(table).rows(session.connection(), key_values((session.of_tenant, *key)))
    return session.take_in(table, found[0]) if found else None


def exists(session: RecordedSession, table: type[Row], *key: Any) -> bool:
    """Whether `find` would find it, without reading the row."""
    if (table, session.of_tenant, *key) in session.rows:
        return True
    asked = by_key(table, is_asked_only=True)
    return asked.first(session.connection(), key_values((session.of_tenant, *key))) is not None


def find_locked(session: RecordedSession, table: type[Row], *key: Any) -> Row | None:
    """As `find`, and nobody else changes the row until the transaction ends.

    A writer on SQLite has the whole database to itself already.
    """
    address = (table, session.of_tenant, *key)
    if session.get_bind().dialect.name == "sqlite" or address in session.owned:
        return find(session, table, *key)
    session.flush()
    # Without the key: whoever writes a row that refers to this one need not wait.
    lock = {"key_share": True}
    row = session.get(table, (session.of_tenant, *key), with_for_update=lock, populate_existing=True)
    if row is not None:
        session.owned.add(address)
    return row


def add(session: RecordedSession, row: Base) -> None:
    """A new row. That its key is free in the database is judged when it is written (see `constraints.py`)."""
    address = row_key(row, session.of_tenant)
    if address in session.rows:
        raise KeyTaken(row.__tablename__, row.__mapper__.primary_key[-1].name)
    session.add(row)


def put(session: RecordedSession, table: type[Row], values: Mapping[str, Any]) -> Row:
    """As `add`, of a row with a value for every column (see `RecordedSession.put`)."""
    tenant, *key = (values[column.name] for column in table.__mapper__.primary_key)
    if (table, tenant, *key) in session.rows:
        raise KeyTaken(table.__tablename__, table.__mapper__.primary_key[-1].name)
    return session.put(table, values)


def remove(session: RecordedSession, row: Base) -> None:
    """Delete it now, so that nothing finds it any more. A row of this same transaction is logged as written first."""
    session.flush()
    session.delete(row)
    session.flush()
