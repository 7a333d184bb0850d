"""Splits that respect time: a model never sees what came after its origin."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Train on `[0, train_end)`, test on `[train_end, test_end)` of a series in time order."""

    train_end: int
    test_end: int


def rolling_origins(length: int, first: int, horizon: int, most: int, step: int = 1) -> Iterator[Origin]:
    """The last `most` origins, `step` points apart and oldest first, that leave at least `first` points to train on and
    `step` to test.

    Horizons shrink towards the end of the series, so that the newest points are judged too.
    """
    for back in range(most, 0, -1):
        train_end = length - back * step
        if train_end >= first:
            yield Origin(train_end, min(train_end + horizon, length))
