"""Subscriptions on the wire: amounts are decimals in text, in units of the subscription's currency."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt

from transactional_api.kit.http import AmountText, Body, CurrencyCode, DayText, Id, Percent, Quantity, Result
from transactional_api.kit.money import to_minor, to_text
from transactional_api.subscriptions.rules import Period
from transactional_api.subscriptions.tables import Subscription

Interval = Literal["day", "week", "month", "quarter", "year"]
Count = Annotated[StrictInt, Field(ge=1, le=1000)]


class ItemIn(Body):
    item_id: Id
    started_on: DayText
    billing_interval: Interval
    unit_amount: AmountText
    interval_count: Count = 1
    quantity: Quantity = Decimal(1)
    product_id: Id | None = None
    ended_on: DayText | None = Field(None, description="Exclusive; absent = open-ended.")
    discount_percent: Percent | None = None
    discount_ends_on: DayText | None = None
    trial_ends_on: DayText | None = None
    minimum_commitment: AmountText | None = None

    def period(self, currency: str, path: str = "") -> Period:
        values = self.model_dump(exclude={"unit_amount", "minimum_commitment"})
        return Period(**values, **minor_terms(self, currency, path))


class SubscriptionIn(Body):
    subscription_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    customer_id: Id
    currency: CurrencyCode
    signed_on: DayText | None = None
    items: list[ItemIn] = Field(min_length=1, max_length=200)


class TermsChange(Body):
    """From `effective_on` the item has the terms that are named; the others stay."""

    item_id: Id
    effective_on: DayText
    unit_amount: AmountText | None = None
    quantity: Quantity | None = None
    product_id: Id | None = None
    discount_percent: Percent | None = None
    discount_ends_on: DayText | None = None
    minimum_commitment: AmountText | None = None
    billing_interval: Interval | None = None
    interval_count: Count | None = None

    def terms(self, currency: str) -> dict[str, Any]:
        """Terms that are absent or null stay, but a discount or a commitment that is null ends."""
        named = self.model_dump(exclude_unset=True, exclude={"item_id", "effective_on"})
        may_end = {"product_id", "discount_percent", "discount_ends_on", "minimum_commitment"}
        kept = {name: value for name, value in named.items() if value is not None or name in may_end}
        amounts = minor_terms(self, currency, "")
        for name in ("unit_amount", "minimum_commitment"):
            if name in kept:
                kept[f"{name}_minor"] = amounts[f"{name}_minor"]
                del kept[name]
        return kept


class ItemEnd(Body):
    ended_on: DayText


class Pause(Body):
    paused_from: DayText
    paused_until: DayText | None = Field(None, description="Exclusive; absent = until resumed.")


class Resume(Body):
    resumed_on: DayText


class Cancel(Body):
    ended_on: DayText = Field(description="The first day without service.")
    requested_on: DayText | None = None
    churn_reason: Literal["voluntary", "involuntary"] = "voluntary"


class PeriodOut(Result):
    item_id: str
    started_on: DayText
    ended_on: DayText | None
    product_id: str | None
    billing_interval: str
    interval_count: int
    unit_amount: str
    quantity: Quantity
    discount_percent: Percent | None
    discount_ends_on: DayText | None
    trial_ends_on: DayText | None
    paused_from: DayText | None
    paused_until: DayText | None
    minimum_commitment: str | None


class SubscriptionOut(Result):
    subscription_id: str
    customer_id: str
    currency: str
    signed_on: DayText | None
    cancel_requested_on: DayText | None
    churn_reason: str | None
    periods: list[PeriodOut]

    @classmethod
    def of(cls, subscription: Subscription) -> "SubscriptionOut":
        currency = subscription.currency
        periods = []
        for row in sorted(subscription.periods, key=lambda row: (row.item_id, row.started_on)):
            values = {name: getattr(row, name, None) for name in PeriodOut.model_fields}
            committed = row.minimum_commitment_minor
            values["unit_amount"] = to_text(row.unit_amount_minor, currency)
            values["minimum_commitment"] = None if committed is None else to_text(committed, currency)
            periods.append(PeriodOut.model_validate(values))
        facts = {name: getattr(subscription, name, None) for name in cls.model_fields if name != "periods"}
        return cls.model_validate(facts | {"periods": periods})


def minor_terms(terms: "ItemIn | TermsChange", currency: str, path: str) -> dict[str, Any]:
    def minor(field: str, text: str | None) -> int | None:
        return None if text is None else to_minor(text, currency, f"{path}{field}")

    return {
        "unit_amount_minor": minor("unit_amount", terms.unit_amount),
        "minimum_commitment_minor": minor("minimum_commitment", terms.minimum_commitment),
    }
