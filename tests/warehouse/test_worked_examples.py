"""Companies made by hand and published examples, through the whole warehouse."""

from decimal import Decimal
from typing import Any

import pytest

from tests.warehouse.conftest import Built
from tests.warehouse.examples import EDGES, playbook_file, price_file
from tests.warehouse.tables import shown

APRIL = {"opening_mrr": 660, "new_mrr": 120, "reactivation_mrr": 50, "expansion_mrr": 65} | {
    "contraction_mrr": 0,
    "churned_mrr": 0,
    "mrr": 895,
}
needs_reference = pytest.mark.skipif(playbook_file() is None, reason="the reference data is not beside the project")


def rows(built: Built, table: str, tenant: str, order: str = "all") -> list[dict[str, Any]]:
    return built.world.read(f"select * from marts.{table} where tenant_id = '{tenant}' order by {order}")


def test_examples_build_and_pass_every_check(examples: Built) -> None:
    assert examples.result.code == 0, examples.result.log[-3000:]


def _april(built: Built, tenant: str) -> dict[str, Any]:
    found = [r for r in rows(built, "revenue_metrics", tenant) if str(r["month"]) == "2019-04-01"]
    return {name: found[0][name] for name in APRIL}


def test_april_of_the_playbook_twin(examples: Built) -> None:
    assert _april(examples, "playbook_twin") == APRIL


@pytest.mark.reference
@needs_reference
def test_april_of_the_playbook(examples: Built) -> None:
    assert _april(examples, "playbook") == APRIL
    periods = playbook_file() or []
    kept = {r["customer_id"] for r in rows(examples, "mrr_movements", "playbook")}
    assert kept == {r["customer_id"] for r in periods}


@pytest.mark.reference
@needs_reference
def test_price_to_mrr_agrees_where_the_interval_is_defined(examples: Built) -> None:
    prices = price_file() or []
    found = {r["customer_id"]: r["closing_mrr"] for r in rows(examples, "mrr_movements", "prices")}
    compared = 0
    for number, row in enumerate(prices):
        if row["billing_period"] != "THIRTY_DAYS" and Decimal(row["price"]) > 0:
            assert found[f"C{number:03d}"] == Decimal(row["expected_mrr"]), row
            compared += 1
    assert compared >= 10


def test_an_annual_price_is_kept_at_four_decimals(examples: Built) -> None:
    # 2 seats of 123.45 EUR: 246.90 a month, valued at each month-end's own rate.
    columns = "month opening_mrr new_mrr closing_mrr opening_mrr_reporting new_mrr_reporting fx_mrr_reporting"
    assert shown(rows(examples, "mrr_movements", "both"), f"{columns} closing_mrr_reporting") == [
        "2024-01-01 | 0 | 246.9 | 246.9 | 0 | 271.59 | 24.69 | 296.28",
        "2024-02-01 | 246.9 | 0 | 246.9 | 296.28 | 0 | -49.38 | 246.9",
        "2024-03-01 | 246.9 | 0 | 246.9 | 246.9 | 0 | 12.345 | 259.245",
    ]


def test_the_core_wins_over_a_file_and_the_conflict_is_listed(examples: Built) -> None:
    listed = examples.world.read("select * from ops.set_aside_rows where rule = 'also_in_core' order by all")
    assert shown(listed, "tenant_id data_set file_id detail is_excluded") == [
        "both | subscriptions | f-subscriptions | S1 · i1 · 2024-01-01 | True",
        "seller | expenses | f-expenses | E1 | True",
        "seller | sales | f-sales | S1 | True",
    ]


def test_what_the_core_takes_off_an_invoice_or_opens_again_is_in_its_ageing(examples: Built) -> None:
    found = [r for r in rows(examples, "ar_aging", "core-ar", "invoice_id, due_on") if str(r["as_of"]) == "2024-06-30"]
    # paid: 25 and 5 came back, 12 of it was given up. parts: 40 credited, which closes the first instalment in part.
    assert shown(found, "invoice_id due_on outstanding bucket") == [
        "paid | 2024-01-31 | 18 | 120+",
        "parts | 2024-05-31 | 60 | 1-30",
        "parts | 2024-07-31 | 200 | current",
    ]


