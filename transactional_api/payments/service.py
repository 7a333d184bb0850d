"""What can be done with payments: record, settle, allocate to invoices, take an allocation back."""

from datetime import date

from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.invoices import repository as invoices
from transactional_api.invoices.errors import InvoiceNotFound
from transactional_api.invoices.service import total_minor
from transactional_api.invoices.tables import Invoice
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add, remove
from transactional_api.payments import repository, rules
from transactional_api.payments.errors import AllocationNotFound, AmountNotPositive, PaymentNotFound
from transactional_api.payments.rules import Debt, Funds
from transactional_api.payments.tables import STATUSES, Payment, PaymentAllocation


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
) -> Payment:
    """Money that came, is on its way (pending), or did not come (failed)."""
    payment_id = id_or_new(payment_id, "pay", "payment_id")
    get_customer(unit, customer_id)
    exponent(currency)
    if status not in STATUSES:
        raise ValueRefused(f"a payment is {', '.join(STATUSES)}", "status")
    if amount_minor <= 0:
        raise AmountNotPositive
    payment = Payment(
        payment_id=payment_id,
        customer_id=customer_id,
        received_on=received_on,
        amount_minor=checked_minor(amount_minor, "amount"),
        currency=currency,
        status=status,
        method=method,
        reference=reference,
    )
    add(unit.session, payment)
    return payment


def mark_succeeded(unit: UnitOfWork, payment_id: str, *, received_on: date) -> Payment:
    """A pending payment arrived on that day."""
    payment = _locked(unit, payment_id)
    rules.check_settlement(payment_id, payment.status)
    payment.status = rules.SUCCEEDED
    payment.received_on = received_on
    return payment


def mark_failed(unit: UnitOfWork, payment_id: str) -> Payment:
    """A pending payment did not arrive."""
    payment = _locked(unit, payment_id)
    rules.check_settlement(payment_id, payment.status)
    payment.status = rules.FAILED
    return payment


def allocate(
    unit: UnitOfWork, payment_id: str, invoice_id: str, *, allocated_on: date, amount_minor: int
) -> PaymentAllocation:
    """Close a part of an invoice. Never more than is left of the payment, or open on the invoice."""
    payment = _locked(unit, payment_id)
    invoice = invoices.by_id_locked(unit.session, invoice_id)
    if invoice is None:
        raise InvoiceNotFound(invoice_id)
    funds = Funds(
        payment_id,
        payment.status,
        payment.currency,
        payment.amount_minor,
        sum(allocation.amount_minor for allocation in payment.allocations),
    )
    debt = Debt(
        invoice_id,
        invoice.status,
        invoice.currency,
        total_minor(invoice),
        allocated_minor(invoice),
    )
    rules.check_allocation(funds, debt, amount_minor)
    allocation = PaymentAllocation(
        tenant_id=unit.tenant_id,
        payment_id=payment_id,
        invoice_id=invoice_id,
        allocated_on=allocated_on,
        amount_minor=amount_minor,
    )
    add(unit.session, allocation)
    payment.allocations.append(allocation)
    invoice.allocations.append(allocation)
    return allocation


def take_back_allocation(unit: UnitOfWork, payment_id: str, invoice_id: str, *, allocated_on: date) -> None:
    """The allocation is deleted; the log keeps what it was."""
    payment = _locked(unit, payment_id)
    allocation = repository.allocation(unit.session, payment_id, invoice_id, allocated_on)
    if allocation is None:
        raise AllocationNotFound(payment_id, invoice_id, allocated_on)
    invoice = allocation.invoice
    remove(unit.session, allocation)
    for owner in (payment, invoice):
        unit.session.expire(owner, ["allocations"])


def allocated_minor(invoice: Invoice) -> int:
    """What payments closed of the invoice so far."""
    return sum(allocation.amount_minor for allocation in invoice.allocations)


def get_payment(unit: UnitOfWork, payment_id: str) -> Payment:
    payment = repository.by_id(unit.session, payment_id)
    if payment is None:
        raise PaymentNotFound(payment_id)
    return payment


def _locked(unit: UnitOfWork, payment_id: str) -> Payment:
    payment = repository.by_id_locked(unit.session, payment_id)
    if payment is None:
        raise PaymentNotFound(payment_id)
    return payment
