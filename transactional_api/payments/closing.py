"""What a payment closes and opens again: allocations, and a deal that is paid when its invoice is."""

from datetime import date

from transactional_api.database import UnitOfWork
from transactional_api.deals.tables import Deal
from transactional_api.invoices import repository as invoices
from transactional_api.invoices.errors import InvoiceNotFound
from transactional_api.invoices.tables import Invoice
from transactional_api.kit.rows import add, find_locked, remove
from transactional_api.payments import books
from transactional_api.payments.rules import ROLLED_BACK, SUCCEEDED, Debt, Funds, move
from transactional_api.payments.tables import Payment, PaymentAllocation
from transactional_api.receivables.balance import outstanding_minor


def locked_invoice(unit: UnitOfWork, invoice_id: str) -> Invoice:
    invoice = invoices.by_id_locked(unit.session, invoice_id)
    if invoice is None:
        raise InvoiceNotFound(invoice_id)
    return invoice


def funds_of(payment: Payment) -> Funds:
    allocated = sum(allocation.amount_minor for allocation in payment.allocations)
    gone = sum(refund.from_unallocated_minor for refund in payment.refunds)
    return Funds(payment.payment_id, payment.status, payment.currency, payment.amount_minor, allocated + gone)


def debt_of(unit: UnitOfWork, invoice: Invoice) -> Debt:
    return Debt(invoice.invoice_id, invoice.status, invoice.currency, outstanding_minor(unit, invoice))


def close(unit: UnitOfWork, payment: Payment, invoice: Invoice, on: date, amount_minor: int, open_minor: int) -> None:
    """`open_minor` is what was outstanding before. An invoice paid in full pays its deal."""
    allocation = PaymentAllocation(
        tenant_id=unit.tenant_id,
        payment_id=payment.payment_id,
        invoice_id=invoice.invoice_id,
        allocated_on=on,
        amount_minor=amount_minor,
    )
    add(unit.session, allocation)
    payment.allocations.append(allocation)
    invoice.allocations.append(allocation)
    if amount_minor == open_minor and invoice.deal_id is not None:
        deal = find_locked(unit.session, Deal, invoice.deal_id)
        if deal is not None and deal.paid_at is None:
            deal.paid_at = unit.now


def close_meant(unit: UnitOfWork, payment: Payment) -> int:
    """The invoice that the payer meant is closed as far as the money goes; what is too much stays unallocated. Returns
    how much was closed."""
    if payment.invoice_id is None:
        return 0
    invoice = locked_invoice(unit, payment.invoice_id)
    if invoice.status != "posted":
        return 0  # voided while the provider was deciding: the money is on account
    open_minor = outstanding_minor(unit, invoice)
    closed_minor = min(payment.amount_minor, open_minor)
    if closed_minor > 0:
        close(unit, payment, invoice, payment.received_on, closed_minor, open_minor)
    return closed_minor


def undo(unit: UnitOfWork, payment: Payment, by: str, system: str | None) -> None:
    """The payment as a whole never was. In the ledger that counts today, in UTC, if the money had come."""
    had_come = payment.status == SUCCEEDED
    payment.status = move(payment.payment_id, payment.status, ROLLED_BACK, by)
    invoice_ids = [row.invoice_id for row in payment.allocations]
    before = books.owed_minor(unit, system, invoice_ids)
    open_all(unit, payment)
    if had_come:
        books.book(
            unit,
            system,
            "payment_rollback",
            payment.payment_id,
            payment,
            unit.now.date(),
            cash_minor=-payment.amount_minor,
            receivable_minor=books.owed_minor(unit, system, invoice_ids) - before,
        )


def open_all(unit: UnitOfWork, payment: Payment) -> None:
    """A payment that is undone closes nothing; a deal that it paid is not paid any more."""
    for allocation in sorted(payment.allocations, key=lambda row: row.invoice_id):
        invoice = locked_invoice(unit, allocation.invoice_id)
        remove(unit.session, allocation)
        unit.session.expire(invoice, ["allocations"])
        if invoice.deal_id is not None and outstanding_minor(unit, invoice) > 0:
            deal = find_locked(unit.session, Deal, invoice.deal_id)
            if deal is not None:
                deal.paid_at = None
    unit.session.expire(payment, ["allocations"])


def shrink(unit: UnitOfWork, payment: Payment, invoice: Invoice, minor: int) -> None:
    """Take that much of what the payment closes of the invoice back, the latest allocation first."""
    mine = [row for row in payment.allocations if row.invoice_id == invoice.invoice_id]
    for allocation in sorted(mine, key=lambda row: row.allocated_on, reverse=True):
        taken = min(minor, allocation.amount_minor)
        minor -= taken
        if taken == allocation.amount_minor:
            remove(unit.session, allocation)
        elif taken:
            allocation.amount_minor -= taken
    for owner in (payment, invoice):
        unit.session.flush()
        unit.session.expire(owner, ["allocations"])
