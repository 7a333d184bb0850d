"""What a probability is worth acting on: levels by the costs of the actions in the seed `churn_actions`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models_ml.classifier.table import Floats

LOW = "low"


@dataclass(frozen=True)
class Action:
    """`cost` is in the reporting currency, `save_rate` the share of leavers whom it keeps, for `months`."""

    risk_level: str
    action: str
    cost: float
    save_rate: float
    months: int


@dataclass(frozen=True)
class Risk:
    """`gain` is what the best action is expected to bring beyond its cost; 0 where none pays."""

    level: npt.NDArray[np.object_]
    action: npt.NDArray[np.object_]
    gain: Floats


def risks(probabilities: Floats, mrr: Floats, margin: float, actions: Sequence[Action]) -> Risk:
    """Per customer the action with the largest expected gain: p × save rate × margin × MRR × months − cost.

    Where none brings more than it costs the level is low; ties go to the cheaper action.
    """
    ordered = sorted(actions, key=lambda one: (one.cost, one.risk_level))
    gains = [np.zeros(len(mrr))]
    gains += [probabilities * one.save_rate * margin * mrr * one.months - one.cost for one in ordered]
    table = np.stack(gains, axis=1)
    best = table.argmax(axis=1)
    levels = np.array([LOW, *(one.risk_level for one in ordered)], dtype=object)
    names = np.array([None, *(one.action for one in ordered)], dtype=object)
    return Risk(levels[best], names[best], table[np.arange(len(mrr)), best])
