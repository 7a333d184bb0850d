"""Deal scores: what open deals teach, what a record says only after the fact, and when deals close."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import numpy as np
import pytest

from models_ml.artefacts import Artefacts
from models_ml.classifier.candidates import CANDIDATES
from models_ml.classifier.lifecycle import Decision, candidates_of, write_decided, write_trained
from models_ml.classifier.table import Columns
from models_ml.deals.closing import survival
from models_ml.deals.features import COLUMNS, LEARNED, features_sql, write_features
from models_ml.deals.scoring import Scored, write_scores
from models_ml.deals.training import (
    DEAL_WIN,
    KIND,
    censoring_weights,
    learned_until,
    task,
    that_are_as_filled_when_open,
)
from models_ml.registry import Registry, Training, read_registry

AS_OF = date(2026, 6, 30)
TABLES = """
create schema run; create schema staging; create schema intermediate;
create table run.tenants (tenant_id varchar, as_of date, time_zone varchar);
create table run.currencies as select 'USD' as currency, 2 as exponent;
create table intermediate.int_pipeline__deals_dated (
    tenant_id varchar, deal_id varchar, owner varchar, channel varchar, product_id varchar, risk varchar,
    competitor varchar, currency varchar, amount decimal(38, 6), amount_minor bigint, discount_percent decimal(38, 6),
    payment_terms_days bigint, created_on date, first_touch_at timestamp, ended_on date, outcome varchar, stage varchar
);
create table intermediate.int_pipeline__deal_stages_unioned (
    tenant_id varchar, deal_id varchar, stage varchar, entered_at timestamp
);
create table intermediate.int_fx__month_rates as
select 'a' as tenant_id, 'USD' as currency, unnest(range(24000, 24400)) as month_index, 1::hugeint as numerator,
    1::hugeint as denominator;
create table staging.deal_stage_kinds as
select * from (values ('*', 'open', 0.2), ('proposal', 'open', 0.5), ('closedwon', 'won', 1.0))
    as k (stage_key, kind, probability);
