"""How good forecasters were on a series: measures, and a rolling-origin backtest in which each is fitted anew at every
origin on what was known there.

sMAPE and MASE as in the M3 and M4 competitions (Makridakis et al.; Hyndman and Koehler 2006).
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from models_ml.forecast.methods import (
    ENSEMBLE,
    MEMBERS,
    WITH_NAIVE,
    NotFitted,
    SeasonalNaive,
    combined,
    drawn,
    forecast,
)
from models_ml.forecast.methods.base import Floats
from models_ml.forecast.series import Series
from models_ml.splits import Origin, rolling_origins

MOST_ORIGINS = 6
ENOUGH_ORIGINS = 4
PER_SEASON = (2, 4, 12)
"""Origins lie half a season apart, of a shorter history a quarter, and else a twelfth: the nearer they are, the more do
their errors repeat each other."""


def smape(actual: Floats, predicted: Floats) -> float | None:
    """Symmetric mean absolute percentage error as a fraction (0.05); None where every term is 0 over 0."""
    scale = np.abs(actual) + np.abs(predicted)
    used = scale > 0
    return float(np.mean(2 * np.abs(actual - predicted)[used] / scale[used])) if used.any() else None


def naive_scale(values: Sequence[float], season: int) -> float | None:
    """The error of seasonal-naive within the sample, in units of the series; None without a season or where it is 0."""
    history = np.asarray(values, dtype=np.float64)
    if len(history) <= season:
        return None
    scale = float(np.mean(np.abs(history[season:] - history[:-season])))
    return scale if scale > 0 else None


def mase(actual: Floats, predicted: Floats, training: Sequence[float], season: int) -> float | None:
    """Mean absolute error over that of seasonal-naive in the training window; None where there is no scale."""
    scale = naive_scale(training, season)
    return float(np.mean(np.abs(actual - predicted))) / scale if scale else None


@dataclass(frozen=True)
class Fold:
    """A method at one origin: `errors` are actual − predicted, one for each period ahead, in units of the series.
    `train_end` is the number of points that it was fitted on, `origin` the date of the last of them."""

    origin: date
    train_end: int
    errors: tuple[float, ...]
    smape: float | None
    mase: float | None

    @cached_property
    def mean_absolute_error(self) -> float:
        return float(np.mean(np.abs(self.errors)))


@dataclass(frozen=True)
class Backtest:
    """A method's folds, oldest first."""

    model: str
    folds: tuple[Fold, ...]

    @cached_property
    def mean_absolute_error(self) -> float:
        """Each origin counts the same, however many periods it has."""
        return float(np.mean([fold.mean_absolute_error for fold in self.folds]))

    def before(self, length: int) -> "Backtest":
        """As it looked when only the first `length` points were known."""
        folds = []
        for fold in self.folds:
            known = fold.errors[: max(0, length - fold.train_end)]
            if known:
                folds.append(Fold(fold.origin, fold.train_end, known, None, None))
        return Backtest(self.model, tuple(folds))


def origins(series: Series, first: int) -> list[Origin]:
    """At most six that have at least `first` points before them, as far apart as leaves four of them."""
    found: list[Origin] = []
    for parts in PER_SEASON:
        step = max(1, series.season // parts)
        found = list(rolling_origins(len(series), first, series.horizon, MOST_ORIGINS, step))
        if len(found) >= ENOUGH_ORIGINS:
            break
    return found


def backtest(
    series: Series, names: Iterable[str], at: Sequence[Origin], seconds: dict[str, float] | None = None
) -> dict[str, Backtest]:
    """Each method over the same origins. One that cannot be fitted at one of them is left out.

    `seconds` is added to, by method: what its fits took.
    """
    found = {}
    for name in names:
        began = time.perf_counter()
        try:
            forecasts = [forecast(name, series.until(o.train_end), o.test_end - o.train_end) for o in at]
            folds = tuple(_fold(series, values, o) for values, o in zip(forecasts, at, strict=True))
        except NotFitted:
            continue
        finally:
            if seconds is not None:
                seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began
        if folds:
            found[name] = Backtest(name, folds)
    return found


def ensemble_backtests(series: Series, found: Mapping[str, Backtest], at: Sequence[Origin]) -> dict[str, Backtest]:
    """The ensemble, and the ensemble drawn towards seasonal-naive, from the records of what they are made of: nothing
    is fitted again. Empty unless the members' are there."""
    if not at or any(name not in found for name in MEMBERS):
        return {}
    names = (ENSEMBLE, *(WITH_NAIVE if SeasonalNaive.name in found else ()))
    made: dict[str, list[Fold]] = {name: [] for name in names}
    for number, origin in enumerate(at):
        actual = np.asarray(series.values[origin.train_end : origin.test_end])
        mean = combined([actual - np.asarray(found[name].folds[number].errors) for name in MEMBERS])
        made[ENSEMBLE].append(_fold(series, mean, origin))
        if SeasonalNaive.name in found:
            naive = actual - np.asarray(found[SeasonalNaive.name].folds[number].errors)
            for name, share in WITH_NAIVE.items():
                made[name].append(_fold(series, drawn(mean, naive, share), origin))
    return {name: Backtest(name, tuple(folds)) for name, folds in made.items()}


def fold_of(series: Series, train_end: int, errors: Sequence[float]) -> Fold:
    """The fold of a method that made these errors after the first `train_end` points."""
    actual = np.asarray(series.values[train_end : train_end + len(errors)], dtype=np.float64)
    return _fold(series, actual - np.asarray(errors), Origin(train_end, train_end + len(errors)))


def mean_of(figures: Iterable[float | None]) -> float | None:
    """Of those that there are."""
    known = [figure for figure in figures if figure is not None]
    return float(np.mean(known)) if known else None


def _fold(series: Series, predicted: Floats, origin: Origin) -> Fold:
    actual = np.asarray(series.values[origin.train_end : origin.test_end], dtype=np.float64)
    training = series.values[: origin.train_end]
    return Fold(
        series.dates[origin.train_end - 1],
        origin.train_end,
        tuple((actual - predicted).tolist()),
        smape(actual, predicted),
        mase(actual, predicted, training, series.season),
    )
