"""What stands beside MRR: list prices, one rate, growth, gross churn and usage, against a plain computation."""

from collections import defaultdict
from datetime import date
from fractions import Fraction

from tests.warehouse.companies import Row
from tests.warehouse.conftest import Built
from tests.warehouse.reference import Rates, Recurring, add_months, half_up, month_end, ratio
from tests.warehouse.tables import shown

ZERO = Fraction(0)
MOVES = ("new", "reactivation", "expansion", "contraction", "churned")


def test_mrr_before_discounts_equals_the_plain_computation(random_companies: Built) -> None:
    actual = {
        (r["tenant_id"], r["month"]): Fraction(r["list_mrr"])
        for r in random_companies.world.read("select * from marts.revenue_metrics")
    }
    above = 0
    for company in random_companies.companies:
        plain = Recurring(company)
        for day in plain.days:

            def price(row: Row, day: date, plain: Recurring = plain) -> Fraction:
                active = row["started_on"] <= day < row["_end"]
                if not active or plain._paused(row, day) or plain._trial(row, day):
                    return ZERO
                return plain._price(row, day, discounted=False)

            expected = sum(plain.valued(plain.by_customer(price, day), day).values(), ZERO)
            net = sum(plain.valued(plain.closings[day], day).values(), ZERO)
            assert actual.get((company.tenant_id, day.replace(day=1)), ZERO) == expected, (company.tenant_id, day)
            above += expected > net
    assert above > 100


def test_growth_and_gross_churn_follow_from_the_months(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.revenue_metrics")
    by_month = {(r["tenant_id"], r["month"]): r for r in rows}
    seen = {"mom_growth": 0, "yoy_growth": 0, "gross_mrr_churn_rate": 0}
    for row in rows:
        for name, back in (("mom_growth", 1), ("yoy_growth", 12)):
            before = by_month.get((row["tenant_id"], add_months(row["month"], -back)))
            was = Fraction(before["mrr"]) if before else ZERO
            assert row[name] == ratio(Fraction(row["mrr"]) - was, was), (row["tenant_id"], row["month"], name)
            seen[name] += was != 0
        lost = Fraction(row["churned_mrr"] + row["contraction_mrr"])
        assert row["gross_mrr_churn_rate"] == ratio(lost, Fraction(row["opening_mrr"]))
        assert Fraction(row["arr"]) == 12 * Fraction(row["mrr"])
        seen["gross_mrr_churn_rate"] += lost != 0
    assert min(seen.values()) > 100, seen


def test_movements_at_one_rate_equal_the_plain_computation(random_companies: Built) -> None:
    actual = {
        (r["tenant_id"], r["month"], r["currency"]): r
        for r in random_companies.world.read("select * from marts.mrr_constant_currency")
    }
    for company in random_companies.companies:
        plain = Recurring(company)
        expected: dict[tuple[date, str], dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        for (_, month, currency), row in plain.movements().items():
            rate = plain.rates.to_reporting(currency, company.as_of)
            opening, closing = half_up(row["opening"] * rate, 4), half_up(row["closing"] * rate, 4)
            cell = expected[month, currency]
            cell["opening"] += opening
            cell["closing"] += closing
            kind = next((k for k in MOVES if row[k]), None)
            if kind:
                cell[kind] += abs(closing - opening)
        for (month, currency), cell in expected.items():
            found = actual.pop((company.tenant_id, month, currency))
            for name in ("opening", *MOVES, "closing"):
                assert Fraction(found[f"{name}_mrr"]) == cell[name], (company.tenant_id, month, currency, name)
            assert found["rate"] == float(plain.rates.to_reporting(currency, company.as_of))
    assert not actual


def test_at_one_rate_nothing_moves_but_what_came_and_went(examples: Built) -> None:
    rows = examples.world.read("select * from marts.mrr_constant_currency where tenant_id = 'why' and currency = 'EUR'")
    # 100 EUR a month from January: at one rate, that of the end of March, it is 105 in every month.
    assert shown(sorted(rows, key=lambda r: r["month"]), "month opening_mrr new_mrr closing_mrr rate_on") == [
        "2024-01-01 | 0 | 105 | 105 | 2024-03-31",
        "2024-02-01 | 105 | 0 | 105 | 2024-03-31",
        "2024-03-01 | 105 | 0 | 105 | 2024-03-31",
    ]


def test_usage_apart_equals_the_plain_computation(random_companies: Built) -> None:
    actual = {
        (r["tenant_id"], r["month"]): Fraction(r["usage_run_rate"])
        for r in random_companies.world.read("select * from marts.revenue_metrics where usage_run_rate <> 0")
    }
    expected: dict[tuple[str, date], Fraction] = {}
    for company in random_companies.companies:
        rates = Rates(company)
        usage = {p["product_id"] for p in company["products"] if p["kind"] == "usage"}
        invoices = {i["invoice_id"]: i for i in company["invoices"] if i["status"] == "posted"}
        invoices |= {
            i["invoice_id"]: i
            for i in company["invoices"]
            if i["status"] == "void" and (i["voided_on"] or i["issued_on"]) > company.as_of
        }
        cells: dict[tuple[date, str, str], Fraction] = defaultdict(Fraction)
        for line in company["invoice_lines"]:
            invoice = invoices.get(line["invoice_id"])
            if invoice and line.get("product_id") in usage and invoice["issued_on"] <= company.as_of:
                key = (invoice["issued_on"].replace(day=1), invoice["customer_id"], invoice["currency"])
                cells[key] += Fraction(line["net_amount"])
        sums: dict[date, Fraction] = defaultdict(Fraction)
        for (month, _, currency), value in cells.items():
            rate = rates.to_reporting(currency, min(month_end(month), company.as_of))
            sums[month] += half_up(value * rate, 4)
        expected |= {(company.tenant_id, month): value for month, value in sums.items() if value}
    assert len(expected) > 40
    assert actual == expected


def test_usage_is_what_was_invoiced_and_without_a_rate_it_stops_nothing(examples: Built) -> None:
    rows = examples.world.read("select * from marts.revenue_metrics where tenant_id = 'calls' order by month")
    assert shown(rows, "month mrr usage_run_rate") == [
        "2024-01-01 | 0 | 12.34",
        "2024-02-01 | 0 | ",
        "2024-03-01 | 0 | 5.5",
    ]
