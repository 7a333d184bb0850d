"""Payments and their allocations to invoices."""

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.invoices.tables import Invoice
from transactional_api.kit.tables import Base, amount, currency_code, one_of, reference

STATUSES = ("pending", "succeeded", "failed")


class Payment(Base):
    """Money received, in minor units of `currency`."""

    __tablename__ = "payments"
    __table_args__ = (
        reference("customer_id", "customers"),
        amount("amount_minor", lowest=1),
        currency_code(),
        one_of("status", STATUSES),
        Index(None, "tenant_id", "customer_id"),
    )

    payment_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    received_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str]
    method: Mapped[str | None]
    reference: Mapped[str | None]

    allocations: Mapped[list["PaymentAllocation"]] = relationship(
        back_populates="payment",
        order_by="PaymentAllocation.allocated_on, PaymentAllocation.invoice_id",
        overlaps="allocations",
    )


class PaymentAllocation(Base):
    """A part of a payment that closes a part of an invoice, in the currency of both."""

    __tablename__ = "payment_allocations"
    __table_args__ = (
        reference("payment_id", "payments"),
        reference("invoice_id", "invoices"),
        amount("amount_minor", lowest=1),
        Index(None, "tenant_id", "invoice_id"),
    )

    payment_id: Mapped[str] = mapped_column(primary_key=True)
    invoice_id: Mapped[str] = mapped_column(primary_key=True)
    allocated_on: Mapped[date] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]

    payment: Mapped[Payment] = relationship(back_populates="allocations", overlaps="allocations")
    invoice: Mapped[Invoice] = relationship(back_populates="allocations", overlaps="allocations,payment")
