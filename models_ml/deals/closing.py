"""When an open deal closes: the median time that is left, from deals that stood in its stage (Kaplan and Meier 1958).

Deals that are still open count with the time for which they have been; that a deal closes says not that it is won.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models_ml.classifier.table import Floats

FEWEST_CLOSINGS = 10


@dataclass(frozen=True)
class Survival:
    """The share of deals still open after `days`; it falls at each of them."""

    days: Floats
    open_share: Floats
    closings: int

    def median_left(self, after: float) -> int | None:
        """Days until half of the deals open after that many days are closed; None where that was never seen."""
        at = int(np.searchsorted(self.days, after, side="right"))
        share = float(self.open_share[at - 1]) if at else 1.0
        below = np.flatnonzero(self.open_share[at:] <= share / 2)
        return int(self.days[at + below[0]] - after) if len(below) and share > 0 else None


def survival(days: Floats, is_closed: Floats) -> Survival:
    """Of deals open for so many days, closed (1) or still open (0) then."""
    times = np.unique(days[is_closed == 1])
    at_risk = len(days) - np.searchsorted(np.sort(days), times, side="left")
    closed = np.array([np.count_nonzero((days == time) & (is_closed == 1)) for time in times], dtype=np.float64)
    share = np.asarray(np.cumprod(1 - closed / np.maximum(at_risk, 1)), dtype=np.float64)
    return Survival(times, share, int(closed.sum()))