def test_bucket_edges(examples: Built) -> None:
    found = {r["invoice_id"]: r["bucket"] for r in rows(examples, "ar_aging", "edges") if str(r["as_of"]) > "2024-06"}
    assert found == {f"late-{days}": bucket for days, bucket in EDGES.items()}
    summary = rows(examples, "ar_aging_summary", "edges", "as_of desc")[0]
    # 1 + 2 + 2 + 2 + 2 + 1 invoices of 10: 10 × 1 % + 20 × (2 + 5 + 10 + 25) % + 10 × 50 %
    assert shown([summary], "current d1_30 d31_60 d61_90 d91_120 d120_plus unapplied total allowance") == [
        "10 | 20 | 20 | 20 | 20 | 10 | 0 | 100 | 13.5"
    ]


def test_lifetime_value_and_its_cap(examples: Built) -> None:
    columns = "month customers gross_margin logo_churn_rate arpa formula_ltv is_formula_ltv_capped"
    assert shown(rows(examples, "revenue_metrics", "ltv"), columns) == [
        "2024-01-01 | 10 | 0.75 |  | 100 |  | ",
        "2024-02-01 | 9 | 0.75 | 0.1 | 100 | 750 | False",
        "2024-03-01 | 9 | 0.75 | 0 | 100 | 4500 | True",
    ]


def test_retail_days(examples: Built) -> None:
    columns = "day revenue gross_sales returns orders aov cost margin customers repeat_customers"
    found = rows(examples, "retail_daily", "retail")
    for row in found:
        row["margin"] = row["margin"] and round(row["margin"], 4)
    # 03:30 UTC is still the evening before in New York; a return is no order; a missing cost leaves no margin.
    assert shown(found, columns) == [
        "2024-03-01 | 11.553 | 11.553 | 0 | 2 | 5.7765 | 4.5 | 0.6105 | 2 | 0",
        "2024-03-05 | 0.445 | 3 | 2.555 | 1 | 0.445 | -1 |  | 1 | 1",
    ]


def test_sales_of_the_core_and_of_files_are_one_retail_day(examples: Built) -> None:
    found = rows(examples, "retail_daily", "seller", "day, currency")
    # 03:30 UTC is the evening before in New York. 2.5 × 3.50 of the core and 1 × 3.505 of the file, never 99 × 3.50.
    assert shown(found, "day currency revenue gross_sales returns orders cost") == [
        "2024-03-01 | EUR | 12.255 | 12.255 | 0 | 2 | 2.5",
        "2024-03-02 | EUR | -3.5 | 0 | 3.5 | 0 | -1",
        "2024-03-02 | JPY | 1500 | 1500 | 0 | 1 | ",
    ]


def test_expenses_of_the_core_stand_before_those_of_files_with_their_free_text(examples: Built) -> None:
    found = examples.world.read(
        "select * from intermediate.int_retail__expenses_unioned where tenant_id = 'seller' order by expense_id"
    )
    assert shown(found, "expense_id source spent_on amount amount_minor tax_amount category vendor") == [
        "E1 | app | 2024-03-01 | 119 | 11900 | 19 | travel | Taxi",
        "E2 | csv | 2024-03-02 | 50.5 | 5050 |  | rent | ",
    ]


def test_rfm_of_retail_customers(examples: Built) -> None:
    columns = "customer_id basis recency_days frequency monetary recency_score frequency_score"
    assert shown(rows(examples, "customer_segments", "retail"), columns) == [
        "ann | sales | 26 | 2 | 9.443 | 3 | 3",
        "bob | sales | 30 | 1 | 2.555 | 1 | 1",
    ]


def test_pipeline_months(examples: Built) -> None:
    columns = "month open_deals open_amount weighted_amount won_deals lost_deals won_amount average_won_value"
    found = rows(examples, "pipeline_health", "pipeline")
    # Nobody kept stage history: while they were open, deals that are closed now count with the default chance of 20 %.
    assert shown(found, f"{columns} median_cycle_days velocity") == [
        "2024-01-01 | 3 | 4500 | 900 | 0 | 0 | 0 |  |  | ",
        "2024-02-01 | 1 | 2000 | 1400 | 2 | 1 | 4000 | 2000 | 40.5 | 32.9218",
        "2024-03-01 | 1 | 2000 | 1400 | 0 | 0 | 0 |  |  | ",
    ]
    deals = rows(examples, "deals", "pipeline", "deal_id")
    assert shown(deals, "deal_id outcome amount created_on") == [
        "lost | lost | 500 | 2024-01-15",
        "no-date | open |  | ",
        "open | open | 2000 | 2024-02-01",
        "won-1 | won | 1000 | 2024-01-05",
        "won-2 | won | 3000 | 2024-01-10",
    ]
