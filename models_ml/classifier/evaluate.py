"""How good probabilities were on rows that nothing was learned from, beside what the base rate alone says."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from models_ml.classifier.table import Floats, Ints

BINS = 10
EPSILON = 1e-12


@dataclass(frozen=True)
class Bin:
    """Rows of about the same probability: how often it happened, and how often that was said."""

    rows: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Figures:
    """Weighted. `base_log_loss` is that of one probability for all: the base rate of the rows learned from.

    The areas are None where the rows have one outcome only. `calibration_error` is the mean distance of predicted
    and observed over the bins, by rows (Naeini et al. 2015).
    """

    rows: int
    positives: int
    pr_auc: float | None
    roc_auc: float | None
    log_loss: float
    brier: float
    base_log_loss: float
    calibration_error: float
    calibration: tuple[Bin, ...]

    @property
    def beats_base_rate(self) -> bool:
        return self.log_loss < self.base_log_loss

    def as_metrics(self) -> dict[str, float | int | str | None]:
        """All figures but the table of bins."""
        return {name: value for name, value in asdict(self).items() if name != "calibration"}


def figures(outcome: Ints, probabilities: Floats, base_rate: float, weight: Floats | None = None) -> Figures:
    """Of at least one row; `base_rate` is what was known before the rows were seen."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    w = np.ones(len(outcome)) if weight is None else weight
    both = 0 < outcome.sum() < len(outcome)
    table = calibration_table(outcome, probabilities, w)
    total = sum(one.rows for one in table)
    return Figures(
        rows=len(outcome),
        positives=int(outcome.sum()),
        pr_auc=float(average_precision_score(outcome, probabilities, sample_weight=w)) if both else None,
        roc_auc=float(roc_auc_score(outcome, probabilities, sample_weight=w)) if both else None,
        log_loss=log_loss(outcome, probabilities, w),
        brier=float(np.average((outcome - probabilities) ** 2, weights=w)),
        base_log_loss=log_loss(outcome, np.full(len(outcome), base_rate), w),
        calibration_error=sum(one.rows * abs(one.predicted - one.observed) for one in table) / total,
        calibration=table,
    )


def log_loss(outcome: Ints, probabilities: Floats, weight: Floats) -> float:
    p = np.clip(probabilities, EPSILON, 1 - EPSILON)
    return float(np.average(-np.where(outcome == 1, np.log(p), np.log1p(-p)), weights=weight))


def calibration_table(outcome: Ints, probabilities: Floats, weight: Floats) -> tuple[Bin, ...]:
    """Up to ten bins of equally many rows, lowest probabilities first."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, min(BINS, len(order))) if len(part)]
    return tuple(
        Bin(
            len(part),
            float(np.average(probabilities[part], weights=weight[part])),
            float(np.average(outcome[part], weights=weight[part])),
        )
        for part in parts
    )
