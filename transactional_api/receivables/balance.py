"""What is outstanding on an invoice. Knows tables only, so that every domain may ask."""

from sqlalchemy import ScalarSelect, func, select

from transactional_api.database import UnitOfWork
from transactional_api.invoices.service import total_minor
from transactional_api.invoices.tables import CreditNote, Invoice, WriteOff
from transactional_api.payments.tables import Refund, RefundReopening


def outstanding_minor(unit: UnitOfWork, invoice: Invoice) -> int:
    """Total with tax - allocations - credit notes - write-offs + what refunds and charge-backs opened again; not below
    0, for what is credited beyond is unapplied money. Only a posted invoice is owed: see `rules` for its states.

    Allocations are of succeeded payments only: those of a payment that is undone are deleted.
    """
    of = (invoice.tenant_id, invoice.invoice_id)
    sums = select(_sum(CreditNote, *of), _sum(WriteOff, *of), _sum(RefundReopening, *of))
    credited, written_off, reopened = unit.session.execute(sums).one()
    allocated = sum(allocation.amount_minor for allocation in invoice.allocations)
    return max(0, total_minor(invoice) - allocated - int(credited) - int(written_off) + int(reopened))


def is_disputed(unit: UnitOfWork, invoice: Invoice) -> bool:
    """A charge-back that is not resolved stands on it."""
    query = (
        select(func.count())
        .select_from(Refund)
        .outerjoin(
            RefundReopening,
            (RefundReopening.tenant_id == Refund.tenant_id) & (RefundReopening.refund_id == Refund.refund_id),
        )
        .where(
            Refund.tenant_id == unit.tenant_id,
            Refund.kind == "chargeback",
            Refund.status == "open",
            (Refund.invoice_id == invoice.invoice_id) | (RefundReopening.invoice_id == invoice.invoice_id),
        )
    )
    return bool(unit.session.scalar(query))


def _sum(
    table: type[CreditNote] | type[WriteOff] | type[RefundReopening], tenant_id: str, invoice_id: str
) -> ScalarSelect[int]:
    query = select(func.coalesce(func.sum(table.amount_minor), 0))
    return query.where(table.tenant_id == tenant_id, table.invoice_id == invoice_id).scalar_subquery()
