"""A forecast's life: trained once a month, replaced by what is better, kept in a file that is checked, no crash."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from models_ml.artefacts import Artefacts
from models_ml.forecast import methods, score
from models_ml.forecast.choose import choose
from models_ml.forecast.drift import Drift, drifts
from models_ml.forecast.evaluate import Backtest, fold_of
from models_ml.forecast.kept import content_of, kept_of
from models_ml.forecast.score import Forecast
from models_ml.forecast.scored import write_scores
from models_ml.forecast.series import DEFINITIONS, Series
from models_ml.forecast.tables import CANDIDATES, days_of, read_features, write_features
from models_ml.forecast.train import KIND, Candidate, candidates, decide, evaluate, is_trained, train
from models_ml.registry import Entry, Registry, Training, read_registry
from models_ml.rows import insert
from tests.unit.models_ml.forecasting import marts, monthly, noisy

DAY = date(2025, 12, 31)


def build(
    connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts
) -> tuple[Registry, list[Forecast]]:
    """The four steps of a build, each through its tables."""
    write_features(connection, DEFINITIONS)
    train(connection, registry)
    evaluate(connection, registry, artefacts)
    decided = read_registry(connection, KIND, registry.training)
    return decided, write_scores(connection, decided, artefacts)


def shown(connection: duckdb.DuckDBPyConnection, metric: str = "mrr") -> list[tuple[object, ...]]:
    return connection.execute(
        """select month, value, low_80, high_95, model, model_version from ml.revenue_forecasts
        where metric = ? and is_headline order by tenant_id, month""",
        [metric],
    ).fetchall()


@pytest.fixture(autouse=True)
def without_slow_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """A life goes the same way with the methods that take seconds."""
    monkeypatch.setattr("models_ml.forecast.choose.SLOW", ())


@pytest.fixture
def artefacts(tmp_path: Path) -> Artefacts:
    return Artefacts(tmp_path / "artefacts")


def made(series: Series, model: str, errors: list[float], is_chosen: bool = False) -> Candidate:
    """A candidate with one error at each of the newest origins, the newest last."""
    ends = range(len(series) - len(errors), len(series))
    folds = tuple(fold_of(series, end, [error]) for end, error in zip(ends, errors, strict=True))
    ahead = tuple(float(value) for value in range(12))
    return Candidate(Backtest(model, folds), is_chosen, "the best" if is_chosen else "", ahead)


def incumbent(model: str) -> Entry:
    return Entry("t", KIND, "mrr/EUR", model, "accepted", date(2025, 11, 30), None, {}, "0" * 64, "chosen first")


def test_a_build_trains_once_a_month_and_repeats_the_forecast_without_fitting(
    artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = marts({"a": noisy(36)})
    registry, first = build(connection, Registry(KIND), artefacts)
    assert len(shown(connection)) == 12
    assert {entry.trained_at for entry in registry.entries} == {date(2024, 12, 31)}

    def fitted(*_: object) -> None:
        raise AssertionError("nothing is fitted")

    monkeypatch.setattr(methods, "forecast", fitted)
    again = marts({"a": noisy(36)})
    write_features(again, DEFINITIONS)
    assert train(again, registry) == 0
    decided, decisions = evaluate(again, registry, artefacts)
    assert {entry.status for entry in decisions} == {"fallback"}, "too little to learn from is looked at again"
    assert sorted(map(str, decided.entries)) == sorted(map(str, registry.entries))
    mrr = [one for one in read_features(again) if one.metric == "mrr"]
    (repeated,) = score.score_all(mrr, decided, days_of(again), artefacts)
    before = next(one for one in first if one.series.metric == "mrr" and one.is_headline)
    assert repeated.values.tolist() == before.values.tolist() and repeated.version == before.version


def test_a_series_with_too_little_is_trained_in_the_month_in_which_more_comes_and_has_one_row(
    artefacts: Artefacts,
) -> None:
    registry = Registry(KIND)
    for day, values in ((10, [5.0] * 36), (15, [6.0] * 36), (20, noisy(36)), (25, [*noisy(35), 300.0])):
        registry, _ = build(marts({"a": values}, date(2025, 1, day)), registry, artefacts)
    entries = [one for one in registry.entries if one.subject == "mrr/EUR"]
    assert [(one.status, one.trained_at.day) for one in entries] == [("accepted", 20)]


def tried_on(connection: duckdb.DuckDBPyConnection) -> dict[date, list[str]]:
    """The methods that were tried for MRR, by day of training."""
    rows = connection.execute(
        """select trained_at, list(model order by model) from ml.forecast_candidates where metric = 'mrr'
        group by all"""
    ).fetchall()
    return dict(rows)


def after(earlier: duckdb.DuckDBPyConnection, values: list[float]) -> duckdb.DuckDBPyConnection:
    """Marts of a build that carries over the candidates of an earlier one."""
    connection = marts({"a": values})
    connection.execute(f"create schema ml; create table ml.forecast_candidates ({CANDIDATES})")
    insert(connection, "ml.forecast_candidates", earlier.sql("from ml.forecast_candidates").fetchall())
    return connection


def test_candidates_of_earlier_trainings_are_kept_and_a_build_of_the_past_does_not_show_later_ones(
    artefacts: Artefacts,
) -> None:
    december, january = date(2024, 12, 31), date(2025, 1, 31)
    first = marts({"a": noisy(36)})
    registry, _ = build(first, Registry(KIND), artefacts)
    same = after(first, noisy(36))
    registry, _ = build(same, registry, artefacts)
    assert tried_on(same) == tried_on(first) and list(tried_on(first)) == [december]
    second = after(same, noisy(37))
    registry, _ = build(second, registry, artefacts)
    assert set(tried_on(second)) == {december, january} and tried_on(second)[december] == tried_on(first)[december]
    assert {one.trained_at for one in registry.entries if one.subject == "mrr/EUR"} == {december, january}
    past = after(second, noisy(36))
    build(past, Registry(KIND), artefacts)
    assert tried_on(past) == tried_on(first)


def test_of_two_trainings_on_a_day_the_later_one_counts_even_if_there_is_too_little_by_then(
    artefacts: Artefacts,
) -> None:
    first = marts({"a": noisy(36)})
    registry, _ = build(first, Registry(KIND), artefacts)
    again = Registry(KIND, registry.entries, Training(again=True))
    repeated = after(first, noisy(36))
    build(repeated, again, artefacts)
    assert tried_on(repeated) == tried_on(first)
    flat = after(first, [5.0] * 36)
    decided, _ = build(flat, again, artefacts)
    assert tried_on(flat) == {}
    assert [one.status for one in decided.entries if one.subject == "mrr/EUR"] == ["fallback"]


def test_a_method_that_is_no_more_is_a_plain_rule_with_the_reason_and_is_replaced_by_the_next_training(
    artefacts: Artefacts,
) -> None:
    registry, _ = build(marts({"a": noisy(36)}), Registry(KIND), artefacts)
    entry = next(one for one in registry.entries if one.subject == "mrr/EUR")
    kept = replace(kept_of(artefacts.load(str(entry.hash))), model="an_older_name")
    renamed = replace(entry, algorithm=kept.model, hash=artefacts.save(content_of(kept)))
    entries = tuple(renamed if one is entry else one for one in registry.entries)
    _, scored = build(marts({"a": noisy(37)}), Registry(KIND, entries, Training(allowed=False)), artefacts)
    headline = next(one for one in scored if one.series.metric == "mrr" and one.is_headline)
    assert headline.version is None and headline.reason.startswith("there is no method an_older_name")
    decided, _ = build(marts({"a": noisy(37)}), Registry(KIND, entries), artefacts)
    newest = decided.champion(date(2025, 1, 31), "a", "mrr/EUR")
    assert newest is not None and newest.algorithm in {"ensemble", *methods.BY_NAME, *methods.WITH_NAIVE}


def test_huge_amounts_are_forecast_and_written_as_they_are(artefacts: Artefacts) -> None:
    largest = 1e15
    values = [largest * value / 200 for value in noisy(36)]
    connection = marts({"a": values})
    build(connection, Registry(KIND), artefacts)
    ((low, high),) = connection.execute(
        "select min(low_95), max(high_95) from ml.revenue_forecasts where metric = 'mrr' and is_headline"
    ).fetchall()
    assert 0.5 * largest < low < largest < high < 2 * largest
    mrr = next(one for one in read_features(connection) if one.metric == "mrr")
    assert mrr.values == pytest.approx(values, rel=1e-12)


def test_a_changed_series_is_forecast_anew_by_the_method_in_use(artefacts: Artefacts) -> None:
    registry, _ = build(marts({"a": noisy(36)}), Registry(KIND), artefacts)
    changed = [*noisy(36)[:-1], 320.0]
    connection = marts({"a": changed})
    _, scored = build(connection, registry, artefacts)
    headline = next(one for one in scored if one.series.metric == "mrr" and one.is_headline)
    expected = methods.forecast(headline.model, monthly(changed), 12)
    assert headline.values.tolist() == expected.tolist()
    assert headline.version is not None


def test_two_homes_with_the_same_facts_have_the_same_forecasts(tmp_path: Path) -> None:
    homes = []
    for name in ("one", "two"):
        connection = marts({"a": noisy(30), "b": noisy(20)})
        build(connection, Registry(KIND), Artefacts(tmp_path / name))
        homes.append(connection.execute("from ml.revenue_forecasts").fetchall())
        homes.append(connection.execute("from ml.forecast_backtests").fetchall())
    assert homes[0] == homes[2] and homes[1] == homes[3] and homes[0]


def test_a_challenger_that_wins_on_the_newest_holdout_replaces_the_champion(artefacts: Artefacts) -> None:
    series = monthly(noisy(48))
    tried = [
        made(series, "ensemble", [10.0] * 5),
        made(series, "auto_ets", [5.0] * 5, is_chosen=True),
        made(series, "seasonal_naive", [20.0] * 5),
    ]
    (entry,) = decide(series, tried, incumbent("ensemble"), DAY, artefacts)
    assert (entry.algorithm, entry.status) == ("auto_ets", "accepted")
    assert entry.reason == "auto_ets replaces it: error 5 against 10 of ensemble on the newest holdout"
    assert (entry.metrics["holdout_error"], entry.metrics["holdout_error_of_champion"]) == (5.0, 10.0)
    assert entry.hash is not None and kept_of(artefacts.load(entry.hash)).model == "auto_ets"


def test_a_challenger_that_loses_on_the_newest_holdout_is_refused_though_it_was_better_before(
    artefacts: Artefacts,
) -> None:
    series = monthly(noisy(48))
    tried = [
        made(series, "ensemble", [10.0, 10.0, 10.0, 10.0, 5.0], is_chosen=True),
        made(series, "auto_ets", [5.0, 5.0, 5.0, 5.0, 9.0]),
        made(series, "seasonal_naive", [20.0] * 5),
    ]
    kept, refused = decide(series, tried, incumbent("ensemble"), DAY, artefacts)
    assert (kept.algorithm, kept.status) == ("ensemble", "accepted")
    assert (refused.algorithm, refused.status, refused.hash) == ("auto_ets", "refused", None)
    assert refused.reason == "refused: error 9 against 5 of ensemble on the newest holdout"
    registry = Registry(KIND).decided([kept, refused], {"t": DAY})
    assert registry.champion(DAY, "t", "mrr/EUR") == kept


def test_a_champion_that_loses_to_seasonal_naive_by_now_is_not_shown_any_more(artefacts: Artefacts) -> None:
    """Even if it would have been chosen again before the newest holdout."""
    series = monthly(noisy(48))
    tried = [
        made(series, "ensemble", [5.0, 5.0, 5.0, 5.0, 20.0]),
        made(series, "seasonal_naive", [6.0] * 5, is_chosen=True),
    ]
    entry = decide(series, tried, incumbent("ensemble"), DAY, artefacts)[-1]
    assert (entry.algorithm, entry.status) == ("seasonal_naive", "accepted")


def test_the_incumbent_is_backtested_although_nobody_else_would_ask_for_it() -> None:
    tried = candidates(monthly(noisy(36)), "auto_theta")
    one = next(one for one in tried if one.record.model == "auto_theta")
    assert one.forecast is not None and len(one.record.folds) == len(tried[0].record.folds)


@pytest.mark.parametrize("fault", ["altered", "missing", "of another kind"])
def test_a_file_that_cannot_be_used_is_not_loaded_and_the_plain_rule_says_why(artefacts: Artefacts, fault: str) -> None:
    registry, _ = build(marts({"a": noisy(36)}), Registry(KIND), artefacts)
    entry = next(one for one in registry.entries if one.subject == "mrr/EUR")
    path = artefacts.folder / str(entry.hash)
    if fault == "altered":
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b"ensemble", b"ensembly", 1))
    elif fault == "missing":
        path.unlink()
    else:
        other = replace(entry, hash=artefacts.save(b'{"model": 1}'))
        registry = Registry(KIND, tuple(other if one is entry else one for one in registry.entries))
    connection = marts({"a": noisy(36)})
    _, scored = build(connection, registry, artefacts)
    headline = next(one for one in scored if one.series.metric == "mrr" and one.is_headline)
    assert headline.version is None and headline.model in {one.name for one in methods.PLAIN}
    assert headline.reason.startswith("the model file")


def test_the_next_training_replaces_a_file_that_was_altered(artefacts: Artefacts) -> None:
    registry, _ = build(marts({"a": noisy(36)}), Registry(KIND), artefacts)
    for path in artefacts.folder.iterdir():
        path.chmod(0o644)
        path.write_bytes(b"{}")
    _, scored = build(marts({"a": noisy(37)}), registry, artefacts)
    assert next(one for one in scored if one.series.metric == "mrr" and one.is_headline).version is not None


def test_a_kept_forecast_is_read_as_it_was_written(artefacts: Artefacts) -> None:
    registry, _ = build(marts({"a": noisy(36)}), Registry(KIND), artefacts)
    entry = registry.entries[0]
    content = artefacts.load(str(entry.hash)) if entry.hash else b""
    assert content_of(kept_of(content)) == content


def test_with_training_switched_off_the_plain_rules_forecast_and_say_so(artefacts: Artefacts) -> None:
    connection = marts({"a": noisy(36)})
    registry, scored = build(connection, Registry(KIND, (), Training(allowed=False)), artefacts)
    assert registry.entries == () and not artefacts.folder.exists()
    assert scored[0].reason.startswith("training is switched off")
    assert connection.sql("select count(*) from ml.forecast_candidates").fetchall() == [(0,)]


def test_an_empty_home_has_empty_tables_not_a_crash(artefacts: Artefacts) -> None:
    connection = marts({})
    assert build(connection, Registry(KIND), artefacts)[1] == []
    for table in ("features", "candidates", "registry", "backtests"):
        assert connection.sql(f"select count(*) from ml.forecast_{table}").fetchall() == [(0,)]
    assert connection.sql("select count(*) from ml.revenue_forecasts").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([5.0], "only 1 full months"),
        ([5.0, 6.0, 7.0], "only 3 full months"),
        ([0.0] * 40, "every value is 0"),
        ([9.0] * 40, "every value is 9"),
    ],
)
def test_too_little_to_learn_from_is_registered_as_a_fallback_and_gets_no_made_up_interval(
    artefacts: Artefacts, values: list[float], reason: str
) -> None:
    connection = marts({"a": values})
    registry, _ = build(connection, Registry(KIND), artefacts)
    entry = next(one for one in registry.entries if one.subject == "mrr/EUR")
    assert entry.status == "fallback" and entry.reason.startswith(reason) and entry.hash is None
    rows = shown(connection)
    assert [row[1:] for row in rows] == [(values[-1], None, None, "last_value", None)] * 12


@pytest.mark.parametrize(
    "values",
    [
        [0.0] * 30 + [1000.0],
        [float((-1) ** at * at) for at in range(36)],
        [1e-9 * at for at in range(36)],
        [1e9 + at for at in range(36)],
        [float(10**at) for at in range(13)] * 2,
    ],
)
def test_odd_series_are_forecast_with_finite_numbers(values: list[float]) -> None:
    series = monthly(values)
    assert np.isfinite(score.plainly(series, "").values).all()
    if is_trained(series):
        assert all(one.forecast is None or np.isfinite(one.forecast).all() for one in candidates(series, None))


def test_one_tenant_does_not_change_anothers_forecast(artefacts: Artefacts) -> None:
    alone, together = marts({"a": noisy(36)}), marts({"a": noisy(36), "b": noisy(50, seed=9)})
    build(alone, Registry(KIND), artefacts)
    build(together, Registry(KIND), artefacts)
    query = "from ml.revenue_forecasts where tenant_id = 'a' order by all"
    assert alone.sql(query).fetchall() == together.sql(query).fetchall() != []


def test_one_headline_for_each_series_and_month(artefacts: Artefacts) -> None:
    connection = marts({"a": noisy(36), "b": noisy(8)})
    build(connection, Registry(KIND), artefacts)
    assert connection.sql(
        """select count(*), count(distinct (tenant_id, metric, currency, month, day)) from ml.revenue_forecasts
        where is_headline"""
    ).fetchall() == [(48, 48)]


def test_a_build_of_the_past_does_not_use_what_was_trained_later(artefacts: Artefacts) -> None:
    registry, _ = build(marts({"a": noisy(40)}), Registry(KIND), artefacts)
    past = marts({"a": noisy(36)})
    decided, scored = build(past, registry, artefacts)
    assert {entry.trained_at for entry in decided.entries} == {date(2024, 12, 31)}
    assert scored[0].series.dates[-1] == date(2024, 12, 1)


@pytest.mark.long
def test_many_series_are_trained_in_two_processes_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    from models_ml.forecast import train as module

    series = [monthly(noisy(30, seed=seed)) for seed in range(2)]
    here = module.all_candidates(series, [None, None])
    monkeypatch.setattr(module, "IN_PROCESS", 1)
    assert module.all_candidates(series, [None, None]) == here


def test_forecasts_that_kept_their_intervals_do_not_drift_and_broken_ones_do(artefacts: Artefacts) -> None:
    registry, _ = build(marts({"a": noisy(36)}), Registry(KIND), artefacts)
    for later, drifting in ((noisy(40), False), ([*noisy(36), 900.0, 900.0, 900.0, 900.0], True)):
        connection = marts({"a": later})
        write_features(connection, DEFINITIONS)
        series = [one for one in read_features(connection) if one.metric == "mrr"]
        (one,) = drifts(series, registry, days_of(connection), artefacts)
        assert (one.periods, one.is_drifting) == (4, drifting)


def test_a_miss_in_twenty_is_what_an_interval_of_95_percent_promises() -> None:
    series = monthly([1.0])
    assert not Drift(series, 20, 19).is_drifting
    assert Drift(series, 1, 0).chance == pytest.approx(0.05)
    assert Drift(series, 20, 15).is_drifting


def test_importing_the_forecasts_imports_no_heavy_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys, models_ml.forecast.scored, models_ml.forecast.train, models_ml.forecast.drift; print(*sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "prophet", "statsforecast", "sklearn", "scipy", "matplotlib", "pyarrow"} & set(found)


def test_the_choice_of_a_build_is_that_of_the_backtest(artefacts: Artefacts) -> None:
    connection = marts({"a": noisy(36)})
    registry, _ = build(connection, Registry(KIND), artefacts)
    choice = choose(monthly(noisy(36)))
    entry = next(one for one in registry.entries if one.subject == "mrr/EUR")
    assert entry.algorithm == choice.model
    chosen = connection.sql(
        "select distinct model from ml.forecast_backtests where is_chosen and metric = 'mrr' and approach = 'top_down'"
    ).fetchall()
    assert chosen == [(choice.model,)]
