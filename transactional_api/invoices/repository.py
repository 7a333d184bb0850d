"""Queries for invoices."""

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from transactional_api.invoices.tables import Invoice
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked

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


def page(
    session: RecordedSession, customer_id: str | None, status: str | None, cursor: str | None, limit: int
) -> Page[Invoice]:
    query = select(Invoice).where(Invoice.tenant_id == session.of_tenant).options(selectinload(Invoice.lines))
    if customer_id is not None:
        query = query.where(Invoice.customer_id == customer_id)
    if status is not None:
        query = query.where(Invoice.status == status)
    return page_by_key(session, query, (Invoice.invoice_id,), cursor, limit)
