"""From tables to values: who is used, what is refused, and what is said where there is too little to learn from."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from models_ml.artefacts import ArtefactRefused, Artefacts
from models_ml.ltv import evaluation
from models_ml.ltv.bg_nbd import BgNbd
from models_ml.ltv.geometric import Geometric
from models_ml.ltv.non_contractual import BuyTillTheyLeave, candidates, judge, worth
from models_ml.ltv.shifted_beta_geometric import ShiftedBetaGeometric
from models_ml.ltv.training import content_of
from models_ml.registry import Training
from tests.unit.models_ml.ltv.test_bg_nbd import SPENDING, TRUTH, simulated
from tests.unit.models_ml.ltv.test_lifetime_features import world_with_a_future
from tests.unit.models_ml.ltv.world import (
    add_contract,
    add_item,
    add_sale,
    add_shoppers,
    add_subscribers,
    build,
    empty_world,
    months,
)

AS_OF = date(2026, 6, 30)
NEXT = date(2026, 7, 31)


def values(connection: duckdb.DuckDBPyConnection, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    return connection.execute(
        f"select {columns} from ml.customer_lifetime_values where {where} order by tenant_id, customer_id"
    ).fetchall()


def grown(customers: int = 300, seed: int = 1, tenant_id: str = "t") -> duckdb.DuckDBPyConnection:
    world = empty_world(**{tenant_id: AS_OF})
    add_subscribers(world, tenant_id, customers, seed)
    return world


def test_segments_that_leave_at_different_rates_are_worth_different_amounts(tmp_path: Path) -> None:
    world = grown()
    registry = build(world, tmp_path)
    assert [(entry.algorithm, entry.status) for entry in registry.entries] == [("beta_logistic", "accepted")]
    small, large = (
        world.execute(
            """select avg(v.ltv_36m) from ml.customer_lifetime_values as v
            inner join intermediate.int_customers__customers_unioned as c using (tenant_id, customer_id)
            where c.segment = ? and v.mrr > 0""",
            [segment],
        ).fetchall()[0][0]
        for segment in ("small", "large")
    )
    assert large > 1.3 * small


def test_rows_hold_together(tmp_path: Path) -> None:
    world = grown()
    add_shoppers(world, "t", 200, seed=2)
    build(world, tmp_path)
    assert values(world, "customer_id", "not (0 <= ltv_12m and ltv_12m <= ltv_36m and low <= high)") == []
    assert values(world, "customer_id", "ltv_12m not between low_12m and high_12m") == []
    assert values(world, "customer_id", "ltv_36m not between low and high") == []
    assert values(world, "customer_id", "probability_alive not between 0 and 1") == []
    assert {row[0] for row in values(world, "family")} == {"contractual", "non_contractual"}
    [(rows, distinct)] = world.execute(
        "select count(*), count(distinct customer_id) from ml.customer_lifetime_values"
    ).fetchall()
    assert rows == distinct == 500


def test_the_mean_of_the_formula_over_customers_is_the_formula_of_the_tenant(tmp_path: Path) -> None:
    """ARPA × margin ÷ logo churn, from a month that is over."""
    world = grown()
    build(world, tmp_path)
    [(mean,)] = values(world, "avg(formula_ltv)::double", "mrr > 0 group by tenant_id order by 1 --")
    [(opening, churned)] = world.execute(
        "select opening_customers, churned_customers from marts.revenue_metrics order by month desc limit 1"
    ).fetchall()
    assert mean == pytest.approx(50 * 0.8 * opening / churned, abs=1e-4)


def test_the_same_input_gives_the_same_rows_and_another_tenant_changes_none(tmp_path: Path) -> None:
    one, both = grown(), empty_world(t=AS_OF, other=AS_OF)
    add_subscribers(both, "t", 300, seed=1)
    add_subscribers(both, "other", 100, seed=9)
    for world in (one, both):
        add_shoppers(world, "t", 200, seed=2)
        build(world, tmp_path)
    assert values(one, "*", "tenant_id = 't'") == values(both, "*", "tenant_id = 't'")
    before = values(one, "*")
    build(one, tmp_path, Training(again=True))
    assert values(one, "*") == before


def advanced(world: duckdb.DuckDBPyConnection) -> None:
    """The month after, with what happened meanwhile."""
    world.execute("update run.tenants set as_of = ?", [NEXT])
    world.execute("delete from marts.mrr_movements")
    world.execute("delete from intermediate.int_customers__customers_unioned")
    add_subscribers(world, "t", 300, seed=3)


def plant_champion(world: duckdb.DuckDBPyConnection, folder: Path, model: Any) -> None:
    """Puts a model in the place of last month's champion."""
    content = content_of(model)
    world.execute(
        "update ml.lifetime_registry set hash = ?, algorithm = ?", [Artefacts(folder).save(content), model.name]
    )


