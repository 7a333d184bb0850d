"""What payments say to the ledger. One journal an event: a payment that succeeded with what it closed at once, an
allocation made or taken back later, a refund, a charge-back and its being won, a rollback.

Receivable is booked by the difference that the event makes to what is outstanding on the invoices it touches, so that
the ledger's receivable and the outstanding of posted invoices are one number. The rest is unapplied money.
"""

from collections.abc import Iterable
from datetime import date

from transactional_api.accounting import rules as ledger
from transactional_api.accounting.service import queue
from transactional_api.database import UnitOfWork
from transactional_api.invoices import repository as invoices
from transactional_api.payments.tables import Payment
from transactional_api.periods.service import open_day
from transactional_api.receivables.balance import outstanding_minor


def owed_minor(unit: UnitOfWork, system: str | None, invoice_ids: Iterable[str]) -> int:
    """Outstanding on those that are posted, each locked, so that nobody else changes it before the commit. Nothing is
    asked without a system."""
    if system is None:
        return 0
    rows = [invoices.by_id_locked(unit.session, invoice_id) for invoice_id in sorted(set(invoice_ids))]
    return sum(outstanding_minor(unit, row) for row in rows if row is not None and row.status == "posted")


def book(
    unit: UnitOfWork,
    system: str | None,
    kind: str,
    document_id: str,
    payment: Payment,
    on: date,
    *,
    cash_minor: int,
    receivable_minor: int,
) -> None:
    """In the transaction of the event, after its last lock. Without a system the books are kept elsewhere."""
    if system is None or not (cash_minor or receivable_minor):
        return
    legs = ledger.money(cash_minor, receivable_minor)
    journal = ledger.balanced(kind, document_id, open_day(unit, on), payment.currency, legs)
    queue(unit, journal, system, party_id=payment.customer_id, number=payment.payment_id, is_mapped_later=True)
