"""Customers under contract: three ways to say how long they stay, which of them was right, and what that is worth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models_ml.ltv import beta_logistic, geometric, shifted_beta_geometric
from models_ml.ltv.beta_logistic import BetaLogistic
from models_ml.ltv.geometric import Geometric
from models_ml.ltv.likelihood import Floats, NotFitted
from models_ml.ltv.shifted_beta_geometric import ShiftedBetaGeometric
from models_ml.ltv.spells import Spells

FEWEST_CUSTOMERS = 30
FEWEST_LEFT = 10
LEVEL = 0.80
LONGEST = 36

Retention = Geometric | ShiftedBetaGeometric | BetaLogistic
FITS: tuple[Callable[[Spells], Retention], ...] = (geometric.fit, shifted_beta_geometric.fit, beta_logistic.fit)


def too_little(training: Spells, holdout: Spells) -> str | None:
    """Why nothing can be learned from these, None where it can."""
    left = int(np.sum(training.left))
    if len(training) < FEWEST_CUSTOMERS:
        return f"{len(training)} customers were seen for a month before the holdout, {FEWEST_CUSTOMERS} are needed"
    if left < FEWEST_LEFT:
        return f"{left} customers had left before the holdout, {FEWEST_LEFT} are needed"
    if not holdout.months_asked:
        return "no customer was seen in the holdout"
    return None


def candidates(training: Spells) -> list[Retention]:
    """Every model that could be fitted, the plain rule first."""
    fitted: list[Retention] = []
    for fit in FITS:
        try:
            fitted.append(fit(training))
        except NotFitted:
            continue
    return fitted


def judge(model: Retention, holdout: Spells, there: Spells, months: int) -> dict[str, float]:
    """Its figures on the `months` after those that it was trained on. `log_loss` is per customer-month and decides.

    `expected_left` sums the chance to leave over the customer-months that were seen, so it compares with `left`.
    `coverage_80` is the share of customers who stayed as many of the months as their interval of 80 % said: of those
    who were `there` when the holdout began, and seen until they left or it ended. Who came later was not seen for as
    long unless it left.
    """
    leaving, stayed = model.leaving(holdout.begin, months), holdout.stayed - holdout.entered
    asked = np.arange(months)[None, :] < (stayed + holdout.left)[:, None]
    figures = {
        "log_loss": -model.log_likelihood(holdout) / holdout.months_asked,
        "customer_months": holdout.months_asked,
        "left": float(np.sum(holdout.left)),
        "expected_left": float(np.sum(leaving[asked])),
    }
    seen = there.where(there.left | (there.stayed - there.entered >= months))
    if len(seen):
        low, high = kept_months(_staying(model.leaving(seen.begin, months)))
        stayed = seen.stayed - seen.entered
        figures["coverage_80"] = float(np.mean((low <= stayed) & (stayed <= high)))
    return figures


def _staying(leaving: Floats) -> Floats:
    return np.asarray(np.cumprod(1.0 - leaving, axis=1), dtype=np.float64)


def kept_months(staying: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The interval of 80 % of the number of months that each customer stays, from the chances to be there still after
    1, 2, … months (a row per customer): exact quantiles of a whole number, so it holds 80 % or more."""
    tail = (1.0 - LEVEL) / 2.0
    return np.sum(staying > 1.0 - tail, axis=1), np.sum(staying > tail, axis=1)


@dataclass(frozen=True)
class Worth:
    """Of each customer, in units of money: `low` and `high` bound 80 %, `staying_12m` is a chance."""

    ltv_12m: Floats
    low_12m: Floats
    high_12m: Floats
    ltv_36m: Floats
    low_36m: Floats
    high_36m: Floats
    staying_12m: Floats


def worth(leaving: Floats, monthly_margin: Floats, discount_rate: float) -> Worth:
    """The discounted margin of the coming months: the customer's margin of today for as many months as they stay.

    `leaving` has the chances of the next 36 months. The margin of month k comes at its end and is worth
    (1 + yearly rate)^(−k/12) of its amount today. Where nearly everybody stays, both quantiles are the whole time,
    which is more than what is expected: the interval is widened to hold that.
    """
    staying = _staying(leaving)
    weights = (1.0 + discount_rate) ** (-np.arange(1, LONGEST + 1) / 12.0)
    paid = np.concatenate([[0.0], np.cumsum(weights)])
    figures: dict[int, tuple[Floats, Floats, Floats]] = {}
    for months in (12, LONGEST):
        low, high = kept_months(staying[:, :months])
        expected = staying[:, :months] @ weights[:months]
        bounds = np.minimum(paid[low], expected), np.maximum(paid[high], expected)
        figures[months] = monthly_margin * expected, monthly_margin * bounds[0], monthly_margin * bounds[1]
    return Worth(*figures[12], *figures[LONGEST], staying_12m=staying[:, 11])


def to_parameters(model: Retention) -> dict[str, object]:
    if isinstance(model, Geometric):
        return {"chance": model.chance}
    if isinstance(model, ShiftedBetaGeometric):
        return {"alpha": model.alpha, "beta": model.beta}
    return {"alpha": model.alpha, "beta": model.beta, "weights": [dict(each) for each in model.weights]}


def from_parameters(name: str, parameters: Mapping[str, object]) -> Retention:
    """Raises KeyError for a name that is none of these models'."""
    values = dict(parameters)
    if name == BetaLogistic.name:
        values["weights"] = tuple(values["weights"])  # type: ignore[arg-type]
    kinds: dict[str, type[Retention]] = {kind.name: kind for kind in (Geometric, ShiftedBetaGeometric, BetaLogistic)}
    return kinds[name](**values)  # type: ignore[arg-type]
