"""Queries for tax: the tenant's own rows, and what its posted invoices say."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, join, or_, outerjoin, select

from transactional_api.customers.tables import Customer
from transactional_api.invoices.tables import CreditNote, Invoice, InvoiceLine, InvoiceLineTax
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
_WITH_TAXES = outerjoin(
    _WITH_LINES,
    InvoiceLineTax,
    and_(InvoiceLineTax.tenant_id == InvoiceLine.tenant_id, InvoiceLineTax.line_id == InvoiceLine.line_id),
)
_OF_INVOICE = and_(CreditNote.tenant_id == Invoice.tenant_id, CreditNote.invoice_id == Invoice.invoice_id)
# A tax that was given without its parts is the country's.
_JURISDICTION = func.coalesce(InvoiceLineTax.jurisdiction, _COUNTRY)
_CODE = func.coalesce(InvoiceLineTax.tax_code, InvoiceLine.tax_code)
_TAX = func.coalesce(InvoiceLineTax.tax_minor, InvoiceLine.tax_minor)
# Documents from before their posted day was kept count on their own.
_POSTED_ON = func.coalesce(Invoice.posted_on, Invoice.issued_on)
_VOIDED_ON = func.coalesce(Invoice.void_posted_on, Invoice.voided_on)


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
    session: RecordedSession, countries: Sequence[str], year: int, on: date, home: str
) -> Sequence[Row[str, int]]:
    """Net of the year's lines to those countries without reverse charge, drafts too: currency, sum.

    Dated up to that day, or later with the tax of the seller's own country, which they keep.
    """
    keeps = exists().where(
        InvoiceLineTax.tenant_id == InvoiceLine.tenant_id,
        InvoiceLineTax.line_id == InvoiceLine.line_id,
        InvoiceLineTax.jurisdiction == home,
    )
    query = (
        select(Invoice.currency, func.sum(InvoiceLine.net_minor))
        .select_from(_WITH_LINES)
        .where(Invoice.tenant_id == session.of_tenant, Invoice.status != "void")
        .where(Invoice.issued_on.between(date(year, 1, 1), date(year, 12, 31)), or_(Invoice.issued_on <= on, keeps))
        .where(_COUNTRY.in_(countries), InvoiceLine.tax_code != REVERSE_CHARGE)
        .group_by(Invoice.currency)
    )
    return session.execute(query).all()


def charged(session: RecordedSession, jurisdiction: str, first: date, last: date) -> Sequence[Row[str, str, int, int]]:
    """What counts as invoiced in that time: currency, tax code, net, tax. What was voided later is in it."""
    return _sums(session, jurisdiction, _POSTED_ON.between(first, last))


def voided(session: RecordedSession, jurisdiction: str, first: date, last: date) -> Sequence[Row[str, str, int, int]]:
    return _sums(session, jurisdiction, _VOIDED_ON.between(first, last))


def credit_notes(session: RecordedSession, jurisdiction: str, first: date, last: date) -> list[CreditNote]:
    """Of the invoices with that jurisdiction's tax that were credited in that time: every note up to its end, in the
    order in which they count."""
    query = select(CreditNote).where(
        CreditNote.tenant_id == session.of_tenant,
        CreditNote.invoice_id.in_(_credited(session, jurisdiction, first, last)),
        CreditNote.posted_on <= last,
    )
    return list(session.scalars(query.order_by(CreditNote.posted_on, CreditNote.credit_note_id)))


def taxes_of_credited(
    session: RecordedSession, jurisdiction: str, first: date, last: date
) -> Sequence[Row[str, str, int]]:
    """The same invoices' tax, per invoice and jurisdiction, in order."""
    query = (
        select(Invoice.invoice_id, _JURISDICTION, func.sum(_TAX))
        .select_from(_WITH_TAXES)
        .where(
            Invoice.tenant_id == session.of_tenant,
            Invoice.invoice_id.in_(_credited(session, jurisdiction, first, last)),
        )
        .group_by(Invoice.invoice_id, _JURISDICTION)
        .order_by(Invoice.invoice_id, _JURISDICTION)
    )
    return session.execute(query).all()


def not_split(session: RecordedSession, jurisdiction: str, first: date, last: date) -> str | None:
    """An invoice that counts there in that time with a tax that was given without its parts."""
    country, _, rest = jurisdiction.partition("-")
    region = rest.partition(":")[0]
    credit = exists().where(_OF_INVOICE, CreditNote.posted_on.between(first, last))
    query = (
        select(func.min(Invoice.invoice_id))
        .select_from(_WITH_TAXES)
        .where(Invoice.tenant_id == session.of_tenant, Invoice.status.in_(OWED), InvoiceLineTax.line_id.is_(None))
        .where(or_(_POSTED_ON.between(first, last), _VOIDED_ON.between(first, last), credit), _COUNTRY.in_([country]))
    )
    if region:
        query = query.where(or_(_REGION.is_(None), func.upper(_REGION).in_((region, f"{country}-{region}"))))
    return session.scalar(query)


def _credited(session: RecordedSession, jurisdiction: str, first: date, last: date) -> Select[str]:
    return (
        select(Invoice.invoice_id)
        .select_from(join(_WITH_TAXES, CreditNote, _OF_INVOICE))
        .where(Invoice.tenant_id == session.of_tenant, CreditNote.posted_on.between(first, last))
        .where(_JURISDICTION.in_([jurisdiction]))
    )


def _sums(
    session: RecordedSession, jurisdiction: str, condition: ColumnElement[bool]
) -> Sequence[Row[str, str, int, int]]:
    """A line counts once with its net, however many kinds of tax the jurisdiction has; what is taxed by one of them
    (reduced, standard) sorts before zero_rated."""
    lines = (
        select(
            Invoice.currency.label("currency"),
            func.min(_CODE).label("code"),
            func.min(InvoiceLine.net_minor).label("net_minor"),
            func.sum(_TAX).label("tax_minor"),
        )
        .select_from(_WITH_TAXES)
        .where(Invoice.tenant_id == session.of_tenant, Invoice.status.in_(OWED), condition)
        .where(_JURISDICTION.in_([jurisdiction]))
        .group_by(Invoice.currency, InvoiceLine.line_id)
        .subquery()
    )
    query = select(lines.c.currency, lines.c.code, func.sum(lines.c.net_minor), func.sum(lines.c.tax_minor))
    return session.execute(query.group_by(lines.c.currency, lines.c.code)).all()
