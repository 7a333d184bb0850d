"""API keys: made at random, shown once, stored as a hash, each of exactly one tenant."""

import hmac
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, bindparam, select

from transactional_api.access.errors import KeyNotFound, KeyRefused, RoleNotHeld, RoleUnknown
from transactional_api.access.identity import Identity
from transactional_api.access.permissions import ROLES, permissions_of
from transactional_api.access.secrets import hash_token
from transactional_api.access.tables import Account, ApiKey
from transactional_api.database import Database, UnitOfWork
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import add, find_locked

PREFIX = "rvh"
# Made once: every request by key runs it.
_keys, _accounts = ApiKey.__table__, Account.__table__
_LIVE = (
    select(
        _keys.c.tenant_id,
        _keys.c.key_id,
        _keys.c.key_hash,
        _keys.c.roles,
        _keys.c.account_id,
        _accounts.c.status,
        _accounts.c.roles,
    )
    .join_from(
        _keys,
        _accounts,
        and_(_keys.c.tenant_id == _accounts.c.tenant_id, _keys.c.account_id == _accounts.c.account_id),
        isouter=True,
    )
    .where(_keys.c.key_id == bindparam("of_key"), _keys.c.revoked_at.is_(None))
)


class _Live(NamedTuple):
    """A key that is not revoked, and its account as it is now, if it has one."""

    tenant_id: str
    key_id: str
    key_hash: str
    roles: str
    account_id: str | None
    account_status: str | None
    account_roles: str | None


def create_key(
    unit: UnitOfWork, name: str, roles: Sequence[str] = ("admin",), account_id: str | None = None
) -> tuple[ApiKey, str]:
    """The row, and the key itself, which cannot be had again."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    row = ApiKey(
        tenant_id=unit.tenant_id,
        key_id=key_id,
        name=name,
        key_hash=hash_token(secret),
        roles=" ".join(known_roles(roles)),
        account_id=account_id,
        created_at=unit.now,
        created_by=unit.actor,
    )
    add(unit.session, row)
    return row, f"{PREFIX}_{key_id}_{secret}"


def revoke_key(unit: UnitOfWork, key_id: str) -> ApiKey:
    """From the next request on it is refused, also in dashboards that it opened; by other processes within a second."""
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


def known_roles(roles: Sequence[str]) -> tuple[str, ...]:
    """The same roles in order, each once. Raises RoleUnknown."""
    for role in roles:
        if role not in ROLES:
            raise RoleUnknown(role)
    return tuple(sorted(set(roles)))


def check_held(identity: Identity, roles: Sequence[str]) -> None:
    """Raises RoleNotHeld if the roles allow what their giver may not do."""
    if beyond := sorted(permissions_of(known_roles(roles)) - identity.permissions):
        raise RoleNotHeld(beyond[0])


def identify(database: Database, key: str) -> Identity:
    """Whose key it is. Raises KeyRefused; the time that it takes does not depend on how much of a key is right."""
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    row = _live(database, key_id) if prefix == PREFIX else None
    given = hash_token(secret)
    if row is None or not hmac.compare_digest(given, row.key_hash):
        raise KeyRefused
    return _identity(row)


def identify_by_id(database: Database, key_id: str) -> Identity:
    """For a session that a key has opened before. Raises KeyRefused once the key is revoked."""
    row = _live(database, key_id)
    if row is None:
        raise KeyRefused
    return _identity(row)


def _identity(row: _Live) -> Identity:
    """A key of an account may no more than the account may now, and nothing once the account is disabled."""
    roles = row.roles.split()
    if row.account_id is not None:
        if row.account_status != "active":
            raise KeyRefused
        held = permissions_of((row.account_roles or "").split())
        roles = [role for role in roles if permissions_of((role,)) <= held]
    return Identity.of(row.tenant_id, f"key:{row.key_id}", roles, row.account_id)


def _live(database: Database, key_id: str) -> _Live | None:
    if not (key_id.isascii() and key_id.isalnum()):
        return None
    row = database.glance(_LIVE, {"of_key": key_id})
    return None if row is None else _Live(*row)
