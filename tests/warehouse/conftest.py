"""Builds that several tests look at: each dbt run costs seconds, so it is made once a session."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.warehouse.companies import Company, make_company
from tests.warehouse.examples import fill
from tests.warehouse.world import BuildResult, World

COMPANIES = 60


@dataclass(frozen=True)
class Built:
    world: World
    result: BuildResult
    companies: list[Company]


@pytest.fixture(scope="session")
def random_companies(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Sixty random companies as tenants of one build."""
    return build_companies(tmp_path_factory.mktemp("companies"), COMPANIES)


def build_companies(folder: Path, count: int) -> Built:
    world = World(folder)
    companies = [make_company(seed) for seed in range(count)]
    for company in companies:
        company.put(world)
    return Built(world, world.build(), companies)


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The companies made by hand, as tenants of one build."""
    world = World(tmp_path_factory.mktemp("examples"))
    fill(world)
    return Built(world, world.build(), [])
