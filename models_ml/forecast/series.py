"""The series that are forecast, read from the marts: one definition each, every tenant's points with one query.

A flow (cash of a month) is 0 where the mart has no row between its first point and the last full period. A stock (MRR)
that is missing is unknown: the series then begins after the gap. The period that is not over is left out.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import duckdb

Frequency = Literal["month", "day"]
SEASONS: dict[Frequency, int] = {"month": 12, "day": 7}
HORIZONS: dict[Frequency, int] = {"month": 12, "day": 28}
DAYS_READ = 728
"""Of a daily series: two years, 104 whole weeks. What a weekday is like is not learned from longer ago."""


@dataclass(frozen=True)
class Definition:
    """A series of every tenant. `sql` selects tenant_id, currency (null for counts), day (the first one of the period)
    and value in currency units, at most one row of each; periods that are not over may be among them."""

    metric: str
    frequency: Frequency
    is_stock: bool
    sql: str


DEFINITIONS = (
    Definition(
        "mrr",
        "month",
        True,
        """select m.tenant_id, t.reporting_currency as currency, m.month as day, m.mrr as value
        from marts.revenue_metrics as m inner join run.tenants as t using (tenant_id)""",
    ),
    Definition(
        "new_customers",
        "month",
        False,
        "select tenant_id, null::varchar as currency, month as day, new_customers as value from marts.revenue_metrics",
    ),
    Definition(
        "revenue_recognized",
        "month",
        False,
        """select tenant_id, currency, month as day, sum(recognized) as value from marts.revenue_recognition
        group by all""",
    ),
    Definition(
        "cash_collected",
        "month",
        False,
        """select tenant_id, currency, period as day, sum(amount) as value from marts.cash_flow
        where activity in ('payment', 'refund', 'chargeback') group by all""",
    ),
    Definition(
        "bookings",
        "month",
        False,
        """select h.tenant_id, t.reporting_currency as currency, h.month as day, h.won_amount as value
        from marts.pipeline_health as h inner join run.tenants as t using (tenant_id)""",
    ),
    Definition(
        "retail_revenue",
        "day",
        False,
        "select tenant_id, currency, day, revenue as value from marts.retail_daily",
    ),
)


@dataclass(frozen=True)
class Series:
    """A series without gaps, oldest first. `dates` are the first days of its periods, `values` are in units of
    `currency` (None: a count). `country` is the ISO code by whose holidays the days are read, where one is known.
    `left_out` says what was not used of the history, and why."""

    tenant_id: str
    metric: str
    currency: str | None
    frequency: Frequency
    dates: tuple[date, ...]
    values: tuple[float, ...]
    country: str | None = None
    left_out: str = ""
    reach: int | None = None
    """How many periods are forecast; None: as many as is usual for the frequency."""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def season(self) -> int:
        return SEASONS[self.frequency]

    @property
    def horizon(self) -> int:
        return self.reach or HORIZONS[self.frequency]

    @property
    def subject(self) -> str:
        """What tells the models of one tenant apart: "mrr/USD"."""
        return f"{self.metric}/{self.currency}" if self.currency else self.metric

    def until(self, length: int) -> "Series":
        """The first `length` points: what was known at an origin."""
        return replace(self, dates=self.dates[:length], values=self.values[:length])

    @property
    def digest(self) -> str:
        """Of dates and values: the same one, the same forecast."""
        points = [f"{day} {value!r}" for day, value in zip(self.dates, self.values, strict=True)]
        return hashlib.sha256("\n".join([self.frequency, str(self.country), *points]).encode()).hexdigest()

    def ahead(self, count: int) -> tuple[date, ...]:
        return periods_after(self.dates[-1], count, self.frequency)


def read_series(connection: duckdb.DuckDBPyConnection, definitions: Sequence[Definition] = DEFINITIONS) -> list[Series]:
    """Every tenant's series, in order of definition, tenant and currency."""
    countries = _countries(connection)
    found = []
    for definition in definitions:
        for (tenant_id, currency, end), points in _points(connection, definition).items():
            dates, values, left_out = without_gaps(points, end, definition)
            if dates:
                country = countries.get(tenant_id) if definition.frequency == "day" else None
                found.append(
                    Series(
                        tenant_id, definition.metric, currency, definition.frequency, dates, values, country, left_out
                    )
                )
    return found


def _points(
    connection: duckdb.DuckDBPyConnection, definition: Definition
) -> dict[tuple[str, str | None, date], list[tuple[date, float]]]:
    """The full periods of every series, with the first day of the last full period of its tenant."""
    last = {
        "month": "case when as_of = last_day(as_of) then date_trunc('month', as_of)"
        " else date_trunc('month', as_of) - interval 1 month end",
        "day": "as_of",
    }[definition.frequency]
    rows = connection.execute(
        f"""with ends as (select tenant_id, ({last})::date as last_period from run.tenants)
        select s.tenant_id, s.currency, e.last_period, s.day, s.value::double
        from ({definition.sql}) as s inner join ends as e using (tenant_id)
        where s.day <= e.last_period and s.value is not null
        order by s.tenant_id, s.currency, s.day"""
    ).fetchall()
    found: dict[tuple[str, str | None, date], list[tuple[date, float]]] = {}
    for tenant_id, currency, end, day, value in rows:
        found.setdefault((tenant_id, currency, end), []).append((day, value))
    return found


def without_gaps(
    points: Sequence[tuple[date, float]], end: date, definition: Definition
) -> tuple[tuple[date, ...], tuple[float, ...], str]:
    """Dates, values and what was left out of points in order of time, up to the period that begins at `end`."""
    frequency = definition.frequency
    left_out = ""
    if definition.is_stock:
        for at in range(len(points) - 1, 0, -1):
            missing = periods_after(points[at - 1][0], 1, frequency)[0]
            if points[at][0] != missing:
                left_out = f"what was before {points[at][0]} is left out: there is no figure for {missing}"
                points = points[at:]
                break
        return tuple(day for day, _ in points), tuple(value for _, value in points), left_out
    known = dict(points)
    dates = list(_periods(points[0][0], end, frequency))
    if frequency == "day":
        dates = dates[-DAYS_READ:]
    return tuple(dates), tuple(known.get(day, 0.0) for day in dates), left_out


def _periods(first: date, last: date, frequency: Frequency) -> Iterable[date]:
    if frequency == "day":
        return (first + timedelta(days=at) for at in range((last - first).days + 1))
    count = (last.year - first.year) * 12 + last.month - first.month
    return (first, *months_after(first, count))


def _countries(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The country of a tenant's root entity, where it has just one with a country."""
    return dict(
        connection.execute(
            """select tenant_id, min(country) from staging.stg_csv__entities
            where parent_entity_id is null and country is not null
            group by tenant_id having count(distinct country) = 1"""
        ).fetchall()
    )


def periods_after(last: date, count: int, frequency: Frequency) -> tuple[date, ...]:
    if frequency == "day":
        return tuple(last + timedelta(days=at) for at in range(1, count + 1))
    return months_after(last, count)


def months_after(last: date, count: int) -> tuple[date, ...]:
    """The first days of the `count` months after the month of `last`."""
    start = last.year * 12 + last.month - 1
    return tuple(date(n // 12, n % 12 + 1, 1) for n in range(start + 1, start + 1 + count))
