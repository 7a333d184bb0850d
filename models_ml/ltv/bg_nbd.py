"""BG/NBD: how often customers without a contract buy, and whether they still do.

Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2). While a customer lives,
purchases are a Poisson process whose rate is Gamma(r, alpha) over customers; after each purchase the customer leaves
with a probability that is Beta(a, b). Of a customer it needs three figures, all in one unit of time: repeat purchases
`frequency`, the time from the first to the last purchase `recency`, and from the first purchase to today `age`.
"""

from dataclasses import dataclass

import numpy as np

from models_ml.ltv.likelihood import Floats, distinct, maximise

SINGULAR = 1e-6
"""At a = 1 the formula of expected purchases divides by 0; this close to it, a is moved that far."""
NARROW = 1e5
"""With a + b above it hardly any two customers differ in their chance to leave, and the series loses its digits."""
QUANTILES = 100


@dataclass(frozen=True)
class BgNbd:
    """The four parameters; `alpha` is in the unit of time of the data that it was fitted on."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """The probability that each customer still buys (Fader and Hardie 2008, note on P(alive))."""
        log_odds_of_having_left = (
            np.log(self.a)
            - np.log(self.b + np.maximum(frequency, 1.0) - 1.0)
            + (self.r + frequency) * (np.log(self.alpha + age) - np.log(self.alpha + recency))
        )
        odds = np.exp(np.minimum(log_odds_of_having_left, 700.0))
        return np.asarray(np.where(frequency > 0, 1.0 / (1.0 + odds), 1.0), dtype=np.float64)

    def expected_purchases(self, ahead: float, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """Purchases expected of each customer in the time `ahead` (equation 10).

        The hypergeometric function is Euler's transform of the published one: its first two arguments do not grow with
        the number of purchases, so that it converges for the best customers too.
        """
        from scipy.special import hyp2f1

        if self.a + self.b > NARROW:
            if_alive = self._by_quantiles(ahead, frequency, age)
        else:
            a = self.a if abs(self.a - 1.0) > SINGULAR else 1.0 + SINGULAR
            share = ahead / (self.alpha + age + ahead)
            total = a + self.b + frequency - 1.0
            series = hyp2f1(a - 1.0, a + self.b - 1.0 - self.r, total, share)
            if_alive = total / (a - 1.0) * (1.0 - (1.0 - share) ** (a - 1.0) * series)
            if not np.all(np.isfinite(if_alive)):
                if_alive = self._by_quantiles(ahead, frequency, age)
        return np.asarray(np.maximum(if_alive, 0.0) * self.alive(frequency, recency, age), dtype=np.float64)

    def _by_quantiles(self, ahead: float, frequency: Floats, age: Floats) -> Floats:
        """The same of customers who are alive, as a mean over quantiles of their chance to leave: where the series
        would be of numbers too large to be told apart.

        At a chance p the expectation over the rates is (1 − (1 + p ahead / (alpha + age))^−(r + x)) / p.
        """
        from scipy.special import betaincinv

        counts, of_count = np.unique(frequency, return_inverse=True)
        middles = (np.arange(QUANTILES) + 0.5) / QUANTILES
        chances = np.maximum(betaincinv(self.a, self.b + counts[:, None], middles[None, :]), 1e-12)
        found = np.zeros(len(frequency))
        for chance in chances.T[:, of_count]:
            found -= np.expm1(-(self.r + frequency) * np.log1p(chance * ahead / (self.alpha + age))) / chance
        return found / QUANTILES

    def log_likelihood(self, frequency: Floats, recency: Floats, age: Floats) -> float:
        """Summed over customers."""
        logs = np.log(np.array([self.r, self.alpha, self.a, self.b]))
        return _objective(logs, frequency, recency, age, np.ones(len(frequency)))[0]


def fit(frequency: Floats, recency: Floats, age: Floats) -> BgNbd:
    """Raises NotFitted. Customers with the same three figures are counted, not repeated."""
    scale = float(np.max(age)) or 1.0
    (x, last, now), weights = distinct(frequency, recency / scale, age / scale)
    r, alpha, a, b = np.exp(maximise(lambda logs: _objective(logs, x, last, now, weights), np.zeros(4)))
    return BgNbd(float(r), float(alpha * scale), float(a), float(b))


def _objective(logs: Floats, x: Floats, last: Floats, now: Floats, weights: Floats) -> tuple[float, Floats]:
    """The log-likelihood (equation 6) and its gradient by the logarithms of r, alpha, a and b."""
    from scipy.special import digamma, gammaln

    r, alpha, a, b = np.exp(logs)
    counts, at = np.unique(x, return_inverse=True)
    of_count = (
        gammaln(r + counts) - gammaln(r) + gammaln(a + b) + gammaln(b + counts) - gammaln(b) - gammaln(a + b + counts)
    )
    log_now, log_last = np.log(alpha + now), np.log(alpha + last)
    alive = -(r + x) * log_now
    left = np.where(x > 0, logs[2] - np.log(b + np.maximum(x, 1.0) - 1.0) - (r + x) * log_last, -np.inf)
    either = np.logaddexp(alive, left)
    share = np.exp(left - either)
    value = float(weights @ (of_count[at] + r * logs[1] + either))
    of_all = digamma(a + b) - digamma(a + b + counts)
    gradient = np.array(
        [
            weights @ ((digamma(r + counts) - digamma(r))[at] + logs[1] - log_now - share * (log_last - log_now)),
            weights @ (r / alpha - (r + x) * ((1.0 - share) / (alpha + now) + share / (alpha + last))),
            weights @ (of_all[at] + share / a),
            weights @ ((of_all + digamma(b + counts) - digamma(b))[at] - share / (b + np.maximum(x, 1.0) - 1.0)),
        ]
    )
    return value, gradient * np.array([r, alpha, a, b])
