"""Laws about quotes."""

from datetime import date

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class QuoteNotFound(NotFound):
    title = "No such quote"

    def __init__(self, quote_id: str, field: str = "quote_id") -> None:
        super().__init__("quote", quote_id, field)


class QuoteLineRefused(ValueRefused):
    """A line that no quote could have."""


class ValidityRefused(ValueRefused):
    """A quote that would be over before it is made."""


class DealLost(DomainError):
    title = "The deal is lost"

    def __init__(self, deal_id: str) -> None:
        super().__init__(f"deal {deal_id!r} is lost")


class WrongQuoteState(DomainError):
    title = "The quote is in another state"

    def __init__(self, quote_id: str, status: str, wanted: str) -> None:
        super().__init__(f"quote {quote_id!r} is {status} and cannot be {wanted}")
        self.quote_id = quote_id
        self.quote_status = status


class QuoteOver(DomainError):
    title = "The quote is no longer valid"

    def __init__(self, quote_id: str, valid_until: date) -> None:
        super().__init__(f"quote {quote_id!r} was valid before {valid_until.isoformat()}")


class NothingApproved(DomainError):
    """Only an approved quote can be accepted."""

    title = "The deal has no approved quote"

    def __init__(self, deal_id: str) -> None:
        super().__init__(f"deal {deal_id!r} has no approved quote")
