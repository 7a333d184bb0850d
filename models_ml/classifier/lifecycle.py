"""A tenant's training from its examples to a row of the registry, the same for every classifier.

Training writes every candidate with its figures on the holdout (`ml.<kind>_candidates`); evaluation lets the best one
meet the champion on the same rows and decides. A tenant with too little to learn from gets a row that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from models_ml.artefacts import Artefacts, Unusable
from models_ml.classifier.decide import Verdict, decide
from models_ml.classifier.drift import profile
from models_ml.classifier.evaluate import Figures, figures
from models_ml.classifier.fitted import Fitted, load
from models_ml.classifier.folds import Folding
from models_ml.classifier.table import Columns, Examples
from models_ml.classifier.training import Trained, train
from models_ml.registry import Entry, Registry, write_registry
from models_ml.rows import insert

if TYPE_CHECKING:
    import pandas as pd

BASE_RATE = "base_rate"
SEED = 20260101
FEWEST_TRAINED = 20
"""Groups (customers, deals) of either outcome that a model is trained on."""
FEWEST_JUDGED = 5
"""Groups of either outcome that it is judged on."""

Window = tuple[date, date]


@dataclass(frozen=True)
class Recent:
    """Rows and the day of each."""

    frame: pd.DataFrame
    day: Sequence[object]


@dataclass(frozen=True)
class Task:
    """What one tenant's training has: windows are the first and last day on which examples stand."""

    tenant_id: str
    as_of: date
    training: Examples
    holdout: Examples
    window: Window | None
    holdout_window: Window | None
    folding: Folding
    recent: Recent
    """The newest training rows, a year of them, which later rows are compared with."""

    def too_little(self, noun: str) -> str | None:
        """Why nothing can be learned, `noun` being what is counted; None where something can."""
        for examples, fewest, where in (
            (self.training, FEWEST_TRAINED, "to learn from"),
            (self.holdout, FEWEST_JUDGED, "to judge by"),
        ):
            ones = len(np.unique(examples.group[examples.outcome == 1].astype(str)))
            zeros = len(np.unique(examples.group[examples.outcome == 0].astype(str)))
            if min(ones, zeros) < fewest:
                return f"{ones} {noun} with the outcome and {zeros} without {where}; each needs {fewest}"
        return None


@dataclass(frozen=True)
class Kind:
    """What tells one kind of classifier from another.

    `frame` reads the rows of tenants with one query: tenant_id, an `outcome` column (null where it is not known yet)
    and a `group` column among them. `task` splits one tenant's rows, and says which columns may be learned from.
    """

    name: str
    noun: str
    outcome: str
    group: str
    frame: Callable[[duckdb.DuckDBPyConnection, Sequence[str]], pd.DataFrame]
    task: Callable[[str, date, pd.DataFrame], tuple[Task, Columns]]

    def too_few(self, frame: pd.DataFrame, tenants: Sequence[str]) -> dict[str, str]:
        """Tenants that have too few of either outcome for any split, with the reason; counted for all at once."""
        known = frame[frame[self.outcome].notna()]
        counted = known.groupby(["tenant_id", known[self.outcome].astype(bool)])[self.group].nunique().to_dict()
        found = {}
        for tenant in tenants:
            ones, zeros = counted.get((tenant, True), 0), counted.get((tenant, False), 0)
            if min(ones, zeros) < FEWEST_TRAINED:
                found[tenant] = (
                    f"{ones} {self.noun} with the outcome and {zeros} without;"
                    f" {FEWEST_TRAINED} of each are needed to learn from"
                )
        return found


@dataclass(frozen=True)
class Candidate:
    """A row of `ml.<kind>_candidates`. Without figures it is the plain rule, and `reason` says why."""

    tenant_id: str
    trained_at: date
    algorithm: str
    is_challenger: bool
    window: Window | None
    holdout_window: Window | None
    training_rows: int
    training_positives: int
    fold_log_loss: float | None
    judged: Figures | None
    hash: str | None
    reason: str


TABLE = """
create schema if not exists ml;
create table if not exists ml.{kind}_candidates (
    tenant_id varchar not null, trained_at date not null, algorithm varchar not null, is_challenger boolean not null,
    window_from date, window_until date, holdout_from date, holdout_until date,
    training_rows bigint not null, training_positives bigint not null, fold_log_loss double,
    rows bigint, positives bigint, pr_auc double, roc_auc double, log_loss double, brier double,
    base_log_loss double, calibration_error double, hash varchar, reason varchar not null
)
"""