def test_a_champion_is_replaced_by_a_challenger_that_is_better_on_the_newest_holdout(tmp_path: Path) -> None:
    world = grown()
    build(world, tmp_path)
    plant_champion(world, tmp_path, Geometric(0.4))
    advanced(world)
    first, second = build(world, tmp_path).entries
    assert (first.status, second.status) == ("accepted", "accepted")
    assert second.trained_at == NEXT and "replaces the champion" in second.reason
    own, champion = second.metrics["log_loss"], second.metrics["champion_log_loss"]
    assert isinstance(own, float) and isinstance(champion, float) and own < champion
    assert {row[0] for row in values(world, "model_version", "mrr > 0")} == {second.model_version}


def test_a_challenger_that_is_not_better_is_refused_and_the_champion_scores(tmp_path: Path) -> None:
    world = grown()
    build(world, tmp_path)
    advanced(world)
    best = build(world, tmp_path).entries[-1].hash
    world.execute("delete from ml.lifetime_registry where trained_at = ?", [NEXT])
    world.execute("update ml.lifetime_registry set hash = ?", [best])
    first, second = build(world, tmp_path).entries
    assert (first.status, second.status) == ("accepted", "refused")
    assert "not better than the champion" in second.reason
    assert {row[0] for row in values(world, "model_version", "mrr > 0")} == {first.model_version}


@pytest.mark.parametrize("fault", ["altered", "missing"])
def test_a_model_file_that_is_not_as_registered_is_not_used(tmp_path: Path, fault: str) -> None:
    world = grown()
    [entry] = build(world, tmp_path).entries
    assert entry.hash is not None
    file = tmp_path / entry.hash
    changed = json.loads(file.read_text())
    changed["parameters"]["alpha"] *= 2
    file.write_text(json.dumps(changed)) if fault == "altered" else file.unlink()
    build(world, tmp_path)
    found = values(world, "distinct model, reason, low is null", "mrr > 0 --")
    assert len(found) == 1 and found[0][0] == "formula" and found[0][2]
    assert fault in found[0][1] and "rate of the last 12 full months" in found[0][1]


def test_after_a_faulty_file_the_next_training_is_let_in(tmp_path: Path) -> None:
    world = grown()
    [entry] = build(world, tmp_path).entries
    (tmp_path / str(entry.hash)).write_text("{}")
    advanced(world)
    newest = build(world, tmp_path).entries[-1]
    assert newest.status == "accepted" and "was altered" in newest.reason


def test_training_happens_once_a_month_and_scoring_in_every_build(tmp_path: Path) -> None:
    world = grown()
    first = build(world, tmp_path)
    add_contract(world, "t", "new", months(date(2026, 6, 1), 1))
    assert build(world, tmp_path).entries == first.entries
    assert values(world, "model", "customer_id = 'new'") == [("beta_logistic",)]


def test_a_build_of_the_past_does_not_use_what_was_trained_later(tmp_path: Path) -> None:
    world = grown()
    build(world, tmp_path)
    world.execute("update run.tenants set as_of = date '2026-05-31'")
    world.execute("delete from marts.mrr_movements where month > date '2026-05-01'")
    [entry] = build(world, tmp_path).entries
    assert entry.trained_at == date(2026, 5, 31)


