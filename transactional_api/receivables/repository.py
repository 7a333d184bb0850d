"""Queries for steps of collection, bills, and lines of the bank with their matches."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from transactional_api.customers.tables import CustomerProfile
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.payments.tables import Payment
from transactional_api.receivables.tables import BankLine, BankMatch, Bill, CollectionStep, DunningStep

CONFIRMED = "confirmed"


def dunning_steps(session: RecordedSession) -> Sequence[DunningStep]:
    query = select(DunningStep).where(DunningStep.tenant_id == session.of_tenant)
    return session.scalars(query.order_by(DunningStep.step_no)).all()


def steps_taken(session: RecordedSession, invoice_id: str) -> Sequence[CollectionStep]:
    query = select(CollectionStep).where(
        CollectionStep.tenant_id == session.of_tenant, CollectionStep.invoice_id == invoice_id
    )
    return session.scalars(query.order_by(CollectionStep.step_no)).all()


def bill(session: RecordedSession, bill_id: str) -> Bill | None:
    return find(session, Bill, bill_id)


def bill_locked(session: RecordedSession, bill_id: str) -> Bill | None:
    """The lock of a bill covers its payments."""
    return find_locked(session, Bill, bill_id)


def bill_page(
    session: RecordedSession, vendor_id: str | None, is_open: bool | None, cursor: str | None, limit: int
) -> Page[Bill]:
    query = select(Bill).where(Bill.tenant_id == session.of_tenant).options(selectinload(Bill.payments))
    if vendor_id is not None:
        query = query.where(Bill.vendor_id == vendor_id)
    if is_open is not None:
        query = query.where((Bill.paid_minor < Bill.amount_minor) == is_open)
    return page_by_key(session, query, (Bill.bill_id,), cursor, limit)


def bank_line_locked(session: RecordedSession, bank_line_id: str) -> BankLine | None:
    """The lock of a line covers its matches, together with the lock of their payment."""
    return find_locked(session, BankLine, bank_line_id)


def bank_lines(session: RecordedSession, ids: Sequence[str]) -> list[BankLine]:
    query = select(BankLine).where(BankLine.tenant_id == session.of_tenant, BankLine.bank_line_id.in_(ids))
    return list(session.scalars(query.order_by(BankLine.bank_line_id)))


def open_lines(session: RecordedSession, limit: int) -> list[BankLine]:
    """Money that came and is not matched in full, the oldest first."""
    query = _open(select(BankLine).where(BankLine.tenant_id == session.of_tenant, BankLine.amount_minor > 0), True)
    return list(session.scalars(query.order_by(BankLine.booked_on, BankLine.bank_line_id).limit(limit)))


def bank_line_page(session: RecordedSession, is_open: bool | None, cursor: str | None, limit: int) -> Page[BankLine]:
    query = select(BankLine).where(BankLine.tenant_id == session.of_tenant)
    if is_open is not None:
        query = _open(query, is_open)
    return page_by_key(session, query, (BankLine.bank_line_id,), cursor, limit)


def _open(query: Select[BankLine], is_open: bool) -> Select[BankLine]:
    matched = (
        select(func.coalesce(func.sum(BankMatch.amount_minor), 0))
        .where(
            BankMatch.tenant_id == BankLine.tenant_id,
            BankMatch.bank_line_id == BankLine.bank_line_id,
            BankMatch.status == CONFIRMED,
        )
        .scalar_subquery()
    )
    return query.where((func.abs(BankLine.amount_minor) > matched) == is_open)


def matched_by_line(session: RecordedSession, ids: Sequence[str]) -> dict[str, int]:
    return _matched(session, BankMatch.bank_line_id, ids)


def matched_by_payment(session: RecordedSession, ids: Sequence[str]) -> dict[str, int]:
    return _matched(session, BankMatch.payment_id, ids)


def _matched(session: RecordedSession, column: InstrumentedAttribute[str], ids: Sequence[str]) -> dict[str, int]:
    query = (
        select(column, func.sum(BankMatch.amount_minor))
        .where(BankMatch.tenant_id == session.of_tenant, BankMatch.status == CONFIRMED, column.in_(ids))
        .group_by(column)
    )
    return {str(row[0]): int(row[1]) for row in session.execute(query)}


def payments_between(session: RecordedSession, first: date, last: date, limit: int) -> list[Payment]:
    query = select(Payment).where(
        Payment.tenant_id == session.of_tenant,
        Payment.status == "succeeded",
        Payment.received_on.between(first, last),
    )
    return list(session.scalars(query.order_by(Payment.received_on, Payment.payment_id).limit(limit)))


def names(session: RecordedSession, customer_ids: Sequence[str]) -> dict[str, str]:
    query = select(CustomerProfile.customer_id, CustomerProfile.name).where(
        CustomerProfile.tenant_id == session.of_tenant, CustomerProfile.customer_id.in_(customer_ids)
    )
    return {str(row[0]): str(row[1]) for row in session.execute(query) if row[1] is not None}


def undone_pairs(session: RecordedSession, ids: Sequence[str]) -> set[tuple[str, str]]:
    query = select(BankMatch.bank_line_id, BankMatch.payment_id).where(
        BankMatch.tenant_id == session.of_tenant, BankMatch.status == "undone", BankMatch.bank_line_id.in_(ids)
    )
    return {(str(row[0]), str(row[1])) for row in session.execute(query)}


def match_locked(session: RecordedSession, match_id: str) -> BankMatch | None:
    return find_locked(session, BankMatch, match_id)


def match_page(
    session: RecordedSession, wanted: Mapping[str, str | None], cursor: str | None, limit: int
) -> Page[BankMatch]:
    """`wanted` are columns and their values; null is any."""
    query = select(BankMatch).where(BankMatch.tenant_id == session.of_tenant)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(BankMatch, name) == value)
    return page_by_key(session, query, (BankMatch.match_id,), cursor, limit)
