"""Steps of collection, bills and their payments, lines of the bank and what they were matched with."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.kit.money import MAX_MINOR
from transactional_api.kit.tables import Base, amount, currency_code, not_before, one_of, reference

_CONFIRMED = text("status = 'confirmed'")


class DunningStep(Base):
    """The tenant's own steps; without any, the defaults of `rules.DEFAULT_STEPS` hold."""

    __tablename__ = "dunning_steps"
    __table_args__ = (
        CheckConstraint("step_no BETWEEN 1 AND 100", name="step_no_range"),
        CheckConstraint("days_overdue BETWEEN 0 AND 3650", name="days_overdue_range"),
    )

    step_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days_overdue: Mapped[int]
    action: Mapped[str]


class CollectionStep(Base):
    """A step that was taken for an overdue invoice. `outstanding_minor` is what was open then."""

    __tablename__ = "collection_steps"
    __table_args__ = (reference("invoice_id", "invoices"), amount("outstanding_minor", lowest=1), currency_code())
    personal_columns = ("note",)

    invoice_id: Mapped[str] = mapped_column(primary_key=True)
    step_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str]
    taken_on: Mapped[date]
    days_overdue: Mapped[int]
    outstanding_minor: Mapped[int]
    currency: Mapped[str]
    note: Mapped[str | None]


class Bill(Base):
    """What is owed to a vendor; `amount_minor` includes tax. `paid_minor` counts its payments."""

    __tablename__ = "bills"
    __table_args__ = (
        amount("amount_minor", lowest=1),
        CheckConstraint("tax_minor BETWEEN 0 AND amount_minor", name="tax_minor_range"),
        CheckConstraint("paid_minor BETWEEN 0 AND amount_minor", name="paid_minor_range"),
        currency_code(),
        not_before("due_on", "issued_on"),
        not_before("posted_on", "issued_on"),
        Index(None, "tenant_id", "vendor_id"),
    )

    bill_id: Mapped[str] = mapped_column(primary_key=True)
    vendor_id: Mapped[str]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    posted_on: Mapped[date]
    amount_minor: Mapped[int]
    tax_minor: Mapped[int]
    currency: Mapped[str]
    category: Mapped[str | None]
    department_id: Mapped[str | None]
    entity_id: Mapped[str | None]
    paid_minor: Mapped[int] = mapped_column(server_default="0")

    payments: Mapped[list["BillPayment"]] = relationship(order_by="BillPayment.paid_on, BillPayment.bill_payment_id")


class BillPayment(Base):
    """Money that went to a vendor for one bill, in the bill's currency."""

    __tablename__ = "bill_payments"
    __table_args__ = (
        reference("bill_id", "bills"),
        amount("amount_minor", lowest=1),
        Index(None, "tenant_id", "bill_id"),
    )

    bill_payment_id: Mapped[str] = mapped_column(primary_key=True)
    bill_id: Mapped[str]
    paid_on: Mapped[date]
    posted_on: Mapped[date]
    amount_minor: Mapped[int]


class BankLine(Base):
    """A line of a bank statement; money that left is negative. Its texts name persons; `customer_id` is who it is of,
    once a person confirmed it."""

    __tablename__ = "bank_lines"
    __table_args__ = (
        reference("customer_id", "customers"),
        amount("amount_minor", lowest=-MAX_MINOR),
        CheckConstraint("amount_minor <> 0", name="amount_minor_not_zero"),
        currency_code(),
        Index(None, "tenant_id", "booked_on"),
    )
    personal_columns = ("counterparty", "description", "reference")

    bank_line_id: Mapped[str] = mapped_column(primary_key=True)
    booked_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    customer_id: Mapped[str | None]
    counterparty: Mapped[str | None]
    description: Mapped[str | None]
    reference: Mapped[str | None]


class BankMatch(Base):
    """A person said that this much of a bank line is this payment. A line may be several payments, and the reverse."""

    __tablename__ = "bank_matches"
    __table_args__ = (
        reference("bank_line_id", "bank_lines"),
        reference("payment_id", "payments"),
        amount("amount_minor", lowest=1),
        currency_code(),
        one_of("status", ("confirmed", "undone")),
        CheckConstraint("(status = 'undone') = (undone_at IS NOT NULL)", name="undone_at_when_undone"),
        Index(None, "tenant_id", "payment_id"),
        Index(
            "uq_bank_matches_confirmed",
            "tenant_id",
            "bank_line_id",
            "payment_id",
            unique=True,
            sqlite_where=_CONFIRMED,
            postgresql_where=_CONFIRMED,
        ),
    )

    match_id: Mapped[str] = mapped_column(primary_key=True)
    bank_line_id: Mapped[str]
    payment_id: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str]
    confirmed_at: Mapped[datetime]
    confirmed_by: Mapped[str]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
