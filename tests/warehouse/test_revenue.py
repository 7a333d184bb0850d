"""Every cell of the revenue marts against a second computation that shares nothing with the SQL, tolerance 0."""

import random
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.warehouse.conftest import Built
from tests.warehouse.reference import month_end
from tests.warehouse.revenue_reference import ZERO, Revenue
from tests.warehouse.test_random_companies import assert_same

MONTH = ["billed", "recognized", "credited", "modified", "deferred_modified"]
MONTHS = dict[tuple[str, str, str, date], dict[str, Fraction]]


@pytest.fixture(scope="module")
def plain(random_companies: Built) -> dict[str, Revenue]:
    return {company.tenant_id: Revenue(company) for company in random_companies.companies}


@pytest.fixture(scope="module")
def months(plain: dict[str, Revenue]) -> MONTHS:
    return {(t, *key): row for t, revenue in plain.items() for key, row in revenue.months().items()}


def test_revenue_recognition_equals_the_plain_computation(random_companies: Built, months: MONTHS) -> None:
    names = ["recognized", "recognized_to_date", "deferred_closing", "contract_asset_closing"]
    rows = random_companies.world.read("select * from marts.revenue_recognition")
    actual = {
        (r["tenant_id"], r["source_kind"], r["source_id"], r["month"]): [Fraction(r[name]) for name in names]
        for r in rows
    }
    expected = {key: [row[n] for n in ("recognized", "to_date", "deferred", "asset")] for key, row in months.items()}
    assert len(rows) == len(actual) > 5000
    assert_same(actual, expected)


def test_what_moves_in_a_month_equals_the_plain_computation(random_companies: Built, months: MONTHS) -> None:
    columns = ", ".join(f"{name}_minor * millionths_per_minor as {name}" for name in MONTH)
    rows = random_companies.world.read(
        "select tenant_id, source_kind, source_id, make_date(month_index // 12, month_index % 12 + 1, 1) as month,"
        f" {columns} from intermediate.int_revenue__line_months"
    )
    actual = {
        (r["tenant_id"], r["source_kind"], r["source_id"], r["month"]): [Fraction(r[n], 10**6) for n in MONTH]
        for r in rows
    }
    assert_same(actual, {key: [row[name] for name in MONTH] for key, row in months.items()})


