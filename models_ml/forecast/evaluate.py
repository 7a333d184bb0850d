"""How good a forecaster was on a series: a rolling-origin backtest, and intervals from the errors it made.

sMAPE and MASE as in the M3 and M4 competitions (Makridakis et al.; Hyndman and Koehler 2006). Intervals are split
conformal: the quantile of past absolute errors at about the same horizon, never narrower further ahead.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from models_ml.forecast.estimator import SEASON, Floats, Forecaster
from models_ml.forecast.series import Series, months_after
from models_ml.splits import rolling_origins

HORIZON = 12
MOST_ORIGINS = 12
LEVELS = (0.80, 0.95)
FEWEST_ERRORS = 5


def smape(actual: Floats, predicted: Floats) -> float | None:
    """Symmetric mean absolute percentage error as a fraction (0.05); None where every term is 0 over 0."""
    scale = np.abs(actual) + np.abs(predicted)
    used = scale > 0
    return float(np.mean(2 * np.abs(actual - predicted)[used] / scale[used])) if used.any() else None


def mase(actual: Floats, predicted: Floats, training: Sequence[float]) -> float | None:
    """Mean absolute error over the in-sample error of seasonal-naive; None without a season or for a constant one."""
    history = np.asarray(training, dtype=np.float64)
    if len(history) <= SEASON:
        return None
    scale = float(np.mean(np.abs(history[SEASON:] - history[:-SEASON])))
    return float(np.mean(np.abs(actual - predicted))) / scale if scale > 0 else None


@dataclass(frozen=True)
class Fold:
    """One origin of a backtest: errors are actual − predicted, one per horizon step."""

    origin: date
    origin_index: int
    smape: float | None
    mase: float | None
    errors: tuple[float, ...]


@dataclass(frozen=True)
class Backtest:
    model: str
    folds: tuple[Fold, ...]

    @property
    def mean_absolute_error(self) -> float | None:
        """Over every fold and horizon; what two models of one series are compared by."""
        errors = [abs(error) for fold in self.folds for error in fold.errors]
        return float(np.mean(errors)) if errors else None

    def half_width(self, step: int, level: float, before: int | None = None) -> float | None:
        """Half the interval `step` months ahead (1-based), from the errors that were known at index `before`."""
        widths = [self._quantile(near, level, before) for near in range(1, step + 1)]
        known = [width for width in widths if width is not None]
        return max(known) if known else None

    def _quantile(self, step: int, level: float, before: int | None) -> float | None:
        errors = sorted(
            abs(error)
            for fold in self.folds
            for at, error in enumerate(fold.errors, start=1)
            if abs(at - step) <= 1 and (before is None or fold.origin_index + at <= before)
        )
        if len(errors) < FEWEST_ERRORS:
            return None
        return errors[min(len(errors), math.ceil((len(errors) + 1) * level)) - 1]

    def coverage(self, fold: Fold, level: float) -> float | None:
        """The share of a fold's months inside the interval that could be drawn at its origin; None if none could."""
        inside = [
            abs(error) <= width
            for step, error in enumerate(fold.errors, start=1)
            if (width := self.half_width(step, level, before=fold.origin_index)) is not None
        ]
        return sum(inside) / len(inside) if inside else None


def backtest(forecaster: Forecaster, series: Series) -> Backtest:
    """Refits at each origin on what was known there. Without a single origin the folds are empty."""
    folds = []
    for split in rolling_origins(len(series), forecaster.needs, HORIZON, MOST_ORIGINS):
        months, values = series.months[: split.train_end], series.values[: split.train_end]
        actual = np.asarray(series.values[split.train_end : split.test_end], dtype=np.float64)
        predicted = forecaster.forecast(months, values, months_after(months[-1], len(actual)))
        folds.append(
            Fold(
                months[-1],
                split.train_end,
                smape(actual, predicted),
                mase(actual, predicted, values),
                tuple((actual - predicted).tolist()),
            )
        )
    return Backtest(forecaster.name, tuple(folds))
