"""Quotes on the wire: amounts are decimals in text, in units of the quote's currency, without tax."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from transactional_api.kit.http import (
    AmountText,
    Body,
    CurrencyCode,
    DayText,
    Id,
    InstantText,
    Percent,
    Quantity,
    Result,
    Words,
)
from transactional_api.kit.money import to_minor, to_text
from transactional_api.quotes.rules import NewLine
from transactional_api.quotes.tables import Quote


class QuoteLineIn(Body):
    product_id: Id | None = None
    description: Words | None = None
    quantity: Quantity = Decimal(1)
    unit_amount: AmountText
    discount_percent: Percent = Decimal(0)
    service_starts_on: DayText | None = None
    service_ends_on: DayText | None = Field(None, description="Inclusive.")

    def line(self, currency: str, path: str) -> NewLine:
        values = self.model_dump(exclude={"unit_amount"})
        return NewLine(**values, unit_amount_minor=to_minor(self.unit_amount, currency, f"{path}unit_amount"))


class QuoteIn(Body):
    """`valid_until` is the first day on which the quote is over; 30 days from today (UTC) if absent. Payment terms
    default to the deal's, else 30 days; the currency to the deal's."""

    quote_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    currency: CurrencyCode | None = None
    payment_terms_days: Annotated[StrictInt, Field(ge=0, le=3650)] | None = None
    valid_until: DayText | None = None
    billing_interval: Literal["day", "week", "month", "quarter", "year"] | None = None
    lines: list[QuoteLineIn] = Field(min_length=1, max_length=200)


class QuoteLineOut(Result):
    line_no: int
    product_id: str | None
    description: str | None
    quantity: Quantity
    unit_amount: str
    discount_percent: Percent
    discount: str
    net_amount: str
    service_starts_on: DayText | None
    service_ends_on: DayText | None


class ViolationOut(Result):
    """`line_no` is null where the quote as a whole violates the rule."""

    rule_id: str
    outcome: str
    line_no: int | None
    message: str


class QuoteOut(Result):
    """`policy_id` is null where the standard template judged. `violations` are all of them, in the policy's order."""

    quote_id: str
    deal_id: str
    quote_no: int
    status: str
    verdict: str
    currency: str
    total: str
    payment_terms_days: int
    valid_until: DayText
    billing_interval: str | None
    policy_id: str | None
    policy_version: int | None
    policy_sha256: str
    approval_request_id: str | None
    created_at: InstantText
    created_by: str
    approved_at: InstantText | None
    violations: list[ViolationOut]
    lines: list[QuoteLineOut]

    @classmethod
    def of(cls, quote: Quote) -> "QuoteOut":
        facts = {name: getattr(quote, name, None) for name in cls.model_fields}
        facts["total"] = to_text(quote.total_minor, quote.currency)
        facts["violations"] = [
            {name: getattr(row, name, None) for name in ViolationOut.model_fields} for row in quote.violations
        ]
        facts["lines"] = [
            {name: getattr(row, name, None) for name in QuoteLineOut.model_fields}
            | {
                "unit_amount": to_text(row.unit_amount_minor, quote.currency),
                "discount": to_text(row.discount_minor, quote.currency),
                "net_amount": to_text(row.net_minor, quote.currency),
            }
            for row in quote.lines
        ]
        return cls.model_validate(facts)
