"""What the core asks of a provider of signatures, and what it hears from one.

A provider knows an envelope by our `reference` (a DocuSign custom field, Dropbox Sign metadata) and gives it one of its
own. It never touches the core's tables: it answers, the core writes. Addresses at which somebody signs may be
short-lived, so they are asked for again whenever they are needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from transactional_api.kit.errors import DomainError

if TYPE_CHECKING:
    from transactional_api.database import UnitOfWork

Status = Literal["sent", "signed", "declined", "expired", "voided"]


@dataclass(frozen=True)
class Order:
    """A document to be signed. `expires_at` is when nobody can sign it any more."""

    reference: str
    title: str
    document: bytes
    expires_at: datetime
    signer_name: str | None = None
    signer_email: str | None = None


@dataclass(frozen=True)
class Made:
    """`signing_address` is where the signer is sent; null where the provider itself writes to them."""

    provider_reference: str
    signing_address: str | None = None


@dataclass(frozen=True)
class Failed:
    """The provider certainly made nothing. `code` is its own word, without personal values."""

    code: str


@dataclass(frozen=True)
class Unknown:
    """No answer: it may or may not have been made. It is looked up later, never assumed."""


@dataclass(frozen=True)
class Heard:
    """Where an envelope stands. `event_id` is unique per message of the provider, so that it counts once."""

    reference: str
    status: Status
    happened_at: datetime
    event_id: str = ""
    provider_reference: str | None = None
    signer_name: str | None = None
    signer_email: str | None = None


class RetryLater(Exception):
    """The provider's limit of requests: nothing was done, ask again after so many seconds."""

    def __init__(self, after_seconds: float) -> None:
        super().__init__(f"ask again after {after_seconds} seconds")
        self.after_seconds = after_seconds


class WebhookRefused(DomainError):
    """A wrong signature, or a message from outside of the replay window."""

    status = 401
    title = "The message is not believed"

    def __init__(self) -> None:
        super().__init__("its signature is wrong, or it is too old")


class ESignProvider(Protocol):
    """`is_embedded`: answers inside of the core's transaction (`within`); any other is called outside of it."""

    name: str
    is_embedded: bool

    def within(self, unit: "UnitOfWork") -> "ESignProvider": ...

    def create(self, order: Order) -> Made | Failed | Unknown:
        """A second call with the same reference is the same envelope. Raises RetryLater."""
        ...

    def signing_address(self, reference: str, provider_reference: str) -> str | None:
        """Where to sign now. Raises RetryLater."""
        ...

    def look_up(self, reference: str, provider_reference: str | None) -> Heard | None:
        """None when there is no such envelope. Raises RetryLater."""
        ...

    def void(self, reference: str, provider_reference: str) -> None:
        """Nobody can sign it any more; does nothing where it is over. Raises RetryLater."""
        ...

    def read_webhook(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Heard:
        """Believed only with the right signature over the bytes as they came, and only within the provider's window.
        Header names are lower case. Raises WebhookRefused."""
        ...
