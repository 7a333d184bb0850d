"""Accounts, tokens and keys on the wire. No hash ever leaves."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from transactional_api.access.tables import Account, ApiKey
from transactional_api.kit.http import Body, Id, InstantText, Result, Words

RoleName = Literal["admin", "analyst", "approver", "auditor", "finance", "sales"]
Roles = Annotated[list[RoleName], Field(min_length=1, max_length=6)]
Login = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f]+$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SignInBody(Body):
    login: Login
    password: Password
    tenant: Id | None = Field(None, description="Without one: the tenant that this server was started for.")


class RefreshBody(Body):
    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    tenant: Id | None = None


class PasswordBody(Body):
    password: Password
    new_password: Annotated[str, StringConstraints(min_length=12, max_length=200)]


class TokensOut(Result):
    """`must_change_password`: the access token serves for `POST /auth/password` alone."""

    access_token: str
    expires_in_seconds: int
    refresh_token: str
    must_change_password: bool


class MeOut(Result):
    tenant_id: str
    actor: str
    account_id: str | None
    roles: list[str]
    permissions: list[str]


class AccountIn(Body):
    account_id: Id | None = None
    login: Login
    display_name: Words | None = None
    roles: Roles


class AccountChange(Body):
    display_name: Words | None = None
    roles: Roles = Field(default_factory=list)
    status: Literal["active", "disabled"] = "active"


class AccountOut(Result):
    account_id: str
    login: str
    display_name: str | None
    roles: list[str]
    status: str
    created_at: InstantText
    password_changed_at: InstantText

    @classmethod
    def of(cls, account: Account) -> "AccountOut":
        facts = {name: getattr(account, name) for name in cls.model_fields}
        return cls.model_validate(facts | {"roles": account.roles.split()})


class NewAccountOut(AccountOut):
    """`one_time_password` is shown in the first answer only; when the request is sent again it is null."""

    one_time_password: str | None


class OneTimeOut(Result):
    account_id: str
    one_time_password: str | None


class KeyIn(Body):
    name: Words
    roles: Annotated[Roles, Field(description="None of them may allow more than you may.")]


class KeyOut(Result):
    key_id: str
    name: str
    roles: list[str]
    created_at: InstantText
    created_by: str
    revoked_at: InstantText | None
    revoked_by: str | None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyOut":
        facts = {name: getattr(key, name) for name in cls.model_fields}
        return cls.model_validate(facts | {"roles": key.roles.split()})


class NewKeyOut(KeyOut):
    """`key` is shown in the first answer only; when the request is sent again it is null."""

    key: str | None
