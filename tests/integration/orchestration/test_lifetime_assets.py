"""The four assets of lifetime value as a run has them: checks, plots in the metadata, and what later builds do."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import ExecuteInProcessResult, InitResourceContext, materialize

from models_ml.artefacts import Artefacts
from models_ml.registry import Registry, Training, read_registry
from orchestration.defs.lifetime import CALIBRATED, CANDIDATES, SHIFTED, VALUES, build_lifetime_assets
from orchestration.resources import BuildResource
from tests.unit.models_ml.ltv.world import METRICS, RELATIONS, add_shoppers, add_subscribers

AS_OF = date(2026, 6, 30)


class House:
    """What the assets need of a build: a file that stays, so that each run begins with the last one's registry."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "build.duckdb"
        self.artefacts = Artefacts(folder / "artefacts")
        with self.connect() as connection:
            connection.execute(RELATIONS)

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = duckdb.connect(str(self.file))
        try:
            yield connection
        finally:
            connection.close()

    def registry_before(self, kind: str) -> Registry:
        with self.connect() as connection:
            return read_registry(connection, kind, Training())

    def ensure_raw(self) -> None: ...

    def carry_over(self, connection: duckdb.DuckDBPyConnection, table: str) -> None: ...


class HouseResource(BuildResource):
    folder: str

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Generator["HouseResource", None, None]:
        self._build = House.__new__(House)
        self._build.file = Path(self.folder) / "build.duckdb"
        self._build.artefacts = Artefacts(Path(self.folder) / "artefacts")
        yield self


def run(house: House) -> ExecuteInProcessResult:
    resource = HouseResource(folder=str(house.file.parent))
    return materialize(build_lifetime_assets(), resources={"build": resource})


def metadata(result: ExecuteInProcessResult, key: Any) -> dict[str, Any]:
    [event] = [one for one in result.get_asset_materialization_events() if one.asset_key == key]
    return {name: value.value for name, value in event.materialization.metadata.items()}


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    with made.connect() as connection:
        connection.execute("insert into run.tenants values ('t', 'USD', 0.8, ?)", [AS_OF])
        add_subscribers(connection, "t", 500, seed=1)
        add_shoppers(connection, "t", 100, seed=2)
        connection.execute(METRICS)
    return made


def test_a_run_trains_decides_scores_and_shows_its_plots(house: House) -> None:
    result = run(house)
    assert result.success
    assert metadata(result, CANDIDATES)["survival_curve"].startswith("![survival curve](data:image/png;base64,")
    assert metadata(result, VALUES)["plot"].startswith("![value of customers](data:image/png;base64,")
    assert metadata(result, VALUES)["customers"] == 600
    checks = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
    assert checks == {SHIFTED: True, CALIBRATED: True}


def test_a_second_run_of_the_month_scores_and_trains_nothing(house: House) -> None:
    run(house)
    files = sorted(path.name for path in (house.file.parent / "artefacts").iterdir())
    result = run(house)
    assert metadata(result, CANDIDATES)["trained"] == 0
    assert metadata(result, VALUES)["customers"] == 600
    assert sorted(path.name for path in (house.file.parent / "artefacts").iterdir()) == files and len(files) == 2


def test_new_customers_of_another_kind_are_pointed_out(house: House) -> None:
    with house.connect() as connection:
        connection.execute(
            """update intermediate.int_customers__customers_unioned set segment = 'huge' where customer_id in (
            select customer_id from marts.mrr_movements group by all having min(month) > date '2025-12-31')"""
        )
        [(new,)] = connection.execute(
            "select count(*) from intermediate.int_customers__customers_unioned where segment = 'huge'"
        ).fetchall()
    assert new >= 50
    result = run(house)
    assert result.success, "a warning stops nothing"
    checks = {one.check_name: one for one in result.get_asset_check_evaluations()}
    assert not checks[SHIFTED].passed
    assert list(checks[SHIFTED].metadata["shifted"].value) == ["t: segment"]


def test_an_empty_home_runs_through(tmp_path: Path) -> None:
    result = run(House(tmp_path))
    assert result.success
    assert metadata(result, CANDIDATES)["survival_curve"] == "nothing was trained on customers under contract"
    assert metadata(result, VALUES)["plot"] == "no customer has a value"
