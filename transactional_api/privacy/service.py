"""What can be done for a person: erase every value about them, and know what was erased."""

import re
from collections.abc import Iterable

from sqlalchemy import CheckConstraint, LargeBinary, inspect
from sqlalchemy.orm import Mapper

from transactional_api.customers import repository as customers
from transactional_api.database import Database, UnitOfWork
from transactional_api.kit.ids import checked_id, id_or_new
from transactional_api.kit.rows import add
from transactional_api.kit.tables import Base
from transactional_api.privacy import repository
from transactional_api.privacy.errors import CustomerUnknown
from transactional_api.privacy.holders import Person, erase_in_holders
from transactional_api.privacy.owned import cells_quoting, rows_of
from transactional_api.privacy.tables import Erasure

ERASED = "erased"


def erase(unit: UnitOfWork, customer_id: str, *, reason: str, known_elsewhere: bool = False) -> Erasure:
    """Blank every personal column of every row about the customer, and every stored text that repeats a value.

    Business facts stay: ids, amounts, dates. The log names the fields. `known_elsewhere` is for a customer of whom only
    dropped files know: there is nothing to blank here, but the erasure is on record and followed.
    """
    customer = customers.by_id_locked(unit.session, customer_id)
    if customer is None and not known_elsewhere:
        raise CustomerUnknown(customer_id)
    rows = list(rows_of(unit.session, customer_id))
    values = _blank(rows)
    for row, name in cells_quoting(unit.session, values):
        setattr(row, name, blank_of(row.__mapper__, name))
    unit.session.flush()
    erase_in_holders(unit.session, Person(customer_id, frozenset(values), _came_later(rows)))
    erasure = Erasure(
        tenant_id=unit.tenant_id,
        erasure_id=id_or_new(None, "era", "erasure_id"),
        customer_id=checked_id(customer_id, "customer_id"),
        subject_token=customer.subject_token if customer is not None else None,
        requested_at=unit.now,
        reason=reason,
    )
    add(unit.session, erasure)
    return erasure


def erasures(database: Database) -> list[Erasure]:
    """Every erasure of every tenant, oldest first: what whoever holds copies of the core has to follow."""
    with database.all_tenants(writes=False) as session:
        if not inspect(session.connection()).has_table(Erasure.__tablename__):
            return []  # a core that this version of the code has not migrated yet
        return repository.all_erasures(session)


def _blank(rows: Iterable[Base]) -> set[str]:
    """Returns the texts that stood there."""
    values: set[str] = set()
    for row in rows:
        for name in row.personal_columns:
            value = getattr(row, name)
            if value is None:
                continue
            if isinstance(value, str):
                values.add(value)
            setattr(row, name, blank_of(row.__mapper__, name))
    return values - {ERASED}


def _came_later(rows: Iterable[Base]) -> frozenset[str]:
    """The ids of rows that need not have been about this customer from the start, such as a deal: what they said then
    stands in no row any more, but in the answers of that time, which name the row alone."""
    return frozenset(
        str(getattr(row, row.__mapper__.primary_key[-1].name))
        for row in rows
        if "customer_id" in row.__table__.c and row.__table__.c.customer_id.nullable
    )


def blank_of(mapper: Mapper[Base], name: str) -> object:
    """What stands in place of a value: nothing, or a word where the table does not allow nothing."""
    column = mapper.columns[name]
    checks = (one for one in mapper.local_table.constraints if isinstance(one, CheckConstraint))  # type: ignore[attr-defined]
    is_judged = any(re.search(rf"\b{name}\b", str(check.sqltext)) for check in checks)
    if column.nullable and not is_judged:
        return None
    return b"" if isinstance(column.type, LargeBinary) else ERASED
