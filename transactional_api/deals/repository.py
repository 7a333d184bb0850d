"""Queries for deals."""

from datetime import datetime

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


def page(
    session: RecordedSession,
    cursor: str | None,
    limit: int,
    *,
    stage: str | None = None,
    owner: str | None = None,
    risk: str | None = None,
    created_from: datetime | None = None,
    created_before: datetime | None = None,
) -> Page[Deal]:
    """Created from one instant up to before another."""
    query = select(Deal).where(Deal.tenant_id == session.of_tenant).options(selectinload(Deal.stages))
    if stage is not None:
        query = query.where(Deal.stage == stage)
    if owner is not None:
        query = query.where(Deal.owner == owner)
    if risk is not None:
        query = query.where(Deal.risk == risk)
    if created_from is not None:
        query = query.where(Deal.created_at >= created_from)
    if created_before is not None:
        query = query.where(Deal.created_at < created_before)
    return page_by_key(session, query, (Deal.deal_id,), cursor, limit)
