"""Trains every candidate, calibrates it on rows that it did not see, and names the one that did best there.

The choice is made on out-of-fold probabilities of the training rows; the holdout only judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models_ml.classifier.candidates import BLEND, BLENDED, CANDIDATES, Candidate
from models_ml.classifier.evaluate import log_loss
from models_ml.classifier.fitted import Fitted, Member, expit, margins_of
from models_ml.classifier.folds import Fold, Folding
from models_ml.classifier.table import Columns, Examples, Floats, Ints
from models_ml.threads import one_thread

MOST_ROWS = 20_000


@dataclass(frozen=True)
class Trained:
    """A candidate, fitted on all training rows. `fold_log_loss` is that of its out-of-fold probabilities."""

    fitted: Fitted
    fold_log_loss: float


def train(
    examples: Examples, columns: Columns, seed: int, folding: Folding, candidates: Mapping[str, Candidate] = CANDIDATES
) -> tuple[Trained, ...]:
    """Every candidate, best first (ties: in the order given). Needs both outcomes in at least two groups each."""
    import sklearn.ensemble  # noqa: F401 - what one_thread limits is loaded with it

    with one_thread():
        return _train(examples, columns, seed, folding, candidates)


def _train(
    examples: Examples, columns: Columns, seed: int, folding: Folding, candidates: Mapping[str, Candidate]
) -> tuple[Trained, ...]:
    sample = examples.at_most(MOST_ROWS, seed)
    used = columns.that_vary(sample.frame)
    folds = folding(sample)
    tried = sample.take(np.concatenate([np.flatnonzero(rows) for _, rows in folds]))
    margins: dict[str, Floats] = {}
    members: dict[str, Member] = {}
    for name, make in candidates.items():
        margins[name] = np.concatenate([_out_of_fold(make, sample, used, fold, seed) for fold in folds])
        members[name] = _member(_fit(make, sample, used, seed), sample, used)
    made = [_calibrated(name, (members[name],), used, margins[name], tried) for name in candidates]
    if set(BLENDED) <= set(candidates):
        mean = np.mean([margins[name] for name in BLENDED], axis=0)
        made.append(_calibrated(BLEND, tuple(members[name] for name in BLENDED), used, mean, tried))
    return tuple(sorted(made, key=lambda one: one.fold_log_loss))


def _fit(make: Candidate, examples: Examples, columns: Columns, seed: int) -> Any:
    """On the columns that vary in these rows: in an early fold some do not yet."""
    used = columns.that_vary(examples.frame)
    frame = examples.frame[list(used.names)]
    return make(frame, used, seed).fit(frame, examples.outcome, model__sample_weight=examples.weight)


def _out_of_fold(make: Candidate, examples: Examples, columns: Columns, fold: Fold, seed: int) -> Floats:
    learned, tried = fold
    pipeline = _fit(make, examples.take(learned), columns, seed)
    return margins_of(pipeline, examples.take(tried).frame)


def _member(pipeline: Any, examples: Examples, columns: Columns) -> Member:
    if not hasattr(pipeline[-1], "coef_"):
        return Member(pipeline, None)
    prepared = pipeline[:-1].transform(examples.frame[list(columns.names)])
    return Member(pipeline, np.asarray(prepared, dtype=np.float64).mean(axis=0))


def _calibrated(
    name: str, members: tuple[Member, ...], columns: Columns, margins: Floats, examples: Examples
) -> Trained:
    slope, intercept = platt(margins, examples.outcome, examples.weight)
    loss = log_loss(examples.outcome, expit(slope * margins + intercept), examples.weight)
    return Trained(Fitted(name, columns, members, slope, intercept), loss)


def platt(margins: Floats, outcome: Ints, weight: Floats) -> tuple[float, float]:
    """Slope and intercept of the log-odds over a margin, with Platt's targets, which keep both finite."""
    from sklearn.linear_model import LogisticRegression

    spread = float(margins.std())
    if spread == 0:
        rate = (float(weight @ outcome) + 1) / (float(weight.sum()) + 2)
        return 0.0, float(np.log(rate / (1 - rate)))
    ones, zeros = float(weight @ outcome), float(weight @ (1 - outcome))
    high, low = (ones + 1) / (ones + 2), 1 / (zeros + 2)
    target = np.where(outcome == 1, high, low)
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    model.fit(
        np.concatenate([margins, margins])[:, None] / spread,
        np.repeat([1, 0], len(margins)),
        sample_weight=np.concatenate([weight * target, weight * (1 - target)]),
    )
    return float(model.coef_[0, 0]) / spread, float(model.intercept_[0])
