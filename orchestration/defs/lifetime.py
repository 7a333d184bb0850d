"""Stage 4: what customers are worth. Features, training, evaluation and scoring, an asset each."""

from collections.abc import Iterator

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    asset,
    multi_asset,
)

from models_ml.ltv import drift
from models_ml.ltv.evaluation import badly_calibrated, write_decisions
from models_ml.ltv.features import write_features
from models_ml.ltv.scoring import write_values
from models_ml.ltv.training import KIND, write_candidates
from models_ml.registry import read_registry
from orchestration import plots_lifetime, progress
from orchestration.resources import BuildResource

FEATURES = AssetKey(["ml", "lifetime_features"])
CANDIDATES = AssetKey(["ml", "lifetime_candidates"])
REGISTRY = AssetKey(["ml", "lifetime_registry"])
VALUES = AssetKey(["ml", "customer_lifetime_values"])
READ = [
    AssetKey(["marts", "mrr_movements"]),
    AssetKey(["marts", "revenue_metrics"]),
    AssetKey(["intermediate", "int_mrr__items_dated"]),
    AssetKey(["intermediate", "int_customers__customers_unioned"]),
    AssetKey(["intermediate", "int_retail__sales_dated"]),
    AssetKey(["intermediate", "int_receivables__invoices_totalled"]),
]
PRICED = [
    AssetKey(["marts", "revenue_metrics"]),
    AssetKey(["intermediate", "int_pipeline__deals_dated"]),
    AssetKey(["intermediate", "int_retail__sales_dated"]),
    AssetKey(["staging", "lifetime_discount_rates"]),
]
SHIFTED = "new_customers_are_like_those_learned_from"
CALIBRATED = "lifetime_models_expect_what_came"


def build_lifetime_assets() -> list[AssetsDefinition]:
    return [_features(), _training(), _evaluation(), _scoring()]


def _features() -> AssetsDefinition:
    @multi_asset(
        name="lifetime_features",
        specs=[
            AssetSpec(
                FEATURES,
                deps=READ,
                group_name=KIND,
                kinds={"duckdb"},
                description="What was known of each customer. One row per customer, day known on and spell.",
            )
        ],
        check_specs=[AssetCheckSpec(SHIFTED, asset=FEATURES, description="Population stability index of covariates.")],
    )
    def lifetime_features(build: BuildResource) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        with build.build.connect() as connection:
            customers = write_features(connection)
            shifts = drift.shifts(connection)
        yield MaterializeResult(asset_key=FEATURES, metadata={"customers": customers})
        shifted = {f"{tenant}: {name}": psi for tenant, name, psi in shifts if psi > drift.LARGEST}
        yield AssetCheckResult(
            asset_key=FEATURES,
            check_name=SHIFTED,
            passed=not shifted,
            severity=AssetCheckSeverity.WARN,
            metadata={"shifted": dict(list(shifted.items())[:20]), "compared": len(shifts)},
        )

    return lifetime_features


def _training() -> AssetsDefinition:
    @asset(key=CANDIDATES, deps=[FEATURES], group_name=KIND, kinds={"scipy", "duckdb"})
    def lifetime_candidates(build: BuildResource) -> MaterializeResult[None]:
        """What this build trained, with its figures on the holdout. One row per tenant, subject and algorithm."""
        with build.build.connect() as connection:
            build.build.carry_over(connection, "ml.lifetime_candidates")
            trained = write_candidates(connection, build.build.registry_before(KIND), build.build.artefacts)
        return MaterializeResult(
            metadata={"trained": len(trained), "survival_curve": plots_lifetime.survival_curve(trained)}
        )

    return lifetime_candidates


def _evaluation() -> AssetsDefinition:
    @multi_asset(
        name="lifetime_registry",
        specs=[
            AssetSpec(
                REGISTRY,
                deps=[CANDIDATES, FEATURES],
                group_name=KIND,
                kinds={"duckdb"},
                description="Every training and its decision. One row per tenant, subject and day of training.",
            )
        ],
        check_specs=[AssetCheckSpec(CALIBRATED, asset=REGISTRY, description="Sums expected and seen on the holdout.")],
    )
    def lifetime_registry(build: BuildResource) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        with build.build.connect() as connection:
            decisions = write_decisions(connection, build.build.registry_before(KIND), build.build.artefacts)
        told = {f"{one.tenant_id} {one.subject}": f"{one.status}: {one.reason}" for one in decisions[:20]}
        yield MaterializeResult(asset_key=REGISTRY, metadata={"decisions": len(decisions), "reasons": told})
        off = badly_calibrated(decisions)
        yield AssetCheckResult(
            asset_key=REGISTRY,
            check_name=CALIBRATED,
            passed=not off,
            severity=AssetCheckSeverity.WARN,
            metadata={"off": off[:20], "decisions": len(decisions)},
        )

    return lifetime_registry


def _scoring() -> AssetsDefinition:
    @asset(key=VALUES, deps=[REGISTRY, FEATURES, *PRICED], group_name=KIND, kinds={"duckdb"})
    def customer_lifetime_values(build: BuildResource) -> MaterializeResult[None]:
        """The discounted margin expected of each customer in the 12 and 36 months after the as-of date, with intervals
        of 80 %, beside the formula's. One row per customer who has or had a contract or bought something."""
        build.build.ensure_raw()  # marketing spend is read from the intake
        with build.build.connect() as connection:
            training = build.build.registry_before(KIND).training
            scored = write_values(connection, read_registry(connection, KIND, training), build.build.artefacts)
            plot = plots_lifetime.value_distribution(connection)
        progress.report(KIND, f"{scored} customers")
        return MaterializeResult(metadata={"customers": scored, "plot": plot})

    return customer_lifetime_values
