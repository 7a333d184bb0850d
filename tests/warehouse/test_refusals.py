"""What stops a build, and an empty world that does not."""

import shutil
from datetime import date
from pathlib import Path

import duckdb

from tests.compiled import compiled
from tests.warehouse.tables import table
from tests.warehouse.world import World, run_dbt


def test_a_missing_rate_stops_the_build_and_names_currency_and_date(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.tenant("acme", date(2024, 2, 29))
    subscription = """
        subscription_id | customer_id | started_on | unit_amount | currency | billing_interval
        S1              | C1          | 2024-01-10 | 100         | EUR      | month
        S2              | C2          | 2024-01-10 | 100         | USD      | month
    """
    world.csv("acme", "subscriptions", table(subscription))
    # The rate of 23 January is eight days old on the 31st.
    rates = """
        rate_on    | base | quote | rate
        2023-12-29 | EUR  | USD   | 1.1
        2024-01-23 | EUR  | USD   | 1.1
        2024-02-28 | EUR  | USD   | 1.1
    """
    world.csv("acme", "fx_rates", table(rates))
    result = world.build()
    assert result.code == 1
    assert result.failed() == ["test.revhouse.every_needed_fx_rate_is_stored." + _hash(result.statuses)]
    failing = world.read(result.compiled[result.failed()[0]])
    assert [(r["tenant_id"], r["currency"], str(r["rate_on"])) for r in failing] == [("acme", "EUR", "2024-01-31")]
    assert result.statuses["model.revhouse.mrr_movements"] == "skipped"
    assert result.statuses["model.revhouse.revenue_metrics"] == "skipped"


def _hash(statuses: dict[str, str]) -> str:
    return next(n.rsplit(".", 1)[1] for n in statuses if ".every_needed_fx_rate_is_stored." in n)


def test_an_empty_world_builds_and_the_unit_tests_pass(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.tenant("nobody", date(2024, 2, 29))
    result = world.build()
    assert result.code == 0, result.log[-5000:]
    # dbt parses all anew for a file of another name than the one it compiled for.
    settings = compiled().settings
    target = Path(shutil.copytree(settings.dbt_target, tmp_path / "target"))
    settings.build_file.parent.mkdir(exist_ok=True)
    shutil.copyfile(world.file, settings.build_file)
    result = run_dbt(settings.build_file, target, "test", "--select", "test_type:unit")
    assert result.code == 0, result.log[-5000:]
    unit = [name for name in result.statuses if name.startswith("unit_test.")]
    assert len(unit) >= 20
    with duckdb.connect(str(world.file), read_only=True) as connection:
        tables = connection.sql(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema in ('marts', 'ops') and table_name <> 'metric_columns'"
        ).fetchall()
        for (name,) in tables:
            assert connection.sql(f"select count(*) from {name}").fetchall() == [(0,)], name
        assert connection.sql("select * from marts.ar_aging_as_of(date '2024-02-29')").fetchall() == []
