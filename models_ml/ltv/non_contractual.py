"""Customers who buy when they like: BG/NBD with Gamma-Gamma, or the plain rule that each goes on as before."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from models_ml.ltv import bg_nbd, gamma_gamma
from models_ml.ltv.bg_nbd import BgNbd
from models_ml.ltv.gamma_gamma import GammaGamma
from models_ml.ltv.likelihood import Floats, NotFitted

FEWEST_CUSTOMERS = 50
FEWEST_REPEATING = 20
LEVEL = 0.80
DRAWS = 200
SEED = 2005
AT_ONCE = 10_000
WEEKS_A_YEAR = 365.25 / 7


@dataclass(frozen=True)
class Buyers:
    """Equally long columns, times in weeks: repeat purchases, from the first to the last, from the first to today, and
    the mean value of the repeat purchases (0 without one)."""

    frequency: Floats
    recency: Floats
    age: Floats
    mean_value: Floats

    def __len__(self) -> int:
        return len(self.frequency)

    def parts(self, size: int) -> Iterator["Buyers"]:
        """The same customers in their order, `size` at once."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield Buyers(self.frequency[rows], self.recency[rows], self.age[rows], self.mean_value[rows])


@dataclass(frozen=True)
class OwnRate:
    """The plain rule: everybody buys on as often, and as much, as so far. `kept` is the share of what is sold that does
    not come back; `value` is the mean of all repeat purchases, for those who have none of their own."""

    value: float
    kept: float

    name = "own_rate"

    def alive(self, buyers: Buyers) -> Floats | None:  # noqa: ARG002
        """It has no notion of leaving."""
        return None

    def purchases(self, weeks: float, buyers: Buyers) -> Floats:
        return weeks * np.divide(buyers.frequency, buyers.age, out=np.zeros(len(buyers)), where=buyers.age > 0)

    def value_each(self, buyers: Buyers) -> Floats:
        """Of a purchase, net of what comes back."""
        return self.kept * np.where(buyers.frequency > 0, buyers.mean_value, self.value)


