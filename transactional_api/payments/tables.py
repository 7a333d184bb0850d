"""Payments, what they close, what of them goes back, and the calls to providers that are not answered yet."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.invoices.tables import Invoice
from transactional_api.kit.tables import Base, amount, currency_code, one_of, reference

STATUSES = ("pending", "succeeded", "failed", "rolled_back", "unknown")
REFUND_STATUSES = ("pending", "succeeded", "failed", "open", "won", "lost")
ATTEMPT_KINDS = ("charge", "refund", "void")


class Payment(Base):
    """Money received, in minor units of `currency`.

    `provider` is null for money that a person recorded. `invoice_id` is what the payer meant to pay; what was closed
    stands in the allocations. `refunded_minor` counts refunds that are done or under way, and charge-backs not won.
    """

    __tablename__ = "payments"
    __table_args__ = (
        reference("customer_id", "customers"),
        reference("invoice_id", "invoices"),
        amount("amount_minor", lowest=1),
        currency_code(),
        one_of("status", STATUSES),
        CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refunded_minor_range"),
        CheckConstraint("refunded_minor = 0 OR status = 'succeeded'", name="refunded_when_succeeded"),
        CheckConstraint("status <> 'unknown' OR provider IS NOT NULL", name="unknown_to_a_provider"),
        CheckConstraint("failure_code IS NULL OR status = 'failed'", name="failure_code_when_failed"),
        Index(None, "tenant_id", "customer_id"),
    )
    personal_columns = ("reference",)

    payment_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    received_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str]
    method: Mapped[str | None]
    reference: Mapped[str | None]
    provider: Mapped[str | None]
    invoice_id: Mapped[str | None]
    failure_code: Mapped[str | None]
    refunded_minor: Mapped[int] = mapped_column(server_default="0")

    allocations: Mapped[list["PaymentAllocation"]] = relationship(
        back_populates="payment",
        order_by="PaymentAllocation.allocated_on, PaymentAllocation.invoice_id",
        overlaps="allocations",
    )
    refunds: Mapped[list["Refund"]] = relationship(
        back_populates="payment", order_by="Refund.refunded_on, Refund.refund_id", overlaps="allocations"
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


class Refund(Base):
    """Money that goes back: asked for by us (refund), or taken by the payer's bank (charge-back).

    `invoice_id` is the invoice that it names. `from_unallocated_minor` is what it took of money that closed no invoice;
    the rest opens invoices again (see RefundReopening). Both are decided when the money goes.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        reference("payment_id", "payments"),
        reference("invoice_id", "invoices"),
        amount("amount_minor", lowest=1),
        currency_code(),
        one_of("kind", ("refund", "chargeback")),
        one_of("status", REFUND_STATUSES),
        CheckConstraint(
            "(kind = 'refund') = (status IN ('pending', 'succeeded', 'failed'))", name="status_of_its_kind"
        ),
        CheckConstraint("from_unallocated_minor BETWEEN 0 AND amount_minor", name="from_unallocated_minor_range"),
        CheckConstraint("(resolved_on IS NOT NULL) = (status IN ('won', 'lost'))", name="resolved_on_when_resolved"),
        CheckConstraint("resolved_on >= refunded_on", name="resolved_on_not_before_refunded_on"),
        Index(None, "tenant_id", "payment_id"),
    )

    refund_id: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str]
    invoice_id: Mapped[str | None]
    kind: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    refunded_on: Mapped[date]
    status: Mapped[str]
    reason: Mapped[str | None]
    failure_code: Mapped[str | None]
    resolved_on: Mapped[date | None]
    from_unallocated_minor: Mapped[int] = mapped_column(server_default="0")

    payment: Mapped[Payment] = relationship(back_populates="refunds", overlaps="allocations")
    reopenings: Mapped[list["RefundReopening"]] = relationship(
        back_populates="refund", order_by="RefundReopening.invoice_id", overlaps="allocations"
    )


class RefundReopening(Base):
    """What a refund or charge-back opens again on one invoice."""

    __tablename__ = "refund_reopenings"
    __table_args__ = (
        reference("refund_id", "refunds"),
        reference("invoice_id", "invoices"),
        amount("amount_minor", lowest=1),
        Index(None, "tenant_id", "invoice_id"),
    )

    refund_id: Mapped[str] = mapped_column(primary_key=True)
    invoice_id: Mapped[str] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]

    refund: Mapped[Refund] = relationship(back_populates="reopenings", overlaps="allocations")


class PaymentAttempt(Base):
    """A call to a provider that is not answered for good, and when to ask again; `next_attempt_at` is null once it is.

    `subject_id` is the payment's id, or the refund's. `reference` is ours: what the provider knows the call by.
    `is_sent` is 0 while it is certain that no call had an effect, so that it may be made again without asking first.
    """

    __tablename__ = "payment_attempts"
    __table_args__ = (
        one_of("kind", ATTEMPT_KINDS),
        UniqueConstraint("reference"),
        CheckConstraint("is_sent IN (0, 1)", name="is_sent_known"),
        CheckConstraint("attempts >= 0", name="attempts_range"),
        Index(None, "next_attempt_at"),
    )
    is_logged = False

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str]
    provider: Mapped[str]
    reference: Mapped[str]
    provider_reference: Mapped[str | None]
    is_sent: Mapped[int]
    attempts: Mapped[int]
    started_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None]
    last_answer: Mapped[str | None]
    action_url: Mapped[str | None]


class LocalCharge(Base):
    """The embedded provider's own book: what it would have moved. `reference` is the core's, so a double is a clash."""

    __tablename__ = "local_charges"
    __table_args__ = (
        one_of("kind", ATTEMPT_KINDS),
        amount("amount_minor", lowest=1),
        currency_code(),
        one_of("outcome", ("succeeded", "declined", "voided")),
    )
    is_logged = False

    reference: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str]
    kind: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    outcome: Mapped[str]
    code: Mapped[str | None]
    decided_at: Mapped[datetime]
