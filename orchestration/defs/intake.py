"""Stage 1: what the core changed and what was dropped becomes part of the intake."""

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    DagsterRun,
    MaterializeResult,
    MetadataValue,
    asset,
)
from dagster._core.storage.tags import SCHEDULE_NAME_TAG

from ingestion.app import extract, fold_personal
from ingestion.compacting import compact
from ingestion.csv import Receipt, scan_drop
from orchestration import progress
from orchestration.erase import erase_in_intake
from orchestration.settings import Settings
from orchestration.tenants import load_tenants

GROUP = "intake"
ERASURES = AssetKey(["intake", "erasures"])
COMPACTION = AssetKey(["intake", "compaction"])
TOO_MANY_FILES = 300
"""Of one relation, beyond which a build merges them before it reads them; the nightly build merges earlier."""
TOO_MANY_AT_NIGHT = 16
NIGHTLY = "daily_build"
AS_AT_NIGHT = "revhouse/nightly"
"""The tag of a run that does what the nightly one does besides building."""
CORE = AssetKey(["intake", "core"])
KEEPS_UP = "keeps_up_with_the_core"


def is_nightly(run: DagsterRun) -> bool:
    return run.tags.get(SCHEDULE_NAME_TAG) == NIGHTLY or AS_AT_NIGHT in run.tags


_KEPT_UP = AssetCheckResult(check_name=KEEPS_UP, passed=True, metadata={"behind": "no longer"})


@asset(key=CORE, group_name=GROUP, kinds={"adbc", "parquet"}, check_specs=[AssetCheckSpec(KEEPS_UP, asset=CORE)])
def intake_core(context: AssetExecutionContext) -> MaterializeResult:  # type: ignore[type-arg]
    """The core's change log from the last extracted number to its head, as Parquet. One batch per run."""
    settings = Settings()
    if not settings.has_core:
        return MaterializeResult(
            metadata={"changes": 0, "note": "this home has no core database"}, check_results=[_KEPT_UP]
        )
    result = extract(
        settings.home, settings.database_url, on_progress=lambda rows: progress.report("core", f"{rows:,} changes")
    )
    progress.report("core", f"{result.rows:,} changes")
    context.log.info("extracted %d changes", result.rows)
    if is_nightly(context.run):
        fold_personal(settings.home)
    return MaterializeResult(
        check_results=[_KEPT_UP],
        metadata={
            "changes": result.rows,
            "sequence": result.seq or 0,
            "spans": MetadataValue.json([[s.tenant_id, s.first_change_no, s.last_change_no] for s in result.spans]),
        },
    )


@asset(key=["intake", "drop"], group_name=GROUP, kinds={"csv", "parquet"})
def intake_drop(context: AssetExecutionContext) -> MaterializeResult[None]:
    """Every file that stands in the drop folder, accepted, quarantined in part or refused, each with its receipt."""
    settings = Settings()
    tenants = load_tenants(settings.home / "tenants.toml")
    taken: list[str] = []

    def on_receipt(receipt: Receipt) -> None:
        taken.append(receipt.file_id)
        progress.report("drop", f"{len(taken)} files")

    receipts = scan_drop(settings.home, tenants.time_zone_of, on_receipt)
    refused = [receipt for receipt in receipts if receipt.status == "refused"]
    for receipt in refused:
        context.log.warning("refused %s: %s", receipt.file_name, receipt.reason)
    progress.report("drop", f"{len(receipts)} files, {len(refused)} refused")
    table = "\n".join(
        ["| file | data set | status | read | accepted |", "|---|---|---|---|---|"]
        + [
            f"| {r.file_name} | {r.data_set or ''} | {r.status} | {r.rows_read} | {r.rows_accepted} |"
            for r in receipts[:200]
        ]
    )
    return MaterializeResult(
        metadata={"files": len(receipts), "refused": len(refused), "receipts": MetadataValue.md(table)}
    )


@asset(
    key=ERASURES,
    deps=[AssetKey(["intake", "core"]), AssetKey(["intake", "drop"])],
    group_name=GROUP,
    kinds={"parquet"},
)
def intake_erasures(context: AssetExecutionContext) -> MaterializeResult[None]:
    """What the intake holds without the values of erased persons: rows blanked, originals removed. One per home."""
    done = erase_in_intake(Settings())
    if done.customers:
        progress.report("erasures", f"{done.parts} stored files blanked, {done.originals} originals removed")
        context.log.info("%d erasures applied", done.customers)
    return MaterializeResult(
        metadata={"erasures": done.customers, "stored_files": done.parts, "originals": done.originals}
    )


@asset(key=COMPACTION, deps=[ERASURES], group_name=GROUP, kinds={"parquet"})
def intake_compaction(context: AssetExecutionContext) -> MaterializeResult[None]:
    """Many small stored files as few: the same rows of the same entries. One per home."""
    done = compact(Settings().home, TOO_MANY_AT_NIGHT if is_nightly(context.run) else TOO_MANY_FILES)
    if done.before:
        progress.report("compaction", f"{done.before:,} stored files became {done.after}")
        context.log.info("%d stored files became %d", done.before, done.after)
    return MaterializeResult(metadata={"merged": done.before, "into": done.after, "removed": done.removed})
