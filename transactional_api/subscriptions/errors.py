"""Laws about subscriptions."""

from datetime import date

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class SubscriptionNotFound(NotFound):
    title = "No such subscription"

    def __init__(self, subscription_id: str, field: str = "subscription_id") -> None:
        super().__init__("subscription", subscription_id, field)


class SubscriptionWithoutItems(ValueRefused):
    def __init__(self) -> None:
        super().__init__("a subscription starts with at least one item", "items")


class PeriodRefused(ValueRefused):
    """A period that would end before it begins, or has a value out of its range."""


class ItemNotRunning(DomainError):
    title = "The item does not run on that day"

    def __init__(self, item_id: str, day: date) -> None:
        super().__init__(f"item {item_id!r} has no period on {day}", "item_id")
        self.item_id = item_id
        self.day = day


class PeriodsOverlap(DomainError):
    title = "Two periods of one item overlap"

    def __init__(self, item_id: str, day: date) -> None:
        super().__init__(f"item {item_id!r} has a period from {day} already, or one that runs into it", "items")
        self.item_id = item_id
        self.day = day


class AlreadyPaused(DomainError):
    title = "Two pauses overlap"

    def __init__(self, item_id: str, paused_from: date) -> None:
        super().__init__(f"item {item_id!r} has a pause from {paused_from}", "paused_from")
        self.item_id = item_id
        self.paused_from = paused_from


class NotPaused(DomainError):
    title = "The subscription is not paused"

    def __init__(self, day: date) -> None:
        super().__init__(f"nothing is paused on {day}", "resumed_on")
        self.day = day


class NothingRunsThen(DomainError):
    title = "The subscription does not run then"

    def __init__(self, day: date, field: str) -> None:
        super().__init__(f"no item runs on or after {day}", field)
        self.day = day


class EndedBeforeItStarts(DomainError):
    title = "The end does not come after the start"

    def __init__(self, started_on: date, ended_on: date) -> None:
        super().__init__(f"what starts on {started_on} cannot end on {ended_on}", "ended_on")
        self.started_on = started_on
        self.ended_on = ended_on


class AlreadyCancelled(DomainError):
    title = "The subscription is cancelled"

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"subscription {subscription_id!r} is cancelled")
        self.subscription_id = subscription_id


class LastItem(DomainError):
    title = "A subscription keeps one item"

    def __init__(self, item_id: str) -> None:
        super().__init__(f"{item_id!r} is the last item that runs: cancel the subscription", "item_id")
        self.item_id = item_id
