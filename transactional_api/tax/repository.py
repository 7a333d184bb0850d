"""Queries for tax: the tenant's own rows, and what its posted invoices say."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Row, and_, case, func, join, or_, select

from transactional_api.customers.tables import Customer
from transactional_api.invoices.tables import Invoice, InvoiceLine
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.tax.rules import REVERSE_CHARGE
from transactional_api.tax.tables import TaxFiling, TaxRate, TaxRegistration

OWED = ("posted", "void")
_COUNTRY = func.coalesce(Invoice.ship_to_country, Customer.country)
_REGION = func.coalesce(Invoice.ship_to_region, case((Invoice.ship_to_country.is_(None), Customer.region)))
_WITH_LINES = join(
    join(
        Invoice,
        InvoiceLine,
        and_(InvoiceLine.tenant_id == Invoice.tenant_id, InvoiceLine.invoice_id == Invoice.invoice_id),
    ),
    Customer,
    and_(Customer.tenant_id == Invoice.tenant_id, Customer.customer_id == Invoice.customer_id),
)


def rate_locked(session: RecordedSession, rate_id: str) -> TaxRate | None:
    return find_locked(session, TaxRate, rate_id)


def rates_on(session: RecordedSession, on: date) -> list[TaxRate]:
    query = select(TaxRate).where(
        TaxRate.tenant_id == session.of_tenant,
        TaxRate.valid_from <= on,
        or_(TaxRate.valid_until.is_(None), TaxRate.valid_until > on),
    )
    return list(session.scalars(query))


def rates_alike(session: RecordedSession, jurisdiction: str, kind: str, category: str) -> list[TaxRate]:
    query = select(TaxRate).where(
        TaxRate.tenant_id == session.of_tenant,
        TaxRate.jurisdiction == jurisdiction,
        TaxRate.kind == kind,
        TaxRate.category == category,
    )
    return list(session.scalars(query))


def page_of_rates(session: RecordedSession, jurisdiction: str | None, cursor: str | None, limit: int) -> Page[TaxRate]:
    query = select(TaxRate).where(TaxRate.tenant_id == session.of_tenant)
    if jurisdiction is not None:
        query = query.where(TaxRate.jurisdiction == jurisdiction)
    return page_by_key(session, query, (TaxRate.rate_id,), cursor, limit)


def registrations(session: RecordedSession) -> list[TaxRegistration]:
    query = select(TaxRegistration).where(TaxRegistration.tenant_id == session.of_tenant)
    return list(session.scalars(query.order_by(TaxRegistration.jurisdiction)))


def filing(session: RecordedSession, filing_id: str) -> TaxFiling | None:
    return find(session, TaxFiling, filing_id)


def filing_locked(session: RecordedSession, filing_id: str) -> TaxFiling | None:
    return find_locked(session, TaxFiling, filing_id)


def filing_in(session: RecordedSession, jurisdiction: str, starts_on: date, ends_on: date) -> TaxFiling | None:
    """Any filing of the jurisdiction that covers a day from `starts_on` to `ends_on`."""
    query = select(TaxFiling).where(
        TaxFiling.tenant_id == session.of_tenant,
        TaxFiling.jurisdiction == jurisdiction,
        TaxFiling.period_starts_on <= ends_on,
        TaxFiling.period_ends_on >= starts_on,
    )
    return session.scalars(query.order_by(TaxFiling.period_starts_on)).first()


def page_of_filings(
    session: RecordedSession, jurisdiction: str | None, status: str | None, cursor: str | None, limit: int
) -> Page[TaxFiling]:
    query = select(TaxFiling).where(TaxFiling.tenant_id == session.of_tenant)
    if jurisdiction is not None:
        query = query.where(TaxFiling.jurisdiction == jurisdiction)
    if status is not None:
        query = query.where(TaxFiling.status == status)
    return page_by_key(session, query, (TaxFiling.filing_id,), cursor, limit)


def consumer_sales(
    session: RecordedSession, countries: Sequence[str], first: date, last: date
) -> Sequence[Row[str, int]]:
    """Net of posted lines to those countries without reverse charge, issued from `first` to `last`: currency, sum."""
    query = (
        select(Invoice.currency, func.sum(InvoiceLine.net_minor))
        .select_from(_WITH_LINES)
        .where(
            Invoice.tenant_id == session.of_tenant, Invoice.status == "posted", Invoice.issued_on.between(first, last)
        )
        .where(_COUNTRY.in_(countries), InvoiceLine.tax_code != REVERSE_CHARGE)
        .group_by(Invoice.currency)
    )
    return session.execute(query).all()


def charged(session: RecordedSession, jurisdiction: str, first: date, last: date) -> Sequence[Row[str, str, int, int]]:
    """What was invoiced there in that time: currency, tax code, net, tax. What was voided later is in it."""
    return _sums(session, jurisdiction, Invoice.issued_on.between(first, last))


def voided(session: RecordedSession, jurisdiction: str, first: date, last: date) -> Sequence[Row[str, str, int, int]]:
    return _sums(session, jurisdiction, Invoice.voided_on.between(first, last))


def _sums(
    session: RecordedSession, jurisdiction: str, condition: ColumnElement[bool]
) -> Sequence[Row[str, str, int, int]]:
    country, _, region = jurisdiction.partition("-")
    query = (
        select(
            Invoice.currency,
            InvoiceLine.tax_code,
            func.sum(InvoiceLine.net_minor),
            func.sum(InvoiceLine.tax_minor),
        )
        .select_from(_WITH_LINES)
        .where(Invoice.tenant_id == session.of_tenant, Invoice.status.in_(OWED), condition, _COUNTRY.in_([country]))
        .group_by(Invoice.currency, InvoiceLine.tax_code)
    )
    if region:
        query = query.where(func.upper(_REGION).in_((region, jurisdiction)))
    return session.execute(query).all()
