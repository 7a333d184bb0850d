"""Stage 2: the newest accepted rows of every data set, as relations that dbt reads, judged batch by batch.

One asset per relation that a model reads, one Great Expectations verdict per asset: the expectations follow from the
data set's contract and judge the profile that was taken over every row when the batch came in.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from ingestion.expectations import Verdict, judge_new_batches
from orchestration import progress
from orchestration.defs.intake import COMPACTION
from orchestration.resources import BuildResource

CHECK = "great_expectations"


def relations(manifest: Mapping[str, Any]) -> dict[AssetKey, str]:
    """The asset key of every raw relation that a model reads, and the name that the intake knows it by."""
    sources = ((source["schema"], source["name"]) for source in manifest["sources"].values())
    return {
        AssetKey([schema, name]): f"{schema.removeprefix('raw_')}/{name}"
        for schema, name in sorted(sources)
        if schema.startswith("raw_")
    }


def build_raw_assets(manifest: Mapping[str, Any]) -> AssetsDefinition:
    keys = relations(manifest)
    specs = [
        AssetSpec(
            key,
            deps=[AssetKey(["intake", "core" if name.startswith("app/") else "drop"]), COMPACTION],
            group_name="intake",
            kinds={"duckdb", "parquet"},
            description=f"Newest accepted rows of {name}. One row per key.",
        )
        for key, name in keys.items()
    ]
    settings_keys = [AssetKey(["run", s["name"]]) for s in manifest["sources"].values() if s["schema"] == "run"]
    specs += [
        AssetSpec(
            key,
            deps=[AssetKey(["intake", "core"]), AssetKey(["intake", "drop"]), COMPACTION],
            group_name="intake",
            kinds={"duckdb"},
            description="What this build is about: settings, as-of date and closed months, fixed before dbt starts.",
        )
        for key in sorted(settings_keys)
    ]
    checks = [AssetCheckSpec(CHECK, asset=key, blocking=True) for key in keys]

    @multi_asset(name="raw", specs=specs, check_specs=checks)
    def raw(
        context: AssetExecutionContext, build: BuildResource
    ) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        verdicts: dict[str, list[Verdict]] = defaultdict(list)
        for verdict in judge_new_batches(build.build.settings.home):
            verdicts[verdict.relation].append(verdict)
        rows = build.build.ensure_raw()
        progress.report("raw", f"{sum(rows.values()):,} rows as known at {build.build.known_at}")
        for name in verdicts.keys() - set(keys.values()):
            if any(verdict.is_blocking for verdict in verdicts[name]):
                raise Failure(description=f"{name}: {blocking_line(verdicts[name])}", allow_retries=False)
        for key, name in keys.items():
            yield MaterializeResult(asset_key=key, metadata={"stored_rows": rows.get(".".join(key.path), 0)})
            yield check_result(key, verdicts[name])
        for key in sorted(settings_keys):
            yield MaterializeResult(asset_key=key)
        context.log.info("known at sequence %d", build.build.known_at)

    return raw


def blocking_line(verdicts: list[Verdict]) -> str:
    """What a blocking verdict on a relation that no model reads yet says."""
    worst = next(verdict for verdict in verdicts if verdict.is_blocking)
    return f"{worst.expectation}: {worst.observed} in {', '.join(worst.failing_file_ids[:5])}"


def check_result(key: AssetKey, verdicts: list[Verdict]) -> AssetCheckResult:
    """One check result for a relation: failed if any expectation failed, blocking if one of severity `error` did."""
    failed = [verdict for verdict in verdicts if not verdict.success]
    blocking = any(verdict.is_blocking for verdict in failed)
    return AssetCheckResult(
        asset_key=key,
        check_name=CHECK,
        passed=not failed,
        severity=AssetCheckSeverity.ERROR if blocking else AssetCheckSeverity.WARN,
        metadata={
            "expectations": len(verdicts),
            "batches": max((verdict.batches for verdict in verdicts), default=0),
            "failed": MetadataValue.json(
                [
                    {
                        "expectation": v.expectation,
                        "observed": v.observed,
                        "files": list(v.failing_file_ids)[:20],
                    }
                    for v in failed
                ]
            ),
        },
    )
