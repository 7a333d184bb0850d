"""What was known of a customer on a day: spells and purchases, and nothing that came after it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from models_ml.ltv.features import HOLDOUT_DAYS, write_features
from tests.unit.models_ml.ltv.world import add_contract, add_item, add_sale, empty_world, month, months

AS_OF = date(2026, 6, 30)
MID_MONTH = date(2026, 6, 15)


def features(connection: duckdb.DuckDBPyConnection, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    write_features(connection)
    return connection.execute(
        f"select {columns} from ml.lifetime_features where {where} order by customer_id, known_on, spell_no"
    ).fetchall()


SPELL = "entered, stayed, has_left, is_active, is_paused"


def test_a_customer_who_stays_was_asked_every_month_since_the_first() -> None:
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "C", months(date(2026, 1, 1), 6))
    assert features(world, f"began_month, {SPELL}, mrr") == [(date(2026, 1, 1), 0, 5, False, True, False, 100)]


def test_a_customer_who_left_was_asked_once_more_and_said_no() -> None:
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "C", months(date(2026, 1, 1), 3))
    assert features(world, SPELL) == [(0, 2, True, False, False)]


def test_a_month_that_is_not_over_has_asked_nobody_yet() -> None:
    world = empty_world(t=MID_MONTH)
    add_contract(world, "t", "left in May", months(date(2026, 1, 1), 4))
    add_contract(world, "t", "left in June", months(date(2026, 1, 1), 5))
    add_contract(world, "t", "came in June", months(date(2026, 6, 1), 1))
    assert features(world, f"customer_id, {SPELL}") == [
        ("came in June", 0, 0, False, True, False),
        ("left in June", 0, 4, False, False, False),
        ("left in May", 0, 3, True, False, False),
    ]


def test_a_pause_ends_a_spell_without_anybody_leaving_and_its_end_goes_on_with_the_tenure() -> None:
    world = empty_world(t=AS_OF)
    paid = months(date(2026, 1, 1), 2) | months(date(2026, 5, 1), 2)
    add_contract(world, "t", "C", paid, paused=[date(2026, 3, 1), date(2026, 5, 1)])
    assert features(world, SPELL) == [(0, 1, False, False, False), (4, 5, False, True, False)]


def test_who_is_paused_now_is_known_as_paused_until_the_subscription_ends() -> None:
    world = empty_world(t=AS_OF)
    for customer_id in ("paused", "left in the pause"):
        add_contract(world, "t", customer_id, months(date(2026, 1, 1), 2), paused=[date(2026, 3, 1)])
    add_item(world, "t", "paused", date(2026, 1, 1))
    assert features(world, f"customer_id, {SPELL}") == [
        ("left in the pause", 0, 1, False, False, False),
        ("paused", 0, 1, False, False, True),
    ]


def test_who_left_and_came_back_begins_anew() -> None:
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "C", months(date(2026, 1, 1), 2) | months(date(2026, 5, 1), 2))
    assert features(world, f"began_month, {SPELL}") == [
        (date(2026, 1, 1), 0, 1, True, False, False),
        (date(2026, 5, 1), 0, 1, False, True, False),
    ]


def test_a_trial_without_revenue_is_a_customer_without_a_spell() -> None:
    world = empty_world(t=AS_OF)
    add_item(world, "t", "trial", date(2026, 6, 1))
    add_item(world, "t", "from tomorrow", AS_OF + timedelta(1))
    assert features(world, "customer_id, spell_no, stayed") == [("trial", 0, None)]


def test_purchases_are_days_and_the_first_is_no_repeat() -> None:
    world = empty_world(t=AS_OF)
    for day, revenue in ((1, 10), (11, 30), (11, 20), (21, 70)):
        add_sale(world, "t", "R", date(2026, 6, day), revenue)
    assert features(world, "frequency, recency_days, age_days, mean_value, later_purchases") == [(2, 20, 29, 60, 0)]


def test_when_the_holdout_began_only_the_earlier_purchases_were_known() -> None:
    world = empty_world(t=AS_OF)
    origin = AS_OF - timedelta(HOLDOUT_DAYS)
    for day, revenue in ((origin - timedelta(20), 10), (origin, 30), (origin + timedelta(1), 50), (AS_OF, 70)):
        add_sale(world, "t", "R", day, revenue)
    found = features(world, "known_on, frequency, recency_days, age_days, mean_value, later_purchases, later_value")
    assert found == [(origin, 1, 20, 20, 30, 2, 120), (AS_OF, 3, 20 + HOLDOUT_DAYS, 20 + HOLDOUT_DAYS, 50, 0, 0)]


def test_returns_are_no_purchases_but_are_known() -> None:
    world = empty_world(t=AS_OF)
    add_sale(world, "t", "R", date(2026, 6, 1), 100)
    add_sale(world, "t", "R", date(2026, 6, 9), -40)
    add_sale(world, "t", "only returns", date(2026, 6, 9), -40)
    assert features(world, "customer_id, frequency, sold_value, returned_value") == [
        ("R", 0, 100, 40),
        ("only returns", -1, 0, 40),
    ]


def test_invoices_count_where_there_are_no_sales_and_no_contract() -> None:
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "by contract", months(date(2026, 1, 1), 6))
    add_sale(world, "t", "shop", date(2026, 6, 1), 5)
    insert = "insert into intermediate.int_receivables__invoices_totalled values ('t', ?, ?, ?, ?, ?)"
    for customer in ("by contract", "shop", "invoiced"):
        world.execute(insert, [customer, "USD", date(2026, 5, 1), None, 1000])
    world.execute(insert, ["invoiced", "USD", date(2026, 6, 1), None, 2550])
    world.execute(insert, ["invoiced", "USD", date(2026, 6, 2), date(2026, 6, 3), 9900])
    world.execute(insert, ["yen", "JPY", date(2026, 6, 2), None, 500])
    found = features(world, "customer_id, basis, frequency, mean_value, sold_value", "family = 'non_contractual'")
    assert found == [
        ("invoiced", "invoices", 1, 25.5, 35.5),
        ("shop", "sales", 0, None, 5),
        ("yen", "invoices", 0, None, 500),
    ]


def test_a_customer_counts_in_the_currency_of_most_purchases() -> None:
    world = empty_world(t=AS_OF)
    for day, currency in ((1, "USD"), (2, "EUR"), (3, "EUR")):
        add_sale(world, "t", "R", date(2026, 6, day), 10, currency)
    assert features(world, "currency, frequency") == [("EUR", 1)]


def world_with_a_future(shift: int) -> duckdb.DuckDBPyConnection:
    """Facts up to the as-of date, and others after it: as many days or months later as `shift` says."""
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "C", months(date(2026, 1, 1), 6))
    add_item(world, "t", "C", date(2026, 1, 1))
    add_sale(world, "t", "R", date(2025, 3, 1), 10)
    later = AS_OF + timedelta(1 + shift)
    add_item(world, "t", "trial", later)
    insert = "insert into intermediate.int_receivables__invoices_totalled values ('t', ?, 'USD', ?, ?, 1000)"
    world.execute(insert, ["invoiced", date(2026, 2, 1), later])
    world.execute(insert, ["invoiced", later, None])
    world.execute("insert into raw_csv.marketing_spend values ('t', ?, 1000, 'USD')", [later])
    return world


def changes(make: Callable[[duckdb.DuckDBPyConnection], list[tuple[Any, ...]]]) -> bool:
    """Whether features differ when every fact after the as-of date is moved."""
    return make(world_with_a_future(0)) != make(world_with_a_future(40))


def test_moving_every_fact_after_the_day_changes_no_feature() -> None:
    def known(world: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
        return features(world, "*")

    assert len(known(world_with_a_future(0))) == 4, "a contract, a shopper then and now, an invoiced customer"
    assert not changes(known)


@pytest.mark.parametrize(
    "leak",
    [
        "select max(issued_on) from intermediate.int_receivables__invoices_totalled",
        "select min(voided_on) from intermediate.int_receivables__invoices_totalled",
        "select max(started_on) from intermediate.int_mrr__items_dated",
    ],
)
def test_a_planted_feature_that_looks_ahead_is_caught(leak: str) -> None:
    def leaky(world: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
        return features(world, f"*, ({leak}) as leaky")

    assert changes(leaky)


@pytest.mark.parametrize("later", ["in another currency", "by contract", "in the shop", "voided"])
def test_who_is_learned_from_and_in_what_does_not_depend_on_the_holdout(later: str) -> None:
    """What is known when the holdout begins is the same whatever the customer does in it."""
    cut = AS_OF - timedelta(HOLDOUT_DAYS)

    def known(with_the_future: bool) -> list[tuple[Any, ...]]:
        world = empty_world(t=AS_OF)
        invoice = "insert into intermediate.int_receivables__invoices_totalled values ('t', 'C', 'EUR', ?, ?, 1000)"
        is_voided = with_the_future and later == "voided"
        for days in (30, 10):
            world.execute(invoice, [cut - timedelta(days), cut + timedelta(9) if is_voided else None])
        if with_the_future and later == "in another currency":
            other = invoice.replace("EUR", "USD")
            for days in (10, 20, 30):
                world.execute(other, [cut + timedelta(days), None])
        if with_the_future and later == "by contract":
            add_contract(world, "t", "C", months(date(2026, 4, 1), 3))
        if with_the_future and later == "in the shop":
            add_sale(world, "t", "C", cut + timedelta(10), 5)
        columns = "currency, basis, frequency, recency_days, age_days, mean_value, sold_value"
        return features(world, columns, f"known_on = date '{cut}' and family = 'non_contractual'")

    assert len(known(False)) == 1
    assert known(True) == known(False)


def test_what_a_customer_began_with_is_what_stood_at_the_first_month_end() -> None:
    """Later plans, and items that had ended by then, are not what the tenure began with."""
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "C", {month(24312 + at): 1000 + at for at in range(6)})
    insert = "insert into intermediate.int_mrr__items_dated values ('t', 'C', ?, 'i', ?, 'month', ?, ?, ?, null)"
    world.execute(insert, ["s1", "gone", date(2026, 1, 2), date(2026, 1, 20), 900])
    world.execute(insert, ["s2", "small", date(2026, 1, 5), date(2026, 4, 1), 100])
    world.execute(insert, ["s3", "large", date(2026, 1, 7), date(9999, 12, 31), 300])
    world.execute(insert, ["s4", "later", date(2026, 4, 1), date(9999, 12, 31), 900])
    assert features(world, "plan, starting_mrr") == [("large", "6")]
