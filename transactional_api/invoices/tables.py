"""Invoices, their lines, and what is agreed about them or taken off them later."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.kit.tables import (
    Base,
    amount,
    currency_code,
    decimal_range,
    not_before,
    one_of,
    reference,
)

if TYPE_CHECKING:
    from transactional_api.payments.tables import PaymentAllocation

STATUSES = ("draft", "approved", "posted", "void")
TAX_CODES = ("standard", "reduced", "exempt", "zero_rated", "reverse_charge")
_NOT_VOID = text("status <> 'void'")


class Invoice(Base):
    """A draft or approved one has no number; a posted or void invoice has one, unique in the tenant.

    `staged_from` names what it bills (a deal, a period of a contract), which is billed once. `posted_on` is the day in
    an open month on which it counts in the books, `void_posted_on` that of its void. `approved_by` is null where it was
    posted without an approval.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        reference("customer_id", "customers"),
        reference("contract_id", "contracts"),
        reference("deal_id", "deals"),
        reference("subscription_id", "subscriptions"),
        one_of("status", STATUSES),
        currency_code(),
        not_before("due_on", "issued_on"),
        not_before("voided_on", "issued_on"),
        CheckConstraint("(status = 'void') = (voided_on IS NOT NULL)", name="voided_on_when_void"),
        CheckConstraint("status IN ('draft', 'approved') OR number IS NOT NULL", name="number_when_posted"),
        CheckConstraint("status <> 'approved' OR approved_by IS NOT NULL", name="approved_by_when_approved"),
        CheckConstraint("approved_by <> staged_by", name="approved_by_another"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_at_when_approved"),
        CheckConstraint("posted_on IS NULL OR status IN ('posted', 'void')", name="posted_on_when_posted"),
        not_before("posted_on", "issued_on"),
        not_before("void_posted_on", "voided_on"),
        UniqueConstraint("tenant_id", "number"),
        Index(None, "tenant_id", "customer_id"),
        Index(None, "tenant_id", "issued_on"),
        Index(
            "uq_invoices_staged_from",
            "tenant_id",
            "staged_from",
            unique=True,
            sqlite_where=_NOT_VOID,
            postgresql_where=_NOT_VOID,
        ),
    )

    invoice_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    number: Mapped[str | None]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str]
    status: Mapped[str]
    deal_id: Mapped[str | None]
    subscription_id: Mapped[str | None]
    voided_on: Mapped[date | None]
    ship_to_country: Mapped[str | None]
    ship_to_region: Mapped[str | None]
    contract_id: Mapped[str | None]
    staged_from: Mapped[str | None]
    staged_by: Mapped[str | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    posted_on: Mapped[date | None]
    void_posted_on: Mapped[date | None]

    lines: Mapped[list["InvoiceLine"]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceLine.line_id"
    )
    allocations: Mapped[list["PaymentAllocation"]] = relationship(back_populates="invoice", passive_deletes="all")


class InvoiceLine(Base):
    """net = quantity x unit amount - discount; all amounts in minor units of the invoice's currency.

    What it describes is free text in which persons are named. With an obligation, what is earned follows that one.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        reference("invoice_id", "invoices"),
        reference("product_id", "products"),
        reference("obligation_id", "obligations"),
        decimal_range("quantity", "0", "1000000000000"),
        amount("unit_amount_minor"),
        amount("discount_minor"),
        amount("net_minor"),
        decimal_range("tax_rate", "0", "1"),
        amount("tax_minor"),
        one_of("tax_code", TAX_CODES),
        not_before("service_ends_on", "service_starts_on"),
        Index(None, "tenant_id", "invoice_id"),
        Index(None, "tenant_id", "obligation_id"),
    )
    personal_columns = ("description",)

    line_id: Mapped[str] = mapped_column(primary_key=True)
    invoice_id: Mapped[str]
    product_id: Mapped[str | None]
    description: Mapped[str | None]
    quantity: Mapped[Decimal]
    unit_amount_minor: Mapped[int]
    discount_minor: Mapped[int]
    net_minor: Mapped[int]
    tax_rate: Mapped[Decimal]
    tax_minor: Mapped[int]
    tax_code: Mapped[str]
    service_starts_on: Mapped[date | None]
    service_ends_on: Mapped[date | None]
    obligation_id: Mapped[str | None]

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
    taxes: Mapped[list["InvoiceLineTax"]] = relationship(cascade="all, delete-orphan", order_by="InvoiceLineTax.kind")


class InvoiceLineTax(Base):
    """One kind of tax of one jurisdiction on a line whose tax was calculated; together they are the line's tax. A line
    whose tax the caller gave has none."""

    __tablename__ = "invoice_line_taxes"
    __table_args__ = (
        reference("line_id", "invoice_lines"),
        decimal_range("rate", "0", "1"),
        amount("tax_minor"),
        one_of("tax_code", TAX_CODES),
    )

    line_id: Mapped[str] = mapped_column(primary_key=True)
    jurisdiction: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    rate: Mapped[Decimal]
    tax_minor: Mapped[int]
    tax_code: Mapped[str]


class InvoiceInstalment(Base):
    """A part of the invoice that is due on its own day; the parts sum to the total with tax."""

    __tablename__ = "invoice_instalments"
    __table_args__ = (reference("invoice_id", "invoices"), amount("amount_minor", lowest=1))

    invoice_id: Mapped[str] = mapped_column(primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]


class CreditNote(Base):
    """Takes `amount_minor`, tax included, off an invoice from `applied_on`. `tax_minor` is the tax in it."""

    __tablename__ = "credit_notes"
    __table_args__ = (
        reference("customer_id", "customers"),
        reference("invoice_id", "invoices"),
        amount("amount_minor", lowest=1),
        CheckConstraint("tax_minor BETWEEN 0 AND amount_minor", name="tax_minor_range"),
        currency_code(),
        not_before("applied_on", "issued_on"),
        not_before("posted_on", "issued_on"),
        Index(None, "tenant_id", "invoice_id"),
    )
    personal_columns = ("reason",)

    credit_note_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    invoice_id: Mapped[str]
    issued_on: Mapped[date]
    applied_on: Mapped[date]
    posted_on: Mapped[date]
    amount_minor: Mapped[int]
    tax_minor: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str | None]


class WriteOff(Base):
    """What is given up of an invoice: bad debt."""

    __tablename__ = "write_offs"
    __table_args__ = (
        reference("invoice_id", "invoices"),
        amount("amount_minor", lowest=1),
        currency_code(),
        not_before("posted_on", "written_off_on"),
        Index(None, "tenant_id", "invoice_id"),
    )
    personal_columns = ("reason",)

    write_off_id: Mapped[str] = mapped_column(primary_key=True)
    invoice_id: Mapped[str]
    written_off_on: Mapped[date]
    posted_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str | None]
