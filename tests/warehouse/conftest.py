"""Builds that several tests look at: each dbt run costs seconds, so it is made once a session."""

from dataclasses import dataclass

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
    world = World(tmp_path_factory.mktemp("companies"))
    companies = [make_company(seed) for seed in range(COMPANIES)]
    for company in companies:
        world.tenant(
            company.tenant_id,
            company.as_of,
            reporting_currency=company.reporting_currency,
            gross_margin=company.gross_margin,
        )
        for data_set, rows in company.rows.items():
            world.csv(company.tenant_id, data_set, rows)
    return Built(world, world.build(), companies)


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The companies made by hand, as tenants of one build."""
    world = World(tmp_path_factory.mktemp("examples"))
    fill(world)
    return Built(world, world.build(), [])
