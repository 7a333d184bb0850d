"""A trained classifier: pipelines whose margins are weighed, and the line that turns the sum into log-odds.

Every step from a pipeline's margin to the calibrated log-odds is linear, so that what explains the one explains the
other (`explain`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from models_ml.artefacts import estimator_bytes, estimator_of
from models_ml.classifier.table import Columns, Floats
from models_ml.threads import one_thread

if TYPE_CHECKING:
    import pandas as pd

TRUSTED = (
    "numpy.dtype",
    "scipy.interpolate._bsplines.BSpline",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
"""Types that a file of a classifier holds beside those that skops trusts itself."""


@dataclass(frozen=True)
class Member:
    """A fitted pipeline, and the mean of its prepared columns over the training rows (only a linear one has it)."""

    pipeline: Any
    means: Floats | None

    def margins(self, frame: pd.DataFrame) -> Floats:
        """Log-odds, except of a forest: its mean vote."""
        return margins_of(self.pipeline, frame)


def margins_of(pipeline: Any, frame: pd.DataFrame) -> Floats:
    if hasattr(pipeline, "decision_function"):
        return np.asarray(pipeline.decision_function(frame), dtype=np.float64)
    return np.asarray(pipeline.predict_proba(frame)[:, 1], dtype=np.float64)


@dataclass(frozen=True)
class Fitted:
    """log-odds = slope × mean of the members' margins + intercept (Platt 1999)."""

    algorithm: str
    columns: Columns
    members: tuple[Member, ...]
    slope: float
    intercept: float
    profile: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the training rows looked like (`drift`)."""

    def log_odds(self, frame: pd.DataFrame) -> Floats:
        used = frame[list(self.columns.names)]
        with one_thread():
            margin = np.mean([member.margins(used) for member in self.members], axis=0)
        return np.asarray(self.slope * margin + self.intercept, dtype=np.float64)

    def probabilities(self, frame: pd.DataFrame) -> Floats:
        return expit(self.log_odds(frame))

    def dump(self) -> bytes:
        return estimator_bytes(
            {
                "algorithm": self.algorithm,
                "numbers": list(self.columns.numbers),
                "categories": list(self.columns.categories),
                "members": [{"pipeline": one.pipeline, "means": one.means} for one in self.members],
                "slope": self.slope,
                "intercept": self.intercept,
                "profile": json.dumps(self.profile, sort_keys=True),
            }
        )


def load(content: bytes) -> Fitted:
    """Raises ArtefactRefused for a file that holds anything but a classifier's parts."""
    parts = estimator_of(content, TRUSTED)
    return Fitted(
        parts["algorithm"],
        Columns(tuple(parts["numbers"]), tuple(parts["categories"])),
        tuple(Member(one["pipeline"], one["means"]) for one in parts["members"]),
        parts["slope"],
        parts["intercept"],
        json.loads(parts["profile"]),
    )


def expit(log_odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)), dtype=np.float64)
