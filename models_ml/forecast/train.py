"""Training: what backtests found (`ml.forecast_candidates`, of every training) and what is decided from it.

The method with which a series is shown stays until another one was better on the newest holdout: the periods after the
newest origin, of which the challenger's choice knew nothing.
"""

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date

import duckdb

from models_ml.artefacts import Artefacts
from models_ml.forecast import methods
from models_ml.forecast.choose import (
    FEWEST_ORIGINS,
    challenger,
    choose,
    loses_to_naive,
    said,
    statistical_origins,
    too_plain,
)
from models_ml.forecast.evaluate import Backtest, fold_of, mean_of
from models_ml.forecast.intervals import half_widths
from models_ml.forecast.kept import Kept, content_of
from models_ml.forecast.series import Series
from models_ml.forecast.tables import CANDIDATES, days_of, read_features
from models_ml.registry import Entry, Registry, write_registry
from models_ml.rows import insert

KIND = "forecast"
IN_PROCESS = 40
"""Series up to which starting other processes takes longer than it saves."""
PROCESSES = 2


@dataclass(frozen=True)
class Candidate:
    """A method's record over a series, and its forecast of it if it may be shown."""

    record: Backtest
    is_chosen: bool
    reason: str
    forecast: tuple[float, ...] | None


def is_trained(series: Series) -> bool:
    """Whether a series is long enough for methods that are searched for; the plain rules compete in every build."""
    return len(statistical_origins(series)) >= FEWEST_ORIGINS and too_plain(series) is None


def candidates(series: Series, incumbent: str | None) -> list[Candidate]:
    """Every method that was backtested on a series; those that may be shown with their forecast."""
    choice = choose(series, also=incumbent)
    shown = {choice.model, incumbent, challenger(choice.backtests)[0]}
    return [
        Candidate(
            record,
            name == choice.model,
            choice.reason if name == choice.model else "",
            tuple(methods.forecast(name, series, series.horizon).tolist()) if name in shown else None,
        )
        for name, record in choice.backtests.items()
    ]


def train(connection: duckdb.DuckDBPyConnection, registry: Registry) -> int:
    """Backtests every series whose training is due and adds to `ml.forecast_candidates`. Returns how many series."""
    as_of = days_of(connection)
    due = _due(connection, registry, as_of)
    trained = [series for series in due if is_trained(series)]
    found = all_candidates(trained, [_incumbent(registry, as_of, series) for series in trained])
    rows = [
        _row(series, one, as_of[series.tenant_id])
        for series, tried in zip(trained, found, strict=True)
        for one in tried
    ]
    _keep_earlier(connection, due)
    insert(connection, "ml.forecast_candidates", rows)
    return len(trained)


def _due(connection: duckdb.DuckDBPyConnection, registry: Registry, as_of: Mapping[str, date]) -> list[Series]:
    return [
        series
        for series in read_features(connection)
        if registry.is_due(as_of[series.tenant_id], series.tenant_id, series.subject)
    ]


def _keep_earlier(connection: duckdb.DuckDBPyConnection, due: Sequence[Series]) -> None:
    """Of earlier trainings, what a build of this day knows: nothing trained later, and of this day not what is due."""
    connection.execute("create schema if not exists ml")
    connection.execute(f"create table if not exists ml.forecast_candidates ({CANDIDATES})")
    connection.execute(
        """delete from ml.forecast_candidates as c where not exists (
        from run.tenants as t where t.tenant_id = c.tenant_id and c.trained_at <= t.as_of)"""
    )
    if due:
        connection.execute(
            """delete from ml.forecast_candidates as c
            using (select unnest(?) as tenant_id, unnest(?) as subject) as d, run.tenants as t
            where c.tenant_id = d.tenant_id and c.subject = d.subject
                and c.tenant_id = t.tenant_id and c.trained_at = t.as_of""",
            [[one.tenant_id for one in due], [one.subject for one in due]],
        )


def all_candidates(due: Sequence[Series], incumbents: Sequence[str | None]) -> list[list[Candidate]]:
    """`candidates` of each; of many series in two processes."""
    if len(due) <= IN_PROCESS:
        return [candidates(series, incumbent) for series, incumbent in zip(due, incumbents, strict=True)]
    # Not forked: the process that builds has threads.
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(candidates, due, incumbents, chunksize=4))


def evaluate(
    connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts
) -> tuple[Registry, list[Entry]]:
    """Decides about what `train` found, keeps what is accepted, and writes `ml.forecast_registry`. Returns it, and the
    decisions of this build."""
    as_of = days_of(connection)
    due = _due(connection, registry, as_of)
    found = _read_candidates(connection, due)
    made: list[Entry] = []
    for series in due:
        day = as_of[series.tenant_id]
        if (tried := found.get((series.tenant_id, series.subject))) is not None:
            made += decide(series, tried, registry.incumbent(day, series.tenant_id, series.subject), day, artefacts)
        elif not is_trained(series):
            made.append(_fallback(series, day))
    decided = registry.decided(made, as_of)
    write_registry(connection, decided)
    return decided, made


