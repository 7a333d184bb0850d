"""Signing in, accounts, and API keys of the caller's own tenant."""

from fastapi import APIRouter, Request

from transactional_api.access import accounts, service
from transactional_api.access.accounts import SignIn
from transactional_api.access.boundary import CallerDep, own, reads, writes
from transactional_api.access.errors import LoginRefused, RefreshRefused
from transactional_api.access.schemas import (
    AccountChange,
    AccountIn,
    AccountOut,
    KeyIn,
    KeyOut,
    MeOut,
    NewAccountOut,
    NewKeyOut,
    OneTimeOut,
    PasswordBody,
    RefreshBody,
    SignInBody,
    TokensOut,
)
from transactional_api.database import UnitOfWork
from transactional_api.kit.http import Cursor, Limit, PageOf, listed
from transactional_api.kit.recording import ALL_TENANTS

router = APIRouter(tags=["access"])
public = APIRouter(prefix="/auth", tags=["access"])


@public.post("/token")
def sign_in(body: SignInBody, request: Request) -> TokensOut:
    """Login and password for a short access token and a refresh token."""
    tenant_id = _tenant(request, body.tenant)
    signed = accounts.sign_in(request.app.state.database, tenant_id, body.login, body.password)
    return _tokens(request, tenant_id, signed)


@public.post("/refresh")
def refresh(body: RefreshBody, request: Request) -> TokensOut:
    """The next pair of tokens. A refresh token is good once; shown again, every token of its sign-in is revoked."""
    tenant_id = _tenant(request, body.tenant)
    signed = accounts.refresh(request.app.state.database, tenant_id, body.refresh_token)
    if signed is None:
        raise RefreshRefused
    return _tokens(request, tenant_id, signed)


@public.post("/sign-out", status_code=204)
def sign_out(body: RefreshBody, request: Request) -> None:
    """The sign-in ends; its access token is good until it expires."""
    accounts.sign_out(request.app.state.database, _tenant(request, body.tenant), body.refresh_token)


@router.get("/auth/me", **own())
def me(caller: CallerDep) -> MeOut:
    identity = caller.identity
    return MeOut(
        tenant_id=identity.tenant_id,
        actor=identity.actor,
        account_id=identity.account_id,
        roles=list(identity.roles),
        permissions=sorted(identity.permissions),
    )


@router.post("/auth/password", status_code=204, **own())
def change_password(body: PasswordBody, caller: CallerDep) -> None:
    """The holder's own, by showing the old one. A key has no password."""
    account_id = caller.identity.account_id
    if account_id is None or not caller.identity.actor.startswith("account:"):
        raise LoginRefused
    with caller.write() as unit:
        accounts.change_password(unit, account_id, body.password, body.new_password)


@router.post("/accounts", status_code=201, **writes("accounts:write"))
def create_account(body: AccountIn, caller: CallerDep) -> NewAccountOut:
    """With a one-time password, shown in this answer only."""
    service.check_held(caller.identity, body.roles)

    def work(unit: UnitOfWork) -> NewAccountOut:
        account, password = accounts.create_account(unit, **body.model_dump())
        return NewAccountOut(**dict(AccountOut.of(account)), one_time_password=password)

    return caller.perform(work, shown_once="one_time_password")


@router.get("/accounts", **reads("accounts:read"))
def list_accounts(caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[AccountOut]:
    with caller.read() as unit:
        page = accounts.page(unit.session, cursor, limit)
        return listed(page, AccountOut.of)


@router.get("/accounts/{account_id}", **reads("accounts:read"))
def get_account(account_id: str, caller: CallerDep) -> AccountOut:
    with caller.read() as unit:
        return AccountOut.of(accounts.get_account(unit, account_id))


@router.patch("/accounts/{account_id}", **writes("accounts:write"))
def change_account(account_id: str, body: AccountChange, caller: CallerDep) -> AccountOut:
    changes = body.model_dump(exclude_unset=True)
    service.check_held(caller.identity, changes.get("roles", ()))

    def work(unit: UnitOfWork) -> AccountOut:
        service.check_held(caller.identity, accounts.get_account(unit, account_id).roles.split())
        return AccountOut.of(accounts.change_account(unit, account_id, changes))

    return caller.perform(work)


@router.post("/accounts/{account_id}/reset-password", **writes("accounts:write"))
def reset_password(account_id: str, caller: CallerDep) -> OneTimeOut:
    """A new one-time password, shown in this answer only; every sign-in of the account ends."""

    def work(unit: UnitOfWork) -> OneTimeOut:
        service.check_held(caller.identity, accounts.get_account(unit, account_id).roles.split())
        return OneTimeOut(account_id=account_id, one_time_password=accounts.reset_password(unit, account_id))

    return caller.perform(work, shown_once="one_time_password")


@router.post("/api-keys", status_code=201, **writes("accounts:write"))
def create_key(body: KeyIn, caller: CallerDep) -> NewKeyOut:
    """The key itself is shown in this answer only; sent again under its idempotency key, the answer has none."""
    service.check_held(caller.identity, body.roles)

    def work(unit: UnitOfWork) -> NewKeyOut:
        row, key = service.create_key(unit, body.name, body.roles, caller.identity.account_id)
        return NewKeyOut(**dict(KeyOut.of(row)), key=key)

    return caller.perform(work, shown_once="key")


@router.get("/api-keys", **reads("accounts:read"))
def list_keys(caller: CallerDep) -> PageOf[KeyOut]:
    """All keys of the tenant, revoked ones too."""
    with caller.read() as unit:
        return PageOf(items=[KeyOut.of(key) for key in service.list_keys(unit.session)], next_cursor=None)


@router.delete("/api-keys/{key_id}", **writes("accounts:write"))
def revoke_key(key_id: str, caller: CallerDep) -> KeyOut:
    return caller.perform(lambda unit: KeyOut.of(service.revoke_key(unit, key_id)))


def _tenant(request: Request, named: str | None) -> str:
    tenant_id: str = named or request.app.state.settings.default_tenant
    if tenant_id == ALL_TENANTS:
        raise LoginRefused
    return tenant_id


def _tokens(request: Request, tenant_id: str, signed: SignIn) -> TokensOut:
    tokens = request.app.state.access_tokens
    now = request.app.state.database.clock.now()
    return TokensOut(
        access_token=tokens.make(tenant_id, signed.account_id, signed.roles, now),
        expires_in_seconds=tokens.minutes * 60,
        refresh_token=signed.refresh_token,
        must_change_password=signed.must_change_password,
    )