def test_switched_off_training_says_so(tmp_path: Path) -> None:
    world = grown()
    assert build(world, tmp_path, Training(allowed=False)).entries == ()
    assert all(row[0].startswith("training is switched off") for row in values(world, "reason", "mrr > 0"))


def test_a_new_tenant_is_asked_again_until_there_is_enough(tmp_path: Path) -> None:
    world = grown(customers=10)
    [before] = build(world, tmp_path).entries
    assert before.status == "fallback"
    add_subscribers(world, "t", 300, seed=5)
    [after] = build(world, tmp_path).entries
    assert after.status == "accepted" and after.trained_at == before.trained_at


def test_an_empty_home_has_empty_tables(tmp_path: Path) -> None:
    world = empty_world()
    build(world, tmp_path)
    for table in ("lifetime_features", "lifetime_candidates", "lifetime_registry", "customer_lifetime_values"):
        assert world.execute(f"select count(*) from ml.{table}").fetchall() == [(0,)]


def test_a_tenant_without_customers_has_no_row(tmp_path: Path) -> None:
    world = empty_world(t=AS_OF)
    assert build(world, tmp_path).entries == ()
    assert values(world, "*") == []


def test_where_nobody_ever_left_the_reason_says_so_and_nothing_is_learned(tmp_path: Path) -> None:
    world = empty_world(t=AS_OF)
    for number in range(60):
        add_contract(world, "t", f"C{number}", months(date(2024, 1, 1), 30))
    [entry] = build(world, tmp_path).entries
    assert (entry.status, entry.hash) == ("fallback", None)
    assert entry.reason == "0 customers had left before the holdout, 10 are needed"
    [(model, reason, low, capped)] = values(world, "distinct model, reason, low, is_formula_ltv_capped", "true --")
    assert (model, low, capped) == ("formula", None, True) and "0.0000 a month" in reason


def test_where_everybody_left_everybody_is_worth_nothing(tmp_path: Path) -> None:
    world = empty_world(t=AS_OF)
    for number in range(60):
        add_contract(world, "t", f"C{number}", months(date(2025, 1, 1), 2 + number % 5))
    build(world, tmp_path)
    assert set(values(world, "ltv_12m, ltv_36m, high, value_segment, model")) == {(0, 0, 0, "none", "none")}


def test_one_customer_has_the_formula_with_its_reason(tmp_path: Path) -> None:
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "C", months(date(2026, 1, 1), 6))
    build(world, tmp_path)
    [(model, reason, ltv)] = values(world, "model, reason, ltv_12m::double")
    assert model == "formula" and reason.startswith("0 customers were seen for a month before the holdout")
    assert ltv == pytest.approx(sum(80 * 1.1 ** (-k / 12) for k in range(1, 13)), abs=1e-4)


def test_who_came_this_month_is_worth_no_number_where_nobody_was_seen_for_a_month(tmp_path: Path) -> None:
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "C", months(date(2026, 6, 1), 1))
    build(world, tmp_path)
    [(ltv, formula, reason)] = values(world, "ltv_12m, formula_ltv, reason")
    assert ltv is None and formula is None and "no customer was seen for a full month" in reason


def test_a_trial_and_a_pause_have_no_number_and_say_why(tmp_path: Path) -> None:
    world = grown()
    add_item(world, "t", "trial", date(2026, 6, 1))
    add_contract(world, "t", "paused", months(date(2026, 1, 1), 2), paused=[date(2026, 3, 1)])
    add_item(world, "t", "paused", date(2026, 1, 1))
    build(world, tmp_path)
    assert values(world, "customer_id, ltv_12m, low, value_segment, reason", "customer_id in ('trial', 'paused')") == [
        ("paused", None, None, None, "paused: nobody knows until when"),
        ("trial", None, None, None, "no recurring revenue so far"),
    ]


