"""Rules that need no library and no search: the baselines, and what is left for a short history."""

import numpy as np

from models_ml.forecast.methods.base import Floats, NotFitted
from models_ml.forecast.series import Series


class LastValue:
    """The newest value, for ever: what is left for a history too short for anything else."""

    name = "last_value"
    seasons, points = 0, 1

    def forecast(self, series: Series, horizon: int) -> Floats:
        return np.full(horizon, series.values[-1], dtype=np.float64)


class SeasonalNaive:
    """The value of the same period a season before: the baseline that every model must beat (Hyndman, FPP3, 5.2)."""

    name = "seasonal_naive"
    seasons, points = 1, 1

    def forecast(self, series: Series, horizon: int) -> Floats:
        season = np.asarray(series.values[-series.season :], dtype=np.float64)
        return season[np.arange(horizon) % series.season]


class Linear:
    """A straight line by least squares through two seasons at most, so that an old trend does not live on."""

    name = "linear"
    seasons, points = 0, 6

    def forecast(self, series: Series, horizon: int) -> Floats:
        return _line(np.asarray(series.values[-2 * series.season :], dtype=np.float64), horizon)


class Exponential:
    """Constant growth: a line through the logarithms. Only for a history that is above 0 throughout."""

    name = "exponential"
    seasons, points = 0, 6

    def forecast(self, series: Series, horizon: int) -> Floats:
        values = np.asarray(series.values[-2 * series.season :], dtype=np.float64)
        if values.min() <= 0:
            raise NotFitted("exponential growth needs values above 0")
        return np.asarray(np.exp(np.minimum(_line(np.log(values), horizon), 700.0)))


def _line(values: Floats, horizon: int) -> Floats:
    at = np.arange(len(values), dtype=np.float64)
    slope = float((at - at.mean()) @ (values - values.mean())) / float((at - at.mean()) @ (at - at.mean()))
    ahead = np.arange(len(values), len(values) + horizon, dtype=np.float64)
    return np.asarray(values.mean() + slope * (ahead - at.mean()))
