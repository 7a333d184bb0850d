"""Stage 2: the newest accepted rows of every data set, as relations that dbt reads, judged batch by batch.

One asset per relation, one Great Expectations verdict per asset: the expectations stand in the data set's contract
and judge the profile that was taken over every row when the batch came in.
"""

from collections import defaultdict
from collections.abc import Iterator

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from ingestion.contracts import app_tables, data_sets
from ingestion.expectations import Verdict, judge_new_batches
from orchestration import progress
from orchestration.resources import BuildResource

CHECK = "great_expectations"


def relations() -> dict[AssetKey, str]:
    """Every raw relation's asset key and the name that the intake knows it by."""
    csv = {AssetKey(["raw_csv", name]): f"csv/{name}" for name in data_sets()}
    app = {AssetKey(["raw_app", name]): f"app/{name}" for name in app_tables()}
    return csv | app


def build_raw_assets() -> AssetsDefinition:
    keys = relations()
    specs = [
        AssetSpec(
            key,
            deps=[AssetKey(["intake", "core" if name.startswith("app/") else "drop"])],
            group_name="intake",
            kinds={"duckdb", "parquet"},
            description=f"Newest accepted rows of {name}. One row per key.",
        )
        for key, name in keys.items()
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
        for key, name in keys.items():
            yield MaterializeResult(asset_key=key, metadata={"stored_rows": rows.get(".".join(key.path), 0)})
            yield check_result(key, verdicts[name])
        context.log.info("known at sequence %d", build.build.known_at)

    return raw


def check_result(key: AssetKey, verdicts: list[Verdict]) -> AssetCheckResult:
    """One check result for a relation: failed if any expectation failed, blocking if one of severity `error` did."""
    failed = [verdict for verdict in verdicts if not verdict.success]
    blocking = any(verdict.severity == "error" for verdict in failed)
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
