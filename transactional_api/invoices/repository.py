"""Queries for invoices."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from transactional_api.invoices.rules import Taken
from transactional_api.invoices.tables import CreditNote, Invoice, InvoiceInstalment, WriteOff
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.payments.tables import PaymentAllocation, RefundReopening

NUMBERS = ("INV-00000000", "INV-99999999")


def by_id(session: RecordedSession, invoice_id: str) -> Invoice | None:
    return find(session, Invoice, invoice_id)


def by_id_locked(session: RecordedSession, invoice_id: str) -> Invoice | None:
    return find_locked(session, Invoice, invoice_id)


def last_own_number(session: RecordedSession) -> str | None:
    """The highest number that the core itself gave; numbers of callers look different and do not count."""
    query = select(func.max(Invoice.number)).where(
        Invoice.tenant_id == session.of_tenant,
        Invoice.number.between(*NUMBERS),
        func.length(Invoice.number) == len(NUMBERS[0]),
    )
    return session.scalar(query)


def page(session: RecordedSession, wanted: Mapping[str, str | None], cursor: str | None, limit: int) -> Page[Invoice]:
    """`wanted` are columns and their values; null is any."""
    query = select(Invoice).where(Invoice.tenant_id == session.of_tenant).options(selectinload(Invoice.lines))
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(Invoice, name) == value)
    return page_by_key(session, query, (Invoice.invoice_id,), cursor, limit)


def staged_as(session: RecordedSession, staged_from: str) -> str | None:
    """The invoice that bills it and is not void."""
    query = select(Invoice.invoice_id).where(
        Invoice.tenant_id == session.of_tenant, Invoice.staged_from == staged_from, Invoice.status != "void"
    )
    return session.scalar(query)


def staged_of_contract(session: RecordedSession, contract_id: str) -> set[str]:
    """What of the contract is billed, as `staged_from`."""
    query = select(Invoice.staged_from).where(
        Invoice.tenant_id == session.of_tenant, Invoice.contract_id == contract_id, Invoice.status != "void"
    )
    return {one for one in session.scalars(query) if one is not None}


def taken(session: RecordedSession, invoice_id: str) -> Taken:
    notes = select(
        func.coalesce(func.sum(CreditNote.amount_minor), 0), func.coalesce(func.sum(CreditNote.tax_minor), 0)
    ).where(CreditNote.tenant_id == session.of_tenant, CreditNote.invoice_id == invoice_id)
    credited, tax = session.execute(notes).one()
    written_off = select(func.coalesce(func.sum(WriteOff.amount_minor), 0)).where(
        WriteOff.tenant_id == session.of_tenant, WriteOff.invoice_id == invoice_id
    )
    return Taken(int(credited), int(tax), int(session.scalar(written_off) or 0))


def closed_minor(session: RecordedSession, invoice_id: str) -> int:
    """What payments close of it: allocations, less what refunds opened again."""
    allocated, reopened = (
        select(func.coalesce(func.sum(table.amount_minor), 0))
        .where(table.tenant_id == session.of_tenant, table.invoice_id == invoice_id)
        .scalar_subquery()
        for table in (PaymentAllocation, RefundReopening)
    )
    return int(session.scalar(select(allocated - reopened)) or 0)


def instalments(session: RecordedSession, invoice_id: str) -> list[InvoiceInstalment]:
    query = select(InvoiceInstalment).where(
        InvoiceInstalment.tenant_id == session.of_tenant, InvoiceInstalment.invoice_id == invoice_id
    )
    return list(session.scalars(query.order_by(InvoiceInstalment.due_on)))


def credit_notes(session: RecordedSession, invoice_id: str, cursor: str | None, limit: int) -> Page[CreditNote]:
    query = select(CreditNote).where(CreditNote.tenant_id == session.of_tenant, CreditNote.invoice_id == invoice_id)
    return page_by_key(session, query, (CreditNote.credit_note_id,), cursor, limit)


def write_offs(session: RecordedSession, invoice_id: str, cursor: str | None, limit: int) -> Page[WriteOff]:
    query = select(WriteOff).where(WriteOff.tenant_id == session.of_tenant, WriteOff.invoice_id == invoice_id)
    return page_by_key(session, query, (WriteOff.write_off_id,), cursor, limit)
