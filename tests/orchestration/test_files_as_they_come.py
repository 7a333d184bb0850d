"""Other tools' files, dropped as they come and built: the known answers, on the reference data and on its twins."""

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from tests.orchestration import vendor_files
from tests.orchestration.houses import differing_tables, differing_tenants, new_home, newest_version, revhouse, rows

APRIL = """select opening_mrr, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr, churned_mrr, mrr
from marts.revenue_metrics where month = date '2019-04-01'"""


def publish(home: Path, as_of: str, *files: Path) -> Path:
    if not home.exists():
        new_home(home)
    if files:
        dropped = revhouse(home, "drop", *map(str, files))
        assert dropped.returncode == 0, dropped.stdout
    built = revhouse(home, "build", "--as-of", as_of)
    assert built.returncode == 0, built.stderr
    return newest_version(home)


def check_periods(tmp_path: Path, source: Path, april: tuple[int, ...]) -> None:
    version = publish(tmp_path / "home", "2020-02-29", source)
    assert rows(version, APRIL) == [tuple(Decimal(value) for value in april)]
    with source.open() as file:
        customers = {row["customer_id"] for row in csv.DictReader(file)}
    assert {row[0] for row in rows(version, "select distinct customer_id from marts.mrr_movements")} == customers
    assert {row[0] for row in rows(version, "select distinct customer_id from marts.mrr_events")} == customers


@pytest.mark.long
def test_generated_subscription_periods_give_each_movement_and_lose_no_customer(tmp_path: Path) -> None:
    source = vendor_files.subscription_periods(tmp_path)
    check_periods(tmp_path, source, (200, 70, 50, 30, 15, 40, 295))


@pytest.mark.long
@pytest.mark.reference
def test_the_playbooks_subscription_periods_give_its_published_april_and_lose_no_customer(
    tmp_path: Path, reference: Path
) -> None:
    source = reference / "subscription_periods" / "subscription_periods.csv"
    check_periods(tmp_path, source, (660, 120, 50, 65, 0, 0, 895))


def check_encodings(tmp_path: Path, sources: dict[str, Path], count: int, as_of: str) -> None:
    """Each encoding is a tenant of one build."""
    home = new_home(tmp_path / "home")
    for tenant, path in sources.items():
        dropped = revhouse(home, "drop", str(path), "--tenant", tenant)
        assert dropped.returncode == 0, dropped.stdout
    version = publish(home, as_of)
    deals = "select tenant_id, count(*), count(distinct deal_id) from marts.deals group by 1 order by 1"
    assert rows(version, deals) == [(tenant, count, count) for tenant in sorted(sources)]
    one, *others = sources
    for other in others:
        assert differing_tenants(version, one, other) == {}
    receipts = rows(version, "select tenant_id, status, rows_read, rows_accepted from ops.ingest_receipts order by 1")
    assert receipts == [(tenant, "accepted", count, count) for tenant in sorted(sources)]


def test_a_generated_pipeline_in_three_date_encodings_is_one_deals_table(tmp_path: Path) -> None:
    check_encodings(tmp_path, vendor_files.pipelines(tmp_path), 400, "2018-01-31")


@pytest.mark.long
@pytest.mark.reference
def test_the_crm_pipeline_in_three_date_encodings_is_one_deals_table_of_all_8800(
    tmp_path: Path, reference: Path
) -> None:
    folder = reference / "crm_opportunities"
    names = ("sales_pipeline", "sales_pipeline_us_dates", "sales_pipeline_dmy")
    check_encodings(tmp_path, {name: folder / f"{name}.csv" for name in names}, 8800, "2018-01-31")


def check_retail(tmp_path: Path, folder: Path, as_of: str) -> None:
    expected: dict[str, Decimal] = defaultdict(Decimal)
    count = 0
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                expected[row["InvoiceDate"][:7]] += Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
                count += 1
    home = tmp_path / "home"
    first = publish(home, as_of, folder)
    monthly = "select strftime(day, '%Y-%m'), sum(revenue) from marts.retail_daily group by 1 order by 1"
    assert rows(first, monthly) == sorted(expected.items())
    read, balance = rows(
        first,
        """select sum(rows_read), sum(rows_read - rows_accepted - rows_quarantined - rows_refused)
        from ops.ingest_receipts""",
    )[0]
    assert (read, balance) == (count, 0)
    again = publish(home, as_of, folder)
    assert differing_tables(first, again) == {}
    duplicates = rows(again, "select count(*) from ops.ingest_receipts where status = 'duplicate_ignored'")
    assert duplicates == [(len(list(folder.glob("*.csv"))),)]


@pytest.mark.long
def test_generated_retail_days_sum_to_a_direct_count_and_dropping_them_again_changes_nothing(tmp_path: Path) -> None:
    check_retail(tmp_path, vendor_files.retail_days(tmp_path), "2011-01-31")


@pytest.mark.long
@pytest.mark.reference
def test_the_retail_days_sum_to_a_direct_count_and_dropping_them_again_changes_nothing(
    tmp_path: Path, reference: Path
) -> None:
    check_retail(tmp_path, reference / "online_retail", "2011-05-31")
