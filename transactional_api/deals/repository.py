"""Queries for deals."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from transactional_api.deals.tables import Deal
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked


def by_id(session: RecordedSession, deal_id: str) -> Deal | None:
    return find(session, Deal, deal_id)


def by_id_locked(session: RecordedSession, deal_id: str) -> Deal | None:
    """The lock of a deal covers the history of its stages."""
    return find_locked(session, Deal, deal_id)


def page(session: RecordedSession, stage: str | None, owner: str | None, cursor: str | None, limit: int) -> Page[Deal]:
    query = select(Deal).where(Deal.tenant_id == session.of_tenant).options(selectinload(Deal.stages))
    if stage is not None:
        query = query.where(Deal.stage == stage)
    if owner is not None:
        query = query.where(Deal.owner == owner)
    return page_by_key(session, query, (Deal.deal_id,), cursor, limit)
