"""Examples to learn from or to score: a frame of features beside what is known of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Columns:
    """Features by type. A number may be missing (NaN); a category never is, the features say "(none)"."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return self.numbers + self.categories

    def that_vary(self, frame: pd.DataFrame) -> Columns:
        """Those with two known values or more in the frame: a column without is nothing to learn from."""

        def varies(name: str) -> bool:
            return bool(frame[name].nunique() > 1)

        return Columns(tuple(filter(varies, self.numbers)), tuple(filter(varies, self.categories)))


@dataclass(frozen=True)
class Examples:
    """`outcome` is 1 or 0 per row; rows of one `group` (a customer, a deal) are never learned from and judged by.

    `weight` is 1 where nothing says otherwise.
    """

    frame: pd.DataFrame
    outcome: Ints
    group: npt.NDArray[np.object_]
    weight: Floats

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def positives(self) -> int:
        return int(self.outcome.sum())

    @property
    def base_rate(self) -> float:
        """The weighted share of ones; NaN without rows."""
        return float(np.average(self.outcome, weights=self.weight)) if len(self) else float("nan")

    def take(self, rows: Ints | npt.NDArray[np.bool_]) -> Examples:
        return Examples(self.frame[rows] if rows.dtype == bool else self.frame.iloc[rows], *self._parts(rows))

    def _parts(self, rows: Ints | npt.NDArray[np.bool_]) -> tuple[Ints, npt.NDArray[np.object_], Floats]:
        return self.outcome[rows], self.group[rows], self.weight[rows]

    def at_most(self, rows: int, seed: int) -> Examples:
        """All of it, or that many rows drawn with the seed and kept in their order."""
        if len(self) <= rows:
            return self
        drawn = np.random.default_rng(seed).choice(len(self), rows, replace=False)
        return self.take(np.sort(drawn))