def test_the_roll_forward_equals_the_plain_computation(
    random_companies: Built, plain: dict[str, Revenue], months: MONTHS
) -> None:
    sums: dict[tuple[str, date, str], dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for (tenant, kind, name, month), row in months.items():
        for column, value in row.items():
            sums[tenant, month, plain[tenant].currency((kind, name))][column] += value
    names = ["opening", "billed", "recognized", "credited", "modified", "fx", "closing"]
    rows = random_companies.world.read("select * from marts.deferred_revenue_rollforward")
    actual = {(r["tenant_id"], r["month"], r["currency"]): [Fraction(r[n]) for n in names] for r in rows}
    expected = {}
    for (tenant, month, currency), row in sums.items():
        before = sums.get((tenant, (month - timedelta(days=1)).replace(day=1), currency), defaultdict(Fraction))
        growth = row["asset"] - before["asset"]
        cells = [before["deferred"], row["billed"], row["recognized"] - growth + row["deferred_modified"]]
        expected[tenant, month, currency] = [*cells, row["credited"], row["deferred_modified"], ZERO, row["deferred"]]
    assert len(expected) > 500
    assert_same(actual, expected)


@pytest.mark.parametrize("seed", range(6))
def test_revenue_of_any_day_equals_the_plain_computation(
    random_companies: Built, plain: dict[str, Revenue], seed: int
) -> None:
    day = date(2022, 1, 1) + timedelta(days=random.Random(seed).randint(0, 800))
    names = ["billed", "recognized", "deferred", "contract_asset"]
    rows = random_companies.world.read(f"select * from marts.revenue_as_of(date '{day}')")
    actual = {
        (r["tenant_id"], r["source_kind"], r["source_id"]): [Fraction(r[n]) for n in names] + [r["customer_id"]]
        for r in rows
    }
    assert all(recognized + deferred - asset == billed for billed, recognized, deferred, asset, _ in actual.values())
    expected = {}
    for tenant, revenue in plain.items():
        for key in revenue.keys:
            billed, earned = revenue.billed(key, day) - revenue.credited(key, day), revenue.earned(key, day)
            if billed or earned:
                still = billed - earned
                cells: list[Any] = [billed, earned, max(still, ZERO), max(-still, ZERO), revenue.customer(key)]
                expected[tenant, *key] = cells
    assert expected
    assert_same(actual, expected)


def test_the_macro_agrees_with_the_table_on_its_days(random_companies: Built) -> None:
    for day in ("2022-06-30", "2023-01-31", "2023-04-30"):
        macro = random_companies.world.read(
            "select tenant_id, source_kind, source_id, recognized, deferred, contract_asset"
            f" from marts.revenue_as_of(date '{day}') where deferred + contract_asset <> 0 order by all"
        )
        table = random_companies.world.read(
            "select tenant_id, source_kind, source_id, recognized_to_date as recognized, deferred_closing as deferred,"
            f" contract_asset_closing as contract_asset from marts.revenue_recognition"
            f" where month = date_trunc('month', date '{day}') and deferred_closing + contract_asset_closing <> 0"
            " order by all"
        )
        assert macro == table
        assert macro


def test_remaining_obligations_equal_the_plain_computation(random_companies: Built, plain: dict[str, Revenue]) -> None:
    rows = random_companies.world.read("select * from marts.remaining_performance_obligations")
    actual = {
        (r["tenant_id"], r["as_of"], r["currency"]): [Fraction(r["rpo"]), Fraction(r["current_rpo"])] for r in rows
    }
    expected: dict[tuple[str, date, str], list[Fraction]] = {}
    for tenant, revenue in plain.items():
        for key, unit in revenue.units.items():
            day = min(month_end(unit.contract["signed_on"]), revenue.as_of)
            while True:
                sums = expected.setdefault((tenant, day, unit.currency), [ZERO, ZERO])
                if day >= unit.known_from:
                    rpo, current = revenue.remaining(key, day)
                    sums[0] += rpo
                    sums[1] += current
                if day == revenue.as_of:
                    break
                day = min(month_end(day + timedelta(days=1)), revenue.as_of)
    assert len(expected) > 400
    assert_same(actual, expected)


def test_outcomes_of_changes_equal_the_plain_computation(random_companies: Built, plain: dict[str, Revenue]) -> None:
    ways = ["separate_contract", "prospective", "cumulative_catch_up"]
    rows = random_companies.world.read("select * from marts.contract_modification_outcomes")
    actual = {
        (r["tenant_id"], r["modification_id"]): [
            r["treatment"],
            *(Fraction(r[f"{way}_{what}"]) for way in ways for what in ("recognized_to_date", "remaining")),
        ]
        for r in rows
    }
    expected = {}
    for tenant, revenue in plain.items():
        for name, row in revenue.outcomes.items():
            kind, cells = row["kind"], []
            same_day = [
                o for o in revenue.outcomes.values() if (o["contract"], o["on"]) == (row["contract"], row["on"])
            ]
            if kind != ways[0] and len({o["kind"] for o in same_day} - {ways[0]}) > 1:
                kind = "mixed"
            for way in ways:
                cells += [row[way], row["price"] - row[way]]
            expected[tenant, name] = [kind, *cells]
    assert {row[0] for row in expected.values()} == {*ways, "mixed"}
    assert_same(actual, expected)


def test_what_contracts_cannot_be_priced_by_is_listed(random_companies: Built, plain: dict[str, Revenue]) -> None:
    rows = random_companies.world.read(
        "select tenant_id, data_set, rule, detail from ops.set_aside_rows where is_excluded"
        " and data_set in ('contracts', 'obligations', 'contract_modifications', 'progress')"
    )
    listed = sorted((r["tenant_id"], r["detail"].split(" · ")[0]) for r in rows)
    assert listed == sorted((t, name) for t, revenue in plain.items() for _, name in revenue.set_aside)
    assert {r["rule"] for r in rows} >= {
        "more_decimals_than_currency",
        "contract_is_set_aside",
        "contract_without_standalone_price",
        "ends_before_start",
        "changed_before_signature",
        "obligation_not_in_contract",
        "separate_contract_without_price",
        "price_below_zero",
        "progress_goes_back",
        "obligation_is_not_measured",
    }


def test_a_line_that_bills_a_contract_in_another_currency_stands_for_itself_and_is_listed(
    random_companies: Built, plain: dict[str, Revenue]
) -> None:
    rows = random_companies.world.read(
        "select tenant_id, detail from ops.set_aside_rows where rule = 'contract_in_another_currency'"
    )
    expected = []
    for tenant, revenue in plain.items():
        currencies = {name: unit.currency for (_, name), unit in revenue.units.items()}
        known = {i["invoice_id"]: i["currency"] for i in revenue.company["invoices"]}
        for line in revenue.company["invoice_lines"]:
            sold, paid = currencies.get(line.get("obligation_id") or ""), known[line["invoice_id"]]
            if sold and sold != paid:
                expected.append((tenant, f"{line['line_id']} · {line['obligation_id']} · {paid}"))
    assert expected
    assert sorted((r["tenant_id"], r["detail"]) for r in rows) == sorted(expected)
