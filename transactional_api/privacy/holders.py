"""Texts that may repeat a person's values without a column for each: searched for the values themselves.

A new table that keeps whole requests, answers or messages is named here, unless it has `personal_columns` and hangs on
a customer, in which case it is found without being named.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sqlalchemy import or_, update

from transactional_api.accounting.tables import AccountingPosting
from transactional_api.idempotency.tables import IdempotencyKey
from transactional_api.kit.recording import RecordedSession

SHORTEST = 3
TOGETHER = 400
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
    """Who is erased: the id, every value that stood in the rows about them, and the ids of rows that may have held
    other values before they were about this customer."""

    customer_id: str
    values: frozenset[str]
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Holder:
    """An unlogged table, the text that is searched, and what is written in place of a row's text."""

    table: Any
    text: str
    erased: dict[str, object]


HOLDERS: tuple[Holder, ...] = (
    Holder(IdempotencyKey, "body", {"status": 410, "body": ERASED_ANSWER}),
    # What an accounting system answered; the journal itself holds ids and amounts.
    Holder(AccountingPosting, "last_error", {"last_error": "erased"}),
)


def erase_in_holders(session: RecordedSession, person: Person, holders: Iterable[Holder] = HOLDERS) -> dict[str, int]:
    """Replaces every text that names one of the ids or holds one of the values. Returns rows per table."""
    found: dict[str, int] = {}
    needles = sorted(_needles(person))
    for holder, some in product(holders, batched(needles)):
        text = getattr(holder.table, holder.text)
        changed = update(holder.table).where(
            holder.table.tenant_id == session.of_tenant, or_(*(text.contains(one, autoescape=True) for one in some))
        )
        result = session.execute(changed.values(**holder.erased), execution_options={"synchronize_session": False})
        name = holder.table.__tablename__
        found[name] = found.get(name, 0) + int(result.rowcount)  # type: ignore[attr-defined]
    return found


def batched(needles: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many as one statement is asked for: SQLite takes no more than a thousand conditions."""
    return (needles[start : start + TOGETHER] for start in range(0, len(needles), TOGETHER))


def _needles(person: Person) -> set[str]:
    """As they stand in JSON, where nothing beyond ASCII is escaped."""
    ids = {json.dumps(one, ensure_ascii=False) for one in {person.customer_id, *person.ids}}
    return ids | {json.dumps(value, ensure_ascii=False)[1:-1] for value in person.values if len(value) >= SHORTEST}
