"""What every table of the core is: a tenant in its key, exact types, named constraints, a place in the change log."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKeyConstraint, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from transactional_api.kit.columns import ExactDecimal, Instant
from transactional_api.kit.money import MAX_MINOR


class Base(DeclarativeBase):
    """A row of one tenant. Every table is logged unless it says otherwise, so that forgetting logs too much, not too
    little. `personal_columns` hold values about persons: the log names those that changed and never shows them.
    `personal_to` names the table on which a table of personal values alone is logged."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[object, object]] = {
        str: Text,
        int: BigInteger,
        date: Date,
        datetime: Instant,
        Decimal: ExactDecimal,
    }
    is_logged: ClassVar[bool] = True
    personal_to: ClassVar[str | None] = None
    personal_columns: ClassVar[tuple[str, ...]] = ()

    tenant_id: Mapped[str] = mapped_column(primary_key=True, sort_order=-100)


def reference(column: str, target: str, target_column: str | None = None) -> ForeignKeyConstraint:
    """A foreign key that can only point into the row's own tenant.

    It is judged at the commit, so that the rows of one transaction may be written in any order.
    """
    return ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.{target_column or column}"],
        deferrable=True,
        initially="DEFERRED",
    )


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def amount(column: str, lowest: int = 0) -> CheckConstraint:
    """From `lowest` to 18 digits."""
    return CheckConstraint(f"{column} BETWEEN {lowest} AND {MAX_MINOR}", name=f"{column}_range")


def after(column: str, start: str) -> CheckConstraint:
    return CheckConstraint(f"{column} > {start}", name=f"{column}_after_{start}")


def not_before(column: str, start: str) -> CheckConstraint:
    return CheckConstraint(f"{column} >= {start}", name=f"{column}_not_before_{start}")


def decimal_range(column: str, lowest: str, highest: str) -> CheckConstraint:
    """The cast is for SQLite, which keeps exact decimals as text."""
    return CheckConstraint(
        f"CAST({column} AS NUMERIC) >= {lowest} AND CAST({column} AS NUMERIC) <= {highest}", name=f"{column}_range"
    )


def currency_code(column: str = "currency") -> CheckConstraint:
    return CheckConstraint(f"length({column}) = 3 AND {column} = upper({column})", name=f"{column}_code")
