"""Beta-logistic: the shifted beta-geometric whose chance to leave also depends on who the customer is.

Heckman and Willis (1977), A beta-logistic model for the analysis of sequential labor force participation, Journal of
Political Economy 85(1), with the renewals of Fader and Hardie. Customer i has alpha_i = alpha × exp(g · z_i), which
multiplies the odds of leaving by exp(g · z_i) at every tenure; z_i says which values of the covariates apply. Weights
are held to 0 by a normal prior, so a value that few customers share moves little, and one that training did not know
moves nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models_ml.ltv.likelihood import Floats, distinct, maximise
from models_ml.ltv.shifted_beta_geometric import chances, log_likelihood, slopes
from models_ml.ltv.spells import Spells

PRIOR_DEVIATION = 0.5
"""Of a weight: two thirds of all values change the odds of leaving by no more than a factor of 1.65."""
FEWEST = 10
"""A value of a covariate shared by fewer spells has no weight."""


@dataclass(frozen=True)
class BetaLogistic:
    """`weights` has for each covariate, in the order of the spells' columns, the weight of each value."""

    alpha: float
    beta: float
    weights: tuple[Mapping[str, float], ...]

    name = "beta_logistic"

    def alphas(self, spells: Spells) -> Floats:
        """alpha_i of each spell."""
        logs = np.zeros(len(spells))
        for column, weights in enumerate(self.weights):
            known, at = np.unique(spells.covariates[:, column].astype(str), return_inverse=True)
            logs += np.array([weights.get(str(value), 0.0) for value in known])[at]
        return self.alpha * np.exp(logs)

    def leaving(self, spells: Spells, months: int) -> Floats:
        return chances(self.alphas(spells), np.full(len(spells), self.beta), spells.stayed, months)

    def log_likelihood(self, spells: Spells) -> float:
        each = log_likelihood(self.alphas(spells), self.beta, spells.entered, spells.stayed, spells.left)
        return float(np.sum(each))


def fit(spells: Spells) -> BetaLogistic:
    """Raises NotFitted. Spells that are alike are counted, not repeated."""
    values, members = _members(spells.covariates)
    _, group = np.unique(members, axis=0, return_inverse=True)
    firsts = np.unique(group, return_index=True)[1]
    columns = spells.entered, spells.stayed, spells.left.astype(np.float64), group.astype(np.float64)
    (entered, stayed, left, groups), counts = distinct(*columns)
    z, of_group = members[firsts].astype(np.float64), groups.astype(np.int64)

    def objective(logs: Floats) -> tuple[float, Floats]:
        weights = logs[2:]
        alpha, beta = np.exp(logs[0] + z @ weights)[of_group], float(np.exp(logs[1]))
        by_alpha, by_beta = slopes(alpha, beta, entered, stayed, left)
        by_group = np.bincount(of_group, weights=counts * by_alpha * alpha, minlength=len(z))
        value = counts @ log_likelihood(alpha, beta, entered, stayed, left)
        value -= 0.5 * float(weights @ weights) / PRIOR_DEVIATION**2
        by_weight = z.T @ by_group - weights / PRIOR_DEVIATION**2
        return float(value), np.concatenate([[by_group.sum(), beta * (counts @ by_beta)], by_weight])

    found = maximise(objective, np.zeros(2 + z.shape[1]))
    weights: list[dict[str, float]] = [{} for _ in range(spells.covariates.shape[1])]
    for (column, value), weight in zip(values, found[2:], strict=True):
        weights[column][value] = float(weight)
    return BetaLogistic(float(np.exp(found[0])), float(np.exp(found[1])), tuple(weights))


def _members(covariates: npt.NDArray[np.object_]) -> tuple[list[tuple[int, str]], npt.NDArray[np.bool_]]:
    """Every (column, value) that enough spells share, and which spells have it."""
    values: list[tuple[int, str]] = []
    members: list[npt.NDArray[np.bool_]] = []
    for column in range(covariates.shape[1]):
        texts = covariates[:, column].astype(str)
        known, sizes = np.unique(texts, return_counts=True)
        if np.count_nonzero(sizes >= FEWEST) > 1:
            for value in known[sizes >= FEWEST]:
                values.append((column, str(value)))
                members.append(texts == value)
    return values, np.column_stack(members) if members else np.zeros((len(covariates), 0), dtype=bool)
