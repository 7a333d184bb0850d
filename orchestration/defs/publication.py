"""Stage 5: what passed its checks becomes the version that readers see."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, asset

from orchestration import progress
from orchestration.erase import finish
from orchestration.resources import PUBLICATION, BuildResource


def build_publication_asset(deps: Sequence[AssetKey]) -> AssetsDefinition:
    @asset(key=PUBLICATION, deps=list(deps), group_name="publication", kinds={"duckdb"})
    def publications(context: AssetExecutionContext, build: BuildResource) -> MaterializeResult[None]:
        """Seals the build as an immutable version and moves the pointer. One row per version and tenant."""
        pointer = build.build.publish()
        progress.report("publish", f"version {pointer.version} as of {pointer.as_of}")
        finish(build.build.settings, build.build, context.run_id)
        size = build.build.warehouse.path_of(pointer.version).stat().st_size
        context.log.info("published version %s", pointer.version)
        return MaterializeResult(
            metadata={
                "version": pointer.version,
                "as_of": pointer.as_of,
                "known_at": pointer.known_at,
                "bytes": size,
                "pointer": json.dumps(asdict(pointer)),
            }
        )

    return publications
