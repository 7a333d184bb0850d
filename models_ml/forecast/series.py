"""The monthly series that are forecast, read from the marts."""

from dataclasses import dataclass
from datetime import date

import duckdb


@dataclass(frozen=True)
class Series:
    """A monthly series without gaps, oldest first. `values` are in units of `currency`."""

    tenant_id: str
    metric: str
    currency: str
    months: tuple[date, ...]
    values: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.values)


def monthly_mrr(connection: duckdb.DuckDBPyConnection) -> list[Series]:
    """MRR of every tenant at its full month-ends, in the reporting currency; the partial month is left out."""
    rows = connection.sql(
        """
        select metrics.tenant_id, tenants.reporting_currency, metrics.month, metrics.mrr::double
        from marts.revenue_metrics as metrics
        inner join run.tenants as tenants on metrics.tenant_id = tenants.tenant_id
        where not metrics.is_partial
        order by metrics.tenant_id, metrics.month
        """
    ).fetchall()
    found: dict[tuple[str, str], list[tuple[date, float]]] = {}
    for tenant_id, currency, month, value in rows:
        found.setdefault((tenant_id, currency), []).append((month, value))
    return [
        Series(tenant_id, "mrr", currency, tuple(m for m, _ in points), tuple(v for _, v in points))
        for (tenant_id, currency), points in found.items()
    ]


def months_after(last: date, count: int) -> tuple[date, ...]:
    """The first days of the `count` months after the month of `last`."""
    start = last.year * 12 + last.month - 1
    return tuple(date(n // 12, n % 12 + 1, 1) for n in range(start + 1, start + 1 + count))
