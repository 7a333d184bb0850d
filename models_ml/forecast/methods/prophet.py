"""Prophet, with holidays of the tenant's country where days are forecast."""

import logging
import warnings

import numpy as np

from models_ml.forecast.methods.base import Floats, NotFitted
from models_ml.forecast.series import Series


class Prophet:
    """Prophet without its sampled intervals and with a fixed seed, so that the same input gives the same output.

    Of months the yearly term has five harmonics: twelve points a year determine no more, and with the default of ten
    the fit of a short history takes seconds. Changepoints stay a third of the points at most for the same reason. Of
    days there is a weekly term, a yearly one from two years on, and the holidays of the tenant's country.
    """

    name = "prophet"
    seasons, points = 2, 0

    def forecast(self, series: Series, horizon: int) -> Floats:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pandas as pd
            import prophet

            for name in ("prophet", "cmdstanpy"):
                logging.getLogger(name).setLevel(logging.ERROR)
                logging.getLogger(name).addHandler(logging.NullHandler())  # else cmdstanpy sets its own level
            monthly = series.frequency == "month"
            model = prophet.Prophet(
                n_changepoints=min(25, len(series) // 3),
                yearly_seasonality=5 if monthly else len(series) >= 728,
                weekly_seasonality=not monthly,
                daily_seasonality=False,
                uncertainty_samples=0,
            )
            if series.country and not monthly:
                model.add_country_holidays(series.country)
            try:
                model.fit(pd.DataFrame({"ds": pd.to_datetime(list(series.dates)), "y": list(series.values)}), seed=1)
            except (RuntimeError, ValueError) as error:
                raise NotFitted(f"prophet: {error}") from error
            predicted = model.predict(pd.DataFrame({"ds": pd.to_datetime(list(series.ahead(horizon)))}))
            return np.asarray(predicted["yhat"], dtype=np.float64)