def test_shoppers_who_are_too_few_buy_on_as_often_as_so_far(tmp_path: Path) -> None:
    world = empty_world(t=AS_OF)
    add_sale(world, "t", "once", date(2026, 1, 1), 10)
    for day in (date(2025, 7, 1), date(2025, 12, 31), date(2026, 6, 30)):
        add_sale(world, "t", "thrice", day, 50)
    build(world, tmp_path)
    once, thrice = values(world, "ltv_12m::double, expected_purchases_12m, low, reason, model")
    assert once[0] is None and "bought once, which is no rate" in once[3]
    assert thrice[1] == pytest.approx(2 * 365.25 / 364) and thrice[2] is None and thrice[4] == "formula"
    assert thrice[0] == pytest.approx(2 * 50 * 0.8 * 1.1**-0.5, rel=0.01)


def test_nothing_sold_for_money_has_no_number(tmp_path: Path) -> None:
    world = empty_world(t=AS_OF)
    add_sale(world, "t", "free", date(2026, 1, 1), 0)
    add_sale(world, "t", "returned", date(2026, 1, 1), -5)
    build(world, tmp_path)
    assert set(values(world, "ltv_12m, low, reason")) == {(None, None, "nothing was bought for money")}


def test_returns_lower_the_value_of_every_purchase(tmp_path: Path) -> None:
    kept, returned = empty_world(t=AS_OF), empty_world(t=AS_OF)
    for world in (kept, returned):
        add_shoppers(world, "t", 200, seed=2)
    sales = "intermediate.int_retail__sales_dated"
    returned.execute(
        f"insert into {sales} select tenant_id, customer_id, currency, sold_on, -revenue / 2, null from {sales}"
    )
    sums = []
    for world in (kept, returned):
        build(world, tmp_path)
        sums.append(values(world, "sum(ltv_12m)::double", "true group by tenant_id order by 1 --")[0][0])
    assert sums[1] == pytest.approx(sums[0] / 2, rel=1e-3)


def test_intervals_of_shoppers_hold_what_they_say() -> None:
    """On customers of the true model, whose purchases are whole numbers: 80 % or a little more."""
    buyers, _, later_value = simulated(20_000, seed=7)
    model = BuyTillTheyLeave(TRUTH, SPENDING, 90.0, 1.0)
    (low, high), _ = model.intervals((26.0, 52.0), buyers)
    is_busy = (model.alive(buyers) > 0.9) & (buyers.frequency >= 5)
    inside = (low <= later_value) & (later_value <= high)
    assert is_busy.sum() > 300
    assert np.mean(inside[is_busy]) == pytest.approx(0.8, abs=0.06)
    assert np.mean(inside) >= 0.8
    assert np.mean(later_value > high) < 0.11 and np.mean(later_value < low) < 0.11


def test_bg_nbd_beats_buying_on_as_before_where_customers_leave() -> None:
    buyers, later, later_value = simulated(2_000, seed=8)
    plain, model = candidates(buyers, 1.0)
    losses = [judge(each, buyers, 26.0, later, later_value)["rmse"] for each in (plain, model)]
    assert losses[1] < losses[0]


def test_the_plain_rule_is_used_where_it_is_nearer(tmp_path: Path) -> None:
    """Customers who never leave and buy by the calendar, some every other week and some every thirteenth."""
    world = empty_world(t=AS_OF)
    for number in range(60):
        for week in range(0, 105, 2 if number % 2 else 13):
            add_sale(world, "t", f"R{number:02d}", date.fromordinal(AS_OF.toordinal() - 7 * week), 20)
    [entry] = build(world, tmp_path).entries
    assert entry.algorithm == "own_rate"
    assert values(world, "distinct model, low is null", "true --") == [("own_rate", True)]


def test_value_of_shoppers_is_discounted_by_quarters() -> None:
    buyers, _, _ = simulated(50, seed=9)
    model = BuyTillTheyLeave(BgNbd(1.0, 10.0, 1e-6, 1.0), None, 20.0, 0.5)
    none, some = worth(model, buyers, 0.4, 0.0), worth(model, buyers, 0.4, 0.1)
    assert none.ltv_12m == pytest.approx(none.purchases_12m * 20.0 * 0.5 * 0.4)
    assert some.ltv_12m / none.ltv_12m == pytest.approx(1.1**-0.5, abs=2e-3)


