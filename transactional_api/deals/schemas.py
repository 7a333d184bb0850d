"""Deals on the wire."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints

from transactional_api.deals.rules import STAGE_PATTERN
from transactional_api.deals.tables import Deal
from transactional_api.kit.http import (
    AmountText,
    Body,
    CurrencyCode,
    DayText,
    Id,
    InstantText,
    Percent,
    Result,
    Words,
)
from transactional_api.kit.money import to_text

Stage = Annotated[str, StringConstraints(pattern=STAGE_PATTERN)]
Days = Annotated[StrictInt, Field(ge=0, le=3650)]


class DealIn(Body):
    deal_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    created_at: InstantText
    stage: Stage
    customer_id: Id | None = None
    name: Words | None = None
    owner: Words | None = None
    product_id: Id | None = None
    amount: AmountText | None = None
    currency: CurrencyCode | None = None
    risk: Literal["low", "medium", "high"] | None = None
    discount_percent: Percent | None = None
    payment_terms_days: Days | None = None
    channel: Words | None = None
    competitor: Words | None = None
    expected_close_on: DayText | None = None


class DealChange(Body):
    """Only what is named changes; null takes a value away."""

    customer_id: Id | None = None
    name: Words | None = None
    owner: Words | None = None
    product_id: Id | None = None
    amount: AmountText | None = None
    currency: CurrencyCode | None = None
    risk: Literal["low", "medium", "high"] | None = None
    discount_percent: Percent | None = None
    payment_terms_days: Days | None = None
    channel: Words | None = None
    competitor: Words | None = None
    expected_close_on: DayText | None = None


class StageMove(Body):
    stage: Stage
    entered_at: InstantText


class Close(Body):
    """`closed_on` is the calendar date, in the tenant's time zone, of `closed_at`."""

    closed_at: InstantText
    closed_on: DayText
    reason: Words | None = None


class Touch(Body):
    touched_at: InstantText


class StageOut(Result):
    stage_no: int
    stage: str
    entered_at: InstantText


class DealOut(Result):
    deal_id: str
    customer_id: str | None
    name: str | None
    owner: str | None
    product_id: str | None
    stage: str
    amount: str | None
    currency: str | None
    risk: str | None
    discount_percent: Percent | None
    payment_terms_days: int | None
    channel: str | None
    competitor: str | None
    created_at: InstantText
    first_touch_at: InstantText | None
    quote_sent_at: InstantText | None
    signed_at: InstantText | None
    paid_at: InstantText | None
    closed_on: DayText | None
    expected_close_on: DayText | None
    close_reason: str | None
    envelope_id: str | None
    stages: list[StageOut]

    @classmethod
    def of(cls, deal: Deal) -> "DealOut":
        facts = {name: getattr(deal, name, None) for name in cls.model_fields if name != "stages"}
        if deal.amount_minor is not None and deal.currency is not None:
            facts["amount"] = to_text(deal.amount_minor, deal.currency)
        stages = [StageOut(stage_no=row.stage_no, stage=row.stage, entered_at=row.entered_at) for row in deal.stages]
        return cls.model_validate(facts | {"stages": stages})
