"""Stage 4: the models, trained on the marts of the same build and stored beside them."""

from collections.abc import Iterator, Sequence

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from models_ml.forecast.pipeline import Forecast, write_forecasts
from orchestration import plots, progress
from orchestration.resources import BuildResource

FORECASTS = AssetKey(["ml", "revenue_forecasts"])
BACKTESTS = AssetKey(["ml", "forecast_backtests"])
METRICS = AssetKey(["marts", "revenue_metrics"])
RECORD = "shown_model_does_not_lose_to_seasonal_naive"


def build_forecast_assets() -> AssetsDefinition:
    @multi_asset(
        name="forecast",
        specs=[
            AssetSpec(
                FORECASTS,
                deps=[METRICS],
                group_name="forecast",
                kinds={"prophet", "duckdb"},
                description="MRR twelve months ahead, with intervals. One row per tenant, metric and month.",
            ),
            AssetSpec(
                BACKTESTS,
                deps=[METRICS],
                group_name="forecast",
                kinds={"prophet", "duckdb"},
                description="Rolling-origin backtests. One row per tenant, metric, model and origin.",
            ),
        ],
        check_specs=[AssetCheckSpec(RECORD, asset=FORECASTS, blocking=True)],
    )
    def forecast(
        context: AssetExecutionContext, build: BuildResource
    ) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        with build.build.connect() as connection:
            made = write_forecasts(connection)
        progress.report("forecast", f"{len(made)} series")
        context.log.info("forecast %d series", len(made))
        yield MaterializeResult(asset_key=FORECASTS, metadata={"series": len(made), "plot": plots.forecast_fan(made)})
        yield MaterializeResult(
            asset_key=BACKTESTS, metadata={"folds": sum(len(b.folds) for one in made for b in one.backtests)}
        )
        yield check_record(made)

    return forecast


def check_record(made: Sequence[Forecast]) -> AssetCheckResult:
    """Fails when a shown model's backtest is worse than seasonal-naive's on the same origins."""
    losing = []
    for one in made:
        errors = {record.model: record.mean_absolute_error for record in one.backtests}
        own, naive = errors.get(one.model), errors.get("seasonal_naive")
        if own is not None and naive is not None and own > naive:
            losing.append(one.series.tenant_id)
    return AssetCheckResult(
        asset_key=FORECASTS,
        check_name=RECORD,
        passed=not losing,
        severity=AssetCheckSeverity.ERROR,
        metadata={"losing_tenants": losing[:20], "series": len(made)},
    )
