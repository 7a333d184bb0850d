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
from ingestion.lake import literal
from orchestration.build import Build
from orchestration.core import core_settings, open_core
from orchestration.publish import utc_now
from orchestration.resources import BuildResource
from orchestration.settings import Settings
from transactional_api.audit.service import AuditVerdict, checkpoint_files, verify_and_sign
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
        core, verdicts = read_core(settings)
        broken = {v.chain.tenant_id: line_of(v) for v in verdicts if not v.holds}
        with build.build.connect() as connection:
            write_verifications(connection, build.build, verdicts)
        yield AssetCheckResult(
            asset_key=CHAIN_ASSET,
            check_name=CHAIN,
            passed=not broken,
            severity=AssetCheckSeverity.ERROR,
            metadata={
                "broken": MetadataValue.json(broken),
                "tenants": len(core.heads),
                "entries_recomputed": sum(v.chain.entries for v in verdicts),
                "checkpoints": MetadataValue.json({v.chain.tenant_id: v.checkpoints for v in verdicts}),
            },
        )
        with Journal(settings.home) as journal:
            cursors = journal.cursors()
        comparable = {tenant for tenant, head in core.heads.items() if cursors.get(tenant) == head}
        comparable = comparable if build.build.request.known_at is None else set()
        with build.build.connect() as connection:
            for key in copies:
                yield compare(key, core, copy_totals(connection, key.path[1]), comparable)

    return core_checks


def read_core(settings: Settings) -> tuple[CoreTotals, list[AuditVerdict]]:
    """The core's totals, and what the log of each tenant says. One that holds is signed where it now stands."""
    if not settings.has_core:
        return CoreTotals({}, {}), []
    files = checkpoint_files(core_settings(settings))
    with open_core(settings) as database:
        totals = database.totals()
        now = database.clock.now()
        return totals, [verify_and_sign(database, files, tenant, now)[0] for tenant in sorted(totals.heads)]


def line_of(verdict: AuditVerdict) -> str:
    at = f"change {verdict.chain.broken_at}" if verdict.chain.broken_at else "checkpoints"
    return f"{at}: {verdict.reason}"


def write_verifications(connection: duckdb.DuckDBPyConnection, build: Build, verdicts: list[AuditVerdict]) -> None:
    """`ops.audit_verifications`: what each version was published upon, carried from version to version."""
    connection.execute("create schema if not exists ops")
    connection.execute(
        """create or replace table ops.audit_verifications (tenant_id varchar not null, version varchar not null,
        verified_at timestamp not null, holds boolean not null, entries bigint not null, verified_from bigint not null,
        head_change_no bigint not null, head_hash varchar not null, checkpoints bigint not null,
        checkpoint_hash varchar)"""
    )
    if build.warehouse.current() is not None:
        connection.execute(f"attach {literal(build.warehouse.path_of())} as last_version (read_only)")
        kept = "database_name = 'last_version' and schema_name = 'ops' and table_name = 'audit_verifications'"
        if connection.execute(f"select 1 from duckdb_tables() where {kept}").fetchone():
            connection.execute("insert into ops.audit_verifications from last_version.ops.audit_verifications")
        connection.execute("detach last_version")
    for verdict in verdicts:
        chain, last = verdict.chain, verdict.checkpoint
        connection.execute(
            "insert into ops.audit_verifications values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                chain.tenant_id,
                build.version,
                utc_now(),
                verdict.holds,
                chain.entries,
                chain.first,
                chain.head.change_no,
                chain.head.entry_hash,
                verdict.checkpoints,
                last.own_hash if last else None,
            ],
        )


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
