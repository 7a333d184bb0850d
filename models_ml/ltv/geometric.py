"""The plain rule: everybody leaves with the same chance each month, as the formula LTV takes it."""

from dataclasses import dataclass

import numpy as np

from models_ml.ltv.likelihood import Floats, NotFitted
from models_ml.ltv.spells import Spells


@dataclass(frozen=True)
class Geometric:
    """`chance` of leaving a month, from 0 to 1."""

    chance: float

    name = "geometric"

    def leaving(self, spells: Spells, months: int) -> Floats:
        return np.full((len(spells), months), self.chance)

    def log_likelihood(self, spells: Spells) -> float:
        """Minus infinity where it rules out what was seen."""
        asked, left = spells.months_asked, float(np.sum(spells.left))
        with np.errstate(divide="ignore"):
            parts = [n * np.log(p) for n, p in ((left, self.chance), (asked - left, 1.0 - self.chance)) if n]
        return float(sum(parts))


def fit(spells: Spells) -> Geometric:
    """Those who left ÷ those who were asked. Raises NotFitted where nobody was."""
    if not spells.months_asked:
        raise NotFitted("no customer was seen for a full month")
    return Geometric(float(np.sum(spells.left)) / spells.months_asked)
