"""Stretches of months in which a customer was seen under contract: the form that survival is counted in.

A customer has tenure 0 at the first month-end with MRR and is asked each month after it: stayed or left. A spell was
first asked after tenure `entered` (above 0 where it began before it could be seen, or went on after a pause), stayed
until tenure `stayed`, and then left (`left`) or was seen no further.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models_ml.ltv.likelihood import Floats

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Spells:
    """Equally long columns, tenures in months; `covariates` are texts known at the first month-end."""

    entered: Floats
    stayed: Floats
    left: Bools
    covariates: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.entered)

    @property
    def months_asked(self) -> float:
        """How often a customer was asked: the number of customer-months that a likelihood is made of."""
        return float(np.sum(self.stayed - self.entered + self.left))

    @property
    def begin(self) -> "Spells":
        """Each as it was when it was first asked."""
        return Spells(self.entered, self.entered, np.zeros(len(self), dtype=bool), self.covariates)

    def where(self, rows: Bools) -> "Spells":
        return Spells(self.entered[rows], self.stayed[rows], self.left[rows], self.covariates[rows])

    def until(self, tenure: Floats) -> "Spells":
        """What was known of each spell at a tenure of its own, if anything."""
        stayed = np.maximum(np.minimum(self.stayed, tenure), self.entered)
        return self._asked(Spells(self.entered, stayed, self.left & (self.stayed + 1 <= tenure), self.covariates))

    def after(self, tenure: Floats) -> "Spells":
        """What became of each spell after that tenure."""
        entered = np.maximum(self.entered, tenure)
        left = self.left & (self.stayed + 1 > entered)
        return self._asked(Spells(entered, np.maximum(self.stayed, entered), left, self.covariates))

    @staticmethod
    def _asked(spells: "Spells") -> "Spells":
        return spells.where((spells.stayed > spells.entered) | spells.left)

    def by_tenure(self) -> tuple[Floats, Floats]:
        """For tenure 1, 2, … how many were asked and how many of them left."""
        longest = int(np.max(self.stayed + self.left)) if len(self) else 0
        last = (self.stayed + self.left).astype(np.int64)
        begun = np.bincount(self.entered.astype(np.int64), minlength=longest + 1)
        over = np.bincount(last, minlength=longest + 1)
        asked = np.cumsum(begun - over)[:longest]
        left = np.bincount(last[self.left], minlength=longest + 1)[1 : longest + 1]
        return asked.astype(np.float64), left.astype(np.float64)

    def kaplan_meier(self) -> Floats:
        """The share that stayed until tenure 0, 1, 2, … (Kaplan and Meier 1958, with late entry)."""
        asked, left = self.by_tenure()
        rates = np.divide(left, asked, out=np.zeros_like(left), where=asked > 0)
        return np.concatenate([[1.0], np.cumprod(1.0 - rates)])
