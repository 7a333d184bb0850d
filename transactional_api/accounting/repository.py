"""Queries for mappings and postings."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Row, func, select

from transactional_api.accounting.tables import AccountingPosting, GlMapping
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked


def mapping(session: RecordedSession, purpose: str, detail: str) -> GlMapping | None:
    return find_locked(session, GlMapping, purpose, detail)


def mappings(session: RecordedSession) -> Sequence[GlMapping]:
    query = select(GlMapping).where(GlMapping.tenant_id == session.of_tenant)
    return session.scalars(query.order_by(GlMapping.purpose, GlMapping.detail)).all()


def posting(session: RecordedSession, posting_id: str) -> AccountingPosting | None:
    return find(session, AccountingPosting, posting_id)


def posting_locked(session: RecordedSession, posting_id: str) -> AccountingPosting | None:
    return find_locked(session, AccountingPosting, posting_id)


def postings_locked(session: RecordedSession, posting_ids: Sequence[str]) -> Sequence[AccountingPosting]:
    """In one query; those that somebody else works on are left to them."""
    query = select(AccountingPosting).where(
        AccountingPosting.tenant_id == session.of_tenant, AccountingPosting.posting_id.in_(posting_ids)
    )
    query = query.order_by(AccountingPosting.posting_id).with_for_update(skip_locked=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def posting_of(session: RecordedSession, kind: str, document_id: str) -> AccountingPosting | None:
    """The posting of a document, in whichever system; the first if it is in several."""
    query = select(AccountingPosting).where(
        AccountingPosting.tenant_id == session.of_tenant,
        AccountingPosting.document_kind == kind,
        AccountingPosting.document_id == document_id,
    )
    return session.scalars(query.order_by(AccountingPosting.system)).first()


def postings_of(session: RecordedSession, kinds: Sequence[str], document_id: str) -> Sequence[AccountingPosting]:
    query = select(AccountingPosting).where(
        AccountingPosting.tenant_id == session.of_tenant,
        AccountingPosting.document_id == document_id,
        AccountingPosting.document_kind.in_(kinds),
    )
    return session.scalars(query.order_by(AccountingPosting.created_at, AccountingPosting.posting_id)).all()


def page(
    session: RecordedSession, status: str | None, document_id: str | None, cursor: str | None, limit: int
) -> Page[AccountingPosting]:
    query = select(AccountingPosting).where(AccountingPosting.tenant_id == session.of_tenant)
    if status is not None:
        query = query.where(AccountingPosting.status == status)
    if document_id is not None:
        query = query.where(AccountingPosting.document_id == document_id)
    return page_by_key(session, query, (AccountingPosting.posting_id,), cursor, limit)


def due(session: RecordedSession, now: datetime, limit: int) -> Sequence[Row[str, str, str]]:
    """Of all tenants, those that waited longest first."""
    query = (
        select(AccountingPosting.tenant_id, AccountingPosting.posting_id, AccountingPosting.system)
        .where(AccountingPosting.next_attempt_at <= now)
        .order_by(AccountingPosting.next_attempt_at, AccountingPosting.created_at, AccountingPosting.posting_id)
        .limit(limit)
    )
    return session.execute(query).all()


def count_on_their_way(session: RecordedSession, until: date) -> int:
    query = select(func.count()).where(
        AccountingPosting.tenant_id == session.of_tenant,
        AccountingPosting.status != "posted",
        AccountingPosting.posted_on <= until,
    )
    return int(session.scalar(query) or 0)
