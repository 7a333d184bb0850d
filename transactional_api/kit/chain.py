"""Verifying the change log: every hash recomputed, and what was signed elsewhere compared with what stands here.

The bytes that are hashed are those of `change_log.hash_entry`, put together here without a dictionary per entry, since
a log has millions of them; a test holds both against each other.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

from sqlalchemy import Connection, text

from transactional_api.kit.change_log import FIRST_HASH

ROWS_AT_ONCE = 5_000
REWRITTEN = "a signed checkpoint says another hash: the log was rewritten here or before"
_COLUMNS = (
    "change_no, entity, entity_key, operation, actor, {changed_at}, before_json, after_json, personal_fields,"
    " previous_hash, entry_hash"
)
# SQLite keeps an instant as the very text that was hashed.
_CHANGED_AT = {
    "sqlite": "changed_at",
    "postgresql": """to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
}


@dataclass(frozen=True)
class Mark:
    """An entry's number and hash, as remembered outside of the database; (0, zeros) is before the first."""

    change_no: int = 0
    entry_hash: str = FIRST_HASH


@dataclass(frozen=True)
class ChainVerdict:
    """`broken_at` is the first change number at which the chain does not hold; None when all of it does.

    `entries` were recomputed; those before `first` were only counted. `head` is the end that was verified.
    """

    tenant_id: str
    entries: int
    broken_at: int | None = None
    reason: str | None = None
    first: int = 1
    head: Mark = Mark()
    head_at: str | None = None

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def verify_chain(
    connection: Connection,
    tenant_id: str,
    on_progress: Callable[[int], None] | None = None,
    *,
    after: Mark | None = None,
    marks: Mapping[int, str] | None = None,
) -> ChainVerdict:
    """Recompute one tenant's hashes up to the head. Streams: memory does not grow.

    `after` starts behind an entry that is trusted; those before it are counted, not recomputed. `marks` are hashes by
    change number that the log must pass through. `connection` must be in one transaction.
    """
    after, marks = after or Mark(), marks or {}
    number, last_hash, head_at = after.change_no, after.entry_hash, None
    first = number + 1

    def broken(at: int, reason: str) -> ChainVerdict:
        return ChainVerdict(tenant_id, max(number - first + 1, 0), max(at, 1), reason, first)

    if (lost := _lost_before(connection, tenant_id, after)) is not None:
        return broken(*lost)
    for row in _rows(connection, tenant_id, number):
        if (fault := _fault(tenant_id, row, number + 1, last_hash, marks)) is not None:
            return broken(number + 1, fault)
        number, last_hash, head_at = number + 1, row[10], row[5]
        if on_progress and number % ROWS_AT_ONCE == 0:
            on_progress(number - first + 1)
    if marks and max(marks) > number:
        return broken(number + 1, f"the log ends at {number}, a signed checkpoint stands at {max(marks)}")
    if (wrong := _wrong_head(connection, tenant_id, Mark(number, last_hash))) is not None:
        return broken(*wrong)
    return ChainVerdict(tenant_id, number - first + 1, None, None, first, Mark(number, last_hash), head_at)


def _rows(connection: Connection, tenant_id: str, after: int) -> Iterator[Any]:
    columns = _COLUMNS.format(changed_at=_CHANGED_AT[connection.dialect.name])
    query = text(
        f"SELECT {columns} FROM change_log WHERE tenant_id = :tenant AND change_no > :after ORDER BY change_no"
    )
    streamed = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(
        query, {"tenant": tenant_id, "after": after}
    )
    for rows in streamed.partitions():
        yield from rows


def _fault(tenant_id: str, row: Any, number: int, last_hash: str, marks: Mapping[int, str]) -> str | None:
    """Why this is not the entry that should come next."""
    if row[0] != number:
        return f"the entry after {number - 1} is not {number}"
    if row[9] != last_hash:
        return "it does not follow from the entry before it"
    try:
        entry_hash = _hash(tenant_id, row)
    except TypeError:  # a column of another type than the core writes
        entry_hash = ""
    if row[10] != entry_hash:
        return "its content does not match its hash"
    return None if marks.get(number, entry_hash) == entry_hash else REWRITTEN


def _hash(tenant_id: str, row: Any) -> str:
    number, entity, key, operation, actor, changed_at, before, after, personal, previous, _ = row
    quote = encode_basestring
    content = (
        f'{{"actor":{quote(actor)},"after_json":{"null" if after is None else quote(after)}'
        f',"before_json":{"null" if before is None else quote(before)},"change_no":{number}'
        f',"changed_at":{quote(changed_at)},"entity":{quote(entity)},"entity_key":{quote(key)}'
        f',"operation":{quote(operation)},"personal_fields":{"null" if personal is None else quote(personal)}'
        f',"previous_hash":{quote(previous)},"tenant_id":{quote(tenant_id)}}}'
    )
    return hashlib.sha256(content.encode()).hexdigest()


def _lost_before(connection: Connection, tenant_id: str, after: Mark) -> tuple[int, str] | None:
    """What can be said of entries that are not recomputed: none is missing, and the last of them is the trusted one."""
    if after.change_no == 0:
        return None
    of_tenant = {"tenant": tenant_id, "last": after.change_no}
    query = "SELECT count(*) FROM change_log WHERE tenant_id = :tenant AND change_no BETWEEN 1 AND :last"
    counted = int(connection.execute(text(query), of_tenant).scalar_one())
    if counted != after.change_no:
        return counted + 1, f"{after.change_no - counted} of the entries up to {after.change_no} are missing"
    query = "SELECT entry_hash FROM change_log WHERE tenant_id = :tenant AND change_no = :last"
    if connection.execute(text(query), of_tenant).scalar() != after.entry_hash:
        return after.change_no, REWRITTEN
    return None


def _wrong_head(connection: Connection, tenant_id: str, end: Mark) -> tuple[int, str] | None:
    query = text("SELECT last_change_no, last_hash FROM change_log_heads WHERE tenant_id = :tenant")
    head = connection.execute(query, {"tenant": tenant_id}).first()
    if head is None:
        return None if end == Mark() else (end.change_no, "the head of the log is gone")
    if (head[0], head[1]) == (end.change_no, end.entry_hash):
        return None
    return min(end.change_no, int(head[0])) + 1, f"the log ends at {end.change_no}, its head says {head[0]}"