def candidates_of(task: Task, columns: Columns, artefacts: Artefacts, noun: str) -> list[Candidate]:
    """Trains the tenant's candidates, challenger first, whose file is saved; or the row that says why not."""
    if reason := task.too_little(noun):
        return [_candidate(task, BASE_RATE, None, None, None, reason)]
    trained = train(task.training, columns, SEED, task.folding)
    base_rate = task.training.base_rate
    judged = [_judge(one.fitted, task.holdout, base_rate) for one in trained]
    challenger = replace(
        trained[0].fitted, profile=profile(task.recent.frame, trained[0].fitted.columns, task.recent.day)
    )
    digest = artefacts.save(challenger.dump())
    first = trained[0].fold_log_loss
    return [
        _candidate(
            task,
            one.fitted.algorithm,
            one,
            figure,
            digest if at == 0 else None,
            f"out-of-fold log-loss {one.fold_log_loss:.4f}" + ("" if at == 0 else f" against {first:.4f}"),
        )
        for at, (one, figure) in enumerate(zip(trained, judged, strict=True))
    ]


def _candidate(
    task: Task, algorithm: str, trained: Trained | None, judged: Figures | None, digest: str | None, reason: str
) -> Candidate:
    return Candidate(
        task.tenant_id,
        task.as_of,
        algorithm,
        digest is not None,
        task.window,
        task.holdout_window,
        len(task.training),
        task.training.positives,
        trained.fold_log_loss if trained else None,
        judged,
        digest,
        reason,
    )


def _judge(fitted: Fitted, holdout: Examples, base_rate: float) -> Figures:
    return figures(holdout.outcome, fitted.probabilities(holdout.frame), base_rate, holdout.weight)


def write_trained(
    connection: duckdb.DuckDBPyConnection, kind: Kind, registry: Registry, artefacts: Artefacts
) -> list[Candidate]:
    """Trains every tenant whose training is due and adds to `ml.<kind>_candidates`."""
    as_of = days_of_tenants(connection)
    made: list[Candidate] = []
    if due := due_tenants(registry, as_of):
        frame = kind.frame(connection, due)
        few = kind.too_few(frame, due)
        made += [_plain(tenant, as_of[tenant], reason) for tenant, reason in few.items()]
        of = {str(tenant): rows for tenant, rows in frame.groupby("tenant_id", sort=False)}
        for tenant in due:
            if tenant not in few:
                made += candidates_of(*kind.task(tenant, as_of[tenant], of[tenant]), artefacts, kind.noun)
    _write_candidates(connection, kind.name, made, due)
    return made


def _plain(tenant_id: str, as_of: date, reason: str) -> Candidate:
    return Candidate(tenant_id, as_of, BASE_RATE, False, None, None, 0, 0, None, None, None, reason)


def _write_candidates(
    connection: duckdb.DuckDBPyConnection, kind: str, made: Sequence[Candidate], trained: Sequence[str]
) -> None:
    """Adds this build's rows to those of earlier days; the same training twice is there once, and a build of the past
    does not show what was trained later."""
    connection.execute(TABLE.format(kind=kind))
    connection.execute(
        f"""delete from ml.{kind}_candidates as c where not exists (
        from run.tenants as t where t.tenant_id = c.tenant_id and c.trained_at <= t.as_of)"""
    )
    connection.execute(
        f"""delete from ml.{kind}_candidates where {in_list(trained)}
        and (tenant_id, trained_at) in (select (tenant_id, as_of) from run.tenants)"""
    )
    insert(connection, f"ml.{kind}_candidates", [_row(one) for one in made])


def _row(one: Candidate) -> tuple[object, ...]:
    figure = one.judged
    judged = (None,) * 8
    if figure is not None:
        judged = (
            figure.rows,
            figure.positives,
            figure.pr_auc,
            figure.roc_auc,
            figure.log_loss,
            figure.brier,
            figure.base_log_loss,
            figure.calibration_error,
        )  # type: ignore[assignment]
    return (
        one.tenant_id,
        one.trained_at,
        one.algorithm,
        one.is_challenger,
        *(one.window or (None, None)),
        *(one.holdout_window or (None, None)),
        one.training_rows,
        one.training_positives,
        one.fold_log_loss,
        *judged,
        one.hash,
        one.reason,
    )


@dataclass(frozen=True)
class Decision:
    """A row of the registry with the figures behind it: the challenger's, and the champion's on the same rows."""

    entry: Entry
    challenger: Figures | None
    champion: Figures | None


def write_decided(
    connection: duckdb.DuckDBPyConnection, kind: Kind, registry: Registry, artefacts: Artefacts
) -> list[Decision]:
    """Decides about what this build trained, and writes `ml.<kind>_registry`."""
    as_of = days_of_tenants(connection)
    due = due_tenants(registry, as_of)
    found = {tenant: one for tenant, one in _challengers(connection, kind.name).items() if tenant in set(due)}
    trained = [tenant for tenant, (_, digest, _) in found.items() if digest]
    frame = kind.frame(connection, trained) if trained else None
    made = []
    for tenant, (algorithm, digest, reason) in found.items():
        if digest is None or frame is None:
            made.append(_fallback(kind.name, tenant, as_of[tenant], reason))
        else:
            task, columns = kind.task(tenant, as_of[tenant], frame[frame["tenant_id"] == tenant])
            made.append(decision_of(task, columns, kind.name, algorithm, digest, registry, artefacts))
    write_registry(connection, registry.decided([one.entry for one in made], as_of))
    return made


