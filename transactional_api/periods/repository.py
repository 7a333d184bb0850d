"""Queries for closed months."""

from datetime import date

from sqlalchemy import func, select

from transactional_api.invoices.tables import Invoice
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find_locked
from transactional_api.periods.tables import Period


def by_month_locked(session: RecordedSession, month: str) -> Period | None:
    return find_locked(session, Period, month)


def closed_through(session: RecordedSession) -> str | None:
    query = select(func.max(Period.month)).where(Period.tenant_id == session.of_tenant, Period.status == "closed")
    return session.scalar(query)


def page(session: RecordedSession, cursor: str | None, limit: int) -> Page[Period]:
    return page_by_key(
        session, select(Period).where(Period.tenant_id == session.of_tenant), (Period.month,), cursor, limit
    )


def unposted(session: RecordedSession, until: date) -> tuple[int, str | None]:
    """How many invoices dated up to that day are drafts or approved, and the first of them."""
    query = select(func.count(), func.min(Invoice.invoice_id)).where(
        Invoice.tenant_id == session.of_tenant,
        Invoice.status.in_(("draft", "approved")),
        Invoice.issued_on <= until,
    )
    row = session.execute(query).one()
    return int(row[0]), row[1]
