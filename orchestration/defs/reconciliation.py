"""Whether the warehouse's copy of the core is the core: by its log in every build, row by row every night.

A build compares what came since the last published comparison; `ops.core_reconciliation` carries the figures on, one
row per tenant, day and table. What the chain of the log itself says, and the totals of the core's tables, are
`core_checks.py`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
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

from ingestion.app.reconcile import FIGURES, Compared, reconcile
from ingestion.lake import literal
from orchestration import progress
from orchestration.build import Build
from orchestration.defs.intake import is_nightly
from orchestration.resources import BuildResource

RECONCILIATION = AssetKey(["ops", "core_reconciliation"])
CHECK = "core_equals_warehouse"
TABLE = "ops.core_reconciliation"
SIDES = ("core", "warehouse")
NAMED = 5


@dataclass(frozen=True)
class Difference:
    """One tenant, day and table in which the sides differ, in the words of the table's own row."""

    tenant_id: str
    day: str
    table_name: str
    what: str

    def line(self) -> str:
        return f"tenant {self.tenant_id}, {self.day}, {self.table_name}: {self.what}"


def build_reconciliation(raw_keys: list[AssetKey]) -> AssetsDefinition:
    spec = AssetSpec(
        RECONCILIATION,
        deps=[key for key in raw_keys if key.path[0] == "raw_app"],
        group_name="publication",
        kinds={"duckdb"},
        description="The core's log and tables against the stored copy. One row per tenant, day and table.",
    )

    @multi_asset(
        name="core_reconciliation",
        specs=[spec],
        check_specs=[AssetCheckSpec(CHECK, asset=RECONCILIATION, blocking=True)],
    )
    def core_reconciliation(
        context: AssetExecutionContext, build: BuildResource
    ) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        found = bring_up_to_date(build.build, is_nightly(context.run))
        yield MaterializeResult(asset_key=RECONCILIATION, metadata={"compared": found.compared})
        yield AssetCheckResult(
            asset_key=RECONCILIATION,
            check_name=CHECK,
            passed=not found.differences,
            severity=AssetCheckSeverity.ERROR,
            metadata={"differing": MetadataValue.json([one.line() for one in found.differences])},
        )
        if found.differences:
            lines = [one.line() for one in found.differences[:NAMED]]
            more = f" (+{len(found.differences) - NAMED} more)" if len(found.differences) > NAMED else ""
            raise Failure(description=f"{CHECK}: {' | '.join(lines)}{more}", allow_retries=False)

    return core_reconciliation


@dataclass(frozen=True)
class Found:
    compared: str
    differences: list[Difference]


def bring_up_to_date(build: Build, whole: bool) -> Found:
    """The table in the build's file, with what was compared now. A look at the past compares nothing."""
    build.ensure_raw()
    with build.connect() as connection:
        _carry(connection, build)
        if not build.settings.has_core or build.request.known_at is not None:
            return Found("nothing", [])
        after = {} if whole else _compared_until(connection)
    compared = reconcile(build.settings.home, build.settings.database_url, after, with_rows=whole)
    with build.connect() as connection:
        _add(connection, build.version, compared, whole)
        rows = connection.sql(
            f"select * replace (coalesce(day::varchar, 'no day') as day) from {TABLE} where not agrees order by all"
        )
        names = rows.columns
        differences = [_difference(dict(zip(names, row, strict=True))) for row in rows.fetchall()]
    progress.report("core", "compared row by row" if whole else f"compared {compared.log.num_rows} days of tables")
    return Found("every row" if whole else f"{compared.log.num_rows} days of tables", differences)


def _columns() -> list[str]:
    return [f"{side}_{name}" for name in FIGURES for side in SIDES]


def _carry(connection: duckdb.DuckDBPyConnection, build: Build) -> None:
    """The table as the last version published it."""
    figures = ", ".join(f"{side}_{name} {kind} not null" for name, kind in FIGURES.items() for side in SIDES)
    connection.execute("create schema if not exists ops")
    connection.execute(
        f"""create or replace table {TABLE} (tenant_id varchar not null, day date, table_name varchar not null,
        {figures}, rows_differing bigint, differing_keys varchar, agrees boolean not null, version varchar not null)"""
    )
    if build.warehouse.current() is None:
        return
    connection.execute(f"attach {literal(build.warehouse.path_of())} as last_version (read_only)")
    schema, name = TABLE.split(".")
    kept = f"database_name = 'last_version' and schema_name = '{schema}' and table_name = '{name}'"
    if connection.execute(f"select 1 from duckdb_tables() where {kept}").fetchone():
        connection.execute(f"insert into {TABLE} by name from last_version.{TABLE}")
    connection.execute("detach last_version")


def _compared_until(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The last number that was compared, per tenant: each change is of some table."""
    found = connection.sql(f"select tenant_id, max(core_highest) from {TABLE} group by tenant_id").fetchall()
    return {str(tenant): int(number) for tenant, number in found if number}


def _add(connection: duckdb.DuckDBPyConnection, version: str, compared: Compared, whole: bool) -> None:
    """Figures of later changes are added to those of the same day, XOR for hashes; a whole comparison begins anew."""
    if whole:
        connection.execute(f"delete from {TABLE}")
    connection.register("compared_log", compared.log)
    connection.execute(
        f"""create or replace temp table summed as
        select tenant_id, day, table_name, {", ".join(_summed(name) for name in _columns())},
            any_value(rows_differing) as rows_differing, any_value(differing_keys) as differing_keys,
            max(version) as version
        from (
            select * from {TABLE} union all by name select *, '{version}' as version from compared_log
        ) group by all"""
    )
    connection.unregister("compared_log")
    if compared.rows is not None:
        connection.register("compared_rows", compared.rows)
        zeros = ", ".join(f"coalesce({name}, '0') as {name}" for name in _columns())
        connection.execute(
            f"""create or replace temp table summed as
            select tenant_id, day, table_name, {zeros}, r.rows_differing, r.differing_keys, '{version}' as version
            from summed full join compared_rows r using (tenant_id, day, table_name)"""
        )
        connection.unregister("compared_rows")
    equal = " and ".join(f"core_{name} = warehouse_{name}" for name in FIGURES)
    connection.execute(f"delete from {TABLE}")
    connection.execute(
        f"""insert into {TABLE} by name select *, {equal} and coalesce(rows_differing, 0) = 0 as agrees from summed
        order by tenant_id, day, table_name"""
    )


def _summed(column: str) -> str:
    if column.endswith("_hash"):
        return f"bit_xor({column}::uhugeint)::varchar as {column}"
    return f"{'max' if column.endswith('_highest') else 'sum'}({column}) as {column}"


def _difference(row: dict[str, Any]) -> Difference:
    """What differs, the plainest first; keys are ids, never values."""
    said = [
        f"{name.replace('_', ' ')} {row[f'core_{name}']} in the core, {row[f'warehouse_{name}']} in the warehouse"
        for name in FIGURES
        if name != "hash" and row[f"core_{name}"] != row[f"warehouse_{name}"]
    ]
    if row["rows_differing"]:
        keys = [key.replace("\x1f", "/") for key in json.loads(row["differing_keys"])[:NAMED]]
        said.append(f"{row['rows_differing']} rows differ, such as {', '.join(keys)}")
    if not said:
        said.append("the hashes of the rows differ")
    return Difference(row["tenant_id"], row["day"], row["table_name"], "; ".join(said))
