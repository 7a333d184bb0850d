"""Quotes, their lines, and which rules they violated."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.kit.tables import Base, amount, currency_code, decimal_range, not_before, one_of, reference
from transactional_api.subscriptions.tables import INTERVALS

STATUSES = ("approved", "pending_approval", "blocked", "rejected", "superseded", "signed")
VERDICTS = ("pass", "route", "block")
OPEN = text("status IN ('approved', 'pending_approval', 'signed')")


class Quote(Base):
    """`facts` is what the policy was asked, so that it can be asked again. Without `policy_id` the standard template
    judged. A deal has at most one quote that is open or signed. `valid_until` is the first day on which it is over."""

    __tablename__ = "quotes"
    __table_args__ = (
        reference("deal_id", "deals"),
        reference("customer_id", "customers"),
        reference("policy_id", "policies"),
        reference("approval_request_id", "approval_requests", "request_id"),
        one_of("status", STATUSES),
        one_of("verdict", VERDICTS),
        one_of("billing_interval", INTERVALS),
        currency_code(),
        amount("total_minor"),
        CheckConstraint("quote_no >= 1", name="quote_no_range"),
        CheckConstraint("payment_terms_days BETWEEN 0 AND 3650", name="payment_terms_days_range"),
        CheckConstraint("(verdict = 'block') = (status = 'blocked')", name="blocked_when_judged_so"),
        CheckConstraint("status <> 'approved' OR approved_at IS NOT NULL", name="approved_at_when_approved"),
        CheckConstraint("(verdict = 'route') = (approval_request_id IS NOT NULL)", name="asked_when_routed"),
        UniqueConstraint("tenant_id", "deal_id", "quote_no"),
        Index(
            "uq_quotes_tenant_id_deal_id_open",
            "tenant_id",
            "deal_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
    )

    quote_id: Mapped[str] = mapped_column(primary_key=True)
    deal_id: Mapped[str]
    quote_no: Mapped[int]
    customer_id: Mapped[str | None]
    status: Mapped[str]
    verdict: Mapped[str]
    currency: Mapped[str]
    total_minor: Mapped[int]
    payment_terms_days: Mapped[int]
    valid_until: Mapped[date]
    billing_interval: Mapped[str | None]
    policy_id: Mapped[str | None]
    policy_version: Mapped[int | None]
    policy_sha256: Mapped[str]
    facts: Mapped[str] = mapped_column(Text)
    approval_request_id: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    approved_at: Mapped[datetime | None]

    lines: Mapped[list["QuoteLine"]] = relationship(order_by="QuoteLine.line_no", cascade="all, delete-orphan")
    violations: Mapped[list["QuoteViolation"]] = relationship(
        order_by="QuoteViolation.violation_no", cascade="all, delete-orphan"
    )


class QuoteLine(Base):
    """net = quantity x unit amount - discount, in minor units of the quote's currency, without tax."""

    __tablename__ = "quote_lines"
    __table_args__ = (
        reference("quote_id", "quotes"),
        reference("product_id", "products"),
        decimal_range("quantity", "0", "1000000000000"),
        decimal_range("discount_percent", "0", "100"),
        amount("unit_amount_minor"),
        amount("discount_minor"),
        amount("net_minor"),
        not_before("service_ends_on", "service_starts_on"),
        CheckConstraint("line_no >= 1", name="line_no_range"),
        CheckConstraint("(service_starts_on IS NULL) = (service_ends_on IS NULL)", name="service_has_both_days"),
    )
    personal_columns = ("description",)

    quote_id: Mapped[str] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    product_id: Mapped[str | None]
    description: Mapped[str | None]
    quantity: Mapped[Decimal]
    unit_amount_minor: Mapped[int]
    discount_percent: Mapped[Decimal]
    discount_minor: Mapped[int]
    net_minor: Mapped[int]
    service_starts_on: Mapped[date | None]
    service_ends_on: Mapped[date | None]


class QuoteViolation(Base):
    """One rule that did not hold, on one line or on the quote as a whole."""

    __tablename__ = "quote_violations"
    __table_args__ = (
        reference("quote_id", "quotes"),
        one_of("outcome", ("route", "block")),
        CheckConstraint("violation_no >= 1", name="violation_no_range"),
    )

    quote_id: Mapped[str] = mapped_column(primary_key=True)
    violation_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rule_id: Mapped[str]
    outcome: Mapped[str]
    line_no: Mapped[int | None]
    message: Mapped[str]