"""


@pytest.fixture(autouse=True, scope="module")
def _only_the_logistic() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("random_forest", "boosting"):
            patch.delitem(CANDIDATES, name)
        yield


def build(deals: int, *, amount_of_lost: bool = True, seed: int = 1) -> duckdb.DuckDBPyConnection:
    """Deals of two years: Ada wins three of four, Bob one of four; who is won takes a month longer.

    Without `amount_of_lost` the amount is emptied when a deal is lost, as some CRMs do.
    """
    connection = duckdb.connect()
    connection.execute(TABLES)
    connection.execute("insert into run.tenants values ('a', ?, 'UTC')", [AS_OF])
    rng = random.Random(seed)
    rows, stages = [], []
    for number in range(deals):
        owner = rng.choice(["ada", "bob"])
        created = AS_OF - timedelta(days=rng.randint(1, 730))
        is_won = rng.random() < (0.75 if owner == "ada" else 0.25)
        ended = created + timedelta(days=rng.randint(10, 50) + 30 * is_won)
        is_open = ended > AS_OF
        minor = rng.randint(1, 90) * 1000
        if not is_open and not is_won and not amount_of_lost:
            minor = 0
        deal_id = f"D{number:04d}"
        stage = "proposal" if is_open else "won" if is_won else "lost"
        rows.append(
            ("a", deal_id, owner, "web", "p", None, None, "USD", Decimal(minor) / 100, minor, None, None, created, None)
            + ((None, "open") if is_open else (ended, "won" if is_won else "lost"))
            + (stage,)
        )
        stages.append(("a", deal_id, "proposal", created))
    for table, many in (("deals_dated", rows), ("deal_stages_unioned", stages)):
        places = ", ".join("?" * len(many[0]))
        connection.executemany(f"insert into intermediate.int_pipeline__{table} values ({places})", many)
    return connection


def run(
    connection: duckdb.DuckDBPyConnection, artefacts: Artefacts, before: Registry | None = None
) -> tuple[list[Decision], Registry, Scored]:
    registry = before or Registry(KIND)
    write_features(connection)
    write_trained(connection, DEAL_WIN, registry, artefacts)
    decided = write_decided(connection, DEAL_WIN, registry, artefacts)
    after = read_registry(connection, KIND, registry.training)
    return decided, after, write_scores(connection, after, artefacts)


@dataclass(frozen=True)
class Made:
    connection: duckdb.DuckDBPyConnection
    decided: list[Decision]
    registry: Registry


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Artefacts:
    return Artefacts(tmp_path_factory.mktemp("artefacts"))


@pytest.fixture(scope="module")
def made(store: Artefacts) -> Made:
    connection = build(500)
    decided, registry, _ = run(connection, store)
    return Made(connection, decided, registry)


def test_open_deals_are_scored_by_who_owns_them(made: Made) -> None:
    (decision,) = made.decided
    assert decision.entry.status == "accepted"
    rows = made.connection.execute(
        """select owner, avg(score), count(*) from ml.deal_scores inner join ml.deal_win_features
        using (tenant_id, deal_id) group by all order by all"""
    ).fetchall()
    (ada, of_ada, adas), (bob, of_bob, bobs) = rows
    assert (ada, bob) == ("ada", "bob") and min(adas, bobs) >= 5
    assert of_ada > of_bob + 0.2


def test_every_open_deal_has_a_row_and_no_closed_one(made: Made) -> None:
    scored = made.connection.execute("select deal_id from marts.deal_scores order by all").fetchall()
    is_open = "select deal_id from intermediate.int_pipeline__deals_dated where outcome = 'open' order by all"
    assert scored == made.connection.execute(is_open).fetchall() != []


def test_weighted_amount_is_score_times_amount_and_the_closing_date_lies_ahead(made: Made) -> None:
    rows = made.connection.execute(
        "select amount, score, weighted_amount, expected_close_on from ml.deal_scores"
    ).fetchall()
    assert all(
        abs(weighted - amount * Decimal(repr(score))) <= Decimal("0.00005") for amount, score, weighted, _ in rows
    )
    dates = [row[3] for row in rows if row[3] is not None]
    assert len(dates) > len(rows) / 2 and min(dates) > AS_OF


def test_the_first_judged_day_comes_after_every_outcome_that_was_learned(made: Made) -> None:
    frame = made.connection.execute(features_sql(LEARNED)).df()
    split = task("a", AS_OF, frame)
    assert split.training.frame["ended_on"].max() < split.holdout.frame["snapshot_on"].min()
    assert not set(split.training.group) & set(split.holdout.group)
    assert len(split.holdout) > 100


def test_open_deals_are_no_lost_deals() -> None:
    """Won deals take longer, so those closed by now say too few are won; weighing by censoring takes it back."""
    rng = np.random.default_rng(0)
    seen = rng.uniform(0, 120, 40_000)
    is_won = rng.random(40_000) < 0.5
    takes = np.where(is_won, rng.uniform(40, 100, 40_000), rng.uniform(5, 40, 40_000))
    closed = takes <= seen
    naive = is_won[closed].mean()
    weighed = np.average(is_won[closed], weights=censoring_weights(takes[closed], seen))
    assert naive < 0.36
    assert weighed == pytest.approx(0.5, abs=0.02)


def test_an_amount_that_is_emptied_when_a_deal_is_lost_is_not_learned_from() -> None:
    kept, emptied = build(300), build(300, amount_of_lost=False)
    for connection, is_used in ((kept, True), (emptied, False)):
        frame = connection.execute(features_sql(LEARNED)).df()
        columns = that_are_as_filled_when_open(frame, learned_until(AS_OF, frame))
        assert ("amount_number" in columns.names) is is_used
        assert "owner" in columns.names and "age_days" in columns.names


def test_permuted_outcomes_of_the_holdout_change_neither_the_columns_nor_the_file(made: Made, store: Artefacts) -> None:
    """Lost deals have their amount emptied, but only those that judge: with them it would not be learned from."""
    frame = made.connection.execute(features_sql(LEARNED)).df()
    judges = frame["ended_on"] > learned_until(AS_OF, frame)
    frame.loc[judges & (frame["is_won"] == False), "amount_number"] = 0.0  # noqa: E712
    outcome = frame[judges].drop_duplicates("deal_id").set_index("deal_id")["is_won"]
    shuffled = dict(zip(outcome.index, np.random.default_rng(1).permutation(outcome.to_numpy()), strict=True))
    permuted = frame.assign(is_won=frame["is_won"].where(~judges, frame["deal_id"].map(shuffled)))

    (split, columns), (other, others) = DEAL_WIN.task("a", AS_OF, frame), DEAL_WIN.task("a", AS_OF, permuted)
    assert split.holdout.outcome.tolist() != other.holdout.outcome.tolist()
    assert columns == others and "amount_number" in columns.names
    first, second = (candidates_of(*one, store, "deals") for one in ((split, columns), (other, others)))
    assert [replace(one, judged=None) for one in first] == [replace(one, judged=None) for one in second]


def test_a_champion_that_uses_what_tells_the_outcome_loses(store: Artefacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was trained when the amount was still learned from, and no challenger could beat it on the holdout."""
    connection = build(400, amount_of_lost=False)
    with monkeypatch.context() as patch:
        patch.setattr("models_ml.deals.training.that_are_as_filled_when_open", lambda *_: COLUMNS)
        (first,), registry, _ = run(connection, store)
    connection.execute("update run.tenants set as_of = date '2026-07-31'")
    (decision,), after, _ = run(connection, store, registry)
    assert decision.challenger is not None and first.challenger is not None
    assert first.challenger.log_loss < decision.challenger.log_loss - 0.1
    assert decision.entry.status == "accepted" and "not learned from any more: amount_number" in decision.entry.reason
    assert after.champion(date(2026, 7, 31), "a") == decision.entry


