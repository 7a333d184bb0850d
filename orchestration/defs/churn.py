"""Stage 4, churn: what is learned from (`learning.py`), and the asset that scores."""

from collections.abc import Iterator, Mapping

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from models_ml.churn.features import write_features
from models_ml.churn.scoring import Scored, write_scores
from models_ml.churn.training import CHURN, KIND
from models_ml.registry import read_registry
from orchestration import plots_models, progress
from orchestration.defs.learning import Learned, build_learning_assets
from orchestration.defs.model_registry import registry_key
from orchestration.resources import BuildResource

GROUP = "churn"
PREDICTIONS = AssetKey(["ml", "churn_predictions"])
CHANGES = AssetKey(["ml", "churn_risk_changes"])
DRIFT = AssetKey(["ml", "churn_drift"])
READ = [
    AssetKey(["intermediate", name])
    for name in (
        "int_mrr__customer_months",
        "int_mrr__items_dated",
        "int_fx__month_rates",
        "int_revenue__contracts_judged",
        "int_receivables__payments_unioned",
        "int_receivables__allocations_judged",
        "int_receivables__invoices_totalled",
        "int_receivables__invoice_balances",
        "int_customers__customers_unioned",
    )
] + [AssetKey(["staging", name]) for name in ("stg_csv__product_usage", "stg_csv__support_tickets")]
SEEDS = [AssetKey(["staging", name]) for name in ("churn_actions", "churn_interventions")]
METRICS = AssetKey(["marts", "revenue_metrics"])
CHECKS = {
    "feature": ("features_have_not_drifted", "Today's customers look like those that the model was trained on."),
    "calibration": ("as_many_left_as_was_said", "Of the newest month-end whose outcome is known."),
}
LEARNED = Learned(
    CHURN,
    GROUP,
    READ,
    "What was known of paying customers on the as-of date, the month-end before it and the newest three month-ends"
    " whose outcome is known. One row per tenant, customer and day.",
    write_features,
    "The probability that a customer with MRR has none at one of the next three month-ends.",
    "segment, industry, country and channel are today's; a pause counts as leaving; what nobody recorded (usage,"
    " tickets) is not known to it.",
)


def build_churn_assets() -> list[AssetsDefinition]:
    return [*build_learning_assets(LEARNED), _scoring()]


def _scoring() -> AssetsDefinition:
    descriptions: Mapping[AssetKey, str] = {
        PREDICTIONS: "How likely each paying customer leaves within three months, why, and what acting is worth."
        " One row per tenant and customer.",
        CHANGES: "Whose risk rose most since the month-end before. One row per tenant and customer.",
        DRIFT: "How far customers and outcomes moved from what the model was trained on. One row per tenant, measure"
        " and name.",
    }

    @multi_asset(
        name="churn_scoring",
        specs=[
            AssetSpec(
                key,
                deps=[
                    LEARNED.features_key,
                    registry_key(KIND),
                    *SEEDS,
                    METRICS,
                    AssetKey(["intermediate", "int_mrr__customer_months"]),
                ],
                group_name=GROUP,
                kinds={"scikitlearn", "duckdb"},
                description=text,
            )
            for key, text in descriptions.items()
        ],
        check_specs=[AssetCheckSpec(name, asset=DRIFT, description=text) for name, text in CHECKS.values()],
    )
    def churn_scoring(build: BuildResource) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        with build.build.connect() as connection:
            registry = read_registry(connection, KIND, build.build.registry_before(KIND).training)
            scored = write_scores(connection, registry, build.build.artefacts)
        progress.report("churn", f"{scored.customers} customers scored")
        yield MaterializeResult(
            asset_key=PREDICTIONS,
            metadata={
                "customers": scored.customers,
                "models": dict(list(scored.models.items())[:50]),
                "importance": plots_models.importance(scored.explained),
            },
        )
        yield MaterializeResult(asset_key=CHANGES)
        yield MaterializeResult(asset_key=DRIFT)
        yield from _drift_checks(scored)

    return churn_scoring


def _drift_checks(scored: Scored) -> Iterator[AssetCheckResult]:
    for measure, (name, _) in CHECKS.items():
        beyond = [f"{tenant}: {what} {value:.2f}" for tenant, of, what, value in scored.beyond if of == measure]
        yield AssetCheckResult(
            asset_key=DRIFT,
            check_name=name,
            passed=not beyond,
            severity=AssetCheckSeverity.WARN,
            metadata={"beyond": beyond[:20]},
        )
