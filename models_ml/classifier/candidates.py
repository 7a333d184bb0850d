"""The candidates that are compared, each a scikit-learn pipeline with its preprocessing inside.

Columns are prepared in blocks, each of which makes the same number of columns of every input, so that what a prepared
column says can be led back to its input (`inputs_of`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from models_ml.classifier.table import Columns

if TYPE_CHECKING:
    import pandas as pd

KNOTS = 5
RARE = {"min_frequency": 10, "max_categories": 12}
"""Categories rarer than that are one."""
ONE_HOT = "one_hot"

Candidate = Callable[["pd.DataFrame", Columns, int], Any]


def logistic(frame: pd.DataFrame, columns: Columns, seed: int) -> Any:
    """Logistic regression on cubic splines of the numbers (Harrell, Regression Modeling Strategies, 2.4), which bend
    where the data do and stay flat beyond what they saw. Numbers with few values stay as they are; a missing one takes
    the median and says so in a column of its own."""
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler

    def scaled(*more: tuple[str, Any]) -> Any:
        return Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler()), *more])

    spline = SplineTransformer(KNOTS, degree=3, knots="quantile", extrapolation="constant", include_bias=False)
    curved = [name for name in columns.numbers if _can_bend(frame[name])]
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False, **RARE)
    blocks = [
        ("curved", scaled(("spline", spline)), curved),
        ("straight", scaled(), [name for name in columns.numbers if name not in curved]),
        ("missing", MissingIndicator(features="all"), [name for name in columns.numbers if frame[name].isna().any()]),
        (ONE_HOT, one_hot, list(columns.categories)),
    ]
    return _pipeline(blocks, LogisticRegression(C=0.3, max_iter=2000, random_state=seed))


def random_forest(_frame: pd.DataFrame, columns: Columns, seed: int) -> Any:
    """Trees kept shallow: explaining a row costs leaves times depth squared."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer

    model = RandomForestClassifier(60, max_depth=6, min_samples_leaf=10, max_features=0.4, n_jobs=1, random_state=seed)
    return _pipeline([("numbers", SimpleImputer(strategy="median"), list(columns.numbers)), _ordered(columns)], model)


def boosting(_frame: pd.DataFrame, columns: Columns, seed: int) -> Any:
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
    return _pipeline([("numbers", "passthrough", list(columns.numbers)), _ordered(columns)], model)


CANDIDATES: dict[str, Candidate] = {"logistic": logistic, "random_forest": random_forest, "boosting": boosting}
BLEND = "blend"
BLENDED = ("logistic", "boosting")
"""Their mean log-odds: a smooth and a stepped view of the same rows err differently."""


def inputs_of(prepare: Any) -> list[str]:
    """For each column that a fitted preparation makes, the input that it was made of."""
    made: list[str] = []
    for name, transformer, inputs in prepare.transformers_:
        if name == ONE_HOT:
            rare = transformer.infrequent_categories_
            for each, categories, few in zip(inputs, transformer.categories_, rare, strict=True):
                made += [each] * (len(categories) if few is None else len(categories) - len(few) + 1)
        else:
            width = prepare.output_indices_[name].stop - prepare.output_indices_[name].start
            made += [each for each in inputs for _ in range(width // len(inputs))]
    return made


def _pipeline(blocks: list[tuple[str, Any, list[str]]], model: Any) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    prepare = ColumnTransformer([block for block in blocks if block[2]], sparse_threshold=0.0)
    return Pipeline([("prepare", prepare), ("model", model)])


def _ordered(columns: Columns) -> tuple[str, Any, list[str]]:
    from sklearn.preprocessing import OrdinalEncoder

    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, **RARE)
    return "categories", encoder, list(columns.categories)


def _can_bend(values: pd.Series[float]) -> bool:
    """Whether its quantiles are distinct, and most values lie between them."""
    known = values.dropna()
    knots = np.unique(np.percentile(known, np.linspace(0, 100, KNOTS))) if len(known) else np.empty(0)
    return len(knots) == KNOTS and bool(known.isin(knots).mean() < 0.5)
