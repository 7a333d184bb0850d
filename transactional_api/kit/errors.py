"""Broken laws of the domain. Each error names the law, says what broke it, and knows its HTTP status."""

import re
from typing import ClassVar


class DomainError(Exception):
    """A request that the domain refuses. `field` is the request's field at fault, where there is one."""

    status: ClassVar[int] = 409
    title: ClassVar[str] = "The request breaks a rule"

    def __init__(self, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field

    @classmethod
    def slug(cls) -> str:
        """The error's stable name in problem documents: `AllocationExceedsPayment` -> `allocation-exceeds-payment`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()


class NotFound(DomainError):
    """No such row in this tenant. A row of another tenant is answered in exactly the same way."""

    status = 404
    title = "Not found"

    def __init__(self, entity: str, entity_id: str, field: str | None = None) -> None:
        super().__init__(f"there is no {entity} {entity_id!r}", field)
        self.entity = entity
        self.entity_id = entity_id


class KeyTaken(DomainError):
    """The database has a row with that key in this tenant."""

    title = "Already exists"

    def __init__(self, table: str, field: str) -> None:
        super().__init__(f"another row of {table} has this {field}", field)
        self.table = table


class ValueRefused(DomainError):
    """A value that no state of the domain could accept."""

    status = 422
    title = "A value is not acceptable"


class ConstraintBroken(DomainError):
    """The database refused what the services let through: a race for one key, or a write around the rules."""

    title = "The database refused the change"
