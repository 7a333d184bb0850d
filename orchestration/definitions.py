"""The code location that Dagster loads: `build_defs` only, so that a test can load it with other overrides."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dagster import (
    AssetsDefinition,
    AssetSelection,
    Definitions,
    define_asset_job,
    definitions,
    in_process_executor,
)

from orchestration.core import tables_with_figures
from orchestration.dbt_runner import DbtProject
from orchestration.defs.churn import build_churn_assets
from orchestration.defs.core_checks import build_core_checks
from orchestration.defs.deal_scoring import build_deal_assets
from orchestration.defs.forecast import build_forecast_assets
from orchestration.defs.intake import intake_compaction, intake_core, intake_drop, intake_erasures
from orchestration.defs.lifetime import build_lifetime_assets
from orchestration.defs.model_registry import REGISTRY, build_model_registry
from orchestration.defs.publication import build_publication_asset
from orchestration.defs.raw import build_raw_assets
from orchestration.defs.reconciliation import RECONCILIATION, build_reconciliation
from orchestration.defs.warehouse import build_dbt_assets
from orchestration.resources import BuildResource
from orchestration.schedules import build_schedules
from orchestration.sensors import build_sensors
from orchestration.settings import Settings

JOB = "build"

# Dagster makes this set anew for each output of a step, and dbt's step has as many outputs as the set has keys.
_keys = cached_property(AssetsDefinition.asset_and_check_keys.fget)  # type: ignore[attr-defined]
_keys.__set_name__(AssetsDefinition, "asset_and_check_keys")
AssetsDefinition.asset_and_check_keys = _keys  # type: ignore[method-assign,assignment]


def build_defs(overrides: Mapping[str, Any] | None = None) -> Definitions:
    """All assets, checks, the job, its schedule and its sensors; `overrides` replaces resources by name."""
    manifest = DbtProject.of(Settings()).manifest()
    raw = build_raw_assets(manifest)
    dbt = build_dbt_assets(manifest)
    models = [*build_forecast_assets(), *build_churn_assets(), *build_deal_assets(), *build_lifetime_assets()]
    reconciliation = build_reconciliation(sorted(raw.keys))
    publication = build_publication_asset(
        [*dbt.keys, *(key for part in models for key in part.keys), REGISTRY, RECONCILIATION]
    )
    job = define_asset_job(JOB, selection=AssetSelection.all())
    return Definitions(
        assets=[
            intake_core,
            intake_drop,
            intake_erasures,
            intake_compaction,
            raw,
            reconciliation,
            dbt,
            *models,
            build_model_registry(),
            publication,
        ],
        asset_checks=[build_core_checks(sorted(raw.keys))],
        jobs=[job],
        schedules=build_schedules(job),
        sensors=build_sensors(job, tables_with_figures(manifest)),
        resources={"build": BuildResource(), **(overrides or {})},
        executor=in_process_executor,
    )


@definitions
def defs() -> Definitions:
    """Made when Dagster loads the code location: importing this module parses nothing."""
    return build_defs()
