"""From MRR to the ledger: a company by hand, the items of random ones, and lines that go missing."""

import shutil
from collections import defaultdict
from datetime import date
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from tests.compiled import manifest, steps
from tests.warehouse.conftest import Built
from tests.warehouse.tables import shown
from tests.warehouse.world import run_steps

ITEMS = [
    "not_billed",
    "beyond_mrr",
    "proration",
    "currency_rounding",
    "billing_timing",
    "usage",
    "one_off",
    "contracts",
    "tax",
    "other_customers",
    "credits",
    "deferral",
    "earned_before_bill",
]


def bridge(built: Built, tenant: str, columns: str) -> list[str]:
    rows = built.world.read(f"select * from marts.revenue_bridge where tenant_id = '{tenant}' order by month")
    return shown(rows, columns)


def test_a_yearly_plan_is_billed_once_and_earned_by_day(examples: Built) -> None:
    assert bridge(examples, "bridge_year", "month mrr proration billing_timing tax invoiced deferral recognized") == [
        "2024-01-01 | 100 | -47.54 | 1147.54 | 240 | 1440 | -1147.54 | 52.46",
        "2024-02-01 | 100 | -4.92 | -95.08 | 0 | 0 | 95.08 | 95.08",
    ]


def test_usage_setup_credit_and_a_void_have_their_items(examples: Built) -> None:
    # S1 is 30 a month, S2 commits to 20 of usage. February bills 55 of usage beside; the setup of 200 is void in March.
    columns = "month mrr usage one_off invoiced credits deferral recognized ledger_revenue residual"
    assert bridge(examples, "bridge_mix", columns) == [
        "2024-01-01 | 50 | -20 | 200 | 230 | 0 | 0 | 230 | 230 | 0",
        "2024-02-01 | 50 | 35 | 0 | 85 | -10 | 0 | 75 | 75 | 0",
        "2024-03-01 | 50 | -20 | 0 | 0 | -200 | 0 | -200 | -200 | 0",
    ]
    assert bridge(examples, "bridge_mix", "month not_billed beyond_mrr billing_timing")[2] == "2024-03-01 | -30 | 0 | 0"


def test_every_item_occurs_and_the_figures_are_those_of_their_tables(random_companies: Built) -> None:
    world = random_companies.world
    counted = world.read(
        f"select {', '.join(f'count_if({item} <> 0) as {item}' for item in ITEMS)} from marts.revenue_bridge"
    )[0]
    assert all(counted[item] > 20 for item in ITEMS), counted
    for figure, table, column in (
        ("mrr", "mrr_movements", "closing_mrr"),
        ("recognized", "revenue_recognition", "recognized"),
    ):
        keys = "tenant_id, customer_id, month, currency"
        different = world.read(
            f"""from (select {keys}, sum({column}) as theirs from marts.{table} group by all) full join
            (select {keys}, {figure} as ours from marts.revenue_bridge) using ({keys})
            where coalesce(theirs, 0) <> coalesce(ours, 0) limit 3"""
        )
        assert different == [], figure


def test_invoiced_and_tax_equal_plain_sums_over_the_invoices(random_companies: Built) -> None:
    found: dict[tuple[str, str, date, str], Fraction] = {}
    for row in random_companies.world.read("select * from marts.revenue_bridge where invoiced <> 0"):
        key = (row["tenant_id"], row["customer_id"], row["month"], row["currency"])
        found[key] = Fraction(row["invoiced"]) - Fraction(row["tax"])
    expected: dict[tuple[str, str, date, str], Fraction] = defaultdict(Fraction)
    for company in random_companies.companies:
        invoices = {row["invoice_id"]: row for row in company["invoices"]}
        for line in company["invoice_lines"]:
            invoice = invoices.get(line["invoice_id"])
            if invoice and invoice["status"] != "draft" and invoice["issued_on"] <= company.as_of:
                month = invoice["issued_on"].replace(day=1)
                key = (company.tenant_id, invoice["customer_id"], month, invoice["currency"])
                expected[key] += Fraction(line["net_amount"])
    assert len(found) > 200
    assert found == {key: value for key, value in expected.items() if value or key in found}


@pytest.fixture
def spoilt(random_companies: Built, tmp_path: Path) -> Path:
    """A built file that may be changed."""
    return Path(shutil.copyfile(random_companies.world.file, tmp_path / "build.duckdb"))


@pytest.mark.parametrize(
    "table",
    [
        "intermediate.int_receivables__invoice_lines_valued where tax_minor > 0",
        "intermediate.int_revenue__line_months where recognized_minor > 0",
        "intermediate.int_bridge__recurring_items where proration_minor <> 0 and billed_elsewhere_minor = 0",
        "intermediate.int_receivables__invoices_totalled where total_minor > 0",
        "intermediate.int_ledger__recognition where recognized_minor > 0",
    ],
)
def test_one_line_that_is_missing_leaves_a_residual_and_the_check_fails(spoilt: Path, table: str) -> None:
    name, _, condition = table.partition(" where ")
    with duckdb.connect(str(spoilt)) as connection:
        connection.execute(f"delete from {name} where rowid = (select min(rowid) from {table})")
    remade = [
        key
        for key, node in manifest()["nodes"].items()
        if node["resource_type"] == "model" and node["name"] != name.partition(".")[2] and "/bridge/" in node["path"]
    ]
    result = run_steps(spoilt, steps(remade))
    assert [key.split(".")[2] for key in result.failed()] == ["revenue_bridge_leaves_nothing_unexplained"], condition
