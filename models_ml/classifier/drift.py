"""How far rows have moved from those that a model was trained on: the population stability index per column.

PSI = Σ (now − then) × ln(now ÷ then) over the shares of each column's bins (Siddiqi 2006: below 0.1 nothing moved,
from 0.25 on the column is another one). Numbers are binned at their training deciles, missing ones apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models_ml.classifier.table import Columns, Floats

if TYPE_CHECKING:
    import pandas as pd

MOVED = 0.25
MOST = 0.5
"""No threshold is above it: what differs more from day to day than that would hide any change."""
USUAL = 0.9
"""The share of days that are usual."""
SMALLEST_SHARE = 1e-3
FEWEST_ROWS = 50
"""With fewer rows on a day the index says more about chance than about drift."""

Profile = Mapping[str, Mapping[str, Any]]


def profile(frame: pd.DataFrame, columns: Columns, day: Sequence[object]) -> dict[str, dict[str, Any]]:
    """Bins of each column and the share of the rows in each, as JSON can hold it.

    `day` is that of each row. `usual` is the index that nine of ten of these days stay within against all of them: a
    day is always a little unlike the year before it, and only what is more than that has moved. Not the largest one,
    which a single day without records would set.
    """
    made: dict[str, dict[str, Any]] = {}
    for name in columns.numbers:
        known = frame[name].dropna()
        edges = np.unique(np.percentile(known, np.arange(10, 100, 10))).tolist() if len(known) else []
        made[name] = {"edges": edges, "shares": _number_shares(frame[name].to_numpy(dtype=np.float64), edges).tolist()}
    for name in columns.categories:
        shares = frame[name].astype(str).value_counts(normalize=True).sort_index()
        made[name] = {"categories": [str(each) for each in shares.index], "shares": [*shares.tolist(), 0.0]}
    days = [rows for _, rows in frame.groupby(np.asarray(day), sort=True) if len(rows) >= FEWEST_ROWS]
    indices = [stability(made, rows) for rows in days]
    if indices:
        for name, entry in made.items():
            entry["usual"] = float(np.quantile([one[name][0] for one in indices], USUAL))
    return made


def stability(then: Profile, frame: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Index and the threshold beyond which a column has moved, largest index first; columns that the frame does not
    have are left out."""
    found = {}
    for name, entry in then.items():
        if name in frame:
            if "edges" in entry:
                now = _number_shares(frame[name].to_numpy(dtype=np.float64), entry["edges"])
            else:
                now = _category_shares(frame[name], entry["categories"])
            value = index(np.asarray(entry["shares"], dtype=np.float64), now)
            found[name] = (value, min(MOST, MOVED + float(entry.get("usual", 0.0))))
    return dict(sorted(found.items(), key=lambda one: (-one[1][0], one[0])))


def index(then: Floats, now: Floats) -> float:
    a, b = np.maximum(then, SMALLEST_SHARE), np.maximum(now, SMALLEST_SHARE)
    return float(((b - a) * np.log(b / a)).sum())


def _number_shares(values: Floats, edges: list[float]) -> Floats:
    """Missing ones first, then the bins, each with its lower edge."""
    missing = np.isnan(values)
    counts = np.bincount(np.searchsorted(edges, values[~missing], side="right"), minlength=len(edges) + 1)
    return np.asarray(np.concatenate([[missing.sum()], counts]) / max(len(values), 1), dtype=np.float64)


def _category_shares(values: pd.Series[str], categories: list[str]) -> Floats:
    """Those of the training rows in their order, then all others together."""
    shares = values.astype(str).value_counts(normalize=True)
    known = [float(shares.get(each, 0.0)) for each in categories]
    return np.asarray([*known, max(0.0, 1.0 - sum(known))], dtype=np.float64)
