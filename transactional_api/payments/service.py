"""What a person does with payments: record, settle by hand, allocate to invoices, take an allocation back."""

from datetime import date

from transactional_api.customers.service import check_customer
from transactional_api.database import UnitOfWork
from transactional_api.invoices.tables import Invoice
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import put, remove
from transactional_api.payments import books, closing, repository, rules
from transactional_api.payments.errors import (
    AllocationNotFound,
    AllocationRefunded,
    AmountNotPositive,
    PaymentNotFound,
)
from transactional_api.payments.tables import Payment

BY_HAND = (rules.PENDING, rules.SUCCEEDED, rules.FAILED)


def record_payment(
    unit: UnitOfWork,
    *,
    customer_id: str,
    received_on: date,
    amount_minor: int,
    currency: str,
    status: str = rules.SUCCEEDED,
    payment_id: str | None = None,
    method: str | None = None,
    reference: str | None = None,
    system: str | None = None,
) -> Payment:
    """Money that came without a provider of ours, is on its way (pending), or did not come (failed). Here and below,
    `system` is the accounting system that gets the journal; without one the books are kept elsewhere."""
    if status not in BY_HAND:
        raise ValueRefused(f"a payment is recorded as {', '.join(BY_HAND)}", "status")
    payment = new_payment(
        unit,
        customer_id=customer_id,
        received_on=received_on,
        amount_minor=amount_minor,
        currency=currency,
        status=status,
        payment_id=payment_id,
        method=method,
        reference=reference,
    )
    if status == rules.SUCCEEDED:
        _book_arrival(unit, payment, system)
    return payment


def new_payment(
    unit: UnitOfWork,
    *,
    customer_id: str,
    received_on: date,
    amount_minor: int,
    currency: str,
    status: str,
    payment_id: str | None,
    method: str | None = None,
    reference: str | None = None,
    provider: str | None = None,
    invoice_id: str | None = None,
) -> Payment:
    payment_id = id_or_new(payment_id, "pay", "payment_id")
    check_customer(unit, customer_id)
    exponent(currency)
    if amount_minor <= 0:
        raise AmountNotPositive
    return put(
        unit.session,
        Payment,
        {
            "tenant_id": unit.tenant_id,
            "payment_id": payment_id,
            "customer_id": customer_id,
            "received_on": received_on,
            "amount_minor": checked_minor(amount_minor, "amount"),
            "currency": currency,
            "status": status,
            "method": method,
            "reference": reference,
            "provider": provider,
            "invoice_id": invoice_id,
            "failure_code": None,
            "refunded_minor": 0,
        },
    )


def mark_succeeded(unit: UnitOfWork, payment_id: str, *, received_on: date, system: str | None = None) -> Payment:
    """A pending payment that a person recorded arrived on that day."""
    payment = locked_payment(unit, payment_id)
    rules.check_by_hand(payment_id, payment.provider)
    payment.status = rules.move(payment_id, payment.status, rules.SUCCEEDED, rules.PERSON)
    payment.received_on = received_on
    _book_arrival(unit, payment, system)
    return payment


def mark_failed(unit: UnitOfWork, payment_id: str) -> Payment:
    """A pending payment that a person recorded did not arrive."""
    payment = locked_payment(unit, payment_id)
    rules.check_by_hand(payment_id, payment.provider)
    payment.status = rules.move(payment_id, payment.status, rules.FAILED, rules.PERSON)
    return payment


def allocate(
    unit: UnitOfWork,
    payment_id: str,
    invoice_id: str,
    *,
    allocated_on: date,
    amount_minor: int,
    system: str | None = None,
) -> Payment:
    """Close a part of an invoice. Never more than is left of the payment, or open on the invoice."""
    payment = locked_payment(unit, payment_id)
    invoice = closing.locked_invoice(unit, invoice_id)
    debt = closing.debt_of(unit, invoice)
    rules.check_allocation(closing.funds_of(payment), debt, amount_minor)
    closing.close(unit, payment, invoice, allocated_on, amount_minor, debt.outstanding_minor)
    _book_allocation(unit, payment, allocated_on, -amount_minor, system)
    return payment


def take_back_allocation(
    unit: UnitOfWork, payment_id: str, invoice_id: str, *, allocated_on: date, system: str | None = None
) -> Payment:
    """The allocation is deleted; the log keeps what it was. What a refund opened again cannot be opened once more. In
    the ledger it counts today, in UTC."""
    payment = locked_payment(unit, payment_id)
    allocation = repository.allocation(unit.session, payment_id, invoice_id, allocated_on)
    if allocation is None:
        raise AllocationNotFound(payment_id, invoice_id, allocated_on)
    closed = sum(row.amount_minor for row in payment.allocations if row.invoice_id == invoice_id)
    if closed - allocation.amount_minor < repository.opened_minor(unit.session, payment_id).get(invoice_id, 0):
        raise AllocationRefunded(invoice_id)
    invoice = allocation.invoice
    before = books.owed_minor(unit, system, [invoice_id])
    remove(unit.session, allocation)
    for owner in (payment, invoice):
        unit.session.expire(owner, ["allocations"])
    opened = books.owed_minor(unit, system, [invoice_id]) - before
    _book_allocation(unit, payment, unit.now.date(), opened, system)
    return payment


def allocated_minor(invoice: Invoice) -> int:
    """What payments closed of the invoice so far."""
    return sum(allocation.amount_minor for allocation in invoice.allocations)


def get_payment(unit: UnitOfWork, payment_id: str) -> Payment:
    payment = repository.by_id(unit.session, payment_id)
    if payment is None:
        raise PaymentNotFound(payment_id)
    return payment


def locked_payment(unit: UnitOfWork, payment_id: str) -> Payment:
    payment = repository.by_id_locked(unit.session, payment_id)
    if payment is None:
        raise PaymentNotFound(payment_id)
    return payment


def _book_arrival(unit: UnitOfWork, payment: Payment, system: str | None) -> None:
    came = payment.amount_minor
    books.book(
        unit, system, "payment", payment.payment_id, payment, payment.received_on, cash_minor=came, receivable_minor=0
    )


def _book_allocation(unit: UnitOfWork, payment: Payment, on: date, receivable_minor: int, system: str | None) -> None:
    """An allocation may be made, taken back and made again on one day: each time is a document of its own."""
    document_id = id_or_new(None, "al", "allocation_id")
    books.book(unit, system, "allocation", document_id, payment, on, cash_minor=0, receivable_minor=receivable_minor)
