"""Series, marts and registries made for the tests of forecasts."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import duckdb
import numpy as np

from models_ml.forecast.series import Series, months_after

FIRST = date(2022, 1, 1)
MARTS = """
create schema marts; create schema run; create schema staging; create schema intermediate;
create table run.tenants (tenant_id varchar, reporting_currency varchar, as_of date);
create table run.currencies as select 'EUR' as currency, 2 as exponent;
create table marts.revenue_metrics (tenant_id varchar, month date, mrr decimal(28, 4), new_customers bigint,
    opening_mrr decimal(28, 4), churned_mrr decimal(28, 4), contraction_mrr decimal(28, 4), is_partial boolean);
create table marts.cohort_analysis (tenant_id varchar, cohort_month date, period integer, mrr decimal(28, 4));
create table marts.revenue_recognition (tenant_id varchar, month date, currency varchar, recognized decimal(28, 4));
create table marts.cash_flow (tenant_id varchar, period date, activity varchar, currency varchar,
    amount decimal(28, 4));
create table marts.pipeline_health (tenant_id varchar, month date, won_amount decimal(28, 4), is_partial boolean);
create table marts.retail_daily (tenant_id varchar, day date, currency varchar, revenue decimal(38, 6));
create table staging.stg_csv__entities (tenant_id varchar, entity_id varchar, parent_entity_id varchar,
    country varchar);
create table staging.forecast_scenarios (scenario varchar, churn_factor decimal(9, 6), price_factor decimal(9, 6),
    win_rate_factor decimal(9, 6));
create table intermediate.int_pipeline__open_months (tenant_id varchar, deal_id varchar, month_index integer,
    outcome varchar, currency varchar, amount_minor bigint, expected_close_on date, stage_then varchar,
    probability decimal(9, 6));
create table intermediate.int_pipeline__deals_dated (tenant_id varchar, deal_id varchar, outcome varchar,
    currency varchar, amount_minor bigint, created_on date, ended_on date, cycle_days bigint, as_of date);
create table intermediate.int_pipeline__deal_stages_unioned (tenant_id varchar, deal_id varchar, stage varchar);
create table intermediate.int_fx__month_rates (tenant_id varchar, currency varchar, month_index integer,
    numerator hugeint, denominator hugeint);
"""


def monthly(values: Iterable[float], metric: str = "mrr", tenant_id: str = "t") -> Series:
    points = tuple(float(value) for value in values)
    return Series(tenant_id, metric, "EUR", "month", months_after(date(2021, 12, 1), len(points)), points)


def noisy(months: int, seed: int = 1, season: float = 20.0, trend: float = 1.0, noise: float = 5.0) -> list[float]:
    """A level of 200 with a trend, a yearly wave and noise."""
    made = np.random.default_rng(seed)
    at = np.arange(months)
    values = 200 + trend * at + season * np.sin(2 * np.pi * at / 12) + made.normal(0, noise, months)
    return [float(value) for value in np.round(values, 2)]


def marts(mrr: dict[str, Sequence[float]], as_of: date | None = None) -> duckdb.DuckDBPyConnection:
    """Marts of tenants with these month-end figures of MRR from 2022-01 on; the as-of date is the last month's end."""
    connection = duckdb.connect()
    connection.execute(MARTS)
    for tenant_id, values in mrr.items():
        months = months_after(date(2021, 12, 1), len(values))
        end = as_of or (months_after(months[-1], 1)[0] if months else date(2022, 2, 1))
        connection.execute(
            "insert into run.tenants values (?, 'EUR', ?::date - ?)", [tenant_id, end, 0 if as_of else 1]
        )
        rows = [(tenant_id, month, Decimal(str(value))) for month, value in zip(months, values, strict=True)]
        if rows:
            connection.executemany("insert into marts.revenue_metrics values (?, ?, ?, 1, 100, 2, 1, false)", rows)
    return connection
