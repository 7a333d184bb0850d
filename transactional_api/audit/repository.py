"""Queries for the change log."""

from dataclasses import dataclass

from sqlalchemy import select

from transactional_api.kit.change_log import ChangeLogEntry
from transactional_api.kit.pagination import CursorRefused, Page
from transactional_api.kit.recording import RecordedSession


@dataclass(frozen=True)
class LogFilter:
    """What an auditor looks for; None is anything. Both ends are inclusive."""

    entity: str | None = None
    entity_key: str | None = None
    actor: str | None = None
    operation: str | None = None
    from_change_no: int | None = None
    to_change_no: int | None = None


def page(session: RecordedSession, wanted: LogFilter, cursor: str | None, limit: int) -> Page[ChangeLogEntry]:
    """In the order of the log. The cursor is the number of the last entry seen."""
    row = ChangeLogEntry
    query = select(row).where(row.tenant_id == session.of_tenant)
    for column, value in (
        (row.entity, wanted.entity),
        (row.entity_key, wanted.entity_key),
        (row.actor, wanted.actor),
        (row.operation, wanted.operation),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.from_change_no is not None:
        query = query.where(row.change_no >= wanted.from_change_no)
    if wanted.to_change_no is not None:
        query = query.where(row.change_no <= wanted.to_change_no)
    if cursor is not None:
        query = query.where(row.change_no > number_of(cursor))
    found = list(session.scalars(query.order_by(row.change_no).limit(limit + 1)))
    return Page(found[:limit], str(found[limit - 1].change_no) if len(found) > limit else None)


def number_of(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18):
        raise CursorRefused
    return int(cursor)
