"""Exponential smoothing, Theta and ARIMA of statsforecast, a class per method. Importing the library takes seconds, so
it is imported by the first fit."""

import warnings
from typing import Any

import numpy as np

from models_ml.forecast.methods.base import Floats, NotFitted
from models_ml.forecast.series import Series


class _OfStatsforecast:
    name: str
    seasons, points = 2, 0

    def forecast(self, series: Series, horizon: int) -> Floats:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                fitted = self._model(series.season).forecast(y=np.array(series.values, dtype=np.float64), h=horizon)
            except Exception as error:  # the library raises bare exceptions where nothing can be fitted
                raise NotFitted(f"{self.name}: {error}") from error
        return np.asarray(fitted["mean"], dtype=np.float64)

    def _model(self, season: int) -> Any:
        raise NotImplementedError


class AutoEts(_OfStatsforecast):
    """Exponential smoothing with a damped trend; the kinds of error and season by AICc (Hyndman et al. 2008)."""

    name = "auto_ets"

    def _model(self, season: int) -> Any:
        from statsforecast.models import AutoETS

        return AutoETS(season_length=season, damped=True)


class DynamicTheta(_OfStatsforecast):
    """The dynamic optimised Theta model (Fiorucci et al. 2016)."""

    name = "dynamic_theta"

    def _model(self, season: int) -> Any:
        from statsforecast.models import DynamicOptimizedTheta

        return DynamicOptimizedTheta(season_length=season)


class AutoTheta(_OfStatsforecast):
    """The best of four Theta models by its error in the sample."""

    name = "auto_theta"

    def _model(self, season: int) -> Any:
        from statsforecast.models import AutoTheta as Model

        return Model(season_length=season)


class AutoArima(_OfStatsforecast):
    """Seasonal ARIMA found stepwise by AICc (Hyndman and Khandakar 2008), with orders up to 2 and 1 in the season: more
    cannot be told apart in a few years of months, and searching for it takes most of the time."""

    name = "auto_arima"

    def _model(self, season: int) -> Any:
        from statsforecast.models import AutoARIMA

        return AutoARIMA(season_length=season, max_p=2, max_q=2, max_P=1, max_Q=1, approximation=True)
