"""The tenant's own rates, where it is registered, and what it filed."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.money import MAX_MINOR
from transactional_api.kit.tables import (
    Base,
    after,
    amount,
    currency_code,
    decimal_range,
    not_before,
    one_of,
)

STATUSES = ("open", "filed", "paid")
_IS_HOME = text("is_home = 1")


class TaxRate(Base):
    """A rate of the tenant's own; it stands before the packaged ones. `rate` is a fraction."""

    __tablename__ = "tax_rates"
    __table_args__ = (
        decimal_range("rate", "0", "1"),
        after("valid_until", "valid_from"),
        UniqueConstraint("tenant_id", "jurisdiction", "kind", "category", "valid_from"),
    )

    rate_id: Mapped[str] = mapped_column(primary_key=True)
    jurisdiction: Mapped[str]
    kind: Mapped[str]
    category: Mapped[str]
    rate: Mapped[Decimal]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class TaxRegistration(Base):
    """Where the tenant collects tax; one is its home. A sole trader's number is a person's, so it is not logged."""

    __tablename__ = "tax_registrations"
    __table_args__ = (
        CheckConstraint("is_home IN (0, 1)", name="is_home_known"),
        after("registered_until", "registered_from"),
        Index(
            "uq_tax_registrations_home",
            "tenant_id",
            unique=True,
            sqlite_where=_IS_HOME,
            postgresql_where=_IS_HOME,
        ),
    )
    personal_columns = ("number",)

    jurisdiction: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str | None]
    is_home: Mapped[int]
    registered_from: Mapped[date]
    registered_until: Mapped[date | None]


class TaxFiling(Base):
    """One jurisdiction and period. Amounts in minor units of `currency`; `net_due` may be money to come back."""

    __tablename__ = "tax_filings"
    __table_args__ = (
        one_of("status", STATUSES),
        currency_code(),
        not_before("period_ends_on", "period_starts_on"),
        not_before("due_on", "period_ends_on"),
        after("filed_on", "period_ends_on"),
        not_before("paid_on", "filed_on"),
        amount("taxable_minor", -MAX_MINOR),
        amount("exempt_minor", -MAX_MINOR),
        amount("zero_rated_minor", -MAX_MINOR),
        amount("reverse_charge_minor", -MAX_MINOR),
        amount("tax_charged_minor"),
        amount("tax_credited_minor"),
        CheckConstraint("net_due_minor = tax_charged_minor - tax_credited_minor", name="net_due"),
        CheckConstraint("(status = 'open') = (filed_on IS NULL)", name="filed_on_when_filed"),
        CheckConstraint("(status = 'paid') = (paid_on IS NOT NULL)", name="paid_on_when_paid"),
        CheckConstraint("is_derived IN (0, 1)", name="is_derived_known"),
        UniqueConstraint("tenant_id", "jurisdiction", "period_starts_on"),
    )

    filing_id: Mapped[str] = mapped_column(primary_key=True)
    jurisdiction: Mapped[str]
    period_starts_on: Mapped[date]
    period_ends_on: Mapped[date]
    currency: Mapped[str]
    taxable_minor: Mapped[int]
    exempt_minor: Mapped[int]
    zero_rated_minor: Mapped[int]
    reverse_charge_minor: Mapped[int]
    tax_charged_minor: Mapped[int]
    tax_credited_minor: Mapped[int]
    net_due_minor: Mapped[int]
    is_derived: Mapped[int]
    due_on: Mapped[date | None]
    status: Mapped[str]
    filed_on: Mapped[date | None]
    paid_on: Mapped[date | None]
