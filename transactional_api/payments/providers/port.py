"""What the core asks of a provider of payments, and the answers that it understands.

A provider knows a call by our `reference` and treats a second call with the same one as the same call (Stripe's
`Idempotency-Key`, PayPal's `PayPal-Request-Id`). It never touches the core's tables: it answers, the core writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from transactional_api.kit.errors import DomainError

if TYPE_CHECKING:
    from transactional_api.database import UnitOfWork


@dataclass(frozen=True)
class Charge:
    """Take money. `method` is the provider's own word: a token of a card, a kind of a wallet.

    `is_repeated`: it was called before under this reference, and the answer did not arrive or was "later".
    """

    reference: str
    payment_id: str
    amount_minor: int
    currency: str
    method: str
    is_repeated: bool = False


@dataclass(frozen=True)
class Return:
    """Give a part of a charge back, or undo all of it. `charge_reference` is our reference of that charge."""

    kind: Literal["refund", "void"]
    reference: str
    charge_reference: str
    charge_provider_reference: str | None
    payment_id: str
    amount_minor: int
    currency: str
    method: str


@dataclass(frozen=True)
class Succeeded:
    """The money moved. `provider_reference` is the provider's own id of it."""

    provider_reference: str | None = None


@dataclass(frozen=True)
class Declined:
    """The money did not move and will not. `code` is a word, never a text about a person."""

    code: str
    provider_reference: str | None = None


@dataclass(frozen=True)
class Waiting:
    """Accepted, not decided: a bank is slow, or the payer has to act at `address` first."""

    address: str | None = None
    provider_reference: str | None = None


@dataclass(frozen=True)
class TimedOut:
    """No answer, or a broken one: it may have had its effect or not."""


@dataclass(frozen=True)
class TryLater:
    """Certainly no effect: refused for its rate, or never sent."""

    after_seconds: float = 0


@dataclass(frozen=True)
class NotThere:
    """The provider has never heard of the reference."""


Answer = Succeeded | Declined | Waiting | TimedOut | TryLater | NotThere


@dataclass(frozen=True)
class Event:
    """What a webhook says about the call that the provider knows by our reference."""

    reference: str
    answer: Answer


class WebhookRefused(DomainError):
    """Not signed by the provider, or too old. Which of them is not said."""

    status = 401
    title = "The webhook is not accepted"

    def __init__(self) -> None:
        super().__init__("the signature does not match, or the message is too old")


class PaymentProvider(Protocol):
    """No method raises for what can happen on a network: it answers `TimedOut` or `TryLater`.

    `is_embedded`: it decides at once and keeps its book in the core's database, inside of the transaction that asks.
    `is_not_there_final`: a call that `look_up` does not find after an hour will never have its effect. Only a provider
    that promises so may say it; of any other, refunds and voids are repeated until they are answered.
    """

    name: str
    is_embedded: bool
    is_not_there_final: bool

    def within(self, unit: "UnitOfWork") -> "PaymentProvider":
        """The provider for this transaction. A remote one is the same in each, and is called outside of all."""
        ...

    def charge(self, charge: Charge) -> Answer: ...

    def look_up(self, reference: str) -> Answer:
        """What became of an earlier call, a refund's or a void's too."""
        ...

    def refund(self, order: Return) -> Answer: ...

    def void(self, order: Return) -> Answer:
        """Undo the whole charge: release what was held, or give all of it back. `Succeeded` if nothing was taken."""
        ...

    def verify_webhook(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Event:
        """Raises WebhookRefused. `raw` are the bytes as they came, before anybody parsed them."""
        ...
