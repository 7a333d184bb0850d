"""What every forecaster is: a name, what it needs, and point forecasts for the periods that follow a series."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from models_ml.forecast.series import Series

Floats = npt.NDArray[np.float64]

FARTHEST = 20.0
"""How far from what was ever seen a forecast may lie, in ranges of the history: farther out a fit has exploded."""


class NotFitted(ValueError):
    """A forecaster that can do nothing with a series; the message says why."""


class Forecaster(Protocol):
    """`seasons` and `points` are the fewest that it is fitted on, `seasons` in whole seasons of the series."""

    name: str
    seasons: int
    points: int

    def forecast(self, series: Series, horizon: int) -> Floats:
        """Point forecasts of the next `horizon` periods. Raises NotFitted."""
        ...


def needs(forecaster: Forecaster, season: int) -> int:
    """The fewest points of a series with that season."""
    return forecaster.seasons * season + forecaster.points


def checked(forecaster: str, series: Series, values: Floats) -> Floats:
    """The forecast, not below 0 where the history never was. Raises NotFitted for one that is no number or has
    exploded."""
    history = np.asarray(series.values, dtype=np.float64)
    reach = FARTHEST * max(float(np.ptp(history)), float(np.abs(history).max()))
    if not np.isfinite(values).all() or np.abs(values - history.mean()).max() > reach:
        raise NotFitted(f"{forecaster} leaves every bound")
    return np.maximum(values, 0.0) if history.min() >= 0 else values
