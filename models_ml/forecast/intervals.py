"""Intervals: split conformal over many series, with errors in units of what a series was found to be hard by.

A score is an absolute error ahead, over the growth of errors with the horizon and the level of the series' own backtest
errors. Its 80 % and 95 % quantiles were found on the training windows of every sixth monthly series of M3 (1,122
windows, none of them a competition's test values), as in Angelopoulos and Bates 2021, 2.1 and 2.3; half an interval is
that quantile times growth and level. A backtest of six origins alone has too few independent errors for a quantile.
"""

from collections.abc import Sequence

import numpy as np

from models_ml.forecast.evaluate import Fold
from models_ml.forecast.methods.base import Floats
from models_ml.forecast.series import Frequency

LEVELS = (0.80, 0.95)
QUANTILES = (1.83, 3.45)
"""Of the scores, for each level."""
GROWTH: dict[Frequency, float] = {"month": 0.2, "day": 0.02}
"""By how much of the first period's the variance of an error grows with each period more."""
TYPICAL, LENT = 0.5, 1
"""What is known before any backtest: errors of half the spread of changes over a season. It weighs as one origin more,
so that a lucky backtest does not make an interval of nothing."""
FEWEST_ORIGINS = 3


def half_widths(
    folds: Sequence[Fold], values: Sequence[float], season: int, frequency: Frequency, horizon: int
) -> tuple[Floats, ...] | None:
    """Half the interval for each level and period ahead, in units of the series; None with fewer than three origins or
    without a change over a season to measure by."""
    if len(folds) < FEWEST_ORIGINS or len(values) <= season + 1:
        return None
    growth = _growth(frequency, max(horizon, *(len(fold.errors) for fold in folds)))
    own = float(np.mean(np.concatenate([np.abs(fold.errors) / growth[: len(fold.errors)] for fold in folds])))
    level = _level(own, TYPICAL * _spread(values, season), len(folds))
    return tuple(quantile * level * growth[:horizon] for quantile in QUANTILES)


def coverages(
    folds: Sequence[Fold], fold: Fold, values: Sequence[float], season: int, frequency: Frequency
) -> tuple[float | None, ...]:
    """The share of a fold's periods inside the intervals that could be drawn at its origin; None if none could."""
    known = [
        Fold(one.origin, one.train_end, one.errors[: fold.train_end - one.train_end], None, None)
        for one in folds
        if one.train_end < fold.train_end
    ]
    widths = half_widths(known, values[: fold.train_end], season, frequency, len(fold.errors))
    if widths is None:
        return (None,) * len(LEVELS)
    return tuple(float(np.mean(np.abs(fold.errors) <= width)) for width in widths)


def _spread(values: Sequence[float], season: int) -> float:
    """Mean distance of the changes over a season from their mean: a steady trend is no error."""
    history = np.asarray(values, dtype=np.float64)
    changes = history[season:] - history[:-season]
    return float(np.mean(np.abs(changes - changes.mean())))


def _level(own: float, typical: float, origins: int) -> float:
    """The geometric mean of both, weighted by origins; what is 0 says nothing beside what is not."""
    if own == 0 or typical == 0:
        return max(own, typical)
    share = origins / (origins + LENT)
    return float(np.exp(share * np.log(own) + (1 - share) * np.log(typical)))


def _growth(frequency: Frequency, horizon: int) -> Floats:
    return np.asarray(np.sqrt(1 + GROWTH[frequency] * np.arange(horizon)))