def test_a_model_with_a_column_that_is_no_more_gives_way_to_the_plain_rule(
    made: Made, store: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = build(60)
    write_features(connection)
    connection.execute("alter table ml.deal_win_features drop column owner")
    left = Columns(COLUMNS.numbers, tuple(name for name in COLUMNS.categories if name != "owner"))
    monkeypatch.setattr("models_ml.deals.scoring.COLUMNS", left)
    scored = write_scores(connection, made.registry, store)
    assert scored.models["a"] == "the model was trained on a column that is no more: owner"
    assert {row[0] for row in connection.execute("select model from ml.deal_scores").fetchall()} == {"stage_win_rate"}


def test_a_day_on_which_the_stage_already_says_won_is_not_learned_from() -> None:
    """Won deals enter "Closed Won" twenty days before their closing date; earlier days are still learned from."""
    connection = build(100)
    connection.execute(
        """insert into intermediate.int_pipeline__deal_stages_unioned
        select tenant_id, deal_id, 'Closed Won', ended_on - 20 from intermediate.int_pipeline__deals_dated
        where outcome = 'won'"""
    )
    frame = connection.execute(features_sql(LEARNED)).df()
    won = frame[frame["is_won"] == True]  # noqa: E712
    assert set(frame["stage"]) == {"proposal"}
    assert len(won) > 50 and ((won["ended_on"] - won["snapshot_on"]).dt.days > 20).all()


def test_a_score_of_a_model_says_why_by_this_one(made: Made) -> None:
    shown = made.connection.execute("select distinct model_version, reason from ml.deal_scores").fetchall()
    entry = made.decided[0].entry
    assert shown == [(entry.model_version, entry.reason)]


def test_published_amounts_are_exact_and_in_their_currency(made: Made) -> None:
    rows = made.connection.execute(
        """select typeof(f.amount), f.amount = s.amount and f.amount * 100 = d.amount_minor
        from ml.deal_win_features as f inner join ml.deal_scores as s using (deal_id)
        inner join intermediate.int_pipeline__deals_dated as d using (deal_id)"""
    ).fetchall()
    assert set(rows) == {("DECIMAL(28,4)", True)}


def test_too_few_deals_get_the_win_rate_of_their_stage_and_fewer_the_seeds(store: Artefacts) -> None:
    some = build(45)
    (decision,), _, _ = run(some, store)
    assert decision.entry.status == "fallback" and "deals with the outcome" in decision.entry.reason
    won, closed = some.execute(
        """select count(*) filter (where outcome = 'won'), count(*) from intermediate.int_pipeline__deals_dated
        where outcome <> 'open'"""
    ).fetchall()[0]
    shown = some.execute("select distinct score, model from ml.deal_scores").fetchall()
    assert shown == [(pytest.approx(won / closed), "stage_win_rate")]

    few = build(6, seed=3)
    few.execute("update intermediate.int_pipeline__deals_dated set outcome = 'open', ended_on = null")
    run(few, store)
    ((score, reason),) = few.execute("select distinct score, reason from ml.deal_scores").fetchall()
    assert score == 0.5 and "the seed's chance of the stage is shown" in reason


def test_deals_that_were_all_won_are_one_class_and_teach_nothing(store: Artefacts) -> None:
    connection = build(200)
    connection.execute("update intermediate.int_pipeline__deals_dated set outcome = 'won' where outcome = 'lost'")
    (decision,), _, _ = run(connection, store)
    assert decision.entry.status == "fallback" and "0 without; 20 of each" in decision.entry.reason
    assert connection.execute("select distinct score from ml.deal_scores").fetchall() == [(1.0,)]


def test_a_tenant_without_deals_gets_an_empty_table(store: Artefacts) -> None:
    connection = build(1)
    connection.execute("delete from intermediate.int_pipeline__deals_dated")
    (decision,), _, scored = run(connection, store)
    assert decision.entry.status == "fallback" and scored.deals == 0
    assert connection.execute("select count(*) from marts.deal_scores").fetchall() == [(0,)]


def test_a_missing_model_file_falls_back_and_says_so(made: Made, tmp_path) -> None:  # type: ignore[no-untyped-def]
    connection = build(60)
    write_features(connection)
    scored = write_scores(connection, Registry(KIND, made.registry.entries, Training(False)), Artefacts(tmp_path))
    assert "is missing" in scored.models["a"]
    assert {row[0] for row in connection.execute("select model from ml.deal_scores").fetchall()} == {"stage_win_rate"}


def test_survival_by_hand() -> None:
    """Five deals: closed after 2, 4, 4 and 8 days, one still open after 6. Open after 4 days: 4/5 × 2/4 = 0.4; after 8
    the one that is left has closed."""
    curve = survival(np.array([2.0, 4, 4, 6, 8]), np.array([1.0, 1, 1, 0, 1]))
    assert curve.days.tolist() == [2, 4, 8]
    assert curve.open_share.tolist() == pytest.approx([0.8, 0.4, 0.0])
    assert curve.median_left(0) == 4
    assert curve.median_left(5) == 3
    assert curve.median_left(9) is None, "nobody was ever seen open for that long"
