"""Every cell of the money marts against a second computation that shares nothing with the SQL, tolerance 0."""

import random
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.warehouse.conftest import Built
from tests.warehouse.reference import Receivables, Recurring, bucket, half_up, snapshots
from tests.warehouse.world import World

KINDS = ["opening", "new", "reactivation", "expansion", "contraction", "churned", "closing"]


def test_the_build_passes_its_own_checks(random_companies: Built) -> None:
    assert random_companies.result.code == 0, random_companies.result.log[-3000:]


def test_mrr_movements_equal_the_plain_computation(random_companies: Built) -> None:
    names = [f"{kind}_mrr" for kind in KINDS] + [f"{kind}_mrr_reporting" for kind in [*KINDS, "fx"]]
    rows = random_companies.world.read("select * from marts.mrr_movements")
    actual = {
        (r["tenant_id"], r["customer_id"], r["month"], r["currency"]): [Fraction(r[name]) for name in names]
        for r in rows
    }
    expected = {}
    for company in random_companies.companies:
        for (customer, month, currency), row in Recurring(company).movements().items():
            cells = [row[k] for k in KINDS] + [row[f"{k}_reporting"] for k in [*KINDS, "fx"]]
            expected[company.tenant_id, customer, month, currency] = cells
    assert len(expected) > 1500
    assert_same(actual, expected)


