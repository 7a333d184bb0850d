"""Laws about contracts and what of them is earned."""

from datetime import date

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class ContractNotFound(NotFound):
    title = "No such contract"

    def __init__(self, contract_id: str, field: str = "contract_id") -> None:
        super().__init__("contract", contract_id, field)


class ObligationNotFound(NotFound):
    title = "No such obligation"

    def __init__(self, obligation_id: str, field: str = "obligation_id") -> None:
        super().__init__("obligation", obligation_id, field)


class ContractRefused(ValueRefused):
    """Values of a contract that do not hold together."""


class ModificationRefused(ValueRefused):
    """A change that its contract cannot have."""


class PriceBelowZero(DomainError):
    title = "A price does not fall below 0"

    def __init__(self, obligation_id: str) -> None:
        super().__init__(f"obligation {obligation_id!r} would have a negative price", "price_change")
        self.obligation_id = obligation_id


class NotMeasured(DomainError):
    """Progress is of obligations over the percentage of completion, a transfer of those at a point in time."""

    title = "The obligation is recognised in another way"

    def __init__(self, obligation_id: str, recognition: str) -> None:
        super().__init__(f"obligation {obligation_id!r} is recognised {recognition}", "obligation_id")
        self.recognition = recognition


class ProgressGoesBack(DomainError):
    title = "Progress is cumulative"

    def __init__(self, measured_on: date) -> None:
        super().__init__(f"on {measured_on} more or less was done than days before or after it say", "percent_complete")


class TransferKnown(DomainError):
    title = "The transfer is known already"

    def __init__(self, obligation_id: str, transferred_on: date) -> None:
        super().__init__(f"obligation {obligation_id!r} was transferred on {transferred_on}", "transferred_on")


class NotEarnedYet(DomainError):
    title = "Revenue is recognised up to today"

    def __init__(self, through: date) -> None:
        super().__init__(f"{through} is in the future", "through")
