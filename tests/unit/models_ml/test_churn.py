"""A tenant's churn model from training to scores: who is let in, who is kept, and what happens without one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from models_ml.artefacts import Artefacts
from models_ml.churn.features import COLUMNS, features_sql, write_features
from models_ml.churn.reasons import WORDS, interventions
from models_ml.churn.risk import LOW, Action, risks
from models_ml.churn.scoring import Scored, write_scores
from models_ml.churn.training import CHURN, KIND, last_full_month, task
from models_ml.classifier.candidates import CANDIDATES
from models_ml.classifier.lifecycle import Decision, write_decided, write_trained
from models_ml.classifier.table import Columns
from models_ml.registry import Registry, Training, read_registry
from tests.unit.models_ml.churn_build import AS_OF, add_customers, add_tenant, build, month_end, month_index


@pytest.fixture(autouse=True, scope="module")
def _only_the_logistic() -> Iterator[None]:
    """One candidate is enough for what is decided about it, and trains in a tenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("random_forest", "boosting"):
            patch.delitem(CANDIDATES, name)
        yield


def built(tenants: dict[str, dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    connection = build()
    for tenant, customers in tenants.items():
        add_tenant(connection, tenant)
        if customers:
            add_customers(connection, tenant, **customers)
    return connection


def run(
    connection: duckdb.DuckDBPyConnection, artefacts: Artefacts, before: Registry | None = None
) -> tuple[list[Decision], Registry, Scored]:
    """All four steps of one build."""
    registry = before or Registry(KIND)
    write_features(connection)
    write_trained(connection, CHURN, registry, artefacts)
    decided = write_decided(connection, CHURN, registry, artefacts)
    after = read_registry(connection, KIND, registry.training)
    return decided, after, write_scores(connection, after, artefacts)


def next_month(connection: duckdb.DuckDBPyConnection) -> None:
    """The same company a month later: the newest month-end becomes one whose day is over."""
    connection.execute("update run.tenants set as_of = last_day(as_of + interval 1 day)")
    connection.execute(
        """insert into intermediate.int_fx__month_rates
        select tenant_id, currency, max(month_index) + 1, 1, 1 from intermediate.int_fx__month_rates group by all"""
    )
    connection.execute(
        """insert into intermediate.int_mrr__customer_months
        select tenant_id, customer_id, currency, month_index + 1, net_mrr from intermediate.int_mrr__customer_months
        qualify month_index = max(month_index) over (partition by tenant_id) and hash(customer_id) % 25 > 0"""
    )


COMPANY = {"count": 200}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Artefacts:
    return Artefacts(tmp_path_factory.mktemp("artefacts"))


@dataclass(frozen=True)
class Made:
    connection: duckdb.DuckDBPyConnection
    decision: Decision
    registry: Registry
    scored: Scored


@pytest.fixture(scope="module")
def made(store: Artefacts) -> Made:
    """One company after its first build; tests only read it."""
    connection = built({"a": COMPANY})
    (decision,), registry, scored = run(connection, store)
    return Made(connection, decision, registry, scored)


def test_the_first_model_is_accepted_because_it_beats_the_base_rate(made: Made) -> None:
    connection, decision, registry, scored = made.connection, made.decision, made.registry, made.scored
    entry = decision.entry
    assert (entry.status, entry.algorithm) == ("accepted", "logistic")
    assert entry.metrics["log_loss"] < entry.metrics["base_log_loss"]  # type: ignore[operator]
    assert registry.champion(AS_OF, "a") == entry
    assert scored.models == {"a": entry.model_version}
    rows = connection.execute("from ml.churn_predictions").fetchall()
    assert len(rows) == scored.customers > 50


def test_no_outcome_that_is_learned_from_lies_after_the_first_judged_day(made: Made) -> None:
    frame = made.connection.execute(features_sql("true")).df()
    split = task("a", AS_OF, frame[frame["churned"].notna()])
    newest = last_full_month(AS_OF)
    assert sorted(set(split.holdout.frame["month_index"])) == [newest - 5, newest - 4, newest - 3]
    assert split.training.frame["month_index"].max() + 3 == newest - 5


@pytest.mark.parametrize(("as_of", "newest"), [(date(2026, 6, 30), 2026 * 12 + 5), (date(2026, 6, 29), 2026 * 12 + 4)])
def test_a_month_counts_from_its_last_day_on(as_of: date, newest: int) -> None:
    assert last_full_month(as_of) == newest


def test_a_better_challenger_replaces_the_champion_whose_row_stays(store: Artefacts) -> None:
    """The champion learned from customers half of whom leave without a sign."""
    earlier = built({"a": {"count": 120, "signs": 0.5}})
    _, registry, _ = run(earlier, store)
    champion = registry.champion(AS_OF, "a")
    assert champion is not None
    later = built({"a": {"count": 500}})
    next_month(later)
    (decision,), after, _ = run(later, store, registry)
    assert decision.champion is not None and decision.challenger is not None
    assert decision.challenger.log_loss < decision.champion.log_loss
    assert decision.entry.status == "accepted" and "of the champion" in decision.entry.reason
    assert after.entries == (champion, decision.entry)
    assert after.champion(decision.entry.trained_at, "a") == decision.entry


def test_a_challenger_that_is_not_better_is_refused_and_the_champion_scores_on(store: Artefacts) -> None:
    """The champion was trained on five times as many customers of the same kind."""
    _, registry, _ = run(built({"a": {"count": 900}}), store)
    champion = registry.champion(AS_OF, "a")
    assert champion is not None
    later = built({"a": {"count": 200, "seed": 2}})
    next_month(later)
    (decision,), after, scored = run(later, store, registry)
    assert decision.entry.status == "refused" and "not below" in decision.entry.reason
    assert after.champion(decision.entry.trained_at, "a") == champion
    assert scored.models == {"a": champion.model_version}


def test_within_a_month_nothing_is_trained_again_unless_it_is_asked_for(store: Artefacts) -> None:
    connection = built({"a": COMPANY})
    _, registry, _ = run(connection, store)
    assert run(connection, store, registry)[0] == []
    again = Registry(KIND, registry.entries, Training(again=True))
    (decision,), after, _ = run(connection, store, again)
    assert after.entries == (decision.entry,) == registry.entries, "the same training gives the same file and figures"


def test_a_model_file_that_was_altered_is_not_loaded_and_the_next_training_replaces_it(tmp_path: Path) -> None:
    store = Artefacts(tmp_path)
    connection = built({"a": COMPANY})
    (first,), registry, _ = run(connection, store)
    assert first.entry.hash is not None
    file = tmp_path / first.entry.hash
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    scored = run(connection, store, registry)[2]
    assert "was altered" in scored.models["a"]
    shown = connection.execute("select distinct model, probability, reason from ml.churn_predictions").fetchall()
    ((model, rate, reason),) = shown
    assert model == "base_rate" and 0 < rate < 0.3
    assert "was altered" in reason and "customer-months" in reason

    next_month(connection)
    (decision,), _, scored = run(connection, store, registry)
    assert decision.entry.status == "accepted" and "was altered" in decision.entry.reason
    assert scored.models == {"a": decision.entry.model_version}


def test_a_model_with_a_column_that_is_no_more_gives_way_to_the_plain_rule(
    made: Made, store: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = built({"a": {"count": 60}})
    write_features(connection)
    connection.execute("alter table ml.churn_features drop column usage_30d")
    left = Columns(tuple(name for name in COLUMNS.numbers if name != "usage_30d"), COLUMNS.categories)
    monkeypatch.setattr("models_ml.churn.scoring.COLUMNS", left)
    scored = write_scores(connection, made.registry, store)
    assert scored.models == {"a": "the model was trained on a column that is no more: usage_30d"}
    assert connection.execute("select distinct model from ml.churn_predictions").fetchall() == [("base_rate",)]


def test_a_probability_of_a_model_says_why_by_this_one(made: Made) -> None:
    shown = made.connection.execute("select distinct model_version, reason from ml.churn_predictions").fetchall()
    assert shown == [(made.decision.entry.model_version, made.decision.entry.reason)]


def test_published_mrr_is_exact_and_in_the_reporting_currency(made: Made) -> None:
    """The rows of a build hold it in ten-thousandths."""
    rows = made.connection.execute(
        """select typeof(f.mrr), f.mrr = p.mrr and f.mrr * 10000 = m.net_mrr
        from ml.churn_features as f
        inner join ml.churn_predictions as p using (tenant_id, customer_id, scored_on)
        inner join intermediate.int_mrr__customer_months as m using (tenant_id, customer_id, month_index)"""
    ).fetchall()
    assert set(rows) == {("DECIMAL(28,4)", True)}


def test_the_gain_is_taken_with_the_margin_of_the_newest_month_where_the_products_have_one(store: Artefacts) -> None:
    """At a margin of 0 nobody is worth acting on; without the products' own, the tenant's setting of 0.8 counts."""
    connection = built({"a": {"count": 60}, "b": {"count": 60}})
    connection.execute(
        "insert into marts.revenue_metrics values ('a', '2026-05-01', 0.9), ('a', '2026-06-01', 0), "
        "('b', '2026-06-01', null)"
    )
    write_features(connection)
    write_scores(connection, Registry(KIND), store)
    gains = connection.execute(
        "select tenant_id, max(expected_gain) from ml.churn_predictions group by all order by all"
    ).fetchall()
    assert gains[0] == ("a", 0)
    ((probability, mrr),) = connection.execute(
        "select probability, max(mrr) from ml.churn_predictions where tenant_id = 'b' group by all"
    ).fetchall()
    stake = probability * 0.8 * float(mrr) * 12
    assert float(gains[1][1]) == pytest.approx(max(0.05 * stake - 1, 0.2 * stake - 60), abs=1e-3)


def test_an_empty_tenant_gets_empty_tables_and_a_row_that_says_why(store: Artefacts) -> None:
    connection = built({"empty": {}})
    (decision,), _, scored = run(connection, store)
    assert decision.entry.status == "fallback" and "0 customers" in decision.entry.reason
    assert scored.customers == 0
    for table in ("predictions", "risk_changes", "drift"):
        assert connection.execute(f"select count(*) from ml.churn_{table}").fetchall() == [(0,)]


def test_no_tenant_at_all_is_no_reason_to_crash(store: Artefacts) -> None:
    decided, registry, scored = run(build(), store)
    assert (decided, registry.entries, scored.customers) == ([], (), 0)


def test_where_nobody_ever_left_the_base_rate_is_0_and_says_so(store: Artefacts) -> None:
    connection = built({"loyal": {"count": 60, "leaving": 0.0}})
    (decision,), _, _ = run(connection, store)
    assert decision.entry.status == "fallback"
    assert decision.entry.reason.startswith("0 customers with the outcome and")
    shown = connection.execute("select distinct probability, risk_level, model from ml.churn_predictions").fetchall()
    assert shown == [(0.0, LOW, "base_rate")]


def test_a_tenant_whose_first_month_is_not_over_gets_no_number(store: Artefacts) -> None:
    connection = build()
    add_tenant(connection, "new")
    month = month_index(AS_OF)
    connection.execute(
        "insert into intermediate.int_mrr__customer_months values ('new', 'C1', 'USD', ?, 500000)", [month]
    )
    run(connection, store)
    ((probability, level, at_risk, mrr, reason),) = connection.execute(
        "select probability, risk_level, expected_mrr_at_risk, mrr, reason from ml.churn_predictions"
    ).fetchall()
    assert (probability, level, at_risk, mrr) == (None, None, None, Decimal("50.0000"))
    assert "no month has a known outcome yet" in reason


def test_with_training_switched_off_the_plain_rule_says_so(store: Artefacts) -> None:
    connection = built({"a": COMPANY})
    decided, registry, scored = run(connection, store, Registry(KIND, training=Training(allowed=False)))
    assert (decided, registry.entries) == ([], ())
    assert scored.models == {"a": "training is switched off"}


def test_one_tenant_does_not_change_anothers_scores(made: Made, store: Artefacts) -> None:
    alone, together = made.connection, built({"a": COMPANY, "b": {"count": 40}, "c": {}})
    run(together, store)
    for table in ("candidates", "predictions", "risk_changes", "drift"):
        query = f"from ml.churn_{table} where tenant_id = 'a' order by all"
        assert alone.execute(query).fetchall() == together.execute(query).fetchall()


def test_money_at_risk_is_probability_times_mrr_and_reasons_name_the_customers_own_values(made: Made) -> None:
    rows = made.connection.execute(
        "select probability, mrr, expected_mrr_at_risk, reasons, interventions from ml.churn_predictions"
    ).fetchall()
    for probability, mrr, at_risk, _, _ in rows:
        assert abs(at_risk - Decimal(repr(probability)) * mrr) <= Decimal("0.00005")
    riskiest = max(rows)
    told = json.loads(riskiest[3])
    assert told[0]["feature"].startswith(("usage", "active", "days_since")) and told[0]["effect"] == "raises the risk"
    assert all(one["says"].startswith(WORDS[one["feature"]][0] + ": ") for one in told)
    assert "Ask why usage fell" in json.loads(riskiest[4])


def test_the_early_warning_lists_those_whose_risk_rose_most_first(made: Made) -> None:
    rows = made.connection.execute(
        "select rank, rise, probability - previous_probability, previous_on from ml.churn_risk_changes order by rank"
    ).fetchall()
    assert len(rows) > 5
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    assert all(row[1] == pytest.approx(row[2]) and row[1] >= 0.01 for row in rows)
    assert {row[3] for row in rows} == {month_end(month_index(AS_OF) - 1)}


def test_a_feature_that_moved_and_leavers_that_nobody_expected_are_drift(store: Artefacts) -> None:
    connection = built({"a": COMPANY})
    calm = run(connection, store)[2]
    registry = read_registry(connection, KIND, Training())
    connection.execute(
        "update staging.stg_csv__product_usage set quantity = quantity * 40 where used_on > date '2026-05-31'"
    )
    connection.execute(
        """delete from intermediate.int_mrr__customer_months where month_index > ? and hash(customer_id) % 2 = 0""",
        [month_index(AS_OF) - 3],
    )
    moved = run(connection, store, registry)[2]
    assert not {name for _, measure, name, _ in calm.beyond if measure == "calibration" or name == "usage_30d"}
    assert "usage_30d" in {name for _, _, name, _ in moved.beyond}
    assert "calibration" in {measure for _, measure, _, _ in moved.beyond}


def test_the_level_is_the_action_that_brings_most_beyond_its_cost() -> None:
    """0.3 × 0.8 × 200 × 12 = 576 at stake: a message keeps 5 % (28.80) for 4, a call 15 % (86.40) for 120."""
    actions = [Action("high", "call", 120, 0.15, 12), Action("medium", "message", 4, 0.05, 12)]
    risk = risks(np.array([0.3, 0.9, 0.0001]), np.array([200.0, 2000.0, 200.0]), 0.8, actions)
    assert risk.level.tolist() == ["medium", "high", LOW]
    assert risk.action.tolist() == ["message", "call", None]
    assert risk.gain.tolist() == pytest.approx([24.8, 0.9 * 0.15 * 0.8 * 2000 * 12 - 120, 0.0])


def test_a_tenants_own_actions_replace_those_of_all(store: Artefacts) -> None:
    connection = built({"a": COMPANY})
    connection.execute("insert into staging.churn_actions values ('a', 'critical', 'visit', 0, 0.5, 12)")
    run(connection, store)
    assert connection.execute("select distinct risk_level from ml.churn_predictions").fetchall() == [("critical",)]


def test_suggestions_come_once_each_in_the_order_of_the_reasons() -> None:
    suggestions = {"a": "call", "b": "call", "c": "write"}
    assert json.loads(interventions(["c", "a", "unknown", "b"], suggestions)) == ["write", "call"]


def test_a_champion_of_a_later_day_is_not_used_for_a_build_of_the_past(made: Made, store: Artefacts) -> None:
    connection = built({"a": {"count": 20}})
    future = replace(made.decision.entry, trained_at=date(2027, 1, 31))
    scored = run(connection, store, Registry(KIND, (future,), Training(allowed=False)))[2]
    assert scored.models == {"a": "training is switched off"}
