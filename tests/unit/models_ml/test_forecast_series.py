"""What is forecast: full periods only, no month made up, every tenant by itself."""

from datetime import date
from decimal import Decimal

import pytest

from models_ml.forecast.series import DEFINITIONS, Definition, read_series, without_gaps
from models_ml.forecast.tables import read_features, write_features
from tests.unit.models_ml.forecasting import marts, noisy

FLOW = Definition("cash_collected", "month", False, "")
STOCK = Definition("mrr", "month", True, "")
JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in range(1, 5))


def test_a_month_without_cash_is_zero_and_so_are_those_up_to_the_last_full_one() -> None:
    dates, values, _ = without_gaps([(JANUARY, 5.0), (MARCH, 7.0)], APRIL, FLOW)
    assert dates == (JANUARY, FEBRUARY, MARCH, APRIL)
    assert values == (5.0, 0.0, 7.0, 0.0)


def test_a_stock_with_a_missing_month_begins_after_it_and_says_so() -> None:
    dates, values, left_out = without_gaps([(JANUARY, 5.0), (MARCH, 7.0), (APRIL, 8.0)], APRIL, STOCK)
    assert (dates, values) == ((MARCH, APRIL), (7.0, 8.0))
    assert left_out == "what was before 2026-03-01 is left out: there is no figure for 2026-02-01"


@pytest.mark.parametrize(
    ("as_of", "last"), [(date(2022, 3, 31), date(2022, 3, 1)), (date(2022, 3, 30), date(2022, 2, 1))]
)
def test_the_month_that_is_not_over_is_left_out(as_of: date, last: date) -> None:
    series = read_series(marts({"a": [1, 2, 3]}, as_of=as_of))
    assert {one.metric: one.dates[-1] for one in series} == {"mrr": last, "new_customers": last}


def test_cash_is_what_customers_paid_less_what_went_back_in_each_currency() -> None:
    connection = marts({"a": [1, 2]})
    connection.executemany(
        "insert into marts.cash_flow values ('a', ?, ?, ?, ?)",
        [
            (date(2022, 1, 1), "payment", "EUR", Decimal(100)),
            (date(2022, 1, 1), "refund", "EUR", Decimal(-30)),
            (date(2022, 1, 1), "bill_payment", "EUR", Decimal(-500)),
            (date(2022, 2, 1), "payment", "USD", Decimal(9)),
        ],
    )
    found = {one.subject: one.values for one in read_series(connection) if one.metric == "cash_collected"}
    assert found == {"cash_collected/EUR": (70.0, 0.0), "cash_collected/USD": (9.0,)}


def test_days_have_the_country_of_the_root_entity_and_zero_where_nothing_was_sold() -> None:
    connection = marts({"a": [1, 2]})
    connection.execute(
        "insert into staging.stg_csv__entities values ('a', 'root', null, 'DE'), ('a', 'x', 'root', 'FR')"
    )
    connection.execute(
        "insert into marts.retail_daily values ('a', '2022-02-24', 'EUR', 5), ('a', '2022-02-27', 'EUR', 6)"
    )
    (series,) = (one for one in read_series(connection) if one.frequency == "day")
    assert series.values == (5.0, 0.0, 0.0, 6.0, 0.0) and series.country == "DE"
    assert series.ahead(1) == (date(2022, 3, 1),)


def test_features_are_read_as_they_were_written() -> None:
    connection = marts({"a": noisy(30), "b": [3.0]})
    written = read_series(connection)
    assert write_features(connection, DEFINITIONS) == len(written) == 4
    assert sorted(written, key=lambda one: one.subject) == sorted(
        read_features(connection), key=lambda one: one.subject
    )


def test_another_series_is_one_more_definition() -> None:
    connection = marts({"a": [1, 2, 3]})
    arr = Definition(
        "arr",
        "month",
        True,
        "select tenant_id, 'EUR' as currency, month as day, 12 * mrr as value from marts.revenue_metrics",
    )
    write_features(connection, [arr])
    assert [(one.metric, one.values) for one in read_features(connection)] == [("arr", (12.0, 24.0, 36.0))]


def test_a_home_without_anything_has_empty_features() -> None:
    connection = marts({})
    assert write_features(connection, DEFINITIONS) == 0
    assert read_features(connection) == []
