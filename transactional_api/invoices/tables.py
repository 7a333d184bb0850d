"""Invoices and their lines."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
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

STATUSES = ("draft", "posted", "void")
TAX_CODES = ("standard", "reduced", "exempt", "zero_rated", "reverse_charge")


class Invoice(Base):
    """A draft has no number; a posted or void invoice has one, unique in the tenant."""

    __tablename__ = "invoices"
    __table_args__ = (
        reference("customer_id", "customers"),
        reference("deal_id", "deals"),
        reference("subscription_id", "subscriptions"),
        one_of("status", STATUSES),
        currency_code(),
        not_before("due_on", "issued_on"),
        not_before("voided_on", "issued_on"),
        CheckConstraint("(status = 'void') = (voided_on IS NOT NULL)", name="voided_on_when_void"),
        CheckConstraint("status = 'draft' OR number IS NOT NULL", name="number_when_posted"),
        UniqueConstraint("tenant_id", "number"),
        Index(None, "tenant_id", "customer_id"),
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

    lines: Mapped[list["InvoiceLine"]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceLine.line_id"
    )
    allocations: Mapped[list["PaymentAllocation"]] = relationship(back_populates="invoice", passive_deletes="all")


class InvoiceLine(Base):
    """net = quantity x unit amount - discount; all amounts in minor units of the invoice's currency."""

    __tablename__ = "invoice_lines"
    __table_args__ = (
        reference("invoice_id", "invoices"),
        reference("product_id", "products"),
        decimal_range("quantity", "0", "1000000000000"),
        amount("unit_amount_minor"),
        amount("discount_minor"),
        amount("net_minor"),
        decimal_range("tax_rate", "0", "1"),
        amount("tax_minor"),
        one_of("tax_code", TAX_CODES),
        not_before("service_ends_on", "service_starts_on"),
        Index(None, "tenant_id", "invoice_id"),
    )

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

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
