"""Stage 3: the dbt project, one asset per model and one asset check per test."""

from collections.abc import Iterator, Mapping
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MaterializeResult,
    TableColumn,
    TableSchema,
    multi_asset,
)

from orchestration import plots, progress
from orchestration.dbt_plan import NodeResult
from orchestration.resources import BuildResource

Node = Mapping[str, Any]
LINEAGE = "lineage"


def key_of_node(node: Node) -> AssetKey:
    """Asset key = DuckDB address."""
    return AssetKey([node["schema"], node.get("alias") or node["name"]])


def specs_of(manifest: Mapping[str, Any]) -> dict[str, AssetSpec]:
    """One asset per model and seed, by unique id: its group is the business domain, its layer a tag.

    The views that lead figures down to rows are none: nothing is computed by making them, and each would take its share
    of every run.
    """
    tables = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    keys = {key: key_of_node(node) for key, node in (tables | manifest["sources"]).items()}
    specs = {}
    for unique_id, node in tables.items():
        if node["schema"] == LINEAGE:
            continue
        columns = [TableColumn(name, column["data_type"]) for name, column in node["columns"].items()]
        specs[unique_id] = AssetSpec(
            keys[unique_id],
            deps=sorted(
                {keys[p] for p in node["depends_on"].get("nodes", ()) if p in keys and keys[p].path[0] != LINEAGE}
            ),
            description=_description(node),
            group_name=node["config"]["meta"].get("dagster", {}).get("group", "reference"),
            tags={"layer": node["schema"]},
            kinds={"dbt", "duckdb"},
            code_version=node["checksum"]["checksum"],
            metadata={"dagster/column_schema": TableSchema(columns)} if columns else None,
        )
    return specs


def check_specs_of(manifest: Mapping[str, Any], specs: Mapping[str, AssetSpec]) -> dict[str, AssetCheckSpec]:
    """One asset check per test, by unique id; a singular test belongs to the first model that it reads."""
    checks = {}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] == "test":
            read = sorted(parent for parent in node["depends_on"]["nodes"] if parent in specs)
            table = node.get("attached_node") or read[0]
            checks[unique_id] = AssetCheckSpec(
                node["name"],
                asset=specs[table].key,
                description=node.get("description") or None,
                blocking=node["config"]["severity"] == "error",
            )
    return checks


def _description(node: Node) -> str:
    code = "\n".join(f"    {line}" for line in (node.get("raw_code") or "").splitlines())
    return f"{node['description']}\n\n{code}" if code else str(node["description"])


def build_dbt_assets(manifest: Mapping[str, Any]) -> AssetsDefinition:
    specs = specs_of(manifest)
    checks = check_specs_of(manifest, specs)
    key_of = {unique_id: spec.key for unique_id, spec in specs.items()}
    check_of = {unique_id: check.key for unique_id, check in checks.items()}
    id_of = {key: unique_id for unique_id, key in key_of.items()}

    @multi_asset(
        name="dbt",
        specs=list(specs.values()),
        check_specs=list(checks.values()),
        can_subset=True,
        allow_arbitrary_check_specs=True,
    )
    def dbt(
        context: AssetExecutionContext, build: BuildResource
    ) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        build.build.ensure_raw()
        build.build.close_file()  # dbt's steps open it in their own way
        selected = context.selected_asset_keys
        wanted = [id_of[key] for key in selected] if context.is_subset else None
        nodes = []
        built = judged = 0
        for node in build.dbt.run(wanted, build.build.start_from):
            nodes.append(node)
            built += key_of.get(node.unique_id) in selected
            judged += node.unique_id in check_of
            progress.report("dbt", f"{built}/{len(selected)} tables, {judged} checks")
        details = plots.table_metadata(build.build)
        selected_checks = context.selected_asset_check_keys
        for node in nodes:
            key = key_of.get(node.unique_id)
            if node.status == "success" and key is not None and key in selected:
                yield MaterializeResult(
                    asset_key=key, metadata={"seconds": round(node.seconds, 3), **details.get(key, {})}
                )
            check = check_of.get(node.unique_id)
            if node.status != "skipped" and check is not None and check in selected_checks:
                yield check_result(check, node)
        if broken := [node for node in nodes if node.status in {"error", "fail"}]:
            raise Failure(description=explain(build, broken), allow_retries=False)

    return dbt


def check_result(key: AssetCheckKey, node: NodeResult) -> AssetCheckResult:
    return AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=node.status == "pass",
        severity=AssetCheckSeverity.WARN if node.status == "warn" else AssetCheckSeverity.ERROR,
        metadata={"failing_rows": node.failures, "message": node.message, "seconds": round(node.seconds, 3)},
    )


def explain(build: BuildResource, broken: list[NodeResult]) -> str:
    """One line for the user: which checks failed and the rows (tenant first) that broke them."""
    build.build.close_file()
    lines = []
    for node in broken[:5]:
        if node.unique_id.startswith("test."):
            lines.append(build.dbt.failed_check(node).line())
        else:
            lines.append(f"{node.unique_id.split('.')[2]}: {' '.join(node.message.split())}")
    more = f" (+{len(broken) - 5} more)" if len(broken) > 5 else ""
    return "check failed: " + " | ".join(lines) + more
