"""Laws about who may call, and about accounts."""

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class KeyRefused(DomainError):
    """No key or token, an unknown one, or one that is revoked or expired: the answer is the same."""

    status = 401
    title = "A valid key or token is needed"

    def __init__(self) -> None:
        super().__init__("send a valid API key or access token as `Authorization: Bearer …`")


class TokenRefused(KeyRefused):
    """An access token that this core did not sign, or whose time is over."""


class LoginRefused(DomainError):
    """Unknown tenant, unknown login, wrong password, disabled or locked account: the answer is the same."""

    status = 401
    title = "Login or password is wrong"

    def __init__(self) -> None:
        super().__init__("no active account has this login and password; after ten failures it waits")


class RefreshRefused(DomainError):
    """Unknown, expired, revoked, or used before: then the whole family of tokens is revoked."""

    status = 401
    title = "The refresh token is not valid"

    def __init__(self) -> None:
        super().__init__("sign in again", "refresh_token")


class Forbidden(DomainError):
    status = 403
    title = "The caller may not do this"

    def __init__(self, permission: str) -> None:
        super().__init__(f"this needs the permission {permission}")
        self.permission = permission


class PasswordRefused(ValueRefused):
    title = "The password is not acceptable"


class RoleUnknown(ValueRefused):
    def __init__(self, role: str) -> None:
        super().__init__(f"there is no role {role!r}", "roles")


class RoleNotHeld(DomainError):
    """Nobody gives away more than they have."""

    status = 403
    title = "A role that the caller does not have"

    def __init__(self, permission: str) -> None:
        super().__init__(f"the roles allow {permission}, which the caller may not", "roles")


class LastAdmin(DomainError):
    title = "A tenant keeps an admin"

    def __init__(self) -> None:
        super().__init__("no other active account has the role admin", "roles")


class KeyNotFound(NotFound):
    title = "No such key"

    def __init__(self, key_id: str) -> None:
        super().__init__("key", key_id, "key_id")


class AccountNotFound(NotFound):
    title = "No such account"

    def __init__(self, account_id: str, field: str = "account_id") -> None:
        super().__init__("account", account_id, field)


class OtherTenant(NotFound):
    """A request that names a tenant other than its key's is answered as if that tenant did not exist."""

    title = "No such tenant"

    def __init__(self, tenant_id: str) -> None:
        super().__init__("tenant", tenant_id, "tenant_id")
