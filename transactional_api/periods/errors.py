"""Laws about closing months."""

from transactional_api.kit.errors import DomainError, ValueRefused


class MonthRefused(ValueRefused):
    def __init__(self) -> None:
        super().__init__("a month is text such as 2026-01", "month")


class PeriodNotOver(DomainError):
    title = "Only a month that is over is closed"

    def __init__(self, month: str) -> None:
        super().__init__(f"{month} is not over", "month")


class PeriodOutOfOrder(DomainError):
    """Months are closed one after the other, and reopened from the last one backwards."""

    title = "Months are closed and reopened in order"

    def __init__(self, month: str, expected: str, verb: str) -> None:
        super().__init__(f"{expected} is {verb} before {month}", "month")
        self.expected = expected


class PeriodClosed(DomainError):
    title = "The month is closed"

    def __init__(self, month: str) -> None:
        super().__init__(f"{month} is closed already", "month")


class PeriodNotClosed(DomainError):
    title = "The month is not closed"

    def __init__(self, month: str) -> None:
        super().__init__(f"{month} is not closed", "month")


class DraftsInPeriod(DomainError):
    """An invoice that is not posted could still become a fact of the month."""

    title = "Invoices of the month are not posted"

    def __init__(self, month: str, count: int, first: str) -> None:
        super().__init__(f"{count} invoices dated up to the end of {month} are not posted, such as {first!r}", "month")
        self.count = count


class PostingsOnTheirWay(DomainError):
    title = "The accounting system does not have the whole month"

    def __init__(self, month: str, count: int) -> None:
        super().__init__(f"{count} journals up to the end of {month} are not posted", "month")
        self.count = count
