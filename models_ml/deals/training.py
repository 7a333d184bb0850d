"""Deals in time order: those closed by a day are learned from, what happened after it judges (docs/decisions/0132).

An open deal is not a lost one. Only closed deals have an outcome, and quick ones are closed sooner; so each counts
as often as deals that take that long could have been seen to close by then (inverse probability of censoring, Robins
and Finkelstein 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from models_ml.artefacts import Artefacts
from models_ml.classifier.folds import by_group
from models_ml.classifier.lifecycle import (
    SEED,
    Candidate,
    Decision,
    Recent,
    Task,
    Window,
    candidates_of,
    challengers,
    days_of_tenants,
    decision_of,
    due_tenants,
    in_list,
    write_candidates,
)
from models_ml.classifier.table import Columns, Examples, Floats
from models_ml.deals.features import COLUMNS, EDITABLE, LEARNED, features_sql
from models_ml.registry import Registry, write_registry

if TYPE_CHECKING:
    import pandas as pd

KIND = "deal_win"
NOUN = "deals"
LEARNED_SHARE = 0.7
"""Of the closed deals, oldest first."""
MOST_WEIGHT = 10.0
MOST_DIFFERENCE = 0.2


def tasks(connection: duckdb.DuckDBPyConnection, tenants: Sequence[str]) -> list[tuple[Task, Columns]]:
    """For each of the tenants, those without a deal included, a task and the columns that may be learned from."""
    as_of = days_of_tenants(connection)
    frame = connection.execute(features_sql(LEARNED, in_list(tenants))).df()
    of = dict(tuple(frame.groupby("tenant_id", sort=False)))
    made = []
    for tenant in tenants:
        rows = of.get(tenant, frame.iloc[:0])
        made.append((task(tenant, as_of[tenant], rows), that_are_as_filled_when_open(rows)))
    return made


def task(tenant_id: str, as_of: date, frame: pd.DataFrame) -> Task:
    """`frame` has the rows of one tenant, as `features_sql` makes them of `LEARNED`."""
    import pandas as pd

    closed = frame[frame["ended_on"].notna()]
    ends = closed.drop_duplicates("deal_id")["ended_on"].sort_values()
    until = ends.iloc[int(LEARNED_SHARE * (len(ends) - 1))] if len(ends) else pd.Timestamp(as_of)
    before = frame["snapshot_on"] <= until
    training = _examples(frame[before], until)
    holdout = _examples(frame[~before], pd.Timestamp(as_of))
    recent = training.frame[training.frame["snapshot_on"] > until - pd.Timedelta(days=365)]
    return Task(
        tenant_id,
        as_of,
        training,
        holdout,
        _window(training.frame),
        _window(holdout.frame),
        by_group(SEED),
        Recent(recent, recent["snapshot_on"].dt.strftime("%Y-%m").tolist()),
    )


def _examples(frame: pd.DataFrame, until: pd.Timestamp) -> Examples:
    """Those whose deal was closed by a day."""
    closed = frame[frame["ended_on"] <= until]
    waited = np.asarray((closed["ended_on"] - closed["snapshot_on"]).dt.days, dtype=np.float64)
    seen = np.asarray((until - frame["snapshot_on"]).dt.days, dtype=np.float64)
    return Examples(
        closed,
        closed["is_won"].to_numpy(dtype=np.int64),
        closed["deal_id"].to_numpy(dtype=object),
        censoring_weights(waited, seen),
    )


def censoring_weights(waited: Floats, seen: Floats) -> Floats:
    """1 over the share of all rows, `seen` days long, that were seen for the days a closed one took; never above 10.

    Scaled to a mean of 1.
    """
    if not len(waited):
        return np.ones(0)
    ordered = np.sort(seen)
    share = (len(ordered) - np.searchsorted(ordered, waited, side="left")) / len(ordered)
    weights = 1.0 / np.maximum(share, 1.0 / MOST_WEIGHT)
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def that_are_as_filled_when_open(frame: pd.DataFrame) -> Columns:
    """Without what is filled in, corrected or emptied when a deal closes: of an editable column the share of filled
    cells must be about the same among open, won and lost deals, otherwise it tells the outcome and not the deal."""
    deals = frame.drop_duplicates("deal_id")
    open_now, won = deals["ended_on"].isna(), deals["is_won"] == True  # noqa: E712
    parts = [part for part in (deals[open_now], deals[won], deals[~open_now & ~won]) if len(part) >= 10]

    def may_stay(name: str) -> bool:
        if name not in EDITABLE:
            return True
        filled = [float(_is_filled(part[name]).mean()) for part in parts]
        return len(filled) > 1 and max(filled) - min(filled) <= MOST_DIFFERENCE

    return Columns(tuple(filter(may_stay, COLUMNS.numbers)), tuple(filter(may_stay, COLUMNS.categories)))


def _is_filled(values: pd.Series) -> pd.Series:
    if values.dtype == np.float64:
        return values.notna() & (values != 0)
    return values != "(none)"


def _window(frame: pd.DataFrame) -> Window | None:
    if not len(frame):
        return None
    return frame["snapshot_on"].min().date(), frame["snapshot_on"].max().date()


def write_trained(connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts) -> list[Candidate]:
    """Trains every tenant whose training is due and adds to `ml.deal_win_candidates`."""
    due = due_tenants(registry, days_of_tenants(connection))
    made = [
        candidate
        for one, columns in (tasks(connection, due) if due else [])
        for candidate in candidates_of(one, columns, artefacts, NOUN)
    ]
    write_candidates(connection, KIND, made)
    return made


def write_decided(connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts) -> list[Decision]:
    """Decides about what this build trained, and writes `ml.deal_win_registry`."""
    as_of = days_of_tenants(connection)
    due = due_tenants(registry, as_of)
    found = challengers(connection, KIND)
    made = []
    for one, _ in tasks(connection, due) if due else []:
        algorithm, digest, reason = found[one.tenant_id, one.as_of]
        challenger = (algorithm, digest) if digest else None
        made.append(decision_of(one, KIND, challenger, reason, registry, artefacts))
    write_registry(connection, registry.decided([one.entry for one in made], as_of))
    return made
