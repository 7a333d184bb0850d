"""The change log: every write to a logged table appends an entry in the same transaction, numbered and hash-chained.

Entries are collected while SQLAlchemy flushes rows and written when the transaction commits, under the lock of the
tenant's head row, which is held to the end of the commit. So numbers are dense and in commit order, and the lock is
the last one taken. Boundary: `recording.py` sees that no write passes by; this file knows entries and their chain.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import CheckConstraint, Connection, Index, Table, Text, bindparam, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.clock import Clock, instant_text
from transactional_api.kit.statements import Prepared, insert_into
from transactional_api.kit.tables import Base, one_of

FIRST_HASH = "0" * 64
KEY_SEPARATOR = "\x1f"
SPILL_ENTRIES = 10_000

Image = dict[str, Any]


class ChangeLogEntry(Base):
    """One change of one row. Appended only: triggers refuse everything else."""

    __tablename__ = "change_log"
    __table_args__ = (
        one_of("operation", ("insert", "update", "delete")),
        CheckConstraint("change_no >= 1", name="change_no_range"),
        CheckConstraint("length(entry_hash) = 64 AND length(previous_hash) = 64", name="hash_length"),
        Index(None, "tenant_id", "entity", "entity_key"),
    )
    is_logged = False

    change_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entity: Mapped[str]
    entity_key: Mapped[str]
    operation: Mapped[str]
    actor: Mapped[str]
    changed_at: Mapped[datetime]
    before_json: Mapped[str | None] = mapped_column(Text)
    after_json: Mapped[str | None] = mapped_column(Text)
    personal_fields: Mapped[str | None] = mapped_column(Text)
    previous_hash: Mapped[str]
    entry_hash: Mapped[str]


class ChangeLogHead(Base):
    """The tenant's last number and hash. Whoever appends holds this row's lock until the commit."""

    __tablename__ = "change_log_heads"
    __table_args__ = (CheckConstraint("last_change_no >= 0", name="last_change_no_range"),)
    is_logged = False

    last_change_no: Mapped[int]
    last_hash: Mapped[str]


# Made once: every transaction of the core runs them.
_heads = ChangeLogHead.__table__.c
_OF_TENANT = _heads.tenant_id == bindparam("of_tenant")
_HEAD = Prepared(select(_heads.last_change_no, _heads.last_hash).where(_OF_TENANT).with_for_update())
_MOVE = Prepared(
    update(cast(Table, ChangeLogHead.__table__))
    .where(_OF_TENANT)
    .values(last_change_no=bindparam("number"), last_hash=bindparam("hash"))
)
_FIRST = text(
    "INSERT INTO change_log_heads (tenant_id, last_change_no, last_hash)"
    " VALUES (:tenant, 0, :first) ON CONFLICT DO NOTHING"
)


@dataclass
class Entry:
    """A change before it has its number."""

    entity: str
    entity_key: str
    operation: str
    before: Image | None
    after: Image | None
    personal_fields: list[str] = field(default_factory=list)


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def plain(value: Any) -> Any:
    """What the log stores for a column's value: dates and instants as ISO text, decimals as text, the rest as it is."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"a column of type {type(value).__name__} has no form in the change log")


def entity_key(values: Iterable[Any]) -> str:
    return KEY_SEPARATOR.join(str(plain(value)) for value in values)


def hash_entry(columns: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON (sorted keys, no spaces, UTF-8) of every column but the hash itself."""
    return hashlib.sha256(_canonical(columns).encode()).hexdigest()


class ChangeLog:
    """The entries of one transaction of one tenant."""

    def __init__(self, tenant_id: str, actor: str, clock: Clock) -> None:
        self.tenant_id = tenant_id
        self.actor = actor
        self._clock = clock
        self._head: tuple[int, str] | None = None
        self.entries: list[Entry] = []
        self._latest: dict[tuple[str, str], Entry] = {}

    def append(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._latest[entry.entity, entry.entity_key] = entry

    def latest(self, entity: str, key: str) -> Entry | None:
        """The last change of a row that this transaction collected and has not written yet."""
        return self._latest.get((entity, key))

    def forget(self) -> None:
        """After a rollback nothing was changed and no lock is held."""
        self.entries.clear()
        self._latest.clear()
        self._head = None

    def hold_head(self, connection: Connection) -> None:
        """Take the tenant's lock now rather than at the commit: whoever else writes for this tenant waits."""
        if self._head is None:
            self._head = _lock_head(connection, self.tenant_id)

    def spill(self, connection: Connection) -> None:
        """Keep memory bounded in a very large transaction."""
        if len(self.entries) >= SPILL_ENTRIES:
            self.write(connection)

    def write(self, connection: Connection) -> None:
        """Number, chain and append what was collected, and move the head."""
        if not self.entries:
            return
        self.hold_head(connection)
        assert self._head is not None
        number, last_hash = self._head
        changed_at = self._clock.now()
        changed_text = instant_text(changed_at)
        rows = []
        for entry in self.entries:
            number += 1
            columns = {
                "tenant_id": self.tenant_id,
                "change_no": number,
                "entity": entry.entity,
                "entity_key": entry.entity_key,
                "operation": entry.operation,
                "actor": self.actor,
                "changed_at": changed_text,
                "before_json": None if entry.before is None else _canonical(entry.before),
                "after_json": None if entry.after is None else _canonical(entry.after),
                "personal_fields": _canonical(entry.personal_fields) if entry.personal_fields else None,
                "previous_hash": last_hash,
            }
            last_hash = hash_entry(columns)
            rows.append(columns | {"changed_at": changed_at, "entry_hash": last_hash})
        insert_into(ChangeLogEntry).write(connection, *rows)
        _MOVE.write(connection, {"of_tenant": self.tenant_id, "number": number, "hash": last_hash})
        self._head = (number, last_hash)
        self.entries.clear()
        self._latest.clear()


def _lock_head(connection: Connection, tenant_id: str) -> tuple[int, str]:
    row = _HEAD.first(connection, {"of_tenant": tenant_id})
    if row is None:  # the tenant's first change, or another's of this very moment
        connection.execute(_FIRST, {"tenant": tenant_id, "first": FIRST_HASH})
        row = _HEAD.first(connection, {"of_tenant": tenant_id})
    return int(row[0]), str(row[1])
