"""Forecasters of a monthly series: what each can do without, and what it does with a history.

Each takes months and values (oldest first, no gaps) and returns point forecasts for the months that follow. Intervals
are not theirs: they come from the errors that the backtest saw (`evaluate`).
"""

import logging
import warnings
from collections.abc import Sequence
from datetime import date
from typing import Protocol

import numpy as np
import numpy.typing as npt

SEASON = 12

Floats = npt.NDArray[np.float64]


class Forecaster(Protocol):
    """`needs` is the fewest points that it is fitted on."""

    name: str
    needs: int

    def forecast(self, months: Sequence[date], values: Sequence[float], ahead: Sequence[date]) -> Floats: ...


class LastValue:
    """The newest value, for ever: what is left for a history too short for anything else."""

    name = "last_value"
    needs = 1

    def forecast(self, months: Sequence[date], values: Sequence[float], ahead: Sequence[date]) -> Floats:  # noqa: ARG002
        return np.full(len(ahead), values[-1], dtype=np.float64)


class SeasonalNaive:
    """The value of the same month a year before: the baseline that every model must beat (Hyndman, FPP3, 5.2)."""

    name = "seasonal_naive"
    needs = SEASON + 1

    def forecast(self, months: Sequence[date], values: Sequence[float], ahead: Sequence[date]) -> Floats:  # noqa: ARG002
        season = np.asarray(values[-SEASON:], dtype=np.float64)
        return season[np.arange(len(ahead)) % SEASON]


class Prophet:
    """Prophet for monthly data, without its sampled intervals, so that the same input gives the same output.

    The yearly term has five harmonics: twelve points a year determine no more, and with the default of ten the fit of
    a short history takes seconds. Changepoints stay a third of the points at most for the same reason.
    """

    name = "prophet"
    needs = 2 * SEASON

    def forecast(self, months: Sequence[date], values: Sequence[float], ahead: Sequence[date]) -> Floats:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            import pandas as pd
            import prophet

            for name in ("prophet", "cmdstanpy"):
                logging.getLogger(name).setLevel(logging.ERROR)
                logging.getLogger(name).addHandler(logging.NullHandler())  # else cmdstanpy sets its own level
            model = prophet.Prophet(
                n_changepoints=min(25, len(values) // 3),
                yearly_seasonality=5,
                weekly_seasonality=False,
                daily_seasonality=False,
                uncertainty_samples=0,
            )
            model.fit(pd.DataFrame({"ds": pd.to_datetime(list(months)), "y": list(values)}))
            predicted = model.predict(pd.DataFrame({"ds": pd.to_datetime(list(ahead))}))
            return np.asarray(predicted["yhat"], dtype=np.float64)
