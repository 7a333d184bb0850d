"""Bookings of the near months from open deals: each by the chance of its stage, in the month in which it is expected.

A stage's chance is how many deals that were in it were won by now, drawn towards the seed `deal_stage_kinds` by ten
deals' worth. A deal without an expected date is expected after the median cycle; one whose date has passed, in the
first month. Deals that do not exist yet are added as the mean of the last twelve full months' wins that were as young.

Expected dates are known as they stand, not as they stood: there is no backtest and no interval, and the headline stays
the top-down forecast.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np

from models_ml.forecast.methods.base import Floats
from models_ml.forecast.scenarios import BASE, Scenario
from models_ml.forecast.score import Forecast
from models_ml.forecast.series import Series
from models_ml.forecast.tables import days_of

APPROACH, MODEL = "pipeline", "weighted_pipeline"
NEAR = 3
"""Months ahead that the pipeline says something of."""
LENT_DEALS = 10

OPEN = """
    with
    months as (
        select tenant_id, year(as_of) * 12 + month(as_of) - 1 as as_of_month, as_of,
            year(as_of + 1) * 12 + month(as_of + 1) - 1 as next_month
        from run.tenants
    ),
    passed as (
        select distinct s.tenant_id, s.deal_id, regexp_replace(lower(s.stage), '[^a-z0-9]', '', 'g') as stage_key,
            d.outcome
        from intermediate.int_pipeline__deal_stages_unioned as s
        inner join intermediate.int_pipeline__deals_dated as d using (tenant_id, deal_id)
        where d.outcome in ('won', 'lost') and d.ended_on <= d.as_of
    ),
    stages as (
        select tenant_id, stage_key, count(*) as closed, count(*) filter (where outcome = 'won') as won
        from passed group by all
    ),
    cycles as (
        select tenant_id, median(cycle_days) as days from intermediate.int_pipeline__deals_dated
        where outcome = 'won' and ended_on <= as_of group by all
    )
    select o.tenant_id,
        greatest(
            year(e.day) * 12 + month(e.day) - 1 - m.next_month, 0
        ) as ahead,
        -- Exact, so that the order in which rows are met does not matter; so are the other sums here.
        sum((
            o.amount_minor::double / power(10, c.exponent) * r.numerator::double / r.denominator::double
            * (coalesce(s.won, 0) + $lent * o.probability::double) / (coalesce(s.closed, 0) + $lent)
        )::decimal(38, 10))::double as amount,
        count(*) as deals
    from intermediate.int_pipeline__open_months as o
    inner join months as m on o.tenant_id = m.tenant_id and o.month_index = m.as_of_month
    inner join intermediate.int_pipeline__deals_dated as d on o.tenant_id = d.tenant_id and o.deal_id = d.deal_id
    inner join run.currencies as c on o.currency = c.currency
    inner join intermediate.int_fx__month_rates as r
        on o.tenant_id = r.tenant_id and o.currency = r.currency and o.month_index = r.month_index
    left join stages as s
        on o.tenant_id = s.tenant_id and regexp_replace(lower(o.stage_then), '[^a-z0-9]', '', 'g') = s.stage_key
    left join cycles as y on o.tenant_id = y.tenant_id
    cross join lateral (
        select coalesce(o.expected_close_on, d.created_on + coalesce(y.days, 0)::integer) as day
    ) as e
    where o.amount_minor <> 0 and (o.outcome = 'open' or d.ended_on > m.as_of)
    group by all order by all
"""
WON = """
    select d.tenant_id,
        year(d.ended_on) * 12 + month(d.ended_on) - (year(d.created_on) * 12 + month(d.created_on)) as age,
        sum((
            d.amount_minor::double / power(10, c.exponent) * r.numerator::double / r.denominator::double
        )::decimal(38, 10))::double / 12 as amount
    from intermediate.int_pipeline__deals_dated as d
    inner join run.currencies as c on d.currency = c.currency
    inner join intermediate.int_fx__month_rates as r
        on d.tenant_id = r.tenant_id and d.currency = r.currency
        and r.month_index = year(d.ended_on) * 12 + month(d.ended_on) - 1
    where d.outcome = 'won' and d.amount_minor <> 0
        -- Twelve full months: what the month of the as-of date has won is counted as won so far.
        and d.ended_on < date_trunc('month', d.as_of + 1)
        and d.ended_on >= date_trunc('month', d.as_of + 1) - interval 12 month
    -- Not by all: that would also group by the days in `having`.
    group by 1, 2 having age >= 0 order by all
"""
WON_SO_FAR = """
    select tenant_id, won_amount::double from marts.pipeline_health where is_partial
"""


@dataclass(frozen=True)
class Pipeline:
    """Of one tenant, in the reporting currency: chance-weighted amounts of open deals by month ahead (0 is the first
    that is forecast), a month's mean wins by the age of the deal in months, what the first month has won already, and
    the part of it that is still to come."""

    expected: Mapping[int, float]
    deals: int
    won_by_age: Mapping[int, float]
    won_so_far: float
    part_to_come: float


def read_pipelines(connection: duckdb.DuckDBPyConnection) -> dict[str, Pipeline]:
    opened = connection.execute(OPEN, {"lent": LENT_DEALS}).fetchall()
    won = connection.execute(WON).fetchall()
    so_far = dict(connection.execute(WON_SO_FAR).fetchall())
    to_come = {tenant: part_to_come(day) for tenant, day in days_of(connection).items()}
    found = {}
    for tenant in sorted({row[0] for row in opened}):
        mine = [row for row in opened if row[0] == tenant]
        found[tenant] = Pipeline(
            {ahead: amount for _, ahead, amount, _ in mine},
            sum(deals for *_, deals in mine),
            {age: amount for whose, age, amount in won if whose == tenant},
            so_far.get(tenant, 0.0),
            to_come[tenant],
        )
    return found


def part_to_come(as_of: date) -> float:
    """Of the first month that is forecast: all of it after a month's last day."""
    last = calendar.monthrange(as_of.year, as_of.month)[1]
    return 1.0 if as_of.day == last else (last - as_of.day) / last


def forecasts(series: Series, pipeline: Pipeline, scenarios: Sequence[Scenario]) -> list[Forecast]:
    """Bookings of the near months in each scenario that changes something here, the base first."""
    made = []
    for scenario in scenarios:
        factor = scenario.price * scenario.win_rate
        if scenario.name != BASE.name and factor == 1:
            continue
        reason = f"{pipeline.deals} open deals by the chance of their stage, and wins to come of deals not made yet"
        if scenario.name != BASE.name:
            reason += f"; price x {scenario.price:g}, win rate x {scenario.win_rate:g}"
        values = expected(pipeline, factor)
        made.append(Forecast(series, MODEL, reason, values, None, {}, APPROACH, scenario.name))
    return made


def expected(pipeline: Pipeline, factor: float = 1.0) -> Floats:
    """Amounts of the near months; the factor is on what is not won yet."""
    made = []
    for step in range(NEAR):
        young = sum(amount for age, amount in pipeline.won_by_age.items() if age <= step)
        open_deals = pipeline.expected.get(step, 0.0)
        if step == 0:
            made.append(pipeline.won_so_far + factor * (open_deals + young * pipeline.part_to_come))
        else:
            made.append(factor * (open_deals + young))
    return np.asarray(made, dtype=np.float64)
