"""Contracts with customers (ASC 606), their obligations, changes and progress, and what was recognised."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.kit.money import MAX_MINOR
from transactional_api.kit.tables import Base, amount, currency_code, decimal_range, not_before, one_of, reference

TYPES = ("subscription", "usage", "fixed_price", "frame")
INTERVALS = ("once", "month", "quarter", "year")
RECOGNITIONS = ("over_time", "point_in_time", "percent_complete")


class Contract(Base):
    """`total_amount_minor` is the transaction price without tax, as signed. `ends_on` is inclusive.

    `recognized_through` is the last day up to which recognition was asked for.
    """

    __tablename__ = "contracts"
    __table_args__ = (
        reference("customer_id", "customers"),
        amount("total_amount_minor"),
        currency_code(),
        one_of("type", TYPES),
        one_of("billing_interval", INTERVALS),
        not_before("ends_on", "starts_on"),
        Index(None, "tenant_id", "customer_id"),
    )

    contract_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    signed_on: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    total_amount_minor: Mapped[int]
    currency: Mapped[str]
    type: Mapped[str | None]
    cancellable_from: Mapped[date | None]
    entity_id: Mapped[str | None]
    billing_interval: Mapped[str]
    payment_terms_days: Mapped[int]
    recognized_through: Mapped[date | None]

    obligations: Mapped[list["Obligation"]] = relationship(order_by="Obligation.obligation_id", overlaps="obligations")
    modifications: Mapped[list["ContractModification"]] = relationship(
        order_by="ContractModification.effective_on, ContractModification.modification_id", overlaps="obligations"
    )


class Obligation(Base):
    """`price_minor` is its share of the transaction price by relative stand-alone price. Days are inclusive."""

    __tablename__ = "obligations"
    __table_args__ = (
        reference("contract_id", "contracts"),
        reference("product_id", "products"),
        amount("standalone_price_minor"),
        amount("price_minor"),
        one_of("recognition", RECOGNITIONS),
        not_before("ends_on", "starts_on"),
        Index(None, "tenant_id", "contract_id"),
    )

    obligation_id: Mapped[str] = mapped_column(primary_key=True)
    contract_id: Mapped[str]
    product_id: Mapped[str | None]
    standalone_price_minor: Mapped[int]
    price_minor: Mapped[int]
    recognition: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    transferred_on: Mapped[date | None]

    progress: Mapped[list["Progress"]] = relationship(order_by="Progress.measured_on", overlaps="obligations")


class ContractModification(Base):
    """A change of price or time. `treatment` is what its kind decides (see `rules.treatment_of`)."""

    __tablename__ = "contract_modifications"
    __table_args__ = (
        reference("contract_id", "contracts"),
        reference("obligation_id", "obligations"),
        amount("price_change_minor", lowest=-MAX_MINOR),
        amount("added_standalone_price_minor"),
        CheckConstraint("is_distinct IN (0, 1)", name="is_distinct_known"),
        CheckConstraint("is_at_standalone_price IN (0, 1)", name="is_at_standalone_price_known"),
        one_of("treatment", ("separate_contract", "prospective", "cumulative_catch_up")),
        Index(None, "tenant_id", "contract_id"),
    )

    modification_id: Mapped[str] = mapped_column(primary_key=True)
    contract_id: Mapped[str]
    obligation_id: Mapped[str | None]
    effective_on: Mapped[date]
    price_change_minor: Mapped[int]
    is_distinct: Mapped[int]
    is_at_standalone_price: Mapped[int]
    new_ends_on: Mapped[date | None]
    added_standalone_price_minor: Mapped[int | None]
    treatment: Mapped[str]


class Progress(Base):
    """How much of an obligation is done on a day, cumulative, in percent."""

    __tablename__ = "progress"
    __table_args__ = (reference("obligation_id", "obligations"), decimal_range("percent_complete", "0", "100"))

    obligation_id: Mapped[str] = mapped_column(primary_key=True)
    measured_on: Mapped[date] = mapped_column(primary_key=True)
    percent_complete: Mapped[Decimal]


class RecognizedRevenue(Base):
    """What a line (an obligation, or a modification that is a contract of its own) earned in `month`.

    `posted_month` is where it stands in the books: the first open month at the time when it became known. Both YYYY-MM.
    """

    __tablename__ = "recognized_revenue"
    __table_args__ = (
        reference("contract_id", "contracts"),
        one_of("source_kind", ("obligation", "modification")),
        amount("amount_minor", lowest=-MAX_MINOR),
        CheckConstraint("posted_month >= month", name="posted_month_not_before_month"),
        CheckConstraint("length(month) = 7 AND length(posted_month) = 7", name="month_length"),
        Index(None, "tenant_id", "contract_id"),
    )

    source_kind: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    posted_month: Mapped[str] = mapped_column(primary_key=True)
    contract_id: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
