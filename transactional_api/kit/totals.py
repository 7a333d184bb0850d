"""What the logged tables hold, in few figures: the warehouse compares its own copy with them."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import DeclarativeBase

from transactional_api.kit.change_log import ChangeLogHead


@dataclass(frozen=True)
class CoreTotals:
    """As of one consistent read: the log's head per tenant; per tenant and table its rows and Σ of `_minor` columns."""

    heads: dict[str, int]
    tables: dict[tuple[str, str], tuple[int, int]]


def read_totals(connection: Connection, base: type[DeclarativeBase]) -> CoreTotals:
    """`connection` must be in one transaction, so that heads and totals belong together."""
    heads = connection.execute(select(ChangeLogHead.tenant_id, ChangeLogHead.last_change_no)).all()
    found: dict[tuple[str, str], tuple[int, int]] = {}
    logged = {mapper.class_.__tablename__ for mapper in base.registry.mappers if mapper.class_.is_logged}
    for name in sorted(logged):
        columns = base.metadata.tables[name].c
        sums = [func.coalesce(func.sum(column), 0) for column in columns if column.name.endswith("_minor")]
        counted = select(columns.tenant_id, func.count(), *sums).group_by(columns.tenant_id)
        for row in connection.execute(counted):
            found[(row[0], name)] = (int(row[1]), sum(int(minor) for minor in row[2:]))
    return CoreTotals({str(tenant): int(number) for tenant, number in heads}, found)
