"""Which forecaster is shown: measures, origins, and a choice that knows nothing of what comes after."""

import random
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models_ml.forecast import methods
from models_ml.forecast.choose import (
    SLOW_SEASONS,
    best_of,
    challenger,
    choose,
    is_beatable,
    is_clearly_better,
    loses_to_naive,
)
from models_ml.forecast.evaluate import Backtest, Fold, backtest, mase, naive_scale, origins, smape
from models_ml.forecast.methods.base import NotFitted, checked
from models_ml.forecast.series import Series, months_after
from models_ml.splits import rolling_origins
from tests.unit.models_ml.forecasting import FIRST, monthly, noisy


def record(model: str, errors: list[float]) -> Backtest:
    """One error at each of some origins, a month apart."""
    return Backtest(model, tuple(Fold(FIRST, 24 + at, (error,), None, None) for at, error in enumerate(errors)))


def test_months_after_crosses_the_year() -> None:
    assert months_after(date(2025, 11, 1), 3) == (date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1))


def test_an_origin_never_trains_on_what_it_is_tested_on() -> None:
    found = list(rolling_origins(40, first=24, horizon=12, most=12, step=2))
    assert [origin.train_end for origin in found] == list(range(24, 39, 2))
    assert all(origin.train_end < origin.test_end <= 40 for origin in found)


def test_origins_lie_as_far_apart_as_leaves_four_of_them() -> None:
    assert [at.train_end for at in origins(monthly(noisy(60)), 24)] == [24, 30, 36, 42, 48, 54]
    assert [at.train_end for at in origins(monthly(noisy(36)), 24)] == [24, 27, 30, 33]
    assert [at.train_end for at in origins(monthly(noisy(27)), 24)] == [24, 25, 26]


def test_smape_and_mase_have_their_textbook_values() -> None:
    assert smape(np.array([100.0, 200.0]), np.array([110.0, 180.0])) == pytest.approx((20 / 210 + 40 / 380) / 2)
    assert mase(np.array([30.0]), np.array([24.0]), [float(at) for at in range(24)], 12) == pytest.approx(6 / 12)


def test_a_measure_without_a_scale_is_none_not_infinite() -> None:
    assert smape(np.zeros(2), np.zeros(2)) is None
    assert naive_scale([5.0] * 24, 12) is None
    assert mase(np.array([1.0]), np.array([2.0]), [5.0] * 12, 12) is None


@pytest.mark.parametrize("name", [*methods.BY_NAME, methods.ENSEMBLE, *methods.WITH_NAIVE])
def test_every_method_forecasts_a_plain_series_near_where_it_was(name: str) -> None:
    series = monthly(noisy(48))
    made = methods.forecast(name, series, 12)
    assert made.shape == (12,) and np.isfinite(made).all()
    assert 150 < made.mean() < 320


@pytest.mark.parametrize("name", [one.name for one in (*methods.QUICK, *methods.SLOW)])
@pytest.mark.parametrize("values", [[0.0, 5.0, -3.0, 2.0] * 10, [0.0] * 39 + [1.0], [1e9, 2e9, 1e-9, 3.0] * 10])
def test_a_method_that_can_do_nothing_says_so_and_never_gives_nonsense(name: str, values: list[float]) -> None:
    try:
        made = methods.forecast(name, monthly(values), 12)
    except NotFitted:
        return
    assert np.isfinite(made).all() and np.abs(made).max() < 1e12


def test_a_forecast_that_explodes_is_no_forecast() -> None:
    with pytest.raises(NotFitted):
        checked("x", monthly([1.0, 2.0, 3.0]), np.array([1e9]))
    with pytest.raises(NotFitted):
        checked("x", monthly([1.0, 2.0, 3.0]), np.array([float("nan")]))


def test_what_was_never_below_zero_is_not_forecast_below_it_and_a_loss_may_go_on() -> None:
    falling = [float(100 - 5 * at) for at in range(20)]
    assert methods.forecast("linear", monthly(falling), 12).min() == 0
    assert methods.forecast("linear", monthly([*falling, -5.0]), 12).min() < -40


