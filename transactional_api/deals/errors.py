"""Laws about deals."""

from datetime import datetime

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class DealNotFound(NotFound):
    title = "No such deal"

    def __init__(self, deal_id: str, field: str = "deal_id") -> None:
        super().__init__("deal", deal_id, field)


class StageRefused(ValueRefused):
    """Not a stage's name, or one that a deal only reaches by being closed."""


class DealClosed(DomainError):
    title = "The deal is closed"

    def __init__(self, deal_id: str, stage: str) -> None:
        super().__init__(f"deal {deal_id!r} is {stage}")
        self.deal_id = deal_id
        self.stage = stage


class StageOutOfOrder(DomainError):
    title = "A stage is entered after the one before it"

    def __init__(self, entered_at: datetime, last: datetime, field: str = "entered_at") -> None:
        super().__init__(f"{entered_at.isoformat()} is before {last.isoformat()}", field)
        self.entered_at = entered_at
        self.last = last


class SameStage(DomainError):
    title = "The deal is in that stage"

    def __init__(self, deal_id: str, stage: str) -> None:
        super().__init__(f"deal {deal_id!r} is in stage {stage!r}", "stage")
        self.deal_id = deal_id
        self.stage = stage


class TouchedBeforeCreated(DomainError):
    title = "A deal is touched after it was created"

    def __init__(self, touched_at: datetime, created_at: datetime) -> None:
        super().__init__(f"{touched_at.isoformat()} is before {created_at.isoformat()}", "touched_at")
        self.touched_at = touched_at
        self.created_at = created_at


class CustomerWasQuoted(DomainError):
    title = "The deal's customer has a quote"

    def __init__(self, deal_id: str, quote_id: str) -> None:
        super().__init__(f"quote {quote_id!r} of deal {deal_id!r} was made to its customer", "customer_id")
        self.deal_id = deal_id
        self.quote_id = quote_id
