"""The candidates that are compared, each a scikit-learn pipeline with its preprocessing inside.

Every input column has a transformer of its own, so that what a transformed column says can be led back to its input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from models_ml.classifier.table import Columns

if TYPE_CHECKING:
    import pandas as pd

KNOTS = 5
MOST_CATEGORIES = 12
FEWEST_OF_A_CATEGORY = 10

Candidate = Callable[["pd.DataFrame", Columns, int], Any]


def logistic(frame: pd.DataFrame, columns: Columns, seed: int) -> Any:
    """Logistic regression on cubic splines of the numbers (Harrell, Regression Modeling Strategies, 2.4), which bend
    where the data do and stay flat beyond what they saw."""
    from sklearn.linear_model import LogisticRegression

    numbers = {name: _spline(frame[name]) for name in columns.numbers}
    return _pipeline(columns, numbers, LogisticRegression(C=0.3, max_iter=2000, random_state=seed))


def random_forest(frame: pd.DataFrame, columns: Columns, seed: int) -> Any:
    """Trees kept shallow: explaining a row costs leaves times depth squared."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer

    numbers = {name: SimpleImputer(strategy="median") for name in columns.numbers}
    model = RandomForestClassifier(
        100, max_depth=6, min_samples_leaf=10, max_features=0.4, n_jobs=1, random_state=seed
    )
    return _pipeline(columns, numbers, model)


def boosting(frame: pd.DataFrame, columns: Columns, seed: int) -> Any:
    """Gradient boosting with trees of depth 3, which reads missing numbers as they are."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=150,
        max_depth=3,
        min_samples_leaf=40,
        l2_regularization=10.0,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )
    return _pipeline(columns, dict.fromkeys(columns.numbers, "passthrough"), model)


CANDIDATES: dict[str, Candidate] = {"logistic": logistic, "random_forest": random_forest, "boosting": boosting}
BLEND = "blend"
BLENDED = ("logistic", "boosting")
"""Their mean log-odds: a smooth and a stepped view of the same rows err differently."""


def _pipeline(columns: Columns, numbers: dict[str, Any], model: Any) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    steps = [(name, transformer, [name]) for name, transformer in numbers.items()]
    for name in columns.categories:
        encoder = OneHotEncoder(
            min_frequency=FEWEST_OF_A_CATEGORY,
            max_categories=MOST_CATEGORIES,
            handle_unknown="infrequent_if_exist",
            sparse_output=False,
        )
        steps.append((name, encoder, [name]))
    return Pipeline([("prepare", ColumnTransformer(steps, sparse_threshold=0.0)), ("model", model)])


def _spline(values: pd.Series[float]) -> Any:
    """Of a number with enough distinct quantiles; otherwise the number itself. A missing one is told apart."""
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import FeatureUnion, Pipeline
    from sklearn.preprocessing import SplineTransformer, StandardScaler

    steps: list[tuple[str, Any]] = [("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())]
    known = values.dropna()
    knots = np.unique(np.percentile(known, np.linspace(0, 100, KNOTS))) if len(known) else np.empty(0)
    if len(knots) == KNOTS and known.isin(knots).mean() < 0.5:
        spline = SplineTransformer(KNOTS, degree=3, knots="quantile", extrapolation="constant", include_bias=False)
        steps.append(("spline", spline))
    number = Pipeline(steps)
    if len(known) == len(values):
        return number
    return FeatureUnion([("number", number), ("missing", MissingIndicator(features="all"))])
