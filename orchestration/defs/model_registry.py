"""Stage 4, its record: the registries of every kind of model in one table, and their files checked."""

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

from models_ml.registry import KINDS, write_all
from orchestration.resources import BuildResource

REGISTRY = AssetKey(["ml", "model_registry"])
FILES = "model_files_are_as_registered"


def registry_key(kind: str) -> AssetKey:
    return AssetKey(["ml", f"{kind}_registry"])


def build_model_registry() -> AssetsDefinition:
    @multi_asset(
        name="model_registry",
        specs=[
            AssetSpec(
                REGISTRY,
                deps=[registry_key(kind) for kind in KINDS],
                group_name="models",
                kinds={"duckdb"},
                description="Every training and its decision. One row per tenant, kind, subject and day.",
            )
        ],
        check_specs=[
            AssetCheckSpec(FILES, asset=REGISTRY, description="Files of the models in use have their SHA-256.")
        ],
    )
    def model_registry(build: BuildResource) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        with build.build.connect() as connection:
            champions = write_all(connection)
        yield MaterializeResult(asset_key=REGISTRY, metadata={"champions": len(champions)})
        artefacts = build.build.artefacts
        faults = {"/".join(one[:3]): fault for one in champions if (fault := artefacts.fault(one[3]))}
        yield AssetCheckResult(
            asset_key=REGISTRY,
            check_name=FILES,
            passed=not faults,
            severity=AssetCheckSeverity.WARN,
            metadata={"faults": dict(sorted(faults.items())[:20]), "files": len(champions)},
        )

    return model_registry
