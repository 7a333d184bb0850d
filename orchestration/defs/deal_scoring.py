"""Stage 4, deals: what is learned from (`learning.py`), and the asset that scores."""

from collections.abc import Iterator

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

from models_ml.deals.features import write_features
from models_ml.deals.scoring import write_scores
from models_ml.deals.training import DEAL_WIN, KIND
from models_ml.registry import read_registry
from orchestration import plots_models, progress
from orchestration.defs.learning import Learned, build_learning_assets
from orchestration.defs.model_registry import registry_key
from orchestration.resources import BuildResource

GROUP = "pipeline"
SCORES = AssetKey(["ml", "deal_scores"])
VIEW = AssetKey(["marts", "deal_scores"])
READ = [
    AssetKey(["intermediate", name])
    for name in ("int_pipeline__deals_dated", "int_pipeline__deal_stages_unioned", "int_fx__month_rates")
] + [AssetKey(["staging", "deal_stage_kinds"])]
DRIFT = "open_deals_look_like_those_learned_from"
LEARNED = Learned(
    DEAL_WIN,
    GROUP,
    READ,
    "What is known of the deals open on the as-of date. One row per tenant and deal.",
    write_features,
    "The probability that an open deal is won in the end.",
    "amount, discount, risk, owner and product are today's and used only where open, won and lost deals have them"
    " alike; the closing date is when half of such deals are closed, won or lost.",
)


def build_deal_assets() -> list[AssetsDefinition]:
    return [*build_learning_assets(LEARNED), _scoring()]


def _scoring() -> AssetsDefinition:
    text = "How likely each open deal is won, why, and when deals like it close. One row per tenant and deal."

    @multi_asset(
        name="deal_scoring",
        specs=[
            AssetSpec(
                key,
                deps=[LEARNED.features_key, registry_key(KIND), *READ],
                group_name=GROUP,
                kinds={"scikitlearn", "duckdb"},
                description=text,
            )
            for key in (SCORES, VIEW)
        ],
        check_specs=[AssetCheckSpec(DRIFT, asset=SCORES, description="By the population stability index.")],
    )
    def deal_scoring(build: BuildResource) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        with build.build.connect() as connection:
            registry = read_registry(connection, KIND, build.build.registry_before(KIND).training)
            scored = write_scores(connection, registry, build.build.artefacts)
        progress.report("deals", f"{scored.deals} open deals scored")
        yield MaterializeResult(
            asset_key=SCORES,
            metadata={
                "deals": scored.deals,
                "models": dict(list(scored.models.items())[:50]),
                "importance": plots_models.importance(scored.explained),
            },
        )
        yield MaterializeResult(asset_key=VIEW)
        yield AssetCheckResult(
            asset_key=SCORES,
            check_name=DRIFT,
            passed=not scored.beyond,
            severity=AssetCheckSeverity.WARN,
            metadata={"beyond": list(scored.beyond)[:20]},
        )

    return deal_scoring
