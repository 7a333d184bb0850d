"""Queries for products."""

from sqlalchemy import select

from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.products.tables import Product


def by_id(session: RecordedSession, product_id: str) -> Product | None:
    return find(session, Product, product_id)


def by_id_locked(session: RecordedSession, product_id: str) -> Product | None:
    return find_locked(session, Product, product_id)


def page(session: RecordedSession, cursor: str | None, limit: int) -> Page[Product]:
    query = select(Product).where(Product.tenant_id == session.of_tenant)
    return page_by_key(session, query, (Product.product_id,), cursor, limit)
