"""Forecasts of the warehouse's series that carry their own record.

`series` says what is forecast, `methods` how, `evaluate` and `intervals` how good that was, `choose` what is shown.
`train` and `score` are the two ends of a model's life; `cohorts` and `pipeline` build a forecast from its parts.
"""
