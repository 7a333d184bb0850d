"""Accounts: who signs in with a password, and the refresh tokens by which a sign-in lasts."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from transactional_api.access.errors import AccountNotFound, LastAdmin, LoginRefused, PasswordRefused
from transactional_api.access.secrets import hash_password, hash_token, is_password
from transactional_api.access.service import known_roles
from transactional_api.access.tables import Account, AccountSecret, RefreshToken
from transactional_api.database import Database, UnitOfWork
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import add, find, find_locked

ADMIN = "admin"
MIN_PASSWORD, MAX_PASSWORD = 12, 200
FAILURES_BEFORE_WAIT = 10
WAIT = timedelta(minutes=15)
REFRESH_DAYS = 30


@dataclass(frozen=True)
class SignIn:
    """A sign-in that held. `roles` are empty while the password is the one-time one: it serves to set another."""

    account_id: str
    roles: tuple[str, ...]
    refresh_token: str
    must_change_password: bool


def create_account(
    unit: UnitOfWork,
    *,
    login: str,
    roles: Sequence[str],
    display_name: str | None = None,
    account_id: str | None = None,
) -> tuple[Account, str]:
    """The account, and the one-time password with which its holder sets one of their own."""
    account = Account(
        tenant_id=unit.tenant_id,
        account_id=id_or_new(account_id, "acc", "account_id"),
        login=login,
        display_name=display_name,
        roles=" ".join(known_roles(roles)),
        status="active",
        created_at=unit.now,
        password_changed_at=unit.now,
    )
    add(unit.session, account)
    return account, _give_one_time(unit, account)


def change_account(unit: UnitOfWork, account_id: str, changes: Mapping[str, Any]) -> Account:
    """Display name, roles or status. Disabling ends every sign-in of the account."""
    account = _locked(unit, account_id)
    was_admin = account.status == "active" and ADMIN in account.roles.split()
    if "roles" in changes:
        account.roles = " ".join(known_roles(changes["roles"]))
    if "display_name" in changes:
        account.display_name = changes["display_name"]
    if "status" in changes:
        account.status = changes["status"]
    if account.status != "active":
        _revoke(unit, RefreshToken.account_id == account_id)
    unit.session.flush()
    if was_admin and not _has_admin(unit.session):
        raise LastAdmin
    return account


def reset_password(unit: UnitOfWork, account_id: str) -> str:
    """A new one-time password; the old one and every sign-in end."""
    account = _locked(unit, account_id)
    account.password_changed_at = unit.now
    _revoke(unit, RefreshToken.account_id == account_id)
    return _give_one_time(unit, account)


def change_password(unit: UnitOfWork, account_id: str, password: str, new_password: str) -> Account:
    """By the holder, who shows the old one. Every other sign-in of the account ends."""
    account = _locked(unit, account_id)
    secret = find_locked(unit.session, AccountSecret, account_id)
    if secret is None or not is_password(password, secret.password_hash):
        raise LoginRefused
    if not MIN_PASSWORD <= len(new_password) <= MAX_PASSWORD:
        raise PasswordRefused(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters", "new_password")
    if new_password == password:
        raise PasswordRefused("the new password is the old one", "new_password")
    secret.password_hash = hash_password(new_password)
    secret.is_one_time = 0
    account.password_changed_at = unit.now
    _revoke(unit, RefreshToken.account_id == account_id)
    return account


def sign_in(database: Database, tenant_id: str, login: str, password: str) -> SignIn:
    """Raises LoginRefused. A failure is counted in a transaction of its own, so that it stays."""
    with database.read(tenant_id) as unit:
        account = _by_login(unit.session, login)
        secret = find(unit.session, AccountSecret, account.account_id) if account else None
    is_right = is_password(password, secret.password_hash if secret else None)
    if account is None or secret is None:
        raise LoginRefused
    with database.transaction(tenant_id, f"account:{account.account_id}") as unit:
        signed = _count(unit, account.account_id, secret.password_hash, is_right)
    if signed is None:
        raise LoginRefused
    return signed


def refresh(database: Database, tenant_id: str, token: str) -> SignIn | None:
    """A new refresh token for a used up one; None if it is not valid. Reuse revokes the whole family."""
    with database.transaction(tenant_id, "refresh") as unit:
        old = find_locked(unit.session, RefreshToken, hash_token(token))
        if old is None:
            return None
        account = find_locked(unit.session, Account, old.account_id)
        if old.used_at is not None or account is None or account.status != "active":
            _revoke(unit, RefreshToken.family_id == old.family_id)
            return None
        if old.revoked_at is not None or old.expires_at <= unit.now:
            return None
        old.used_at = unit.now
        secret = find(unit.session, AccountSecret, account.account_id)
        is_one_time = secret is None or bool(secret.is_one_time)
        roles = () if is_one_time else tuple(account.roles.split())
        return SignIn(account.account_id, roles, _give_refresh(unit, account.account_id, old.family_id), is_one_time)


def sign_out(database: Database, tenant_id: str, token: str) -> None:
    """The sign-in to which the token belongs ends. An unknown token is no error: there is nothing left to end."""
    with database.transaction(tenant_id, "sign-out") as unit:
        row = find_locked(unit.session, RefreshToken, hash_token(token))
        if row is not None:
            _revoke(unit, RefreshToken.family_id == row.family_id)


def ensure_admin(database: Database, tenant_id: str) -> str | None:
    """On the first run of a tenant: the account `admin`, whose one-time password the caller shows once."""
    with database.read(tenant_id) as unit:
        if _any_account(unit.session):
            return None
    with database.transaction(tenant_id, "first-run") as unit:
        unit.session.hold_tenant()
        if _any_account(unit.session):
            return None
        return create_account(unit, login=ADMIN, roles=(ADMIN,))[1]


def one_time_for_admin(database: Database, tenant_id: str) -> str:
    """For whoever runs the machine: a new tenant's admin, or one who forgot. Ends the admin's sign-ins."""
    made = ensure_admin(database, tenant_id)
    if made is not None:
        return made
    with database.transaction(tenant_id, "command-line") as unit:
        account = _by_login(unit.session, ADMIN)
        if account is None:
            return create_account(unit, login=ADMIN, roles=(ADMIN,))[1]
        change_account(unit, account.account_id, {"roles": (ADMIN,), "status": "active"})
        return reset_password(unit, account.account_id)


def get_account(unit: UnitOfWork, account_id: str, field: str = "account_id") -> Account:
    account = find(unit.session, Account, account_id)
    if account is None:
        raise AccountNotFound(account_id, field)
    return account


def active_account(database: Database, tenant_id: str, account_id: str) -> Account | None:
    """For a session that the account has opened before."""
    with database.read(tenant_id) as unit:
        account = find(unit.session, Account, account_id)
        return account if account is not None and account.status == "active" else None


def page(session: RecordedSession, cursor: str | None, limit: int) -> Page[Account]:
    query = select(Account).where(Account.tenant_id == session.of_tenant)
    return page_by_key(session, query, (Account.account_id,), cursor, limit)


def _count(unit: UnitOfWork, account_id: str, checked_hash: str, is_right: bool) -> SignIn | None:
    """Judges the attempt on the locked row: of many at once, each counts, and none passes a wait that has begun."""
    account = _locked(unit, account_id)
    secret = find_locked(unit.session, AccountSecret, account_id)
    if secret is None or secret.password_hash != checked_hash or account.status != "active":
        return None
    if secret.locked_until is not None and secret.locked_until > unit.now:
        return None
    if not is_right:
        secret.failed_attempts += 1
        if secret.failed_attempts % FAILURES_BEFORE_WAIT == 0:
            secret.locked_until = unit.now + WAIT
        return None
    secret.failed_attempts = 0
    secret.locked_until = None
    roles = () if secret.is_one_time else tuple(account.roles.split())
    token = _give_refresh(unit, account_id, secrets.token_hex(12))
    return SignIn(account_id, roles, token, bool(secret.is_one_time))


def _give_refresh(unit: UnitOfWork, account_id: str, family_id: str) -> str:
    token = secrets.token_urlsafe(32)
    unit.session.add(
        RefreshToken(
            token_hash=hash_token(token),
            family_id=family_id,
            account_id=account_id,
            expires_at=unit.now + timedelta(days=REFRESH_DAYS),
        )
    )
    return token


def _give_one_time(unit: UnitOfWork, account: Account) -> str:
    password = secrets.token_urlsafe(18)
    secret = find_locked(unit.session, AccountSecret, account.account_id)
    if secret is None:
        secret = AccountSecret(account_id=account.account_id, failed_attempts=0)
        add(unit.session, secret)
    secret.password_hash = hash_password(password)
    secret.is_one_time = 1
    secret.failed_attempts = 0
    secret.locked_until = None
    return password


def _revoke(unit: UnitOfWork, which: Any) -> None:
    unit.session.flush()
    unit.session.execute(
        update(RefreshToken)
        .where(RefreshToken.tenant_id == unit.tenant_id, RefreshToken.revoked_at.is_(None), which)
        .values(revoked_at=unit.now)
    )


def _has_admin(session: RecordedSession) -> bool:
    roles = session.scalars(
        select(Account.roles).where(Account.tenant_id == session.of_tenant, Account.status == "active")
    )
    return any(ADMIN in each.split() for each in roles)


def _any_account(session: RecordedSession) -> bool:
    return session.scalar(select(Account.account_id).where(Account.tenant_id == session.of_tenant).limit(1)) is not None


def _by_login(session: RecordedSession, login: str) -> Account | None:
    query = select(Account).where(Account.tenant_id == session.of_tenant, Account.login == login)
    return session.scalars(query).one_or_none()


def _locked(unit: UnitOfWork, account_id: str) -> Account:
    account = find_locked(unit.session, Account, account_id)
    if account is None:
        raise AccountNotFound(account_id)
    return account
