"""Queries for subscriptions."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.subscriptions.tables import Subscription


def by_id(session: RecordedSession, subscription_id: str) -> Subscription | None:
    return find(session, Subscription, subscription_id)


def by_id_locked(session: RecordedSession, subscription_id: str) -> Subscription | None:
    """The lock of a subscription covers its periods: they change only under it."""
    return find_locked(session, Subscription, subscription_id)


def page(session: RecordedSession, customer_id: str | None, cursor: str | None, limit: int) -> Page[Subscription]:
    query = (
        select(Subscription)
        .where(Subscription.tenant_id == session.of_tenant)
        .options(selectinload(Subscription.periods))
    )
    if customer_id is not None:
        query = query.where(Subscription.customer_id == customer_id)
    return page_by_key(session, query, (Subscription.subscription_id,), cursor, limit)
