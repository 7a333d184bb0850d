"""Rows to learn from and rows to try on, inside the training rows: what candidates are chosen and calibrated by."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from models_ml.classifier.table import Examples, Ints

Rows = npt.NDArray[np.bool_]
Fold = tuple[Rows, Rows]
Folding = Callable[[Examples], Sequence[Fold]]

GROUP_FOLDS = 4
LATER_FOLDS = 3


def by_group(seed: int) -> Folding:
    """Every row is tried on once, by what was learned from other groups; those with the outcome are dealt out evenly.
    For rows without an order in time."""

    def fold(examples: Examples) -> list[Fold]:
        groups, index = np.unique(examples.group.astype(str), return_inverse=True)
        has = np.zeros(len(groups), dtype=bool)
        np.logical_or.at(has, index, examples.outcome == 1)
        number = np.empty(len(groups), dtype=np.int64)
        rng = np.random.default_rng(seed)
        for part in (np.flatnonzero(has), np.flatnonzero(~has)):
            number[rng.permutation(part)] = np.arange(len(part)) % GROUP_FOLDS
        return [(number[index] != at, number[index] == at) for at in np.unique(number)]

    return fold


def by_time(column: str, gap: int, otherwise: Folding) -> Folding:
    """The later half of the days in three parts, each tried on by what was learned from days at least `gap` before it.
    As it will be used: the same customers, later. Where too few days are there for that, `otherwise` decides."""

    def fold(examples: Examples) -> Sequence[Fold]:
        day: Ints = examples.frame[column].to_numpy(dtype=np.int64)
        days = np.unique(day)
        made = []
        for part in np.array_split(days[len(days) // 2 :], LATER_FOLDS):
            if not len(part):
                continue
            learned, tried = day <= part[0] - gap, np.isin(day, part)
            if 0 < examples.outcome[learned].sum() < learned.sum() and examples.outcome[tried].sum():
                made.append((learned, tried))
        return made if len(made) == LATER_FOLDS else otherwise(examples)

    return fold
