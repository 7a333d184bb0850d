"""Forecasts from parts: cohorts that decay, deals that are expected, and assumptions that move them."""

from datetime import date

import duckdb
import numpy as np
import pytest

from models_ml.forecast import cohorts, pipeline
from models_ml.forecast.cohorts import Triangle, age_factors, ahead
from models_ml.forecast.pipeline import Pipeline, expected, part_to_come
from models_ml.forecast.scenarios import BASE, Scenario, read_scenarios
from models_ml.forecast.scored import from_parts
from models_ml.forecast.series import read_series
from tests.unit.models_ml.forecasting import marts, monthly

KEPT = 0.9


def steady(months: int, arriving: float = 100.0, kept: float = KEPT) -> Triangle:
    """A cohort a month, each of which keeps the same share."""
    mrr = np.zeros((months, months))
    for start in range(months):
        mrr[start, start:] = arriving * kept ** np.arange(months - start)
    return Triangle(mrr, tuple(range(months)), 1 - kept)


def test_cohorts_that_keep_a_share_go_on_keeping_it_and_new_ones_arrive() -> None:
    triangle = steady(24)
    factors, overall = age_factors(triangle)
    assert overall == pytest.approx(KEPT) and factors == pytest.approx(np.full(24, KEPT))
    base = float(triangle.mrr[:, -1].sum())
    assert ahead(triangle, 2) == pytest.approx([base * KEPT + 100, base * KEPT**2 + 100 * KEPT + 100])


def test_an_age_with_little_behind_it_is_drawn_to_the_others() -> None:
    triangle = steady(24)
    triangle.mrr[0, -1] = 10 * triangle.mrr[0, -2]
    factors, _ = age_factors(triangle)
    assert KEPT < factors[22] < 5, "one small cohort that grew tenfold does not promise that to every cohort"


def test_the_first_month_in_which_all_begin_is_no_arrival() -> None:
    mrr = np.zeros((1, 24))
    mrr[0] = 1000.0
    assert ahead(Triangle(mrr, (0,), 0.0), 3) == pytest.approx([1000.0] * 3)


def test_a_backtest_of_cohorts_sees_only_what_was_known_at_its_origin() -> None:
    triangle = steady(40)
    changed = steady(40)
    changed.mrr[:, 30:] *= 7
    assert ahead(triangle.until(30), 12).tolist() == ahead(changed.until(30), 12).tolist()
    assert triangle.until(30).mrr.shape == (30, 30)


def test_cohorts_from_before_the_first_month_decay_by_their_true_age() -> None:
    whole = steady(40)
    cut = Triangle(whole.mrr[:, 20:], tuple(start - 20 for start in whole.began), whole.monthly_loss)
    factors, _ = age_factors(cut)
    assert factors == pytest.approx(np.full(40, KEPT))
    assert ahead(cut, 12) == pytest.approx(ahead(whole, 12))
    older = ahead(Triangle(np.full((2, 20), 100.0), (-5, 0), 0.01), 12)
    assert older == pytest.approx([200.0] * 12)


def test_scenarios_move_mrr_in_the_direction_of_their_name_and_base_does_not_move() -> None:
    triangle = steady(24)
    base = ahead(triangle, 12)
    assert ahead(triangle, 12, BASE).tolist() == base.tolist()
    assert (ahead(triangle, 12, Scenario("churn_up", churn=1.25)) < base).all()
    assert (ahead(triangle, 12, Scenario("price_up", price=1.05)) > base).all()
    assert (ahead(triangle, 12, Scenario("win_rate_down", win_rate=0.8)) < base).all()


def test_a_price_reaches_the_base_within_a_year_and_new_customers_at_once() -> None:
    mrr = np.full((1, 24), 1000.0)
    made = ahead(Triangle(mrr, (0,), 0.0), 13, Scenario("price_up", price=1.12))
    assert made == pytest.approx([1000 * (1 + 0.01 * min(step, 12)) for step in range(1, 14)])


def with_cohorts(months: int) -> duckdb.DuckDBPyConnection:
    triangle = steady(months)
    connection = marts({"a": [round(float(value), 4) for value in triangle.mrr.sum(axis=0)]})
    dates = monthly([0.0] * months).dates
    connection.executemany(
        "insert into marts.cohort_analysis values ('a', ?, ?, ?)",
        [
            (dates[start], month - start, round(float(triangle.mrr[start, month]), 4))
            for start in range(months)
            for month in range(start, months)
        ],
    )
    connection.execute(
        "insert into staging.forecast_scenarios values ('churn_up', 1.25, 1, 1), ('win_rate_down', 1, 1, 0.8)"
    )
    return connection