def test_blended_cac_is_the_spend_of_the_period_a_sales_cycle_earlier_over_the_customers_won(tmp_path: Path) -> None:
    """Two customers came in May and June; a sale takes 31 days, so the spend of April and May won them."""
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "A", months(date(2026, 5, 1), 2))
    add_contract(world, "t", "B", months(date(2026, 6, 1), 1, amount=300))
    world.execute(
        "insert into intermediate.int_pipeline__deals_dated values ('t', ?, 'won', 31, date '2026-06-01')", [AS_OF]
    )
    for day, amount in ((date(2026, 4, 1), 500), (date(2026, 5, 30), 300), (date(2026, 6, 1), 9999)):
        world.execute("insert into raw_csv.marketing_spend values ('t', ?, ?, 'USD')", [day, amount])
    build(world, tmp_path)
    assert values(world, "distinct cac, cac_payback_months, cac_reason", "true --") == [(400, 400 / (200 * 0.8), None)]


@pytest.mark.parametrize(
    ("currency", "reason"), [(None, "no marketing spend is known"), ("EUR", "marketing spend is not all in USD")]
)
def test_without_spend_in_the_currency_there_is_no_cac(tmp_path: Path, currency: str | None, reason: str) -> None:
    world = empty_world(t=AS_OF)
    add_contract(world, "t", "A", months(date(2026, 5, 1), 2))
    if currency:
        world.execute("insert into raw_csv.marketing_spend values ('t', date '2026-05-01', 5, ?)", [currency])
    build(world, tmp_path)
    assert values(world, "cac, cac_payback_months, cac_reason") == [(None, None, reason)]


def test_the_discount_rate_of_a_tenant_goes_before_everybodys(tmp_path: Path) -> None:
    world = empty_world(t=AS_OF, u=AS_OF)
    world.execute("insert into staging.lifetime_discount_rates values ('u', 0.2)")
    for tenant_id in ("t", "u"):
        add_contract(world, tenant_id, "A", months(date(2026, 1, 1), 6))
    build(world, tmp_path)
    (of_all, more), (of_u, less) = values(world, "discount_rate, ltv_36m")
    assert (of_all, of_u) == (0.1, 0.2) and less < more


def test_a_model_that_expected_far_more_to_leave_than_left_is_named(tmp_path: Path) -> None:
    world = grown()
    [entry] = build(world, tmp_path).entries
    assert evaluation.badly_calibrated([entry]) == []
    off = {**entry.metrics, "left": 1.0, "expected_left": 30.0}
    from dataclasses import replace

    assert evaluation.badly_calibrated([replace(entry, metrics=off)]) == ["t contractual: 1 left, 30.0 expected"]


def test_a_file_of_another_family_is_not_a_model_of_this_one(tmp_path: Path) -> None:
    from models_ml.ltv.tables import read_subjects
    from models_ml.ltv.training import model_of

    world = grown()
    build(world, tmp_path)
    [subject] = read_subjects(world)
    assert model_of(content_of(ShiftedBetaGeometric(0.5, 2.0)), subject) == ShiftedBetaGeometric(0.5, 2.0)
    with pytest.raises(ArtefactRefused, match="no model that is known here for contractual"):
        model_of(content_of(BuyTillTheyLeave(TRUTH, SPENDING, 1.0, 1.0)), subject)


def test_no_value_rests_on_a_fact_after_the_day(tmp_path: Path) -> None:
    """Spend, invoices, trials and voids of the future, wherever in it they stand."""
    found = []
    for shift in (0, 40):
        world = world_with_a_future(shift)
        world.execute("insert into raw_csv.marketing_spend values ('t', date '2026-01-10', 70, 'USD')")
        build(world, tmp_path)
        found.append(values(world, "*"))
    assert found[0] == found[1]
    assert [row[0] for row in values(world, "cac", "customer_id = 'C'")] == [35], "two were won since January"
