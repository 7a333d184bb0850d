"""Queries for contracts, and for what of their obligations is billed and earned."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from transactional_api.invoices.tables import Invoice, InvoiceLine
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.revenue.tables import Contract, Obligation, Progress, RecognizedRevenue


def by_id(session: RecordedSession, contract_id: str) -> Contract | None:
    return find(session, Contract, contract_id)


def by_id_locked(session: RecordedSession, contract_id: str) -> Contract | None:
    """The lock of a contract covers its obligations, changes, progress and what was recognised."""
    return find_locked(session, Contract, contract_id)


def obligation(session: RecordedSession, obligation_id: str) -> Obligation | None:
    return find(session, Obligation, obligation_id)


def progress(session: RecordedSession, obligation_id: str, measured_on: date) -> Progress | None:
    return find(session, Progress, obligation_id, measured_on)


def page(session: RecordedSession, customer_id: str | None, cursor: str | None, limit: int) -> Page[Contract]:
    query = (
        select(Contract)
        .where(Contract.tenant_id == session.of_tenant)
        .options(selectinload(Contract.obligations), selectinload(Contract.modifications))
    )
    if customer_id is not None:
        query = query.where(Contract.customer_id == customer_id)
    return page_by_key(session, query, (Contract.contract_id,), cursor, limit)


def recognized(session: RecordedSession, contract_id: str) -> list[RecognizedRevenue]:
    query = select(RecognizedRevenue).where(
        RecognizedRevenue.tenant_id == session.of_tenant, RecognizedRevenue.contract_id == contract_id
    )
    keys = (RecognizedRevenue.month, RecognizedRevenue.source_kind, RecognizedRevenue.source_id)
    return list(session.scalars(query.order_by(*keys, RecognizedRevenue.posted_month)))


def billed_minor(session: RecordedSession, obligation_ids: Sequence[str], but: str | None = None) -> dict[str, int]:
    """Net of posted invoices by obligation; `but` leaves one invoice out. Credit notes are not taken off."""
    if not obligation_ids:
        return {}
    query = (
        select(InvoiceLine.obligation_id, func.sum(InvoiceLine.net_minor))
        .join(
            Invoice,
            (Invoice.tenant_id == InvoiceLine.tenant_id) & (Invoice.invoice_id == InvoiceLine.invoice_id),
        )
        .where(
            InvoiceLine.tenant_id == session.of_tenant,
            InvoiceLine.obligation_id.in_(obligation_ids),
            Invoice.status == "posted",
            Invoice.invoice_id.is_distinct_from(but),
        )
        .group_by(InvoiceLine.obligation_id)
    )
    return {str(row[0]): int(row[1]) for row in session.execute(query)}


def earned_minor(session: RecordedSession, obligation_ids: Sequence[str]) -> dict[str, int]:
    """What was recognised so far, by obligation."""
    if not obligation_ids:
        return {}
    query = (
        select(RecognizedRevenue.source_id, func.sum(RecognizedRevenue.amount_minor))
        .where(
            RecognizedRevenue.tenant_id == session.of_tenant,
            RecognizedRevenue.source_kind == "obligation",
            RecognizedRevenue.source_id.in_(obligation_ids),
        )
        .group_by(RecognizedRevenue.source_id)
    )
    return {str(row[0]): int(row[1]) for row in session.execute(query)}