def test_cohorts_of_the_marts_are_forecast_beside_the_headline_with_their_own_record() -> None:
    connection = with_cohorts(36)
    made = from_parts(connection, read_series(connection))
    assert [(one.approach, one.scenario) for one in made] == [
        ("bottom_up", "base"),
        ("bottom_up", "churn_up"),
        ("bottom_up", "win_rate_down"),
    ]
    base = made[0]
    assert not any(one.is_headline for one in made)
    assert [fold.train_end for fold in base.backtests["cohorts"].folds] == [24, 27, 30, 33]
    assert base.backtests["cohorts"].mean_absolute_error < 1
    assert base.dates[0] == date(2025, 1, 1) and base.widths is not None
    assert made[1].backtests == {}, "a scenario is an assumption, not a forecast that can be judged"


def test_a_short_history_has_no_forecast_from_cohorts() -> None:
    connection = with_cohorts(cohorts.FEWEST_MONTHS - 1)
    assert from_parts(connection, read_series(connection)) == []


def deals(connection: duckdb.DuckDBPyConnection) -> None:
    """As of 2022-03-31: an open deal of 1,000 expected in May whose stage won one of two, one of 500 that is late, and
    a win a year for 1,200 made within a month."""
    connection.execute(
        """
        insert into intermediate.int_pipeline__deals_dated values
            ('a', 'open', 'open', 'EUR', 100000, '2022-01-10', null, null, '2022-03-31'),
            ('a', 'late', 'open', 'EUR', 50000, '2022-01-10', null, null, '2022-03-31'),
            ('a', 'won', 'won', 'EUR', 120000, '2022-02-01', '2022-02-20', 19, '2022-03-31'),
            ('a', 'lost', 'lost', 'EUR', 100, '2022-01-01', '2022-02-20', 50, '2022-03-31'),
            ('a', 'future', 'won', 'EUR', 99999999, '2022-03-01', '2022-04-05', 35, '2022-03-31');
        insert into intermediate.int_pipeline__open_months values
            ('a', 'open', 24266, 'open', 'EUR', 100000, '2022-05-15', 'demo', 0.4),
            ('a', 'late', 24266, 'open', 'EUR', 50000, '2022-01-31', 'new', 0.1),
            ('a', 'open', 24265, 'open', 'EUR', 100000, '2022-05-15', 'demo', 0.4);
        insert into intermediate.int_pipeline__deal_stages_unioned values
            ('a', 'won', 'Demo'), ('a', 'lost', 'Demo'), ('a', 'future', 'Demo');
        insert into intermediate.int_fx__month_rates values ('a', 'EUR', 24265, 1, 1), ('a', 'EUR', 24266, 1, 1);
        """
    )


def test_open_deals_count_by_the_chance_of_their_stage_in_the_month_in_which_they_are_expected() -> None:
    connection = marts({"a": [1, 2, 3]})
    deals(connection)
    found = pipeline.read_pipelines(connection)["a"]
    demo = (1 + 10 * 0.4) / (2 + 10)
    assert found.deals == 2
    assert found.expected == {0: pytest.approx(500 * 0.1), 1: pytest.approx(1000 * demo)}
    assert found.won_by_age == {0: pytest.approx(1200 / 12)}
    assert expected(found) == pytest.approx([50 + 100, 1000 * demo + 100, 100])


@pytest.mark.parametrize("as_of", ["2022-03-31", "2022-04-15", "2022-04-29"])
def test_wins_to_come_are_the_mean_of_twelve_full_months_whatever_the_day_of_the_month(as_of: str) -> None:
    """Of wins on the last day before them, their first and last day, and on the first of the month after."""
    connection = marts({"a": [1, 2, 3]}, date.fromisoformat(as_of))
    deals(connection)
    connection.execute("delete from intermediate.int_pipeline__deals_dated where outcome <> 'open'")
    connection.execute(
        """insert into intermediate.int_pipeline__deals_dated
        select 'a', day::varchar, 'won', 'EUR', amount, day, day, 0, null
        from (values (date '2021-03-31', 10000000), ('2021-04-01', 12000), ('2022-03-31', 24000),
            ('2022-04-01', 50000000)) as v(day, amount)"""
    )
    connection.execute(
        """insert into intermediate.int_fx__month_rates
        select 'a', 'EUR', month, 1, 1 from (values (24254), (24255), (24267)) as v(month)"""
    )
    connection.execute("update intermediate.int_pipeline__deals_dated set as_of = ?", [as_of])
    connection.execute(
        """insert into intermediate.int_pipeline__open_months
        select tenant_id, deal_id, 24267, outcome, currency, amount_minor, expected_close_on, stage_then, probability
        from intermediate.int_pipeline__open_months where month_index = 24266"""
    )
    assert pipeline.read_pipelines(connection)["a"].won_by_age == {0: pytest.approx((120 + 240) / 12)}


