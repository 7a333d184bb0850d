"""The forecasters by what they cost. `ensemble` is the mean of two of them and is made from their forecasts."""

from collections.abc import Mapping, Sequence

import numpy as np

from models_ml.forecast.methods.base import Floats, Forecaster, NotFitted, checked, needs
from models_ml.forecast.methods.plain import Exponential, LastValue, Linear, SeasonalNaive
from models_ml.forecast.methods.prophet import Prophet
from models_ml.forecast.methods.statistical import AutoArima, AutoEts, AutoTheta, DynamicTheta
from models_ml.forecast.series import Series

ENSEMBLE = "ensemble"
MEMBERS = ("auto_ets", "dynamic_theta")
"""Of the members that are made, the mean. On M3's monthly series these two together beat each of them, and a third one
(another Theta, ARIMA) made no reliable difference."""

PLAIN: tuple[Forecaster, ...] = (LastValue(), SeasonalNaive(), Linear(), Exponential())
QUICK: tuple[Forecaster, ...] = (AutoEts(), DynamicTheta())
SLOW: tuple[Forecaster, ...] = (AutoTheta(), Prophet(), AutoArima())
BY_NAME: Mapping[str, Forecaster] = {one.name: one for one in (*PLAIN, *QUICK, *SLOW)}
STATISTICAL_FROM = 2
"""Whole seasons and a point from which ETS, Theta and their like are fitted at all."""
WITH_NAIVE = {f"ensemble_with_naive_{percent}": percent / 100 for percent in (25, 50, 75)}
"""The ensemble drawn towards seasonal-naive by that share: for a series on which it alone loses to it."""


def forecast(name: str, series: Series, horizon: int) -> Floats:
    """Point forecasts by a method, by the ensemble, or by one drawn towards seasonal-naive. Raises NotFitted."""
    if name == ENSEMBLE:
        return combined([forecast(member, series, horizon) for member in MEMBERS])
    if name in WITH_NAIVE:
        mean, naive = forecast(ENSEMBLE, series, horizon), forecast(SeasonalNaive.name, series, horizon)
        return drawn(mean, naive, WITH_NAIVE[name])
    forecaster = BY_NAME.get(name)
    if forecaster is None:
        # A registry outlives the code: it may name what an earlier version had.
        raise NotFitted(f"there is no method {name}")
    if len(series) < needs(forecaster, series.season):
        raise NotFitted(f"{name} needs {needs(forecaster, series.season)} points, there are {len(series)}")
    return checked(name, series, forecaster.forecast(series, horizon))


def combined(forecasts: Sequence[Floats]) -> Floats:
    return np.asarray(np.mean(np.stack(forecasts), axis=0), dtype=np.float64)


def drawn(mean: Floats, naive: Floats, share: float) -> Floats:
    return np.asarray((1 - share) * mean + share * naive, dtype=np.float64)


__all__ = [
    "BY_NAME",
    "ENSEMBLE",
    "MEMBERS",
    "PLAIN",
    "QUICK",
    "SLOW",
    "STATISTICAL_FROM",
    "WITH_NAIVE",
    "Floats",
    "NotFitted",
    "SeasonalNaive",
    "combined",
    "drawn",
    "forecast",
    "needs",
]
