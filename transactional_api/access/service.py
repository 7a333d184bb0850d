"""API keys: made at random, shown once, stored as a hash, each of exactly one tenant."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import select

from transactional_api.access.errors import KeyNotFound, KeyRefused
from transactional_api.access.tables import ApiKey
from transactional_api.database import Database, UnitOfWork
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import add, find_locked

PREFIX = "rvh"


@dataclass(frozen=True)
class Identity:
    """Who calls: the tenant and the name under which the change log knows the key."""

    tenant_id: str
    key_id: str

    @property
    def actor(self) -> str:
        return f"key:{self.key_id}"


def create_key(unit: UnitOfWork, name: str) -> tuple[ApiKey, str]:
    """The row, and the key itself, which cannot be had again. A fast hash suffices: the secret has 256 random bits."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    row = ApiKey(
        tenant_id=unit.tenant_id,
        key_id=key_id,
        name=name,
        key_hash=_hash(secret),
        created_at=unit.now,
        created_by=unit.actor,
    )
    add(unit.session, row)
    return row, f"{PREFIX}_{key_id}_{secret}"


def revoke_key(unit: UnitOfWork, key_id: str) -> ApiKey:
    """From the next request on it is refused, also in dashboards that it opened."""
    row = find_locked(unit.session, ApiKey, key_id)
    if row is None:
        raise KeyNotFound(key_id)
    if row.revoked_at is None:
        row.revoked_at = unit.now
        row.revoked_by = unit.actor
    return row


def list_keys(session: RecordedSession) -> list[ApiKey]:
    query = select(ApiKey).where(ApiKey.tenant_id == session.of_tenant).order_by(ApiKey.created_at, ApiKey.key_id)
    return list(session.scalars(query))


def ensure_admin_key(database: Database, tenant_id: str) -> str | None:
    """On the first run of a tenant: a key, to be shown once by the caller. None when there is one already."""
    with database.read(tenant_id) as unit:
        if list_keys(unit.session):
            return None
    with database.transaction(tenant_id, "first-run") as unit:
        unit.session.hold_tenant()
        if list_keys(unit.session):
            return None
        return create_key(unit, "admin")[1]


def identify(database: Database, key: str) -> Identity:
    """Whose key it is. Raises KeyRefused; the time that it takes does not depend on how much of a key is right."""
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    row = _live(database, key_id) if prefix == PREFIX else None
    given = _hash(secret)
    if row is None or not hmac.compare_digest(given, row.key_hash):
        raise KeyRefused
    return Identity(row.tenant_id, row.key_id)


def identify_by_id(database: Database, key_id: str) -> Identity:
    """For a session that a key has opened before. Raises KeyRefused once the key is revoked."""
    row = _live(database, key_id)
    if row is None:
        raise KeyRefused
    return Identity(row.tenant_id, row.key_id)


def _live(database: Database, key_id: str) -> ApiKey | None:
    if not (key_id.isascii() and key_id.isalnum()):
        return None
    with database.read(tenant_id="") as unit:
        query = select(ApiKey).where(ApiKey.key_id == key_id, ApiKey.revoked_at.is_(None))
        return unit.session.scalars(query).one_or_none()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
