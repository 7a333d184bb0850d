"""Forecasts carry their own record: the choice, the intervals, and what happens with too little data."""

from datetime import date
from decimal import Decimal

import duckdb
import numpy as np
import pytest
from models_ml.forecast.estimator import LastValue, Prophet, SeasonalNaive

from models_ml.forecast.evaluate import FEWEST_ERRORS, Backtest, Fold, backtest, mase, smape
from models_ml.forecast.pipeline import choose, forecast, write_forecasts
from models_ml.forecast.series import Series, months_after
from models_ml.splits import rolling_origins

START = date(2023, 1, 1)


def series(values: list[float]) -> Series:
    return Series("t", "mrr", "USD", months_after(date(2022, 12, 1), len(values)), tuple(values))


def growing(months: int) -> Series:
    return series([1000 + 40 * at + 15 * ((at * 7) % 5) for at in range(months)])


def seasonal(months: int) -> Series:
    """The same erratic year again and again: seasonal-naive is exactly right."""
    year = [100, 900, 50, 700, 20, 640, 80, 990, 10, 450, 330, 760]
    return series([float(year[at % 12]) for at in range(months)])


def test_months_after_crosses_the_year() -> None:
    assert months_after(date(2025, 11, 1), 3) == (date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1))


def test_an_origin_never_trains_on_what_it_is_tested_on() -> None:
    for origin in rolling_origins(40, first=24, horizon=12, most=12):
        assert 24 <= origin.train_end < origin.test_end <= 40


def test_smape_and_mase_have_their_textbook_values() -> None:
    assert smape(np.array([100.0, 200.0]), np.array([110.0, 180.0])) == pytest.approx((20 / 210 + 40 / 380) / 2)
    history = [float(at) for at in range(24)]
    assert mase(np.array([30.0]), np.array([24.0]), history) == pytest.approx(6 / 12)


def test_a_measure_without_a_scale_is_none_not_infinite() -> None:
    assert smape(np.zeros(2), np.zeros(2)) is None
    assert mase(np.array([1.0]), np.array([2.0]), [5.0] * 24) is None
    assert mase(np.array([1.0]), np.array([2.0]), [5.0] * 12) is None


def test_seasonal_naive_repeats_the_last_year() -> None:
    values = [float(at) for at in range(24)]
    assert SeasonalNaive().forecast([], values, months_after(START, 14)).tolist() == [*range(12, 24), 12, 13]


def test_a_growing_series_is_shown_with_prophet_because_its_backtest_won() -> None:
    forecaster, reason, backtests = choose(growing(36))
    assert forecaster.name == "prophet"
    assert reason.startswith("prophet against seasonal_naive: mean absolute error")
    assert {record.model for record in backtests} == {"prophet", "seasonal_naive"}
    assert len({len(record.folds) for record in backtests}) == 1, "judged over the same origins"


def test_a_model_that_loses_to_seasonal_naive_is_not_the_one_shown() -> None:
    assert choose(seasonal(36))[0].name == "seasonal_naive"


@pytest.mark.parametrize(
    ("months", "model"), [(1, "last_value"), (13, "last_value"), (14, "seasonal_naive"), (24, "seasonal_naive")]
)
def test_a_history_too_short_gets_the_plain_rule_with_its_reason(months: int, model: str) -> None:
    made = forecast(growing(months))
    assert made.model == model
    assert f"only {months} full months" in made.reason
    assert len(made.points) == 12


def test_the_choice_does_not_change_when_the_future_does() -> None:
    """The backtest at an origin sees only what was known there."""
    one, other = list(growing(36).values), list(growing(36).values)
    other[-1] *= 50
    early = [fold.errors[0] for fold in backtest(Prophet(), series(one)).folds[:3]]
    assert early == [fold.errors[0] for fold in backtest(Prophet(), series(other)).folds[:3]]


def test_intervals_never_narrow_further_ahead_and_contain_each_other() -> None:
    made = forecast(growing(36))
    narrow, wide = zip(*[widths for _, _, widths in made.points], strict=True)
    assert list(narrow) == sorted(narrow) and list(wide) == sorted(wide)
    assert all(a <= b for a, b in zip(narrow, wide, strict=True))


def test_with_too_few_errors_there_is_no_interval() -> None:
    folds = (Fold(START, 24, 0.1, 0.1, tuple([1.0] * (FEWEST_ERRORS - 1))),)
    assert Backtest("x", folds).half_width(1, 0.8) is None


def test_coverage_counts_only_errors_that_were_known_at_the_origin() -> None:
    calm = [Fold(START, 24 + at, None, None, (1.0, 1.0, 1.0)) for at in range(6)]
    record = Backtest("x", (*calm, Fold(START, 31, None, None, (5.0, 5.0, 5.0))))
    assert record.coverage(record.folds[-1], 0.8) == 0.0
    assert record.coverage(record.folds[0], 0.8) is None


def marts(rows: list[tuple[str, date, Decimal, bool]]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema marts; create schema run")
    connection.execute(
        "create table run.tenants as select unnest(['a', 'b']) as tenant_id, 'EUR' as reporting_currency"
    )
    connection.execute(
        "create table marts.revenue_metrics (tenant_id varchar, month date, mrr decimal(18, 4), is_partial boolean)"
    )
    if rows:
        connection.executemany("insert into marts.revenue_metrics values (?, ?, ?, ?)", rows)
    return connection


def test_the_partial_month_is_neither_trained_on_nor_skipped_in_the_forecast() -> None:
    rows = [("a", month, Decimal(100), False) for month in months_after(date(2025, 12, 1), 3)]
    connection = marts([*rows, ("a", date(2026, 4, 1), Decimal(1), True)])
    write_forecasts(connection)
    first = connection.sql("select month, value, currency from ml.revenue_forecasts order by month limit 1").fetchall()
    assert first == [(date(2026, 4, 1), Decimal("100.0000"), "EUR")]


def test_a_home_without_revenue_gets_empty_tables_not_a_crash() -> None:
    connection = marts([])
    assert write_forecasts(connection) == []
    assert connection.sql("select count(*) from ml.revenue_forecasts").fetchall() == [(0,)]
    assert connection.sql("select count(*) from ml.forecast_backtests").fetchall() == [(0,)]


def test_a_constant_series_is_forecast_as_constant() -> None:
    made = forecast(series([500.0] * 36))
    assert all(value == pytest.approx(500.0, abs=0.01) for _, value, _ in made.points)


def test_one_tenant_does_not_change_anothers_forecast() -> None:
    long = growing(30)
    a = [("a", m, Decimal(round(v)), False) for m, v in zip(long.months, long.values, strict=True)]
    b = [("b", month, Decimal(1), False) for month in growing(20).months]
    alone, together = marts(a), marts(a + b)
    write_forecasts(alone)
    write_forecasts(together)
    query = "from ml.revenue_forecasts where tenant_id = 'a' order by month"
    assert alone.sql(query).fetchall() == together.sql(query).fetchall()


def test_the_last_value_is_what_remains_for_a_single_month() -> None:
    assert LastValue().forecast([START], [7.0], months_after(START, 2)).tolist() == [7.0, 7.0]
