"""Laws about who may call."""

from transactional_api.kit.errors import DomainError, NotFound


class KeyRefused(DomainError):
    """No key, an unknown one, or one that was revoked: the answer is the same."""

    status = 401
    title = "An API key is needed"

    def __init__(self) -> None:
        super().__init__("send a valid key as `Authorization: Bearer <key>`")


class KeyNotFound(NotFound):
    title = "No such key"

    def __init__(self, key_id: str) -> None:
        super().__init__("key", key_id, "key_id")


class OtherTenant(NotFound):
    """A request that names a tenant other than its key's is answered as if that tenant did not exist."""

    title = "No such tenant"

    def __init__(self, tenant_id: str) -> None:
        super().__init__("tenant", tenant_id, "tenant_id")
