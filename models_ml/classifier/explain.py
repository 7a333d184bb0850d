"""Why a row has its probability: Shapley values of the log-odds, one per input column.

Exact for both kinds of members (Lundberg and Lee 2017): of a linear one the coefficient times the distance from the
training mean, of trees by TreeSHAP (Lundberg et al. 2020). Base and contributions sum to the row's log-odds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models_ml.classifier.candidates import inputs_of
from models_ml.classifier.fitted import Fitted, Member
from models_ml.classifier.table import Floats
from models_ml.threads import one_thread

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Explanation:
    """`contributions` is (rows × columns), in log-odds; `base` those of a row about which nothing is known."""

    columns: tuple[str, ...]
    base: float
    contributions: Floats

    @property
    def log_odds(self) -> Floats:
        return np.asarray(self.base + self.contributions.sum(axis=1), dtype=np.float64)

    @property
    def importance(self) -> Floats:
        """Mean absolute contribution per column."""
        return np.asarray(np.abs(self.contributions).mean(axis=0), dtype=np.float64)


def explain(fitted: Fitted, frame: pd.DataFrame) -> Explanation:
    """Of at least one row."""
    names = fitted.columns.names
    base, total = 0.0, np.zeros((len(frame), len(names)))
    with one_thread():
        for member in fitted.members:
            own_base, own = _of_member(member, frame[list(names)], names)
            base += own_base / len(fitted.members)
            total += own / len(fitted.members)
    return Explanation(names, fitted.slope * base + fitted.intercept, fitted.slope * total)


def _of_member(member: Member, frame: pd.DataFrame, names: tuple[str, ...]) -> tuple[float, Floats]:
    prepare, model = member.pipeline[0], member.pipeline[-1]
    prepared = np.asarray(prepare.transform(frame), dtype=np.float64)
    if member.means is not None:
        coefficients = model.coef_[0]
        base = float(model.intercept_[0] + coefficients @ member.means)
        parts = coefficients * (prepared - member.means)
    else:
        base, parts = _of_trees(model, prepared)
    # Categories and splines are several prepared columns; what they say is one input's.
    inputs = np.array(inputs_of(prepare))
    return base, np.stack([parts[:, inputs == name].sum(axis=1) for name in names], axis=1)


def _of_trees(model: object, prepared: Floats) -> tuple[float, Floats]:
    import shap

    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(prepared, check_additivity=False), dtype=np.float64)
    expected = np.ravel(np.asarray(explainer.expected_value, dtype=np.float64))
    return float(expected[-1]), values[..., -1] if values.ndim == 3 else values


def strongest(contributions: Floats, most: int) -> list[list[int]]:
    """Per row the columns that contribute most in either direction, strongest first, without those that add nothing."""
    top = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :most]
    sizes = np.take_along_axis(contributions, top, axis=1)
    pairs = zip(top.tolist(), sizes.tolist(), strict=True)
    return [[at for at, size in zip(row, own, strict=True) if size] for row, own in pairs]
