"""Texts that may repeat a person's values without a column for each: searched for the values themselves.

A new table that keeps whole requests, answers or messages is named here, unless it has `personal_columns` and hangs on
a customer, in which case it is found without being named.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, update

from transactional_api.idempotency.tables import IdempotencyKey
from transactional_api.kit.recording import RecordedSession

SHORTEST = 3
ERASED_ANSWER = json.dumps(
    {
        "type": "urn:revhouse:problem:answer-erased",
        "title": "The answer was erased",
        "status": 410,
        "detail": "what this key stands for was done; its answer showed a person who was erased since",
        "errors": [],
    },
    separators=(",", ":"),
)


@dataclass(frozen=True)
class Person:
    """Who is erased: the id, and every value that stood in the rows about them."""

    customer_id: str
    values: frozenset[str]


@dataclass(frozen=True)
class Holder:
    """An unlogged table, the text that is searched, and what is written in place of a row's text."""

    table: Any
    text: str
    erased: dict[str, object]


HOLDERS: tuple[Holder, ...] = (Holder(IdempotencyKey, "body", {"status": 410, "body": ERASED_ANSWER}),)


def erase_in_holders(session: RecordedSession, person: Person, holders: Iterable[Holder] = HOLDERS) -> dict[str, int]:
    """Replaces every text that names the customer's id or holds one of the values. Returns rows per table."""
    found: dict[str, int] = {}
    for holder in holders:
        changed = update(holder.table).where(
            holder.table.tenant_id == session.of_tenant, _mentions(getattr(holder.table, holder.text), person)
        )
        result = session.execute(changed.values(**holder.erased), execution_options={"synchronize_session": False})
        found[holder.table.__tablename__] = int(result.rowcount)  # type: ignore[attr-defined]
    return found


def _mentions(column: Any, person: Person) -> ColumnElement[bool]:
    contains: Callable[[str], ColumnElement[bool]] = lambda value: column.contains(value, autoescape=True)  # noqa: E731
    quoted = json.dumps(person.customer_id, ensure_ascii=False)
    needles = {quoted} | {
        json.dumps(value, ensure_ascii=False)[1:-1] for value in person.values if len(value) >= SHORTEST
    }
    return or_(*(contains(needle) for needle in sorted(needles)))
