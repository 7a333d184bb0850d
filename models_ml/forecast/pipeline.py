"""From the marts to `ml.revenue_forecasts` and `ml.forecast_backtests`.

The model shown for a series is the one whose backtest over the same origins had the smaller error; a model that loses
to seasonal-naive is never the one shown. A history too short for a backtest gets the plainest rule, with its reason.
"""

from dataclasses import dataclass
from datetime import date

import duckdb

from models_ml.forecast.estimator import Forecaster, LastValue, Prophet, SeasonalNaive
from models_ml.forecast.evaluate import HORIZON, LEVELS, Backtest, backtest
from models_ml.forecast.series import Series, monthly_mrr, months_after

TABLES = """
create schema if not exists ml;
create or replace table ml.revenue_forecasts (
    tenant_id varchar not null, metric varchar not null, month date not null, currency varchar not null,
    value decimal(18, 4) not null, low_80 decimal(18, 4), high_80 decimal(18, 4), low_95 decimal(18, 4),
    high_95 decimal(18, 4), model varchar not null, reason varchar not null
);
create or replace table ml.forecast_backtests (
    tenant_id varchar not null, metric varchar not null, model varchar not null, origin date not null,
    months integer not null, smape double, mase double, coverage_80 double, coverage_95 double,
    is_chosen boolean not null
);
"""


@dataclass(frozen=True)
class Forecast:
    """A series' shown forecast and every backtest behind the choice. Points are (month, value, half widths)."""

    series: Series
    model: str
    reason: str
    points: tuple[tuple[date, float, tuple[float | None, ...]], ...]
    backtests: tuple[Backtest, ...]


def choose(series: Series) -> tuple[Forecaster, str, list[Backtest]]:
    """The forecaster to show, why, and the backtests that were run."""
    if len(series) < SeasonalNaive.needs + 1:
        return LastValue(), f"only {len(series)} full months: too few for a backtest", []
    naive = backtest(SeasonalNaive(), series)
    if len(series) < Prophet.needs + 1:
        return SeasonalNaive(), f"only {len(series)} full months: too few for prophet", [naive]
    model = backtest(Prophet(), series)
    same_origins = Backtest(naive.model, naive.folds[-len(model.folds) :])
    rival, own = same_origins.mean_absolute_error, model.mean_absolute_error
    assert rival is not None and own is not None
    verdict = f"mean absolute error {own:.2f} against {rival:.2f} over {len(model.folds)} origins"
    chosen: Forecaster = Prophet() if own < rival else SeasonalNaive()
    return chosen, f"prophet against seasonal_naive: {verdict}", [same_origins, model]


def forecast(series: Series) -> Forecast:
    """Twelve months ahead of a series that has at least one point."""
    forecaster, reason, backtests = choose(series)
    ahead = months_after(series.months[-1], HORIZON)
    values = forecaster.forecast(series.months, series.values, ahead)
    record = next((one for one in backtests if one.model == forecaster.name), None)
    points = tuple(
        (month, float(value), tuple(record.half_width(step, level) if record else None for level in LEVELS))
        for step, (month, value) in enumerate(zip(ahead, values, strict=True), start=1)
    )
    return Forecast(series, forecaster.name, reason, points, tuple(backtests))


def write_forecasts(connection: duckdb.DuckDBPyConnection) -> list[Forecast]:
    """Forecasts every tenant's MRR and writes both tables; they exist, empty, where there is nothing to forecast."""
    connection.execute(TABLES)
    made = [forecast(series) for series in monthly_mrr(connection)]
    forecasts = [row for one in made for row in _forecast_rows(one)]
    backtests = [row for one in made for row in _backtest_rows(one)]
    if forecasts:
        connection.executemany("insert into ml.revenue_forecasts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", forecasts)
    if backtests:
        connection.executemany("insert into ml.forecast_backtests values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", backtests)
    return made


def _forecast_rows(made: Forecast) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for month, value, widths in made.points:
        bounds: list[float | None] = []
        for width in widths:
            bounds += [None, None] if width is None else [max(value - width, 0.0), value + width]
        rows.append(
            (
                made.series.tenant_id,
                made.series.metric,
                month,
                made.series.currency,
                round(max(value, 0.0), 4),
                *(None if bound is None else round(bound, 4) for bound in bounds),
                made.model,
                made.reason,
            )
        )
    return rows


def _backtest_rows(made: Forecast) -> list[tuple[object, ...]]:
    return [
        (
            made.series.tenant_id,
            made.series.metric,
            record.model,
            fold.origin,
            len(fold.errors),
            fold.smape,
            fold.mase,
            *(record.coverage(fold, level) for level in LEVELS),
            record.model == made.model,
        )
        for record in made.backtests
        for fold in record.folds
    ]
