"""Claim, answer and release of keys, always inside of the transaction of the work that they stand for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, delete, select, text, update

from transactional_api.database import Database, UnitOfWork
from transactional_api.idempotency.errors import KeyInFlight, KeyReused
from transactional_api.idempotency.tables import IdempotencyKey
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.statements import Prepared, insert_into

KEPT = timedelta(days=30)
_TRY_LOCK = Prepared(text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"))

# Made once: every keyed request runs them.
_keys = IdempotencyKey.__table__.c
_FIND = Prepared(
    select(_keys.fingerprint, _keys.status, _keys.body).where(
        _keys.tenant_id == bindparam("of_tenant"),
        _keys.caller == bindparam("by_caller"),
        _keys.idempotency_key == bindparam("under_key"),
    )
)


@dataclass(frozen=True)
class Claim:
    """A key of one caller, and the SHA-256 of the request that it stands for."""

    caller: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class Answer:
    """What was, or will be, answered. `body` is JSON text, empty without content."""

    status: int
    body: str


def fingerprint(method: str, path: str, query: bytes, body: bytes) -> str:
    digest = begun_fingerprint(method, path, query)
    digest.update(body)
    return digest.hexdigest()


def begun_fingerprint(method: str, path: str, query: bytes) -> "hashlib._Hash":
    """To be fed with a body that is too large to be held."""
    return hashlib.sha256(f"{method} {path}?".encode() + query + b"\n")


def find(session: RecordedSession, claim: Claim) -> Answer | None:
    """The first answer, or None if the key is free; from then on nobody else works under it until the commit.

    Raises KeyReused and KeyInFlight. A writer on SQLite is alone anyway.
    """
    connection = session.connection()
    mine = {"of_tenant": session.of_tenant, "by_caller": claim.caller, "under_key": claim.key}
    if connection.dialect.name == "postgresql":
        lock = _TRY_LOCK.ask(connection, {"name": f"{session.of_tenant}\x1f{claim.caller}\x1f{claim.key}"})
        row = _FIND.ask(connection, mine)  # looked for after the lock was asked for, so by what is committed then
        if not lock()[0]:
            raise KeyInFlight
        first = row()
    else:
        first = _FIND.first(connection, mine)
    if first is None:
        return None
    print_, status, body = first
    if print_ != claim.fingerprint:
        raise KeyReused
    if status is None:
        raise KeyInFlight
    return Answer(status, body)


def keep(unit: UnitOfWork, claim: Claim, answer: Answer) -> None:
    """The answer becomes part of the work's own transaction."""
    _insert(unit, claim, {"status": answer.status, "body": answer.body})


def hold(unit: UnitOfWork, claim: Claim, subject: str) -> None:
    """The work goes on after this transaction, outside of any: until `settle` the key is in flight."""
    _insert(unit, claim, {"subject": subject})


def settle(unit: UnitOfWork, subject: str, answer: Answer) -> None:
    """The answer of whatever is held for the subject. Does nothing when it is settled or was not keyed."""
    unit.session.execute(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.tenant_id == unit.tenant_id,
            IdempotencyKey.subject == subject,
            IdempotencyKey.status.is_(None),
        )
        .values(status=answer.status, body=answer.body)
    )


def forget_old(database: Database) -> int:
    """Remove settled keys of all tenants that are older than 30 days; returns how many."""
    before = database.clock.now() - KEPT
    with database.all_tenants() as session:
        old = delete(IdempotencyKey).where(IdempotencyKey.created_at < before, IdempotencyKey.status.is_not(None))
        return int(session.execute(old).rowcount)  # type: ignore[attr-defined]


def _insert(unit: UnitOfWork, claim: Claim, values: Mapping[str, object]) -> None:
    key = {
        "tenant_id": unit.tenant_id,
        "caller": claim.caller,
        "idempotency_key": claim.key,
        "fingerprint": claim.fingerprint,
        "created_at": unit.now,
        "subject": None,
        "status": None,
        "body": None,
    }
    insert_into(IdempotencyKey).write(unit.session.connection(), {**key, **values})
