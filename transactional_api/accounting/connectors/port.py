"""What the core asks of an accounting system. Credentials (OAuth tokens and their refreshing) are the connector's own.

A document carries our reference, under which the system finds it again, so that a crash between its commit and ours
posts nothing twice: whoever does not know how a call ended asks `find` first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Protocol, runtime_checkable


class RetryLater(Exception):
    """Nothing was posted, or it is not known: a rate limit, a time-out, a system that is away."""

    def __init__(self, after_seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds
        self.reason = reason


class Refused(Exception):
    """The system will never take the document as it is, such as an account that it does not have."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AuthorisationExpired(Exception):
    """Somebody has to connect the system again; until then documents wait."""


@dataclass(frozen=True)
class AccountLine:
    """Minor units. `purpose` says what the account is for, whatever its number (see `accounting.rules`)."""

    purpose: str
    detail: str | None
    account: str
    account_name: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True)
class Document:
    """A document as the ledger sees it. `party_id` is our id of the customer or vendor; it holds no personal value."""

    kind: str
    document_id: str
    reference: str
    posted_on: date
    currency: str
    party_id: str | None
    number: str | None
    due_on: date | None
    lines: tuple[AccountLine, ...]


class AccountingConnector(Protocol):
    """`is_at_hand`: answers at once, so that a document need not wait for the next round of the job."""

    name: ClassVar[str]
    is_at_hand: ClassVar[bool]

    def post(self, tenant_id: str, document: Document) -> str:
        """The system's own id. Raises RetryLater, Refused or AuthorisationExpired."""

    def find(self, tenant_id: str, document: Document) -> str | None:
        """The id under which the document's reference is known there already."""

    def reverse(self, tenant_id: str, external_id: str, document: Document) -> str:
        """Take the document of that id back; `document` is the reversal, with a reference of its own."""


@runtime_checkable
class TakesMany(Protocol):
    """A connector that takes documents, none of which was sent before, in one call: all or none of them."""

    def post_all(self, tenant_id: str, documents: Sequence[Document]) -> list[str]:
        """The system's own ids, in the order of the documents. Raises as `post` does."""
