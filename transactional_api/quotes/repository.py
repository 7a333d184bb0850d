"""Queries for quotes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import selectinload

from transactional_api.customers.tables import Customer
from transactional_api.deals.tables import Deal
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.products.tables import Product
from transactional_api.quotes.tables import Quote


def by_id(session: RecordedSession, quote_id: str) -> Quote | None:
    return find(session, Quote, quote_id)


def by_id_locked(session: RecordedSession, quote_id: str) -> Quote | None:
    return find_locked(session, Quote, quote_id)


def accepted(session: RecordedSession, deal_id: str) -> Quote | None:
    """The signed quote of a deal, else the approved one, with its lines."""
    query = (
        select(Quote)
        .where(Quote.tenant_id == session.of_tenant, Quote.deal_id == deal_id, Quote.status.in_(("signed", "approved")))
        .options(selectinload(Quote.lines))
        .order_by(case((Quote.status == "signed", 0), else_=1), Quote.quote_no.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def open_of(session: RecordedSession, deal_id: str) -> Quote | None:
    """The one that waits for approval or is approved; what is signed is not open."""
    query = select(Quote).where(
        Quote.tenant_id == session.of_tenant,
        Quote.deal_id == deal_id,
        Quote.status.in_(("approved", "pending_approval")),
    )
    return session.scalars(query).one_or_none()


def last_no(session: RecordedSession, deal_id: str) -> int:
    query = select(func.max(Quote.quote_no)).where(Quote.tenant_id == session.of_tenant, Quote.deal_id == deal_id)
    return session.scalar(query) or 0


def page(session: RecordedSession, deal_id: str, cursor: str | None, limit: int) -> Page[Quote]:
    query = (
        select(Quote)
        .where(Quote.tenant_id == session.of_tenant, Quote.deal_id == deal_id)
        .options(selectinload(Quote.lines), selectinload(Quote.violations))
    )
    return page_by_key(session, query, (Quote.quote_id,), cursor, limit)


def ids_of_deal(session: RecordedSession, deal_id: str) -> list[str]:
    query = select(Quote.quote_id).where(Quote.tenant_id == session.of_tenant, Quote.deal_id == deal_id)
    return list(session.scalars(query.order_by(Quote.quote_no)))


def products(session: RecordedSession, product_ids: Sequence[str]) -> dict[str, Product]:
    """By id; those that are not there are left out."""
    if not product_ids:
        return {}
    query = select(Product).where(Product.tenant_id == session.of_tenant, Product.product_id.in_(set(product_ids)))
    return {row.product_id: row for row in session.scalars(query)}


def customers(session: RecordedSession, customer_ids: Sequence[str]) -> dict[str, Customer]:
    """By id; those that are not there are left out."""
    if not customer_ids:
        return {}
    query = select(Customer).where(Customer.tenant_id == session.of_tenant, Customer.customer_id.in_(set(customer_ids)))
    return {row.customer_id: row for row in session.scalars(query)}


def created_between(session: RecordedSession, start: datetime, end: datetime, limit: int) -> list[Quote]:
    query = select(Quote).where(Quote.tenant_id == session.of_tenant, Quote.created_at >= start, Quote.created_at < end)
    return list(session.scalars(query.order_by(Quote.created_at, Quote.quote_id).limit(limit)))


def deals_without_quote(session: RecordedSession, start: datetime, end: datetime, limit: int) -> list[Deal]:
    """Deals of the window that were never quoted."""
    quoted = select(Quote.quote_id).where(Quote.tenant_id == Deal.tenant_id, Quote.deal_id == Deal.deal_id)
    query = select(Deal).where(
        Deal.tenant_id == session.of_tenant, Deal.created_at >= start, Deal.created_at < end, ~quoted.exists()
    )
    return list(session.scalars(query.order_by(Deal.created_at, Deal.deal_id).limit(limit)))
