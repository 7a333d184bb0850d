"""Monthly forecasts that carry their own record: `series` (what is forecast), `estimator`, `evaluate`, `pipeline`."""
