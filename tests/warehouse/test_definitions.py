"""Every tool's figure against a second computation, and the lines that say why it is not ours."""

from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from typing import Any

from tests.warehouse.conftest import Built
from tests.warehouse.definitions_reference import TOOLS, Tools
from tests.warehouse.tables import shown

DIFFERENCE = "sum(numerator_difference) as n, sum(denominator_difference) as d, count(*) as lines"


def test_every_tools_figure_equals_the_plain_computation(random_companies: Built) -> None:
    world = random_companies.world
    rated: dict[str, set[tuple[str, date]]] = defaultdict(set)
    for row in world.read("select * from intermediate.int_fx__month_rates where numerator is not null"):
        month = date(row["month_index"] // 12, row["month_index"] % 12 + 1, 1)
        rated[row["tenant_id"]].add((row["currency"], month))
    actual = {
        (r["tenant_id"], r["definition"], r["metric"], r["month"]): r
        for r in world.read("select * from marts.metric_definitions_compared")
    }
    compared: Counter[str] = Counter()
    differing: Counter[tuple[str, str]] = Counter()
    for company in random_companies.companies:
        tools = Tools(company, rated[company.tenant_id])
        for tool in TOOLS:
            for month, figures in tools.figures(tool).items():
                for metric, expected in figures.items():
                    row = actual.pop((company.tenant_id, tool, metric, month), None)
                    if row is None:
                        assert not expected[0], (company.tenant_id, tool, month)
                        continue
                    found = (Fraction(row["numerator"]), Fraction(row["denominator"]))
                    assert found == expected, (company.tenant_id, tool, metric, month, row["explanation"])
                    compared[metric] += 1
                    differing[tool, metric] += row["line_count"] > 0
    assert not actual, list(actual)[:3]
    assert len(compared) == 5 and min(compared.values()) > 4000
    # Every tool differs from us in every metric somewhere, or the comparison would show nothing.
    assert len(differing) == 20 and min(differing.values()) > 100, differing


def test_lines_sum_to_the_difference_and_every_reason_occurs(random_companies: Built) -> None:
    world = random_companies.world
    lines = {
        (r["tenant_id"], r["month"], r["metric"], r["definition"]): r
        for r in world.read(
            f"select tenant_id, month, metric, definition, {DIFFERENCE}"
            " from marts.metric_definition_differences group by all"
        )
    }
    for row in world.read("select * from marts.metric_definitions_compared"):
        line = lines.pop(
            (row["tenant_id"], row["month"], row["metric"], row["definition"]), {"n": 0, "d": 0, "lines": 0}
        )
        assert row["numerator"] - row["our_numerator"] == line["n"], row
        assert row["denominator"] - row["our_denominator"] == line["d"], row
        assert row["line_count"] == line["lines"], row
    assert not lines
    reasons = world.read(
        "select definition, reason, count(*) as n from marts.metric_definition_differences group by all"
    )
    found = {(r["definition"], r["reason"]) for r in reasons if ", " not in r["reason"]}
    assert found >= {
        ("stripe", "usage"),
        ("stripe", "cancel_requested"),
        ("stripe", "finite_discount"),
        ("stripe", "pause"),
        ("stripe", "new_customers_in_denominator"),
        ("chartmogul", "usage"),
        ("chartmogul", "fx_rate"),
        ("chartmogul", "reactivation_netted"),
        ("baremetrics", "past_due"),
        ("naive_invoices", "mrr_of_the_month"),
        ("naive_invoices", "no_subscription_named"),
        ("naive_invoices", "invoices_instead_of_mrr"),
    }, found


def test_a_line_is_worth_what_its_own_row_says(random_companies: Built) -> None:
    """In the tenant's own currency a line needs no rate and no share of a rounding: it is the row's own difference."""
    rows = random_companies.world.read(
        "select * from marts.metric_definition_differences where metric = 'mrr' and subscription_id is not null"
    )
    lines: dict[Any, Fraction] = defaultdict(Fraction)
    for row in rows:
        key = (
            row["tenant_id"],
            row["definition"],
            row["month"],
            row["subscription_id"],
            row["item_id"],
            row["currency"],
        )
        lines[key] += Fraction(row["numerator_difference"])
    checked = 0
    for company in random_companies.companies:
        tools = Tools(company, set())
        rules = {"stripe": tools.stripe, "chartmogul": tools.chartmogul, "baremetrics": tools.baremetrics}
        for day in tools.days:
            for tool, rule in rules.items():
                expected: dict[Any, Fraction] = defaultdict(Fraction)
                for row in tools.recurring.rows:
                    if row["currency"] == company.reporting_currency:
                        item = (row["subscription_id"], row["item_id"], row["currency"])
                        expected[item] += rule(row, day) - tools.recurring.mrr(row, day)
                for item, amount in expected.items():
                    key = (company.tenant_id, tool, day.replace(day=1), *item)
                    assert lines.get(key, Fraction(0)) == amount, key
                    checked += amount != 0
    assert checked > 400


def _why(built: Built, metric: str, month: str) -> list[str]:
    rows = built.world.read(
        "select * from marts.metric_definitions_compared"
        f" where tenant_id = 'why' and metric = '{metric}' and month = '{month}' order by definition"
    )
    return shown(rows, "definition our_numerator our_denominator numerator denominator explanation")


def test_why_mrr_does_not_match_the_billing_tool(examples: Built) -> None:
    # Ours: seat 100, meter 100, leaver 50, late 70, euro 100 EUR at 1.20; sleeper is paused.
    assert _why(examples, "mrr", "2024-02-01") == [
        "baremetrics | 440 | 1 | 370 | 1 | past_due -70.0000",
        "chartmogul | 440 | 1 | 330 | 1 | usage -100.0000, fx_rate -10.0000",
        "naive_invoices | 440 | 1 | 600 | 1 | one_off_invoiced 500.0000, mrr_of_the_month -340.0000",
        "stripe | 440 | 1 | 330 | 1 | usage -100.0000, cancel_requested -50.0000, pause 40.0000",
    ]
    # January: the seat's coupon has an end, euro's year is invoiced at once, and late's month as it is.
    assert _why(examples, "mrr", "2024-01-01") == [
        "baremetrics | 450 | 1 | 450 | 1 | no difference",
        "chartmogul | 450 | 1 | 350 | 1 | usage -100.0000",
        "naive_invoices | 450 | 1 | 1390 | 1 | several_months_invoiced 1320.0000, mrr_of_the_month -380.0000",
        "stripe | 450 | 1 | 370 | 1 | usage -100.0000, finite_discount 20.0000",
    ]


def test_why_churn_does_not_match_the_billing_tool(examples: Built) -> None:
    # Of six customers the sleeper pauses in February: churn for us. Stripe keeps it and has lost the leaver on request,
    # and never counted the meter; ChartMogul never counted it either; Baremetrics loses late after thirty days.
    assert _why(examples, "logo_churn_rate", "2024-02-01") == [
        "baremetrics | 1 | 6 | 2 | 6 | past_due (1 customer)",
        "chartmogul | 1 | 6 | 1 | 5 | usage (1 customer)",
        "naive_invoices | 1 | 6 | 2 | 2 | invoices_instead_of_mrr (6 customers)",
        "stripe | 1 | 6 | 1 | 5 | cancel_requested (1 customer), pause (1 customer), usage (1 customer)",
    ]
    # March: the sleeper is back. ChartMogul nets it in retention, we do not.
    assert _why(examples, "nrr_monthly", "2024-03-01")[1] == (
        "chartmogul | 440 | 440 | 380 | 340 | usage (1 customer), reactivation_netted (1 customer)"
    )


def test_a_company_that_sells_in_a_currency_without_rates_builds_and_has_no_naive_figure(examples: Built) -> None:
    rows = examples.world.read(
        "select * from marts.metric_definitions_compared where tenant_id = 'unrated' and metric = 'mrr' order by all"
    )
    assert shown(rows, "month definition numerator explanation") == []
    listed = examples.world.read(
        "select * from intermediate.int_definitions__unrated_months where tenant_id = 'unrated'"
    )
    assert len(listed) >= 5
