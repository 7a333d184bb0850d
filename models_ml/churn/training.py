"""Examples of a tenant in time order: what is learned from, a gap as long as the horizon, what is judged by.

With h = 3 and the newest full month-end L, the holdout stands on the month-ends L−5 … L−3, whose outcome is known, and
training on those up to L−8: its last outcome is known on the day of the first judged row (docs/decisions/0131).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from models_ml.churn.features import COLUMNS, HORIZON, LEARNED, features_sql
from models_ml.classifier.folds import by_group, by_time
from models_ml.classifier.lifecycle import SEED, Kind, Recent, Task, Window, in_list
from models_ml.classifier.table import Examples

if TYPE_CHECKING:
    import pandas as pd

KIND = "churn"
HOLDOUT = 3
"""Month-ends that a model is judged on."""


def _frame(connection: duckdb.DuckDBPyConnection, tenants: Sequence[str]) -> pd.DataFrame:
    return connection.execute(features_sql(LEARNED, in_list(tenants))).df()


def task(tenant_id: str, as_of: date, frame: pd.DataFrame) -> Task:
    """`frame` has the rows of one tenant whose outcome is known, as `features_sql` makes them."""
    newest = last_full_month(as_of) - HORIZON
    holdout = frame[frame["month_index"] > newest - HOLDOUT]
    training = frame[frame["month_index"] <= newest - HOLDOUT + 1 - HORIZON]
    recent = training[training["month_index"] > training["month_index"].max() - 12]
    return Task(
        tenant_id,
        as_of,
        examples(training),
        examples(holdout),
        _window(training),
        _window(holdout),
        by_time("month_index", HORIZON, by_group(SEED)),
        Recent(recent, recent["month_index"].tolist()),
    )


def last_full_month(as_of: date) -> int:
    """The newest month whose last day is not after the as-of date, as year × 12 + month − 1."""
    is_last = (as_of + timedelta(days=1)).day == 1
    return as_of.year * 12 + as_of.month - (1 if is_last else 2)


def examples(frame: pd.DataFrame) -> Examples:
    return Examples(
        frame,
        frame["churned"].to_numpy(dtype=np.int64),
        frame["customer_id"].to_numpy(dtype=object),
        np.ones(len(frame)),
    )


def _window(frame: pd.DataFrame) -> Window | None:
    if not len(frame):
        return None
    first, last = frame["scored_on"].min(), frame["scored_on"].max()
    return first.date(), last.date()


CHURN = Kind(
    KIND,
    "customers",
    "churned",
    "customer_id",
    _frame,
    lambda tenant, as_of, rows: (task(tenant, as_of, rows), COLUMNS),
)
