"""Stage 4, forecasts: features, training, evaluation and scoring, each an asset of its own."""

from collections.abc import Iterator, Sequence

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    asset,
    multi_asset,
)

from models_ml.forecast.choose import loses_to_naive
from models_ml.forecast.drift import Drift, drifts
from models_ml.forecast.score import Forecast
from models_ml.forecast.scored import write_scores
from models_ml.forecast.series import DEFINITIONS
from models_ml.forecast.tables import days_of, write_features
from models_ml.forecast.train import KIND, evaluate, train
from models_ml.registry import read_registry
from orchestration import plots_forecast, progress
from orchestration.defs.model_registry import registry_key
from orchestration.resources import BuildResource

GROUP = "forecast"
FEATURES = AssetKey(["ml", "forecast_features"])
CANDIDATES = AssetKey(["ml", "forecast_candidates"])
FORECASTS = AssetKey(["ml", "revenue_forecasts"])
BACKTESTS = AssetKey(["ml", "forecast_backtests"])
SERIES = [
    AssetKey(["marts", name])
    for name in ("revenue_metrics", "revenue_recognition", "cash_flow", "pipeline_health", "retail_daily")
] + [AssetKey(["staging", "stg_csv__entities"])]
PARTS = [
    AssetKey(["marts", "cohort_analysis"]),
    AssetKey(["intermediate", "int_pipeline__open_months"]),
    AssetKey(["intermediate", "int_pipeline__deals_dated"]),
    AssetKey(["intermediate", "int_pipeline__deal_stages_unioned"]),
    AssetKey(["intermediate", "int_fx__month_rates"]),
    AssetKey(["staging", "forecast_scenarios"]),
]
RECORD = "shown_model_does_not_lose_to_seasonal_naive"
DRIFT = "earlier_forecasts_kept_their_intervals"


def build_forecast_assets() -> list[AssetsDefinition]:
    return [_features, _training, _evaluation, _scoring()]


@asset(
    key=FEATURES,
    deps=SERIES,
    group_name=GROUP,
    kinds={"duckdb"},
    description="The series that are forecast, full periods without gaps. One row per tenant, metric, currency and"
    " first day of a period.",
)
def _features(build: BuildResource) -> MaterializeResult[None]:
    with build.build.connect() as connection:
        count = write_features(connection, DEFINITIONS)
    return MaterializeResult(metadata={"series": count})


@asset(
    key=CANDIDATES,
    deps=[FEATURES],
    group_name=GROUP,
    kinds={"prophet", "duckdb"},
    description="What every training tried, with its backtest. One row per tenant, series, day of training and method.",
)
def _training(build: BuildResource) -> MaterializeResult[None]:
    with build.build.connect() as connection:
        build.build.carry_over(connection, "ml.forecast_candidates")
        count = train(connection, build.build.registry_before(KIND))
    return MaterializeResult(metadata={"trained": count})


@asset(
    key=registry_key(KIND),
    deps=[CANDIDATES],
    group_name=GROUP,
    kinds={"duckdb"},
    description="Which method shows a series since when, and who was refused. One row per tenant, series and decision.",
)
def _evaluation(build: BuildResource) -> MaterializeResult[None]:
    with build.build.connect() as connection:
        _, made = evaluate(connection, build.build.registry_before(KIND), build.build.artefacts)
    decisions = {f"{one.tenant_id}, {one.subject}: {one.algorithm} {one.status}": one.reason for one in made[:20]}
    return MaterializeResult(metadata={"decisions": len(made), "newest": MetadataValue.json(decisions)})


def _scoring() -> AssetsDefinition:
    @multi_asset(
        name="forecast",
        specs=[
            AssetSpec(
                FORECASTS,
                deps=[FEATURES, registry_key(KIND), *PARTS],
                group_name=GROUP,
                kinds={"prophet", "duckdb"},
                description="Series twelve months or four weeks ahead, with intervals; the rows that are_headline"
                " are the forecast, beside them stand those from parts and scenarios. One row per tenant, metric,"
                " currency, approach, scenario and period.",
            ),
            AssetSpec(
                BACKTESTS,
                deps=[FEATURES, registry_key(KIND), *PARTS],
                group_name=GROUP,
                kinds={"prophet", "duckdb"},
                description="Rolling-origin backtests. One row per tenant, metric, currency, approach, model and"
                " origin.",
            ),
        ],
        check_specs=[
            AssetCheckSpec(RECORD, asset=FORECASTS, blocking=True),
            AssetCheckSpec(DRIFT, asset=FORECASTS, description="Of the newest trainings' forecasts, 95 %."),
        ],
    )
    def forecast(build: BuildResource) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        with build.build.connect() as connection:
            registry = read_registry(connection, KIND, build.build.registry_before(KIND).training)
            made = write_scores(connection, registry, build.build.artefacts)
            series = [one.series for one in made if one.is_headline]
            found = drifts(series, registry, days_of(connection), build.build.artefacts)
        progress.report("forecast", f"{len(series)} series")
        yield MaterializeResult(
            asset_key=FORECASTS, metadata={"series": len(series), "plot": plots_forecast.backtest_fan(made)}
        )
        yield MaterializeResult(
            asset_key=BACKTESTS,
            metadata={
                "folds": sum(len(record.folds) for one in made for record in one.backtests.values()),
                "plot": plots_forecast.errors_by_method(made),
            },
        )
        yield check_record(made)
        yield check_drift(found)

    return forecast


def check_record(made: Sequence[Forecast]) -> AssetCheckResult:
    """Fails when a shown model's backtest is worse than seasonal-naive's on the same origins."""
    losing = [
        f"{one.series.tenant_id}, {one.series.subject}"
        for one in made
        if one.is_headline and one.model in one.backtests and loses_to_naive(one.backtests[one.model], one.backtests)
    ]
    return AssetCheckResult(
        asset_key=FORECASTS,
        check_name=RECORD,
        passed=not losing,
        severity=AssetCheckSeverity.ERROR,
        metadata={"losing": losing[:20], "series": sum(one.is_headline for one in made)},
    )


def check_drift(found: Sequence[Drift]) -> AssetCheckResult:
    """Warns of series that left the intervals of their own forecasts more often than chance explains."""
    drifting = {
        f"{one.series.tenant_id}, {one.series.subject}": f"{one.inside} of {one.periods} inside"
        for one in found
        if one.is_drifting
    }
    return AssetCheckResult(
        asset_key=FORECASTS,
        check_name=DRIFT,
        passed=not drifting,
        severity=AssetCheckSeverity.WARN,
        metadata={"drifting": dict(sorted(drifting.items())[:20]), "series": len(found)},
    )
