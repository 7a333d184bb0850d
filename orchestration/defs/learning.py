"""Features, training and evaluation of a classifier, each an asset of its own: the same for churn and for deals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb
from dagster import AssetKey, AssetsDefinition, MaterializeResult, asset

from models_ml.classifier.lifecycle import Kind, write_decided, write_trained
from orchestration import plots_models, progress
from orchestration.defs.model_registry import registry_key
from orchestration.resources import BuildResource


@dataclass(frozen=True)
class Learned:
    """A kind of classifier as its assets tell of it: what it reads, what its features are of, what it says and what it
    does not know. `write_features` returns how many rows it wrote."""

    kind: Kind
    group: str
    read: Sequence[AssetKey]
    features: str
    write_features: Callable[[duckdb.DuckDBPyConnection], int]
    predicts: str
    limits: str

    @property
    def features_key(self) -> AssetKey:
        return AssetKey(["ml", f"{self.kind.name}_features"])

    @property
    def candidates_key(self) -> AssetKey:
        return AssetKey(["ml", f"{self.kind.name}_candidates"])


def build_learning_assets(learned: Learned) -> list[AssetsDefinition]:
    kind = learned.kind

    @asset(
        key=learned.features_key,
        deps=learned.read,
        group_name=learned.group,
        kinds={"duckdb"},
        description=learned.features,
    )
    def features(build: BuildResource) -> MaterializeResult[None]:
        with build.build.connect() as connection:
            rows = learned.write_features(connection)
        return MaterializeResult(metadata={"dagster/row_count": rows})

    @asset(
        key=learned.candidates_key,
        deps=[learned.features_key, *learned.read],
        group_name=learned.group,
        kinds={"scikitlearn", "duckdb"},
        description="Every candidate of every training with its figures on the holdout. One row per tenant, day of"
        " training and algorithm.",
    )
    def training(build: BuildResource) -> MaterializeResult[None]:
        registry, artefacts = build.build.registry_before(kind.name), build.build.artefacts
        with build.build.connect() as connection:
            build.build.carry_over(connection, f"ml.{kind.name}_candidates")
            made = write_trained(connection, kind, registry, artefacts)
        progress.report(kind.name, f"{len({one.tenant_id for one in made if one.hash})} tenants trained")
        return MaterializeResult(metadata=plots_models.candidates_metadata(made))

    @asset(
        key=registry_key(kind.name),
        deps=[learned.candidates_key, *learned.read],
        group_name=learned.group,
        kinds={"scikitlearn", "duckdb"},
        description=f"Decisions about models of {kind.name}. One row per tenant and day of training.",
    )
    def evaluation(build: BuildResource) -> MaterializeResult[None]:
        registry, artefacts = build.build.registry_before(kind.name), build.build.artefacts
        with build.build.connect() as connection:
            made = write_decided(connection, kind, registry, artefacts)
        return MaterializeResult(metadata=plots_models.decisions_metadata(made, learned.predicts, learned.limits))

    return [features, training, evaluation]
