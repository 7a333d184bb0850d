"""Queries for payments, their allocations and refunds, and calls that wait for an answer."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Row, func, select, union_all
from sqlalchemy.orm import selectinload

from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.payments.tables import Payment, PaymentAllocation, PaymentAttempt, Refund, RefundReopening


def by_id(session: RecordedSession, payment_id: str) -> Payment | None:
    return find(session, Payment, payment_id)


def by_id_locked(session: RecordedSession, payment_id: str) -> Payment | None:
    """The lock of a payment covers its allocations and refunds, together with the lock of their invoice."""
    return find_locked(session, Payment, payment_id)


def page(
    session: RecordedSession, customer_id: str | None, status: str | None, cursor: str | None, limit: int
) -> Page[Payment]:
    query = (
        select(Payment)
        .where(Payment.tenant_id == session.of_tenant)
        .options(selectinload(Payment.allocations), selectinload(Payment.refunds))
    )
    if customer_id is not None:
        query = query.where(Payment.customer_id == customer_id)
    if status is not None:
        query = query.where(Payment.status == status)
    return page_by_key(session, query, (Payment.payment_id,), cursor, limit)


def allocation(
    session: RecordedSession, payment_id: str, invoice_id: str, allocated_on: date
) -> PaymentAllocation | None:
    return find(session, PaymentAllocation, payment_id, invoice_id, allocated_on)


def refund_locked(session: RecordedSession, refund_id: str) -> Refund | None:
    return find_locked(session, Refund, refund_id)


def refund(session: RecordedSession, refund_id: str) -> Refund | None:
    return find(session, Refund, refund_id)


def refund_page(session: RecordedSession, payment_id: str, kind: str, cursor: str | None, limit: int) -> Page[Refund]:
    query = (
        select(Refund)
        .where(Refund.tenant_id == session.of_tenant, Refund.payment_id == payment_id, Refund.kind == kind)
        .options(selectinload(Refund.reopenings))
    )
    return page_by_key(session, query, (Refund.refund_id,), cursor, limit)


def opened_minor(session: RecordedSession, payment_id: str, but: str | None = None) -> dict[str, int]:
    """By invoice, what refunds of the payment opened again or will, if they name it; `but` leaves one refund out."""
    mine = (
        Refund.tenant_id == session.of_tenant,
        Refund.payment_id == payment_id,
        Refund.refund_id.is_distinct_from(but),
    )
    done = (
        select(RefundReopening.invoice_id, RefundReopening.amount_minor)
        .join(
            Refund,
            (Refund.tenant_id == RefundReopening.tenant_id) & (Refund.refund_id == RefundReopening.refund_id),
        )
        .where(*mine)
    )
    named = select(Refund.invoice_id, Refund.amount_minor).where(
        *mine, Refund.status == "pending", Refund.invoice_id.is_not(None)
    )
    every = union_all(done, named).subquery()
    session.flush()
    rows = session.execute(select(every.c.invoice_id, func.sum(every.c.amount_minor)).group_by(every.c.invoice_id))
    return {str(row[0]): int(str(row[1])) for row in rows}


def attempt(session: RecordedSession, kind: str, subject_id: str) -> PaymentAttempt | None:
    return find(session, PaymentAttempt, kind, subject_id)


def attempt_locked(session: RecordedSession, kind: str, subject_id: str) -> PaymentAttempt | None:
    return find_locked(session, PaymentAttempt, kind, subject_id)


def attempt_by_reference(session: RecordedSession, reference: str, provider: str) -> Row[str, str, str] | None:
    """Of any tenant: a webhook knows only our reference. A provider speaks of its own calls only."""
    query = select(PaymentAttempt.tenant_id, PaymentAttempt.kind, PaymentAttempt.subject_id)
    mine = (PaymentAttempt.reference == reference, PaymentAttempt.provider == provider)
    return session.execute(query.where(*mine)).first()


def due_attempts(session: RecordedSession, now: datetime, limit: int) -> Sequence[Row[str, str, str]]:
    """Of all tenants, those that waited longest first."""
    query = (
        select(PaymentAttempt.tenant_id, PaymentAttempt.kind, PaymentAttempt.subject_id)
        .where(PaymentAttempt.next_attempt_at <= now)
        .order_by(PaymentAttempt.next_attempt_at)
        .limit(limit)
    )
    return session.execute(query).all()
