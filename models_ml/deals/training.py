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

from models_ml.classifier.folds import by_group
from models_ml.classifier.lifecycle import SEED, Kind, Recent, Task, Window, in_list
from models_ml.classifier.table import Columns, Examples, Floats
from models_ml.deals.features import COLUMNS, EDITABLE, LEARNED, features_sql

if TYPE_CHECKING:
    import pandas as pd

KIND = "deal_win"
LEARNED_SHARE = 0.7
"""Of the closed deals, oldest first."""
MOST_WEIGHT = 10.0
MOST_DIFFERENCE = 0.2


def _frame(connection: duckdb.DuckDBPyConnection, tenants: Sequence[str]) -> pd.DataFrame:
    return connection.execute(features_sql(LEARNED, in_list(tenants))).df()


def task(tenant_id: str, as_of: date, frame: pd.DataFrame) -> Task:
    """`frame` has the rows of one tenant, as `features_sql` makes them of `LEARNED`."""
    import pandas as pd

    until = learned_until(as_of, frame)
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


def learned_until(as_of: date, frame: pd.DataFrame) -> pd.Timestamp:
    """The day by which `LEARNED_SHARE` of the closed deals were closed; what happened after it only judges."""
    import pandas as pd

    closed = frame[frame["ended_on"].notna()]
    ends = closed.drop_duplicates("deal_id")["ended_on"].sort_values()
    return ends.iloc[int(LEARNED_SHARE * (len(ends) - 1))] if len(ends) else pd.Timestamp(as_of)


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


def that_are_as_filled_when_open(frame: pd.DataFrame, until: pd.Timestamp) -> Columns:
    """Without what is filled in, corrected or emptied when a deal closes: of an editable column the share of filled
    cells must be about the same among open, won and lost deals, otherwise it tells the outcome and not the deal.

    Deals closed after `until` judge, so they have no say in what is learned from.
    """
    deals = frame.drop_duplicates("deal_id")
    open_now, learned = deals["ended_on"].isna(), deals["ended_on"] <= until
    won = deals["is_won"] == True  # noqa: E712
    parts = [part for part in (deals[open_now], deals[learned & won], deals[learned & ~won]) if len(part) >= 10]

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


DEAL_WIN = Kind(
    KIND,
    "deals",
    "is_won",
    "deal_id",
    _frame,
    lambda tenant, as_of, rows: (
        task(tenant, as_of, rows),
        that_are_as_filled_when_open(rows, learned_until(as_of, rows)),
    ),
)
