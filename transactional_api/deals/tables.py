"""Deals and the history of their stages."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.kit.tables import Base, amount, currency_code, decimal_range, one_of, reference

RISKS = ("low", "medium", "high")


class Deal(Base):
    """`amount_minor` may be unknown; it is then null, never 0. `envelope_id` is the last one that was sent out."""

    __tablename__ = "deals"
    __table_args__ = (
        reference("customer_id", "customers"),
        reference("product_id", "products"),
        amount("amount_minor"),
        one_of("risk", RISKS),
        currency_code(),
        decimal_range("discount_percent", "0", "100"),
        CheckConstraint("payment_terms_days BETWEEN 0 AND 3650", name="payment_terms_days_range"),
        CheckConstraint("currency IS NOT NULL OR amount_minor IS NULL", name="amount_has_currency"),
        CheckConstraint("(stage IN ('won', 'lost')) = (closed_on IS NOT NULL)", name="closed_on_when_closed"),
        Index(None, "tenant_id", "stage"),
    )
    personal_columns = ("name", "owner", "close_reason")

    deal_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str | None]
    name: Mapped[str | None]
    owner: Mapped[str | None]
    product_id: Mapped[str | None]
    stage: Mapped[str]
    amount_minor: Mapped[int | None]
    currency: Mapped[str | None]
    risk: Mapped[str | None]
    discount_percent: Mapped[Decimal | None]
    payment_terms_days: Mapped[int | None]
    channel: Mapped[str | None]
    competitor: Mapped[str | None]
    created_at: Mapped[datetime]
    first_touch_at: Mapped[datetime | None]
    quote_sent_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    closed_on: Mapped[date | None]
    expected_close_on: Mapped[date | None]
    close_reason: Mapped[str | None]
    envelope_id: Mapped[str | None]

    stages: Mapped[list["DealStage"]] = relationship(
        back_populates="deal", cascade="all, delete-orphan", order_by="DealStage.stage_no"
    )


class DealStage(Base):
    """A stage entered, numbered from 1 within its deal. The last one is the deal's current stage."""

    __tablename__ = "deal_stages"
    __table_args__ = (
        reference("deal_id", "deals"),
        CheckConstraint("stage_no >= 1", name="stage_no_range"),
    )

    deal_id: Mapped[str] = mapped_column(primary_key=True)
    stage_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stage: Mapped[str]
    entered_at: Mapped[datetime]

    deal: Mapped[Deal] = relationship(back_populates="stages")
