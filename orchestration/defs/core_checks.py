"""Checks on what neither Great Expectations nor dbt sees: the core itself beside the warehouse's copy of it."""

from collections.abc import Mapping
from typing import Any

import duckdb
from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MetadataValue,
    multi_asset_check,
)

from ingestion.contracts import app_tables
from ingestion.journal import Journal
from orchestration.resources import BuildResource
from orchestration.settings import Settings
from transactional_api.database import Database
from transactional_api.kit.totals import CoreTotals

CHAIN = "change_log_chain_holds"
TOTALS = "warehouse_copy_equals_core"
CHAIN_ASSET = AssetKey(["raw_app", "customers"])


def build_core_checks(raw_keys: list[AssetKey]) -> AssetChecksDefinition:
    """One check of the chain, and one of rows and sums for each table of the core that a model reads."""
    copies = [key for key in raw_keys if key.path[0] == "raw_app" and not app_tables()[key.path[1]].personal]

    @multi_asset_check(
        name="core_checks",
        specs=[
            AssetCheckSpec(CHAIN, asset=CHAIN_ASSET, blocking=True),
            *(AssetCheckSpec(TOTALS, asset=key, blocking=True) for key in copies),
        ],
    )
    def core_checks(build: BuildResource):  # type: ignore[no-untyped-def]
        settings = build.build.settings
        build.build.ensure_raw()
        core, broken = read_core(settings)
        yield AssetCheckResult(
            asset_key=CHAIN_ASSET,
            check_name=CHAIN,
            passed=not broken,
            severity=AssetCheckSeverity.ERROR,
            metadata={"broken": MetadataValue.json(broken), "tenants": len(core.heads)},
        )
        with Journal(settings.home) as journal:
            cursors = journal.cursors()
        comparable = {tenant for tenant, head in core.heads.items() if cursors.get(tenant) == head}
        comparable = comparable if build.build.request.known_at is None else set()
        with build.build.connect() as connection:
            for key in copies:
                yield compare(key, core, copy_totals(connection, key.path[1]), comparable)

    return core_checks


def read_core(settings: Settings) -> tuple[CoreTotals, dict[str, str]]:
    """The core's totals, and the tenants whose chain is broken with the place where it breaks."""
    if not settings.has_core:
        return CoreTotals({}, {}), {}
    database = Database(settings.database_url)
    try:
        totals = database.totals()
        verdicts = [database.verify_chain(tenant) for tenant in sorted(totals.heads)]
    finally:
        database.close()
    return totals, {v.tenant_id: f"change {v.broken_at}: {v.reason}" for v in verdicts if not v.holds}


def copy_totals(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, tuple[int, int]]:
    """Rows and Σ of `_minor` columns per tenant of the warehouse's copy of one core table."""
    columns = [row[0] for row in connection.sql(f"describe raw_app.{table}").fetchall()]
    amounts = [f"coalesce(sum({name}), 0)" for name in columns if name.endswith("_minor")]
    total = " + ".join(amounts) or "0"
    query = f"select tenant_id, count(*), {total} from raw_app.{table} group by tenant_id"
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.sql(query).fetchall()}


def compare(
    key: AssetKey, core: CoreTotals, copy: Mapping[str, tuple[int, int]], comparable: set[str]
) -> AssetCheckResult:
    """Only tenants whose log has not grown since it was read: of the others the core is rightly ahead."""
    differing: dict[str, Any] = {}
    for tenant in sorted(comparable):
        theirs, ours = core.tables.get((tenant, key.path[1]), (0, 0)), copy.get(tenant, (0, 0))
        if theirs != ours:
            differing[tenant] = {"core": theirs, "warehouse": ours}
    return AssetCheckResult(
        asset_key=key,
        check_name=TOTALS,
        passed=not differing,
        severity=AssetCheckSeverity.ERROR,
        metadata={"differing": MetadataValue.json(differing), "tenants_compared": len(comparable)},
    )
