"""Splits that respect time: a model never sees what came after its origin."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Train on `[0, train_end)`, test on `[train_end, test_end)` of a series in time order."""

    train_end: int
    test_end: int


def rolling_origins(length: int, first: int, horizon: int, most: int) -> Iterator[Origin]:
    """The last `most` origins that leave at least `first` points to train on and one to test.

    Horizons shrink towards the end of the series, so that the newest points are judged too.
    """
    for train_end in range(max(first, length - most), length):
        yield Origin(train_end, min(train_end + horizon, length))
