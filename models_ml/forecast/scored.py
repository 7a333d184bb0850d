"""Every forecast of a build: the headline of each series, and beside it what is built from parts."""

from collections.abc import Sequence

import duckdb

from models_ml.artefacts import Artefacts
from models_ml.forecast import cohorts, pipeline
from models_ml.forecast.scenarios import read_scenarios
from models_ml.forecast.score import Forecast, backtest_rows, forecast_rows, score_all
from models_ml.forecast.series import Series
from models_ml.forecast.tables import BACKTESTS, FORECASTS, days_of, read_features, write
from models_ml.registry import Registry


def write_scores(connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts) -> list[Forecast]:
    """Writes `ml.revenue_forecasts` and `ml.forecast_backtests` of all tenants; they exist, empty, where there is
    nothing to forecast."""
    series = read_features(connection)
    made = score_all(series, registry, days_of(connection), artefacts)
    made += from_parts(connection, series)
    write(connection, "revenue_forecasts", FORECASTS, [row for one in made for row in forecast_rows(one)])
    write(connection, "forecast_backtests", BACKTESTS, [row for one in made for row in backtest_rows(one)])
    return made


def from_parts(connection: duckdb.DuckDBPyConnection, series: Sequence[Series]) -> list[Forecast]:
    """MRR by cohort and bookings by deal, each in the scenarios that it knows."""
    scenarios = read_scenarios(connection)
    mrr = [one for one in series if one.metric == "mrr"]
    triangles = cohorts.read_triangles(connection, mrr)
    pipelines = pipeline.read_pipelines(connection)
    made: list[Forecast] = []
    for one in mrr:
        if one.tenant_id in triangles:
            made += cohorts.forecasts(one, triangles[one.tenant_id], scenarios)
    for one in series:
        if one.metric == "bookings" and one.tenant_id in pipelines:
            made += pipeline.forecasts(one, pipelines[one.tenant_id], scenarios)
    return made
