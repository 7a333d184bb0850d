"""The identities of the money marts over versions that were published from what a user has: the demo, real files."""

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.orchestration.houses import new_home, newest_version, revhouse, rows
from tests.orchestration.vendor_files import write
from tests.warehouse.examples import INTERVALS
from tests.warehouse.identities import IDENTITIES


def cells_of_identities(version: Path) -> dict[str, int]:
    """How many cells of each identity there are; one that does not hold fails here. What a version keeps no rows for is
    left out."""
    cells = {}
    with duckdb.connect(str(version), read_only=True) as connection:
        for identity, query in IDENTITIES.items():
            if "intermediate." not in query and "raw_csv." not in query and "run." not in query:
                wrong = f"from ({query}) where left_side is distinct from right_side limit 3"
                assert connection.execute(wrong).fetchall() == [], identity
                (cells[identity],) = connection.execute(f"select count(*) from ({query})").fetchall()[0]
    return cells


@pytest.mark.long
def test_identities_hold_on_the_demo_company(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    done = revhouse(home, "demo")
    assert done.returncode == 0, done.stderr[-3000:]
    cells = cells_of_identities(newest_version(home))
    assert len(cells) > 35
    # The demo company keeps neither bills nor bank statements.
    without = {identity for identity, count in cells.items() if not count}
    assert {
        name for name in without if "payable" not in name and "matched" not in name and "input" not in name
    } == set()


def prices(source: Path, target: Path) -> dict[str, Decimal]:
    """Kill Bill's prices as subscriptions of one customer each, and what MRR it gives them. The file has none by the
    day or week, where Kill Bill gives 0 and the warehouse 365 / 12 and 52 / 12."""
    with source.open(encoding="utf-8") as file:
        listed = [
            row for row in csv.DictReader(file) if row["billing_period"] in INTERVALS and Decimal(row["price"]) > 0
        ]
    expected = {}
    written = []
    for number, row in enumerate(listed):
        interval, count = INTERVALS[row["billing_period"]]
        name = f"{row['billing_period']}-{number}"
        expected[name] = Decimal(row["expected_mrr"])
        written.append([name, name, "2019-01-01", row["price"], "USD", interval, str(count)])
    header = "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval,interval_count"
    write(target, header, written)
    return expected


@pytest.mark.long
@pytest.mark.reference
def test_identities_hold_on_the_real_data_and_prices_give_their_mrr(tmp_path: Path, reference: Path) -> None:
    home = new_home(tmp_path / "home")
    expected = prices(reference / "price_to_mrr" / "billing_period_price_to_mrr.csv", tmp_path / "prices.csv")
    dropped = {
        "retail": [reference / "online_retail"],
        "playbook": [reference / "subscription_periods"],
        "pipeline": [reference / "crm_opportunities" / "sales_pipeline.csv"],
        "prices": [tmp_path / "prices.csv"],
    }
    for tenant, paths in dropped.items():
        done = revhouse(home, "drop", *map(str, paths), "--tenant", tenant)
        assert done.returncode == 0, done.stdout
    built = revhouse(home, "build", "--as-of", "2019-12-31")
    assert built.returncode == 0, built.stderr[-3000:]
    version = newest_version(home)
    cells = cells_of_identities(version)
    assert cells["opening and movements are closing, per customer, month and currency"] > 300
    assert cells["journals balance, per entity and currency"] > 1000
    figures = "from marts.mrr_movements where tenant_id = 'prices' and month = date '2019-12-01'"
    found = dict(rows(version, f"select customer_id, closing_mrr {figures}"))
    assert len(found) > 30 and found == expected