def test_the_same_input_gives_the_same_output_bit_for_bit() -> None:
    series = monthly(noisy(40))
    for name in (*methods.BY_NAME, methods.ENSEMBLE):
        assert methods.forecast(name, series, 12).tolist() == methods.forecast(name, series, 12).tolist(), name


def test_permuted_test_values_leave_choice_and_forecast_as_they_were() -> None:
    """The choice sees the training window only, and each origin only what was known there."""
    whole = noisy(60, seed=3)
    window, kept_back = whole[:48], whole[48:]
    shuffled = kept_back[:]
    random.Random(7).shuffle(shuffled)
    assert shuffled != kept_back
    chosen = [choose(monthly(window + future).until(48)) for future in (kept_back, shuffled)]
    assert chosen[0].model == chosen[1].model and chosen[0].backtests == chosen[1].backtests
    forecasts = [methods.forecast(one.model, monthly(whole).until(48), 12).tolist() for one in chosen]
    assert forecasts[0] == forecasts[1]
    early = origins(monthly(whole), 24)[:1]
    seen = [
        backtest(monthly(whole[: early[0].train_end] + future), ["auto_ets"], early)["auto_ets"].folds[0]
        for future in (whole[early[0].train_end :], [value * 3 for value in whole[early[0].train_end :]])
    ]
    predicted = [np.asarray(s) for s in (whole[early[0].train_end :], [v * 3 for v in whole[early[0].train_end :]])]
    made = [actual[: len(fold.errors)] - np.asarray(fold.errors) for actual, fold in zip(predicted, seen, strict=True)]
    assert np.allclose(made[0], made[1]), "the forecast at an origin does not know what came"


def test_the_smallest_error_by_a_little_does_not_win_over_the_ensemble() -> None:
    found = {"ensemble": record("ensemble", [10.0] * 5), "auto_ets": record("auto_ets", [8.0] * 5)}
    assert best_of(found)[0] == "ensemble"


def test_a_method_that_is_better_by_far_at_nearly_every_origin_wins() -> None:
    found = {"ensemble": record("ensemble", [10.0] * 5), "auto_ets": record("auto_ets", [5.0] * 4 + [11.0])}
    assert best_of(found)[0] == "auto_ets"


def test_one_lucky_origin_does_not_make_a_method_better() -> None:
    default = record("ensemble", [40.0, 5.0, 5.0, 5.0, 5.0])
    assert not is_clearly_better(record("prophet", [0.0, 6.0, 6.0, 6.0, 6.0]), default)


def test_a_model_that_loses_to_seasonal_naive_is_drawn_to_it_only_as_far_as_its_record_asks() -> None:
    found = {
        name: record(name, [error] * 4)
        for name, error in {
            "ensemble": 12.0,
            "seasonal_naive": 10.0,
            "ensemble_with_naive_25": 11.0,
            "ensemble_with_naive_50": 9.5,
            "ensemble_with_naive_75": 9.0,
        }.items()
    }
    model, reason = best_of(found)
    assert model == "ensemble_with_naive_50" and "loses to seasonal_naive" in reason
    assert not loses_to_naive(found[model], found)


def test_where_even_the_drawn_ones_lose_seasonal_naive_is_shown() -> None:
    found = {"ensemble": record("ensemble", [12.0] * 4), "seasonal_naive": record("seasonal_naive", [10.0] * 4)}
    assert best_of(found)[0] == "seasonal_naive"


@pytest.mark.parametrize("seed", range(2))
def test_no_chosen_model_loses_to_seasonal_naive_over_the_same_origins(seed: int) -> None:
    made = np.random.default_rng(seed)
    choice = choose(monthly([float(value) for value in made.lognormal(3, 1, 30)]))
    assert choice.record is not None
    assert not loses_to_naive(choice.record, choice.backtests)
    assert len({len(one.folds) for one in choice.backtests.values()}) == 1, "judged over the same origins"


def test_slow_methods_run_only_where_a_plain_rule_is_no_worse_than_the_ensemble() -> None:
    understood = choose(monthly(noisy(60, noise=2.0)))
    assert not is_beatable(understood.backtests)
    assert "prophet" not in understood.seconds and "auto_arima" not in understood.seconds
    short = monthly(noisy(SLOW_SEASONS * 12 - 1, season=0, noise=40))
    assert "prophet" not in choose(short).seconds


