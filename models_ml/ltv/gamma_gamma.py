"""Gamma-Gamma: what a purchase of a customer is worth on average, pulled towards everybody's mean where few were seen.

Fader and Hardie (2013), The Gamma-Gamma model of monetary value. A purchase is Gamma(p, nu) and nu is Gamma(q, gamma)
over customers; the number of purchases is taken to say nothing about their value.
"""

from dataclasses import dataclass

import numpy as np

from models_ml.ltv.likelihood import Floats, NotFitted, distinct, maximise


@dataclass(frozen=True)
class GammaGamma:
    """The three parameters; `gamma` is in the unit of money of the data."""

    p: float
    q: float
    gamma: float

    def expected_value(self, frequency: Floats, mean_value: Floats) -> Floats:
        """The mean value of each customer's coming purchases (equation 5), from the mean of `frequency` seen ones."""
        return self.p * (self.gamma + frequency * mean_value) / (self.p * frequency + self.q - 1.0)


def fit(frequency: Floats, mean_value: Floats) -> GammaGamma:
    """From customers with at least one repeat purchase and a positive mean. Raises NotFitted, also where purchases vary
    so much over customers that their mean does not exist (q at or below 1)."""
    from scipy.special import digamma, gammaln

    scale = float(np.mean(mean_value))
    (x, mean), weights = distinct(frequency, mean_value / scale)

    def objective(logs: Floats) -> tuple[float, Floats]:
        p, q, gamma = np.exp(logs)
        shape, total = p * x, gamma + mean * x
        value = (
            gammaln(shape + q)
            - gammaln(shape)
            - gammaln(q)
            + q * logs[2]
            + (shape - 1.0) * np.log(mean)
            + shape * np.log(x)
            - (shape + q) * np.log(total)
        )
        gradient = np.array(
            [
                weights @ (p * x * (digamma(shape + q) - digamma(shape) + np.log(mean * x) - np.log(total))),
                weights @ (q * (digamma(shape + q) - digamma(q) + logs[2] - np.log(total))),
                weights @ (q - gamma * (shape + q) / total),
            ]
        )
        return float(weights @ value), gradient

    p, q, gamma = np.exp(maximise(objective, np.log(np.array([2.0, 3.0, 2.0]))))
    if q <= 1.0:
        raise NotFitted("the value of purchases varies too much over customers for a mean")
    return GammaGamma(float(p), float(q), float(gamma * scale))
