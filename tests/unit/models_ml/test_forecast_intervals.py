"""Intervals: what they are made of, and that they cover what they say on series that they were not found on."""

import numpy as np
import pytest

from models_ml.forecast.choose import choose
from models_ml.forecast.evaluate import Fold
from models_ml.forecast.intervals import LEVELS, coverages, half_widths
from models_ml.forecast.methods import forecast
from tests.unit.models_ml.forecasting import FIRST, monthly, noisy


def folds(errors: float, count: int = 4) -> list[Fold]:
    return [Fold(FIRST, 24 + 6 * at, (errors, -errors), None, None) for at in range(count)]


def test_intervals_never_narrow_further_ahead_and_contain_each_other() -> None:
    widths = half_widths(folds(3.0), noisy(48), 12, "month", 12)
    assert widths is not None
    narrow, wide = widths
    assert (np.diff(narrow) > 0).all() and (np.diff(wide) > 0).all() and (narrow < wide).all()


def test_larger_errors_make_wider_intervals_and_lucky_ones_not_nothing() -> None:
    def width(errors: float) -> float:
        found = half_widths(folds(errors), noisy(48), 12, "month", 1)
        assert found is not None
        return float(found[0][0])

    assert width(30.0) > 2 * width(3.0)
    assert width(0.001) > 5 * 0.001


def test_with_too_few_origins_there_is_no_interval() -> None:
    assert half_widths(folds(3.0, count=2), noisy(48), 12, "month", 12) is None
    assert half_widths(folds(3.0), noisy(12), 12, "month", 12) is None


def test_coverage_counts_only_intervals_that_could_be_drawn_at_the_origin() -> None:
    calm = folds(1.0, count=5)
    wild = Fold(FIRST, 54, (500.0, 500.0), None, None)
    values = noisy(60)
    assert coverages([*calm, wild], wild, values, 12, "month") == (0.0, 0.0)
    assert coverages([*calm, wild], calm[1], values, 12, "month") == (None, None)


def test_what_came_later_does_not_widen_the_interval_of_an_earlier_origin() -> None:
    calm = folds(1.0, count=5)
    wild = Fold(FIRST, 54, (500.0, 500.0), None, None)
    values = noisy(60)
    newest = calm[-1]
    assert coverages(calm, newest, values, 12, "month") == coverages([*calm, wild], newest, values, 12, "month")


@pytest.mark.parametrize(("count", "within"), [(4, 0.3), pytest.param(60, 0.13, marks=pytest.mark.long)])
def test_intervals_cover_about_what_they_say_on_generated_series(count: int, within: float) -> None:
    """Other series than those of the calibration, twelve months ahead: a wandering level, a season and noise, harder
    than most. Errors of one series go together, so few series say little."""
    inside: dict[float, list[bool]] = {level: [] for level in LEVELS}
    for seed in range(count):
        wander = np.cumsum(np.random.default_rng(1000 + seed).normal(0, 3, 60))
        whole = [float(value) for value in np.asarray(noisy(60, seed, seed % 4 * 10, seed % 4, 8)) + wander]
        series = monthly(whole).until(48)
        choice = choose(series)
        assert choice.record is not None
        widths = half_widths(choice.record.folds, series.values, 12, "month", 12)
        assert widths is not None
        missed = np.abs(np.asarray(whole[48:]) - forecast(choice.model, series, 12))
        for level, width in zip(LEVELS, widths, strict=True):
            inside[level] += (missed <= width).tolist()
    assert np.mean(inside[0.80]) == pytest.approx(0.80, abs=within)
    assert np.mean(inside[0.95]) == pytest.approx(0.95, abs=within / 2)