@dataclass(frozen=True)
class BuyTillTheyLeave:
    """BG/NBD in weeks; without `spending` every purchase is worth the mean one."""

    purchasing: BgNbd
    spending: GammaGamma | None
    value: float
    kept: float

    name = "bg_nbd"

    def alive(self, buyers: Buyers) -> Floats:
        return self.purchasing.alive(buyers.frequency, buyers.recency, buyers.age)

    def purchases(self, weeks: float, buyers: Buyers) -> Floats:
        return self.purchasing.expected_purchases(weeks, buyers.frequency, buyers.recency, buyers.age)

    def value_each(self, buyers: Buyers) -> Floats:
        """Of a purchase, net of what comes back."""
        if self.spending is None:
            return np.full(len(buyers), self.kept * self.value)
        return self.kept * self.spending.expected_value(buyers.frequency, buyers.mean_value)

    def intervals(self, horizons: tuple[float, float], buyers: Buyers) -> tuple[tuple[Floats, Floats], ...]:
        """80 % of what each customer may buy for until each of two horizons (weeks, the shorter first), undiscounted.

        Drawn from the posterior of each customer's rate, chance to leave and mean value, with a fixed seed. Given that
        a customer is alive, these are Gamma(r + x, alpha + age), Beta(a, b + x) and Gamma(p x + q, gamma + x m).
        """
        rng = np.random.default_rng(SEED)
        parts = [self._bounds(self._draw(horizons, some, rng)) for some in buyers.parts(AT_ONCE)]
        low, high, later_low, later_high = (np.concatenate(each) for each in zip(*parts, strict=True))
        return (low, high), (later_low, later_high)

    @staticmethod
    def _bounds(drawn: tuple[Floats, Floats]) -> list[Floats]:
        """Low and high of both horizons. Of two draws between which a quantile lies it is the outer one."""
        tail = (1.0 - LEVEL) / 2.0
        found: list[Floats] = []
        for values in drawn:
            found.append(np.quantile(values, tail, axis=1, method="lower"))
            found.append(np.quantile(values, 1.0 - tail, axis=1, method="higher"))
        return found

    def _draw(self, horizons: tuple[float, float], some: Buyers, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """What each customer buys for until both horizons, in every draw; only those drawn alive are drawn further."""
        shape = (len(some), DRAWS)
        is_alive = rng.random(shape) < self.alive(some)[:, None]
        row = np.nonzero(is_alive)[0]
        x, age, mean_value = some.frequency[row], some.age[row], some.mean_value[row]
        model = self.purchasing
        rate = rng.standard_gamma(model.r + x) / (model.alpha + age)
        # They buy until they leave, which a first purchase may already be followed by.
        until_left = rng.geometric(np.clip(rng.beta(model.a, model.b + x), 1e-9, 1.0))
        count = rng.poisson(rate * horizons[0])
        both = np.minimum(count + rng.poisson(rate * (horizons[1] - horizons[0])), until_left)
        count = np.minimum(count, until_left)
        if self.spending is None:
            sums = self.value * count, self.value * both
        else:
            p, q, gamma = self.spending.p, self.spending.q, self.spending.gamma
            scale = (gamma + x * mean_value) / rng.standard_gamma(p * x + q)
            spent = rng.standard_gamma(p * count)
            sums = scale * spent, scale * (spent + rng.standard_gamma(p * (both - count)))
        found = np.zeros(shape), np.zeros(shape)
        for into, values in zip(found, sums, strict=True):
            into[is_alive] = self.kept * values
        return found


Buying = OwnRate | BuyTillTheyLeave


def too_little(training: Buyers) -> str | None:
    """Why nothing can be learned from these, None where it can."""
    repeating = int(np.sum(training.frequency > 0))
    if len(training) < FEWEST_CUSTOMERS:
        return f"{len(training)} customers had bought before the holdout, {FEWEST_CUSTOMERS} are needed"
    if repeating < FEWEST_REPEATING:
        return f"{repeating} customers had bought twice before the holdout, {FEWEST_REPEATING} are needed"
    return None


def own_rate(training: Buyers, kept: float) -> OwnRate:
    """Raises NotFitted where nobody bought twice."""
    repeating = training.frequency > 0
    if not repeating.any():
        raise NotFitted("nobody bought twice")
    mean = np.average(training.mean_value[repeating], weights=training.frequency[repeating])
    return OwnRate(float(mean), kept)


def candidates(training: Buyers, kept: float) -> list[Buying]:
    """Every model that could be fitted, the plain rule first."""
    plain = own_rate(training, kept)
    fitted: list[Buying] = [plain]
    repeating = training.frequency > 0
    try:
        purchasing = bg_nbd.fit(training.frequency, training.recency, training.age)
    except NotFitted:
        return fitted
    try:
        spending = gamma_gamma.fit(training.frequency[repeating], training.mean_value[repeating])
    except NotFitted:
        spending = None
    return [*fitted, BuyTillTheyLeave(purchasing, spending, plain.value, kept)]


def judge(model: Buying, training: Buyers, weeks: float, later: Floats, later_value: Floats) -> dict[str, float]:
    """Its figures on the `weeks` after those that it was trained on: `rmse` of purchases per customer decides.

    `later` and `later_value` are what each customer bought then. `coverage_80` is the share of customers whose
    purchases were worth what their interval of 80 % said, half of one hundredth more or less.
    """
    expected = model.purchases(weeks, training)
    figures = {
        "rmse": float(np.sqrt(np.mean((expected - later) ** 2))),
        "mean_absolute_error": float(np.mean(np.abs(expected - later))),
        "customers": float(len(training)),
        "purchases": float(np.sum(later)),
        "expected_purchases": float(np.sum(expected)),
        "value": float(np.sum(later_value)),
        "expected_value": float(np.sum(expected * model.value_each(training))),
    }
    if isinstance(model, BuyTillTheyLeave):
        (low, high), _ = model.intervals((weeks, weeks), training)
        figures["coverage_80"] = float(np.mean((low <= later_value + 0.005) & (later_value - 0.005 <= high)))
    return figures


@dataclass(frozen=True)
class Worth:
    """Of each customer, in units of money: `low` and `high` bound 80 %; without an interval or a chance None."""

    ltv_12m: Floats
    low_12m: Floats | None
    high_12m: Floats | None
    ltv_36m: Floats
    low_36m: Floats | None
    high_36m: Floats | None
    alive: Floats | None
    purchases_12m: Floats


def worth(model: Buying, buyers: Buyers, margin: float, discount_rate: float) -> Worth:
    """The discounted margin of the purchases of the coming 12 and 36 months.

    A purchase is discounted from the middle of its quarter. The interval is of the same sum, discounted as the
    expected one is, and holds it: of one who buys rarely but much the mean may lie beyond the quantile.
    """
    each = margin * model.value_each(buyers)
    until = [model.purchases(WEEKS_A_YEAR * quarter / 4, buyers) for quarter in range(13)]
    weights = [(1.0 + discount_rate) ** (-(quarter + 0.5) / 4) for quarter in range(12)]
    discounted = np.cumsum([w * (b - a) for w, a, b in zip(weights, until[:-1], until[1:], strict=True)], axis=0)
    of_year, of_three = each * discounted[3], each * discounted[11]
    if isinstance(model, OwnRate):
        return Worth(of_year, None, None, of_three, None, None, None, until[4])
    bounds = model.intervals((WEEKS_A_YEAR, 3 * WEEKS_A_YEAR), buyers)
    found = []
    sums = (until[4], discounted[3], of_year), (until[12], discounted[11], of_three)
    for (low, high), (count, present, expected) in zip(bounds, sums, strict=True):
        factor = margin * np.divide(present, count, out=np.ones(len(buyers)), where=count > 0)
        found.append((np.minimum(factor * low, expected), np.maximum(factor * high, expected)))
    (low_12m, high_12m), (low_36m, high_36m) = found
    return Worth(of_year, low_12m, high_12m, of_three, low_36m, high_36m, model.alive(buyers), until[4])


def to_parameters(model: Buying) -> dict[str, object]:
    return asdict(model)


def from_parameters(name: str, parameters: Mapping[str, object]) -> Buying:
    """Raises KeyError for a name that is none of these models'."""
    values = dict(parameters)
    if name == BuyTillTheyLeave.name:
        values["purchasing"] = BgNbd(**values["purchasing"])  # type: ignore[arg-type]
        values["spending"] = GammaGamma(**values["spending"]) if values["spending"] else None  # type: ignore[arg-type]
    kinds: dict[str, type[Buying]] = {kind.name: kind for kind in (OwnRate, BuyTillTheyLeave)}
    return kinds[name](**values)  # type: ignore[arg-type]
