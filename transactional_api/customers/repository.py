"""Queries for customers."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from transactional_api.customers.tables import Customer
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked


def by_id(session: RecordedSession, customer_id: str) -> Customer | None:
    return find(session, Customer, customer_id)


def by_id_locked(session: RecordedSession, customer_id: str) -> Customer | None:
    return find_locked(session, Customer, customer_id)


def page(session: RecordedSession, cursor: str | None, limit: int) -> Page[Customer]:
    query = select(Customer).where(Customer.tenant_id == session.of_tenant).options(selectinload(Customer.profile))
    return page_by_key(session, query, (Customer.customer_id,), cursor, limit)
