"""Shifted beta-geometric: how long customers under contract stay, when each has a chance of leaving of its own.

Fader and Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21(1). At each renewal a
customer leaves with a probability that is Beta(alpha, beta) over customers, so those who stayed are ever more loyal:
after tenure t the chance to leave is alpha / (alpha + beta + t). With `alpha` and `beta` of their own for every
customer the same formulas serve the model with covariates (`beta_logistic`).
"""

from dataclasses import dataclass

import numpy as np

from models_ml.ltv.likelihood import Floats, distinct, maximise
from models_ml.ltv.spells import Bools, Spells


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    alpha: float
    beta: float

    name = "shifted_beta_geometric"

    def leaving(self, spells: Spells, months: int) -> Floats:
        """The chance to leave in each of the next `months` for those who are there then: one row per spell."""
        return chances(np.full(len(spells), self.alpha), np.full(len(spells), self.beta), spells.stayed, months)

    def log_likelihood(self, spells: Spells) -> float:
        return float(np.sum(log_likelihood(self.alpha, self.beta, spells.entered, spells.stayed, spells.left)))


def chances(alpha: Floats, beta: Floats, tenure: Floats, months: int) -> Floats:
    """alpha / (alpha + beta + t) for t = tenure, tenure + 1, …; shape (customers, months)."""
    ahead = tenure[:, None] + np.arange(months)[None, :]
    return alpha[:, None] / (alpha[:, None] + beta[:, None] + ahead)


def log_likelihood(
    alpha: Floats | float, beta: Floats | float, entered: Floats, stayed: Floats, left: Floats | Bools
) -> Floats:
    """Of each spell: the product of the chances to stay from `entered` to `stayed`, and to leave then."""
    from scipy.special import gammaln

    total = alpha + beta
    kept = gammaln(beta + stayed) - gammaln(beta + entered) - gammaln(total + stayed) + gammaln(total + entered)
    return np.asarray(kept + left * (np.log(alpha) - np.log(total + stayed)), dtype=np.float64)


def slopes(
    alpha: Floats | float, beta: Floats | float, entered: Floats, stayed: Floats, left: Floats | Bools
) -> tuple[Floats, Floats]:
    """The derivatives of `log_likelihood` by alpha and by beta."""
    from scipy.special import digamma

    total = alpha + beta
    of_total = digamma(total + entered) - digamma(total + stayed) - left / (total + stayed)
    of_beta = of_total + digamma(beta + stayed) - digamma(beta + entered)
    return np.asarray(of_total + left / alpha), np.asarray(of_beta)


def fit(spells: Spells) -> ShiftedBetaGeometric:
    """Raises NotFitted. Spells that are alike are counted, not repeated."""
    (entered, stayed, left), weights = distinct(spells.entered, spells.stayed, spells.left.astype(np.float64))

    def objective(logs: Floats) -> tuple[float, Floats]:
        alpha, beta = np.exp(logs)
        by_alpha, by_beta = slopes(alpha, beta, entered, stayed, left)
        value = weights @ log_likelihood(alpha, beta, entered, stayed, left)
        return float(value), np.array([alpha * (weights @ by_alpha), beta * (weights @ by_beta)])

    alpha, beta = np.exp(maximise(objective, np.zeros(2)))
    return ShiftedBetaGeometric(float(alpha), float(beta))
