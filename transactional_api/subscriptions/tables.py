"""Subscriptions and the price periods of their items."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.kit.tables import (
    Base,
    after,
    amount,
    currency_code,
    decimal_range,
    one_of,
    reference,
)

INTERVALS = ("day", "week", "month", "quarter", "year")
CHURN_REASONS = ("voluntary", "involuntary")


class Subscription(Base):
    """One agreement in one currency. It ends where its periods end."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        reference("customer_id", "customers"),
        one_of("churn_reason", CHURN_REASONS),
        currency_code(),
        Index(None, "tenant_id", "customer_id"),
    )

    subscription_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    currency: Mapped[str]
    signed_on: Mapped[date | None]
    cancel_requested_on: Mapped[date | None]
    churn_reason: Mapped[str | None]

    periods: Mapped[list["SubscriptionPeriod"]] = relationship(
        back_populates="subscription",
        cascade="all, delete-orphan",
        order_by="SubscriptionPeriod.item_id, SubscriptionPeriod.started_on",
    )


class SubscriptionPeriod(Base):
    """One item at one price. `ended_on`, `trial_ends_on`, `discount_ends_on`, `paused_until` are exclusive."""

    __tablename__ = "subscription_periods"
    __table_args__ = (
        reference("subscription_id", "subscriptions"),
        reference("product_id", "products"),
        after("ended_on", "started_on"),
        after("paused_until", "paused_from"),
        CheckConstraint("paused_until IS NULL OR paused_from IS NOT NULL", name="paused_until_needs_paused_from"),
        one_of("billing_interval", INTERVALS),
        CheckConstraint("interval_count BETWEEN 1 AND 1000", name="interval_count_range"),
        amount("unit_amount_minor"),
        amount("minimum_commitment_minor"),
        decimal_range("quantity", "0", "1000000000000"),
        decimal_range("discount_percent", "0", "100"),
    )

    subscription_id: Mapped[str] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(primary_key=True)
    started_on: Mapped[date] = mapped_column(primary_key=True)
    product_id: Mapped[str | None]
    ended_on: Mapped[date | None]
    billing_interval: Mapped[str]
    interval_count: Mapped[int]
    unit_amount_minor: Mapped[int]
    quantity: Mapped[Decimal]
    discount_percent: Mapped[Decimal | None]
    discount_ends_on: Mapped[date | None]
    trial_ends_on: Mapped[date | None]
    paused_from: Mapped[date | None]
    paused_until: Mapped[date | None]
    minimum_commitment_minor: Mapped[int | None]

    subscription: Mapped[Subscription] = relationship(back_populates="periods")