def decide(
    series: Series, tried: Sequence[Candidate], incumbent: Entry | None, day: date, artefacts: Artefacts
) -> list[Entry]:
    """The decisions of one training: which method is shown from now on, and a challenger that was refused."""
    by_name = {one.record.model: one for one in tried}
    records = {name: one.record for name, one in by_name.items()}
    chosen = next(one for one in tried if one.is_chosen)
    champion = by_name.get(incumbent.algorithm) if incumbent else None
    if champion is None:
        why = "the one in use cannot be fitted any more" if incumbent else "chosen first"
        return [_accept(series, chosen, records, f"{why}; {chosen.reason}", {}, day, artefacts)]
    if loses_to_naive(champion.record, records):
        reason = f"{champion.record.model} loses to seasonal_naive by now; {chosen.reason}"
        return [_accept(series, chosen, records, reason, {}, day, artefacts)]
    name, newest = challenger(records)
    rival = by_name[name]
    if rival is champion:
        reason = f"{name} stays: nothing else was better before the newest holdout; {_said(champion.record)}"
        return [_accept(series, champion, records, reason, {}, day, artefacts)]
    own, its = newest[champion.record.model], newest[name]
    figures = {"holdout_error": its, "holdout_error_of_champion": own}
    verdict = f"error {said(its)} against {said(own)} of {champion.record.model} on the newest holdout"
    if its < own and not loses_to_naive(rival.record, records):
        return [_accept(series, rival, records, f"{name} replaces it: {verdict}", figures, day, artefacts)]
    refused = Entry(
        series.tenant_id,
        KIND,
        series.subject,
        name,
        "refused",
        day,
        _window(series),
        {**_figures(rival.record), **figures},
        None,
        f"refused: {verdict}",
    )
    stays = f"{champion.record.model} stays: {name} is refused; {_said(champion.record)}"
    kept = _accept(series, champion, records, stays, {}, day, artefacts)
    return [kept, refused]


def _accept(
    series: Series,
    one: Candidate,
    records: Mapping[str, Backtest],
    reason: str,
    figures: Mapping[str, float],
    day: date,
    artefacts: Artefacts,
) -> Entry:
    assert one.forecast is not None, "what may be shown has its forecast"
    widths = half_widths(one.record.folds, series.values, series.season, series.frequency, series.horizon)
    kept = Kept(
        one.record.model,
        series.digest,
        series.ahead(1)[0],
        one.forecast,
        tuple(widths[-1].tolist()) if widths else (),
        records,
    )
    return Entry(
        series.tenant_id,
        KIND,
        series.subject,
        one.record.model,
        "accepted",
        day,
        _window(series),
        {**_figures(one.record), **figures},
        artefacts.save(content_of(kept)),
        reason,
    )


def _fallback(series: Series, day: date) -> Entry:
    reason = too_plain(series) or f"only {len(series)} full {series.frequency}s: the plain rules compete in every build"
    return Entry(
        series.tenant_id, KIND, series.subject, "plain_rules", "fallback", day, _window(series), {}, None, reason
    )


def _incumbent(registry: Registry, as_of: Mapping[str, date], series: Series) -> str | None:
    entry = registry.incumbent(as_of[series.tenant_id], series.tenant_id, series.subject)
    return entry.algorithm if entry else None


def _said(record: Backtest) -> str:
    return f"mean absolute error {said(record.mean_absolute_error)} over {len(record.folds)} origins"


def _window(series: Series) -> tuple[date, date]:
    return series.dates[0], series.dates[-1]


def _figures(record: Backtest) -> dict[str, float | int | str | None]:
    return {
        "origins": len(record.folds),
        "mean_absolute_error": record.mean_absolute_error,
        "smape": mean_of([fold.smape for fold in record.folds]),
        "mase": mean_of([fold.mase for fold in record.folds]),
    }


def _row(series: Series, one: Candidate, day: date) -> tuple[object, ...]:
    folds = one.record.folds
    return (
        series.tenant_id,
        series.subject,
        series.metric,
        series.currency,
        one.record.model,
        day,
        [fold.train_end for fold in folds],
        [fold.origin for fold in folds],
        [list(fold.errors) for fold in folds],
        one.record.mean_absolute_error,
        mean_of([fold.smape for fold in folds]),
        mean_of([fold.mase for fold in folds]),
        one.is_chosen,
        one.reason,
        list(one.forecast) if one.forecast else None,
    )


def _read_candidates(
    connection: duckdb.DuckDBPyConnection, due: Sequence[Series]
) -> dict[tuple[str, str], list[Candidate]]:
    """Of the series that this build trained."""
    series = {(one.tenant_id, one.subject): one for one in due}
    rows = connection.execute(
        """select c.tenant_id, c.subject, c.model, c.train_ends, c.errors, c.is_chosen, c.reason, c.forecast
        from ml.forecast_candidates as c
        inner join run.tenants as t on t.tenant_id = c.tenant_id and t.as_of = c.trained_at
        order by c.tenant_id, c.subject, c.model"""
    ).fetchall()
    found: dict[tuple[str, str], list[Candidate]] = {}
    for tenant, subject, model, ends, errors, is_chosen, reason, forecast in rows:
        if (of := series.get((tenant, subject))) is None:
            continue
        folds = tuple(fold_of(of, end, made) for end, made in zip(ends, errors, strict=True))
        one = Candidate(Backtest(model, folds), is_chosen, reason, tuple(forecast) if forecast else None)
        found.setdefault((tenant, subject), []).append(one)
    return found
