"""Queries for customers."""

from sqlalchemy import Table, and_, literal, or_, select, union_all
from sqlalchemy.orm import selectinload

from transactional_api.customers.tables import Customer, CustomerProfile
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import exists, find, find_locked
from transactional_api.kit.tables import Base


def by_id(session: RecordedSession, customer_id: str) -> Customer | None:
    return find(session, Customer, customer_id)


def is_there(session: RecordedSession, customer_id: str) -> bool:
    return exists(session, Customer, customer_id)


def by_id_locked(session: RecordedSession, customer_id: str) -> Customer | None:
    return find_locked(session, Customer, customer_id)


def page(session: RecordedSession, cursor: str | None, limit: int) -> Page[Customer]:
    query = select(Customer).where(Customer.tenant_id == session.of_tenant).options(selectinload(Customer.profile))
    return page_by_key(session, query, (Customer.customer_id,), cursor, limit)


def tables_naming(session: RecordedSession, customer_id: str) -> list[str]:
    """Every table with a row that refers to the customer, found from the tables' own columns and foreign keys."""
    own = CustomerProfile.__tablename__
    queries = []
    for table in Base.metadata.sorted_tables:
        names = _naming_columns(table)
        if not names or table.name == own:
            continue
        found = or_(*(table.c[name] == customer_id for name in names))
        query = select(table.c.tenant_id).where(and_(table.c.tenant_id == session.of_tenant, found))
        queries.append(select(literal(table.name)).where(query.exists()))
    return sorted(session.scalars(union_all(*queries)))


def _naming_columns(table: Table) -> set[str]:
    keys = (key for key in table.foreign_key_constraints if key.referred_table.name == Customer.__tablename__)
    referring = {column.name for key in keys for column in key.columns if column.name != "tenant_id"}
    own_id = {"customer_id"} & set(table.c.keys()) if table.name != Customer.__tablename__ else set()
    return referring | own_id
