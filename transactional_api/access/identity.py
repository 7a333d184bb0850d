"""Who calls, as the rest of the core sees it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from transactional_api.access.permissions import permissions_of


@dataclass(frozen=True)
class Identity:
    """A caller of one tenant. `actor` is the name in the change log; `account_id` is the person behind it, if any.

    A key that an account made acts for that account, so that nobody approves their own with a key of theirs.
    """

    tenant_id: str
    actor: str
    roles: tuple[str, ...]
    account_id: str | None = None
    permissions: frozenset[str] = field(default=frozenset(), compare=False)

    @classmethod
    def of(cls, tenant_id: str, actor: str, roles: Iterable[str], account_id: str | None = None) -> "Identity":
        roles = tuple(roles)
        return cls(tenant_id, actor, roles, account_id, permissions_of(roles))

    def may(self, permission: str) -> bool:
        return permission in self.permissions
