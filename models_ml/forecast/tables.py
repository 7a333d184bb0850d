"""The tables of the forecasts, and rows into them by the thousand."""

from collections.abc import Sequence
from typing import Any

import duckdb

from models_ml.forecast.series import Definition, Series, read_series
from models_ml.rows import insert

FEATURES = """tenant_id varchar not null, metric varchar not null, currency varchar, frequency varchar not null,
    day date not null, value decimal(38, 6) not null, country varchar, left_out varchar not null"""
CANDIDATES = """tenant_id varchar not null, subject varchar not null, metric varchar not null, currency varchar,
    model varchar not null, trained_at date not null, train_ends integer[] not null, origins date[] not null,
    errors double[][] not null, mean_absolute_error double not null, smape double, mase double,
    is_chosen boolean not null, reason varchar not null, forecast double[]"""
FORECASTS = """tenant_id varchar not null, metric varchar not null, month date not null, day date, currency varchar,
    frequency varchar not null, approach varchar not null, scenario varchar not null, is_headline boolean not null,
    value decimal(28, 4) not null, low_80 decimal(28, 4), high_80 decimal(28, 4), low_95 decimal(28, 4),
    high_95 decimal(28, 4), model varchar not null, model_version varchar, reason varchar not null"""
BACKTESTS = """tenant_id varchar not null, metric varchar not null, currency varchar, frequency varchar not null,
    approach varchar not null, model varchar not null, origin date not null, periods integer not null,
    mean_absolute_error double not null, smape double, mase double, coverage_80 double, coverage_95 double,
    is_chosen boolean not null"""


def write(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
    """`ml.<table>` made anew, with these rows in this order."""
    connection.execute("create schema if not exists ml")
    connection.execute(f"create or replace table ml.{table} ({columns})")
    insert(connection, f"ml.{table}", rows)


def write_features(connection: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> int:
    """`ml.forecast_features`: every series that is forecast, without gaps. Returns how many there are."""
    found = read_series(connection, definitions)
    rows = [
        (one.tenant_id, one.metric, one.currency, one.frequency, day, value, one.country, one.left_out)
        for one in found
        for day, value in zip(one.dates, one.values, strict=True)
    ]
    write(connection, "forecast_features", FEATURES, rows)
    return len(found)


def read_features(connection: duckdb.DuckDBPyConnection) -> list[Series]:
    """The series of `ml.forecast_features`, by tenant, metric and currency."""
    rows = connection.execute(
        """select tenant_id, metric, currency, frequency, any_value(country), any_value(left_out),
            list(day order by day), list(value::double order by day)
        from ml.forecast_features group by all order by tenant_id, metric, currency nulls first"""
    ).fetchall()
    return [
        Series(tenant, metric, currency, frequency, tuple(days), tuple(values), country, left_out)
        for tenant, metric, currency, frequency, country, left_out, days, values in rows
    ]


def days_of(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The as-of date of every tenant."""
    return dict(connection.execute("select tenant_id, as_of from run.tenants").fetchall())