@pytest.mark.parametrize("as_of", [date(2024, 12, 31), date(2025, 1, 15)])
def test_the_loss_of_a_month_is_that_of_the_last_twelve_full_months(as_of: date) -> None:
    connection = marts({"a": [100.0] * 36}, as_of)
    connection.execute("update marts.revenue_metrics set churned_mrr = 50 where month < '2024-01-01'")
    connection.execute("update marts.revenue_metrics set churned_mrr = 14 where month = '2024-01-01'")
    connection.execute("insert into marts.revenue_metrics values ('a', '2025-01-01', 1, 1, 100, 90, 0, true)")
    connection.execute("insert into marts.cohort_analysis values ('a', '2022-01-01', 0, 100)")
    mrr = [one for one in read_series(connection) if one.metric == "mrr"]
    assert cohorts.read_triangles(connection, mrr)["a"].monthly_loss == pytest.approx((11 * 3 + 15) / 1200)


def test_the_pipeline_knows_nothing_after_the_as_of_date() -> None:
    one, other = marts({"a": [1, 2, 3]}), marts({"a": [1, 2, 3]})
    deals(one)
    deals(other)
    other.execute("delete from intermediate.int_pipeline__deals_dated where deal_id = 'future'")
    other.execute("delete from intermediate.int_pipeline__deal_stages_unioned where deal_id = 'future'")
    assert pipeline.read_pipelines(one) == pipeline.read_pipelines(other)


def test_the_order_of_deals_changes_no_digit_of_the_pipeline() -> None:
    """Of amounts of which doubles lose digits, summed forwards and backwards."""
    found = []
    for order in ("asc", "desc"):
        connection = marts({"a": [1, 2, 3]})
        deals(connection)
        connection.execute(
            f"""insert into intermediate.int_pipeline__deals_dated
            select 'a', 'n' || n, if(n % 2 = 0, 'open', 'won'), 'EUR', (10 ** (n % 13) * 7)::bigint, date '2022-02-01',
                if(n % 2 = 0, null, date '2022-02-20'), 19, '2022-03-31'
            from range(1000) as r(n) order by n {order};
            insert into intermediate.int_pipeline__open_months
            select 'a', 'n' || n, 24266, 'open', 'EUR', (10 ** (n % 13) * 7)::bigint, date '2022-05-15', 'demo', 0.1
            from range(0, 1000, 2) as r(n) order by n {order}"""
        )
        found.append(pipeline.read_pipelines(connection)["a"])
    assert found[0].deals == 502
    assert found[0] == found[1]


def test_what_the_month_has_won_already_is_kept_whatever_the_scenario() -> None:
    found = Pipeline({0: 100.0}, 1, {0: 60.0}, won_so_far=1000.0, part_to_come=0.5)
    assert expected(found)[0] == pytest.approx(1000 + 100 + 30)
    assert expected(found, 0.8)[0] == pytest.approx(1000 + 0.8 * 130)


def test_of_a_month_that_is_over_all_of_the_next_is_to_come() -> None:
    assert part_to_come(date(2026, 2, 28)) == 1.0
    assert part_to_come(date(2026, 6, 15)) == 0.5


def test_scenarios_are_those_of_the_seed_and_base_is_always_there() -> None:
    connection = marts({})
    assert read_scenarios(connection) == [BASE]
    connection.execute(
        "insert into staging.forecast_scenarios values ('b', 1, 2, 1), ('base', 9, 9, 9), ('a', 1, 1, 0.5)"
    )
    assert read_scenarios(connection) == [BASE, Scenario("a", win_rate=0.5), Scenario("b", price=2.0)]
