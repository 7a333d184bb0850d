"""What the database says when it refuses a row, as an error that names the table and the field.

Whether a key is free is left to the database: asking first costs a query and proves nothing about the next moment.
"""

import re
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError

from transactional_api.kit.errors import ConstraintBroken, DomainError, KeyTaken
from transactional_api.kit.tables import Base

_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (\w+)\.\w+(?:, \w+\.(\w+))*")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (\w+)")


def refusal(error: IntegrityError) -> DomainError:
    """The law behind an IntegrityError of either engine. Never contains a value of the row."""
    diagnosis = getattr(error.orig, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if name:
        return _by_name(str(name))
    message = str(error.orig)
    if unique := _SQLITE_UNIQUE.match(message):
        return KeyTaken(unique[1], unique[2] or "tenant_id")
    if check := _SQLITE_CHECK.match(message):
        return _by_name(check[1])
    if "FOREIGN KEY" in message:
        return ConstraintBroken("a row refers to one that is not there, or is still referred to")
    return ConstraintBroken(message.splitlines()[0])


def _by_name(name: str) -> DomainError:
    table, constraint = _found(name)
    if table is None:
        return ConstraintBroken(f"the constraint {name} would not hold")
    columns = [column.name for column in getattr(constraint, "columns", ())]
    if name.startswith(("pk_", "uq_")) and columns:
        return KeyTaken(table.name, columns[-1])
    if name.startswith("fk_") and columns:
        return ConstraintBroken(f"{table.name} refers to a row that is not there, or is still referred to", columns[-1])
    return ConstraintBroken(f"the constraint {name} of {table.name} would not hold")


def _found(name: str) -> tuple[Table | None, Any]:
    for table in Base.metadata.tables.values():
        for constraint in table.constraints:
            # Migrations put the table's name before that of a check twice.
            if name in (constraint.name, f"ck_{table.name}_{constraint.name}"):
                return table, constraint
    return None, None
