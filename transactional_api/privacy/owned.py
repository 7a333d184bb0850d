"""Which rows hold personal values about a customer: found from the tables' own columns and foreign keys.

A row that holds `customer_id` is about that customer, and so is one that names nobody there but the same id as its
`subject_id`; any other hangs on a customer through a foreign key to one that is, over as many steps as it takes. A new
table with `personal_columns` is found by itself.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, String, Table, and_, or_, select, tuple_

from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.tables import Base
from transactional_api.privacy.holders import batched

SHORTEST = 5


def personal_tables() -> list[type[Base]]:
    """Every table that names personal columns, by name."""
    classes = [mapper.class_ for mapper in Base.registry.mappers if mapper.class_.personal_columns]
    return sorted(classes, key=lambda one: str(one.__tablename__))


def rows_of(session: RecordedSession, customer_id: str) -> Iterator[Base]:
    """The rows with personal columns that are about this customer, table by table."""
    for table in personal_tables():
        condition = belongs(table.__table__, session.of_tenant or "", customer_id)  # type: ignore[arg-type]
        if condition is not None:
            yield from session.scalars(select(table).where(condition).with_for_update())


def cells_quoting(session: RecordedSession, values: Iterable[str]) -> Iterator[tuple[Base, str]]:
    """Personal texts of rows that are about nobody yet, such as an unmatched line of a bank, which hold a value."""
    needles = sorted(value for value in values if len(value) >= SHORTEST)
    for table in personal_tables():
        columns = table.__table__.c
        if "customer_id" not in columns or not needles:
            continue
        texts = [columns[name] for name in table.personal_columns if isinstance(columns[name].type, String)]
        ownerless = select(table).where(columns.tenant_id == session.of_tenant, columns.customer_id.is_(None))
        for text, some in product(texts, batched(needles)):
            quoting = or_(*(text.icontains(needle, autoescape=True) for needle in some))
            for row in session.scalars(ownerless.where(quoting).with_for_update()):
                yield row, text.name


def belongs(
    table: Table, tenant_id: str, customer_id: str, seen: frozenset[str] = frozenset()
) -> ColumnElement[bool] | None:
    """The condition under which a row of `table` is about the customer; None for a table that knows no customer."""
    ways: list[ColumnElement[bool]] = []
    for key in table.foreign_key_constraints:
        parent = key.referred_table
        if parent.name in seen or parent.name == table.name:
            continue
        inner = belongs(parent, tenant_id, customer_id, seen | {table.name})
        if inner is not None:
            pairs: list[tuple[Any, Any]] = [(element.parent, element.column) for element in key.elements]
            found = select(*(target for _, target in pairs)).where(inner)
            ways.append(tuple_(*(own for own, _ in pairs)).in_(found))
    if "customer_id" in table.c:
        own = table.c.customer_id == customer_id
        if "subject_id" in table.c:
            ways.append(table.c.subject_id == customer_id)
        ways = [own, *(and_(table.c.customer_id.is_(None), way) for way in ways)]
    return and_(table.c.tenant_id == tenant_id, or_(*ways)) if ways else None
