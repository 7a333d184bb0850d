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
    multi_asset,
)
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject
from dagster_dbt.asset_utils import build_dbt_specs, default_asset_check_fn

from orchestration import plots, progress
from orchestration.dbt_runner import NodeResult
from orchestration.resources import BuildResource

WITHOUT_UNIT_TESTS = "test_type:unit"


class Translator(DagsterDbtTranslator):
    """Asset key = DuckDB address; group = business domain; a singular test belongs to a model that it reads."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        name = dbt_resource_props.get("alias") or dbt_resource_props["name"]
        return AssetKey([dbt_resource_props["schema"], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        meta = dbt_resource_props.get("config", {}).get("meta", {}) or dbt_resource_props.get("meta", {})
        group: str | None = meta.get("dagster", {}).get("group")
        return group or "reference"

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        return {**super().get_tags(dbt_resource_props), "layer": dbt_resource_props["schema"]}

    def get_asset_check_spec(
        self, asset_spec: AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetCheckSpec | None:
        test = manifest["nodes"][unique_id]
        if not test.get("attached_node") and "dagster" not in test.get("config", {}).get("meta", {}):
            first = min((n for n in test["depends_on"]["nodes"] if n.startswith("model.")), default=None)
            if first is None or self.get_asset_key(manifest["nodes"][first]) != asset_spec.key:
                return None
            return AssetCheckSpec(
                test["name"],
                asset=asset_spec.key,
                blocking=test["config"]["severity"].lower() == "error",
                metadata={"dagster_dbt/unique_id": unique_id},
            )
        return default_asset_check_fn(manifest, self, asset_spec.key, unique_id, project)


def build_dbt_assets(manifest: Mapping[str, Any]) -> AssetsDefinition:
    specs, check_specs = build_dbt_specs(
        translator=Translator(),
        manifest=manifest,
        select="fqn:*",
        exclude=WITHOUT_UNIT_TESTS,
        selector="",
        io_manager_key=None,
        project=None,
    )
    key_of = {spec.metadata["dagster_dbt/unique_id"]: spec.key for spec in specs}
    check_of = {
        check.metadata["dagster_dbt/unique_id"]: check.key for check in check_specs if check.metadata is not None
    }
    id_of = {key: unique_id for unique_id, key in key_of.items()}

    @multi_asset(name="dbt", specs=specs, check_specs=check_specs, can_subset=True, allow_arbitrary_check_specs=True)
    def dbt(
        context: AssetExecutionContext, build: BuildResource
    ) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        build.build.ensure_raw()
        arguments = ["--exclude", WITHOUT_UNIT_TESTS]
        if context.is_subset:
            wanted = [manifest["nodes"][id_of[key]]["name"] for key in sorted(context.selected_asset_keys)]
            arguments += ["--select", *wanted]
        nodes = []
        for node in build.dbt.run("build", *arguments):
            nodes.append(node)
            built = sum(n.unique_id in key_of for n in nodes)
            progress.report("dbt", f"{built}/{len(context.selected_asset_keys)} tables, {len(nodes) - built} checks")
        details = plots.table_metadata(build.build)
        for node in nodes:
            key = key_of.get(node.unique_id)
            if node.status == "success" and key is not None and key in context.selected_asset_keys:
                yield MaterializeResult(
                    asset_key=key, metadata={"seconds": round(node.seconds, 3), **details.get(key, {})}
                )
            check = check_of.get(node.unique_id)
            if node.status != "skipped" and check is not None and check in context.selected_asset_check_keys:
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
    lines = []
    for node in broken[:5]:
        if node.unique_id.startswith("test."):
            lines.append(build.dbt.failed_check(node).line())
        else:
            lines.append(f"{node.unique_id.split('.')[2]}: {' '.join(node.message.split())}")
    more = f" (+{len(broken) - 5} more)" if len(broken) > 5 else ""
    return "check failed: " + " | ".join(lines) + more
