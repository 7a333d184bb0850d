"""Queries for payments and allocations."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.payments.tables import Payment, PaymentAllocation


def by_id(session: RecordedSession, payment_id: str) -> Payment | None:
    return find(session, Payment, payment_id)


def by_id_locked(session: RecordedSession, payment_id: str) -> Payment | None:
    """The lock of a payment covers its allocations, together with the lock of their invoice."""
    return find_locked(session, Payment, payment_id)


def page(
    session: RecordedSession, customer_id: str | None, status: str | None, cursor: str | None, limit: int
) -> Page[Payment]:
    query = select(Payment).where(Payment.tenant_id == session.of_tenant).options(selectinload(Payment.allocations))
    if customer_id is not None:
        query = query.where(Payment.customer_id == customer_id)
    if status is not None:
        query = query.where(Payment.status == status)
    return page_by_key(session, query, (Payment.payment_id,), cursor, limit)


def allocation(
    session: RecordedSession, payment_id: str, invoice_id: str, allocated_on: date
) -> PaymentAllocation | None:
    return find(session, PaymentAllocation, payment_id, invoice_id, allocated_on)