def test_revenue_metrics_equal_the_plain_computation(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.revenue_metrics")
    actual = {(r["tenant_id"], r["month"]): r for r in rows}
    seen = set()
    for company in random_companies.companies:
        receivables = Receivables(company)
        recurring = Recurring(company)
        overdue = {day: receivables.overdue_subscriptions(day) for day in recurring.days}
        for month, figures in recurring.metrics(overdue).items():
            row = actual.get((company.tenant_id, month))
            if row is None:
                assert not any(figures[k] for k in ("mrr", "trial_mrr", "committed_mrr")), (company.tenant_id, month)
                continue
            seen.add((company.tenant_id, month))
            for name, value in figures.items():
                found = Fraction(row[name]) if isinstance(value, Fraction) else row[name]
                assert found == value, (company.tenant_id, month, name, found, value)
    # Usage that is billed before the first subscription has its months too.
    beside = [row for key, row in actual.items() if key not in seen]
    assert len(beside) < len(actual) / 20
    assert not any(row[name] for row in beside for name in ("mrr", "trial_mrr", "committed_mrr", "fx_mrr"))


def test_cohorts_equal_the_plain_computation(random_companies: Built) -> None:
    names = ["customers", "retained_customers", "mrr", "net_retention", "gross_retention"]
    rows = random_companies.world.read("select * from marts.cohort_analysis")
    actual = {(r["tenant_id"], r["cohort_month"], r["period"]): [r[name] for name in names] for r in rows}
    expected = {
        (company.tenant_id, month, period): [cell[name] for name in names]
        for company in random_companies.companies
        for (month, period), cell in Recurring(company).cohorts().items()
    }
    assert_same(actual, expected)


def test_aging_snapshots_equal_the_plain_computation(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.ar_aging")
    actual = {
        (r["tenant_id"], r["as_of"], r["invoice_id"], r["due_on"]): (Fraction(r["outstanding"]), r["bucket"])
        for r in rows
    }
    expected = {}
    for company in random_companies.companies:
        receivables = Receivables(company)
        for day in snapshots(date(2021, 12, 1), company.as_of):
            parts, _ = receivables.on(day)
            for (invoice, due), value in parts.items():
                expected[company.tenant_id, day, invoice, due] = (value, bucket(due, day))
    assert len(expected) > 1000
    assert_same(actual, expected)


@pytest.mark.parametrize("seed", range(5))
def test_aging_of_any_day_equals_the_plain_computation(random_companies: Built, seed: int) -> None:
    rng = random.Random(seed)
    day = date(2022, 3, 1) + timedelta(days=rng.randint(0, 700))
    rows = random_companies.world.read(f"select * from marts.ar_aging_as_of(date '{day}')")
    actual = {
        (r["tenant_id"], r["invoice_id"], r["due_on"]): (Fraction(r["outstanding"]), r["bucket"], r["as_of"])
        for r in rows
    }
    expected = {
        (company.tenant_id, invoice, due): (value, bucket(due, day), day)
        for company in random_companies.companies
        for (invoice, due), value in Receivables(company).on(day)[0].items()
    }
    assert expected
    assert_same(actual, expected)


def test_the_macro_agrees_with_the_table_on_its_days(random_companies: Built) -> None:
    world = random_companies.world
    columns = "tenant_id, as_of, invoice_id, due_on, customer_id, currency, outstanding, days_past_due, bucket"
    for day in ("2022-06-30", "2023-01-31", "2023-04-30"):
        macro = world.read(f"select {columns} from marts.ar_aging_as_of(date '{day}') order by all")
        table = world.read(f"select {columns} from marts.ar_aging where as_of = date '{day}' order by all")
        assert macro == table
        assert macro


def test_aging_summary_equals_the_plain_computation(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.ar_aging_summary")
    losses = dict(zip(("current", "1-30", "31-60", "61-90", "91-120", "120+"), (1, 2, 5, 10, 25, 50), strict=True))
    by_id = {company.tenant_id: company for company in random_companies.companies}
    plain: dict[str, Receivables] = {}
    assert len(rows) > 500
    for row in rows:
        company = by_id[row["tenant_id"]]
        receivables = plain.setdefault(company.tenant_id, Receivables(company))
        day, currency = row["as_of"], row["currency"]
        parts, account = receivables.on(day)
        mine = {k: v for k, v in parts.items() if receivables.invoices[k[0]]["currency"] == currency}
        unapplied = account.get(currency, Fraction(0))
        total = sum(mine.values(), unapplied)
        loss = sum((v * losses[bucket(due, day)] / 100 for (_, due), v in mine.items()), Fraction(0))
        assert Fraction(row["unapplied"]) == unapplied, row
        assert Fraction(row["total"]) == total, row
        decimals = {"JPY": 0, "KWD": 3}.get(currency, 2)
        assert Fraction(row["allowance"]) == half_up(loss, decimals), row
        assert (row["dso_countback"], row["dso_simple"]) == receivables.dso(currency, total, day), row


def test_rows_that_overlap_are_set_aside_and_listed(random_companies: Built) -> None:
    listed = random_companies.world.read(
        "select tenant_id, count(*) as n from ops.set_aside_rows where rule = 'overlapping_periods' group by 1"
    )
    expected = {}
    for company in random_companies.companies:
        kept = Recurring(company).rows
        expected[company.tenant_id] = len(company["subscriptions"]) - len(kept)
    assert {r["tenant_id"]: r["n"] for r in listed} == {t: n for t, n in expected.items() if n}


def test_a_tenant_alone_gives_the_same_figures(
    random_companies: Built, tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = World(tmp_path_factory.mktemp("alone"))
    company = max(random_companies.companies, key=lambda c: len(c["subscriptions"]) + len(c["invoices"]))
    shuffled = {data_set: random.Random(1).sample(rows, len(rows)) for data_set, rows in company.rows.items()}
    company.put(alone, shuffled)
    assert alone.build().code == 0
    for table in ("mrr_movements", "revenue_metrics", "cohort_analysis", "ar_aging_summary", "mrr_events"):
        together = random_companies.world.read(
            f"select * from marts.{table} where tenant_id = '{company.tenant_id}' order by all"
        )
        assert alone.read(f"select * from marts.{table} order by all") == together, table


def assert_same(actual: dict[Any, Any], expected: dict[Any, Any]) -> None:
    """Compares cell by cell, showing the first few that differ."""
    missing = [k for k in expected if k not in actual]
    extra = [k for k in actual if k not in expected]
    different = [(k, actual[k], expected[k]) for k in expected if k in actual and actual[k] != expected[k]]
    assert not missing and not extra and not different, (
        f"missing {len(missing)} {missing[:3]}; extra {len(extra)} {extra[:3]}; "
        f"different {len(different)} {different[:2]}"
    )
