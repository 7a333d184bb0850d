"""Queries for sales, expenses and what is suggested while they are entered."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Row, and_, func, select

from transactional_api.customers.tables import Customer, CustomerProfile
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.sellers.tables import Expense, Sale


def sale(session: RecordedSession, sale_id: str) -> Sale | None:
    return find(session, Sale, sale_id)


def sale_locked(session: RecordedSession, sale_id: str) -> Sale | None:
    return find_locked(session, Sale, sale_id)


def expense(session: RecordedSession, expense_id: str) -> Expense | None:
    return find(session, Expense, expense_id)


def expense_locked(session: RecordedSession, expense_id: str) -> Expense | None:
    return find_locked(session, Expense, expense_id)


def page_of_sales(
    session: RecordedSession,
    customer_id: str | None,
    sold_from: datetime | None,
    sold_until: datetime | None,
    cursor: str | None,
    limit: int,
) -> Page[Sale]:
    query = select(Sale).where(Sale.tenant_id == session.of_tenant)
    if customer_id is not None:
        query = query.where(Sale.customer_id == customer_id)
    if sold_from is not None:
        query = query.where(Sale.sold_at >= sold_from)
    if sold_until is not None:
        query = query.where(Sale.sold_at < sold_until)
    return page_by_key(session, query, (Sale.sale_id,), cursor, limit)


def page_of_expenses(
    session: RecordedSession,
    category: str | None,
    spent_from: date | None,
    spent_until: date | None,
    cursor: str | None,
    limit: int,
) -> Page[Expense]:
    query = select(Expense).where(Expense.tenant_id == session.of_tenant)
    if category is not None:
        query = query.where(Expense.category == category)
    if spent_from is not None:
        query = query.where(Expense.spent_on >= spent_from)
    if spent_until is not None:
        query = query.where(Expense.spent_on < spent_until)
    return page_by_key(session, query, (Expense.expense_id,), cursor, limit)


def products_like(session: RecordedSession, text: str, limit: int) -> Sequence[Row[str, int]]:
    """Names of products that were sold, with how often: those that begin with the text first, then by use."""
    uses = func.count().label("uses")
    query = (
        select(Sale.product, uses)
        .where(Sale.tenant_id == session.of_tenant, Sale.product.icontains(text, autoescape=True))
        .group_by(Sale.product)
        .order_by(Sale.product.istartswith(text, autoescape=True).desc(), uses.desc(), Sale.product)
    )
    return session.execute(query.limit(limit)).all()


def customers_like(session: RecordedSession, text: str, limit: int) -> Sequence[Row[str, str | None, int]]:
    """Customers by their name, with how many sales they are named by; ordered as products are."""
    uses = func.count(Sale.sale_id).label("uses")
    name = CustomerProfile.name
    query = (
        select(Customer.customer_id, name, uses)
        .join(
            CustomerProfile,
            and_(CustomerProfile.tenant_id == Customer.tenant_id, CustomerProfile.customer_id == Customer.customer_id),
        )
        .outerjoin(Sale, and_(Sale.tenant_id == Customer.tenant_id, Sale.customer_id == Customer.customer_id))
        .where(Customer.tenant_id == session.of_tenant, name.icontains(text, autoescape=True))
        .group_by(Customer.customer_id, name)
        .order_by(name.istartswith(text, autoescape=True).desc(), uses.desc(), name, Customer.customer_id)
    )
    return session.execute(query.limit(limit)).all()
