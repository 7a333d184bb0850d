"""Seeds that users edit stop a build where they would make wrong figures."""

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.dbt_plan import run_step
from tests.compiled import manifest, steps

CHECK = "what_users_edit_for_models_is_sound"


@pytest.fixture
def edited() -> Iterator[duckdb.DuckDBPyConnection]:
    """The seeds as they are shipped, and nothing else."""
    seeds = {key for key, node in manifest()["nodes"].items() if node["resource_type"] == "seed"}
    with duckdb.connect() as connection:
        connection.execute("create schema staging")
        for step in steps(seeds):
            if step.kind == "seed" and step.relation.startswith("staging."):
                run_step(connection, step)
        yield connection


def faults(connection: duckdb.DuckDBPyConnection) -> int:
    check = next(step for step in steps() if step.unique_id.split(".")[2] == CHECK)
    assert not check.is_warning
    return run_step(connection, check).failures


def test_seeds_as_shipped_are_sound(edited: duckdb.DuckDBPyConnection) -> None:
    assert faults(edited) == 0


@pytest.mark.parametrize(
    "edit",
    [
        "insert into staging.lifetime_discount_rates values ('acme', 0.1), ('acme', 0.2)",
        "insert into staging.lifetime_discount_rates values ('acme', 10)",
        "insert into staging.lifetime_discount_rates values ('acme', null)",
        "insert into staging.forecast_scenarios from staging.forecast_scenarios where scenario = 'churn_up'",
        "insert into staging.forecast_scenarios values ('base', 2, 1, 1)",
        "update staging.forecast_scenarios set price_factor = 0 where scenario = 'price_up'",
        "update staging.churn_actions set save_rate = 30 where risk_level = 'critical'",
        "update staging.churn_actions set cost = -1 where risk_level = 'high'",
        "update staging.churn_actions set months = 0 where risk_level = 'high'",
        "insert into staging.churn_interventions from staging.churn_interventions where feature = 'tickets_open'",
    ],
)
def test_an_edit_that_would_make_wrong_figures_is_found(edited: duckdb.DuckDBPyConnection, edit: str) -> None:
    edited.execute(edit)
    assert faults(edited) == 1