def test_a_slow_method_is_tried_where_the_ensemble_is_beaten_and_shown_only_if_clearly_better(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = np.random.default_rng(5)
    walk = monthly([float(value) for value in 500 + np.cumsum(made.normal(0, 30, 48))])
    monkeypatch.setattr("models_ml.forecast.choose.is_beatable", lambda found: True)
    choice = choose(walk)
    assert "prophet" in choice.seconds
    if "prophet" in choice.backtests and choice.model == "prophet":
        assert is_clearly_better(choice.backtests["prophet"], choice.backtests["ensemble"])


def test_the_challenger_is_found_without_the_holdout_on_which_it_is_judged() -> None:
    """The newest fold makes `auto_ets` the best by far; without it the ensemble stays."""
    found = {
        "ensemble": record("ensemble", [10.0, 10.0, 10.0, 10.0, 1000.0]),
        "auto_ets": record("auto_ets", [10.0, 10.0, 10.0, 10.0, 1.0]),
    }
    assert best_of({**found, "x": record("x", [500.0] * 5)})[0] == "ensemble"
    assert challenger(found) == ("ensemble", {"ensemble": 1000.0, "auto_ets": 1.0})


def test_before_a_day_a_record_has_only_the_errors_that_were_known_then() -> None:
    fold = Fold(FIRST, 24, (1.0, 2.0, 3.0), None, None)
    later = Fold(FIRST, 26, (4.0,), None, None)
    assert [one.errors for one in Backtest("x", (fold, later)).before(26).folds] == [(1.0, 2.0)]


@pytest.mark.parametrize("months", [1, 3, 12, 15])
def test_a_history_too_short_for_a_backtest_gets_the_last_value_and_says_so(months: int) -> None:
    choice = choose(monthly(noisy(months)))
    assert choice.model == "last_value" and f"only {months} full months" in choice.reason
    assert choice.record is None


def test_a_short_history_is_chosen_for_among_the_plain_rules() -> None:
    choice = choose(monthly([float(100 + 10 * at) for at in range(20)]))
    assert choice.model == "linear"
    assert set(choice.backtests) <= {one.name for one in methods.PLAIN}


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_series_is_forecast_as_constant_with_its_reason(value: float) -> None:
    choice = choose(monthly([value] * 60))
    assert (choice.model, choice.reason) == (
        "last_value",
        f"every value is {value:g}: there is no error to learn from",
    )


def test_days_are_forecast_by_their_weekday() -> None:
    week = [100.0, 20.0, 30.0, 40.0, 50.0, 60.0, 10.0]
    made = np.random.default_rng(1).normal(0, 1, 140)
    days = tuple(date.fromordinal(date(2026, 1, 5).toordinal() + at) for at in range(140))
    series = Series("t", "retail_revenue", "EUR", "day", days, tuple(week[at % 7] + made[at] for at in range(140)))
    choice = choose(series)
    assert choice.record is not None and len(choice.record.folds) == 6
    ahead = methods.forecast(choice.model, series, series.horizon)
    assert len(ahead) == 28
    assert np.abs(ahead - np.tile(week, 4)).max() < 6


def test_holidays_of_the_country_are_read_for_days() -> None:
    """Closed on holidays: with the country, a holiday ahead is forecast lower than the same weekday elsewhere."""
    holidays = pytest.importorskip("holidays").country_holidays("DE", years=range(2023, 2027))
    first = date(2024, 1, 1)
    days = tuple(date.fromordinal(first.toordinal() + at) for at in range(725))
    series = Series("t", "x", "EUR", "day", days, tuple(5.0 if day in holidays else 100.0 for day in days), "DE")
    ahead = series.ahead(28)
    closed = [at for at, day in enumerate(ahead) if day in holidays]
    assert closed, "there is a holiday ahead"
    with_country, without = (
        methods.forecast("prophet", one, 28)[closed].mean() for one in (series, replace(series, country=None))
    )
    assert with_country < without - 20
