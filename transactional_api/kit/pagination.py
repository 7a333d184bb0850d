"""Pages by cursor: the key of the last row seen, so that rows written meanwhile neither shift nor repeat others."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from transactional_api.kit.errors import ValueRefused

MAX_LIMIT = 200
Row = TypeVar("Row")


class CursorRefused(ValueRefused):
    """Not a cursor that this list gave out."""

    def __init__(self) -> None:
        super().__init__("the cursor is not one that this list gave out", "cursor")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`next_cursor` is None on the last page."""

    items: list[Row]
    next_cursor: str | None


def page_by_key(
    session: Session,
    query: Select[Row],
    key: tuple[InstrumentedAttribute[str], ...],
    cursor: str | None,
    limit: int,
) -> Page[Row]:
    """The next rows in the order of their text key."""
    if cursor is not None:
        query = query.where(tuple_(*key) > tuple_(*_read(cursor, len(key))))
    rows = list(session.scalars(query.order_by(*key).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, _write(rows[-1], key) if more else None)


def page_of_values(values: Sequence[Row], key: Callable[[Row], str], cursor: str | None, limit: int) -> Page[Row]:
    """The same over what is in memory, in the order of `key`, which is different for every value."""
    after = None if cursor is None else _read(cursor, 1)[0]
    left = [value for value in values if after is None or key(value) > after]
    more = len(left) > limit
    return Page(left[:limit], _encode([key(left[limit - 1])]) if more else None)


def numbered(last: int) -> str:
    """The cursor of a list that is in the order of a number."""
    return _encode([str(last)])


def number_of(cursor: str | None) -> int | None:
    """The number that a cursor of `numbered` stands for; None for the first page. Raises CursorRefused."""
    if cursor is None:
        return None
    (text,) = _read(cursor, 1)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise CursorRefused
    return int(text)


def _write(row: Any, key: tuple[InstrumentedAttribute[str], ...]) -> str:
    return _encode([getattr(row, column.key) for column in key])


def _encode(key: list[str]) -> str:
    values = json.dumps(key)
    return base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")


def _read(cursor: str, parts: int) -> list[str]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise CursorRefused from error
    if not (isinstance(values, list) and len(values) == parts and all(isinstance(value, str) for value in values)):
        raise CursorRefused
    return values
