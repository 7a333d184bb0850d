"""Which invoices the money that goes back opens again, and closes when it comes back after all."""

from datetime import date

from transactional_api.database import UnitOfWork
from transactional_api.kit.rows import add, remove
from transactional_api.payments import books, closing, repository, rules
from transactional_api.payments.rules import Closed
from transactional_api.payments.tables import Payment, Refund, RefundReopening
from transactional_api.receivables.balance import outstanding_minor


def place(unit: UnitOfWork, payment: Payment, refund: Refund, system: str | None, is_named: bool = True) -> None:
    """Decided once, when the money goes, from what the payment closes at that moment. Without `is_named` as if the
    refund named no invoice."""
    invoice_ids = [row.invoice_id for row in payment.allocations]
    before = books.owed_minor(unit, system, invoice_ids)
    funds = closing.funds_of(payment)
    placement = rules.place_refund(
        refund.amount_minor,
        funds.amount_minor - funds.used_minor,
        [Closed(row.invoice_id, row.allocated_on, row.amount_minor) for row in payment.allocations],
        repository.opened_minor(unit.session, payment.payment_id, but=refund.refund_id),
        refund.invoice_id if is_named else None,
    )
    refund.from_unallocated_minor = placement.from_unallocated_minor
    for invoice_id, minor in sorted(placement.reopened.items()):
        reopening = RefundReopening(
            tenant_id=unit.tenant_id, refund_id=refund.refund_id, invoice_id=invoice_id, amount_minor=minor
        )
        add(unit.session, reopening)
        refund.reopenings.append(reopening)
    books.book(
        unit,
        system,
        refund.kind,
        refund.refund_id,
        payment,
        refund.refunded_on,
        cash_minor=-refund.amount_minor,
        receivable_minor=books.owed_minor(unit, system, invoice_ids) - before,
    )


def check_named(unit: UnitOfWork, payment: Payment, invoice_id: str, amount_minor: int) -> None:
    """An invoice that a refund names is one that the payment closes, by at least that much."""
    rules.place_refund(
        amount_minor,
        0,
        [Closed(row.invoice_id, row.allocated_on, row.amount_minor) for row in payment.allocations],
        repository.opened_minor(unit.session, payment.payment_id),
        invoice_id,
    )


def close_again(unit: UnitOfWork, payment: Payment, refund: Refund, on: date, system: str | None) -> None:
    """Won money closes what it had closed. What somebody else paid meanwhile is not closed twice: that much of the
    allocation is given up, and the money is unallocated."""
    invoice_ids = [row.invoice_id for row in refund.reopenings]
    before = books.owed_minor(unit, system, invoice_ids)
    for reopening in sorted(refund.reopenings, key=lambda row: row.invoice_id):
        invoice = closing.locked_invoice(unit, reopening.invoice_id)
        minor = reopening.amount_minor
        excess = minor - outstanding_minor(unit, invoice) if invoice.status == "posted" else 0
        remove(unit.session, reopening)
        if excess > 0:
            closing.shrink(unit, payment, invoice, min(excess, minor))
    unit.session.expire(refund, ["reopenings"])
    refund.from_unallocated_minor = 0
    payment.refunded_minor -= refund.amount_minor
    books.book(
        unit,
        system,
        "chargeback_won",
        refund.refund_id,
        payment,
        on,
        cash_minor=refund.amount_minor,
        receivable_minor=books.owed_minor(unit, system, invoice_ids) - before,
    )