def _fallback(kind: str, tenant_id: str, as_of: date, reason: str) -> Decision:
    return Decision(Entry(tenant_id, kind, "", BASE_RATE, "fallback", as_of, None, {}, None, reason), None, None)


def decision_of(
    task: Task, columns: Columns, kind: str, algorithm: str, digest: str, registry: Registry, artefacts: Artefacts
) -> Decision:
    """Lets the challenger, whose file `digest` is, meet the champion. One whose file cannot be used is replaced, and so
    is one that uses more than `columns`: what tells the outcome would win every comparison."""
    base_rate = task.training.base_rate
    own = _judge(load(artefacts.load(digest)), task.holdout, base_rate)
    theirs = _champion(task, columns, registry, artefacts, base_rate)
    verdict: Verdict = decide(own, theirs)
    champion = theirs if isinstance(theirs, Figures) else None
    metrics = {
        **own.as_metrics(),
        "training_rows": len(task.training),
        "training_positives": task.training.positives,
        "champion_log_loss": champion.log_loss if champion else None,
    }
    is_fallback = verdict.status == "fallback"
    entry = Entry(
        task.tenant_id,
        kind,
        "",
        BASE_RATE if is_fallback else algorithm,
        verdict.status,
        task.as_of,
        task.window,
        metrics,
        None if is_fallback else digest,
        verdict.reason,
    )
    return Decision(entry, own, champion)


def _champion(
    task: Task, columns: Columns, registry: Registry, artefacts: Artefacts, base_rate: float
) -> Figures | str | None:
    champion = registry.incumbent(task.as_of, task.tenant_id)
    if champion is None or champion.hash is None:
        return None
    try:
        fitted = load(artefacts.load(champion.hash))
    except Unusable as error:
        return f"the champion cannot be asked: {error}"
    if beyond := _beyond(fitted, columns):
        return f"the champion was trained on what is not learned from any more: {beyond}"
    return _judge(fitted, task.holdout, base_rate)


def _beyond(fitted: Fitted, columns: Columns) -> str:
    """The columns of a model that are not among these, as text; "" where all are."""
    return ", ".join(name for name in fitted.columns.names if name not in columns.names)


def _challengers(connection: duckdb.DuckDBPyConnection, kind: str) -> dict[str, tuple[str, str | None, str]]:
    """Of trainings on the tenants' as-of dates: algorithm and file of the challenger, or the plain rule, and why."""
    rows = connection.execute(
        f"""select c.tenant_id, c.algorithm, c.hash, c.reason from ml.{kind}_candidates as c
        inner join run.tenants as t on t.tenant_id = c.tenant_id and t.as_of = c.trained_at
        where c.is_challenger or c.algorithm = '{BASE_RATE}' order by all"""
    ).fetchall()
    return {tenant: (algorithm, digest, reason) for tenant, algorithm, digest, reason in rows}


def model_of(
    registry: Registry, tenant_id: str, as_of: date, artefacts: Artefacts, columns: Columns
) -> tuple[Fitted, Entry] | str:
    """The model in use on a day with its row, or why the plain rule is shown; `columns` are those that there are."""
    champion = registry.champion(as_of, tenant_id)
    if champion is None or champion.hash is None:
        decided = registry.until(as_of, tenant_id)
        if decided and decided[-1].status == "fallback":
            return decided[-1].reason
        return "training is switched off" if not registry.training.allowed else "nothing was trained yet"
    try:
        fitted = load(artefacts.load(champion.hash))
    except Unusable as error:
        return str(error)
    if gone := _beyond(fitted, columns):
        return f"the model was trained on a column that is no more: {gone}"
    return fitted, champion


def due_tenants(registry: Registry, as_of: dict[str, date]) -> list[str]:
    return [tenant for tenant, day in sorted(as_of.items()) if registry.is_due(day, tenant)]


def days_of_tenants(connection: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """The as-of date of every tenant."""
    return dict(connection.execute("select tenant_id, as_of from run.tenants order by tenant_id").fetchall())


def in_list(tenants: Sequence[str]) -> str:
    """A condition on `tenant_id`: one of these; ids come from the drop's folders, so quotes are doubled."""
    quoted = ", ".join("'" + tenant.replace("'", "''") + "'" for tenant in tenants)
    return f"tenant_id in ({quoted})" if tenants else "false"
