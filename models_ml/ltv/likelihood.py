"""Maximum likelihood over positive parameters: searched as logarithms, so that none can become negative."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WIDEST = 15.0
"""A parameter beyond e^±15 stands for 0 or infinity: the data do not tell it from its limit."""


class NotFitted(ValueError):
    """The likelihood has no usable maximum on these data."""


def maximise(objective: Callable[[Floats], tuple[float, Floats]], start: Floats) -> Floats:
    """The parameters at the maximum, from the log-likelihood and its gradient by the logarithms of the parameters.

    Deterministic: L-BFGS-B from `start`. Raises NotFitted if it does not get to a finite maximum.
    """
    from scipy.optimize import minimize

    def negative(logs: Floats) -> tuple[float, Floats]:
        value, gradient = objective(logs)
        return -value, -gradient

    found = minimize(
        negative,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-WIDEST, WIDEST)] * len(start),
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-7},
    )
    if not np.isfinite(found.fun) or not np.all(np.isfinite(found.x)):
        raise NotFitted("the likelihood is not finite")
    return np.asarray(found.x, dtype=np.float64)


def distinct(*columns: Floats) -> tuple[tuple[Floats, ...], Floats]:
    """The distinct rows of equally long columns, in a fixed order, and how often each occurs."""
    order = np.lexsort(columns)
    ordered = [column[order] for column in columns]
    starts = np.ones(len(order), dtype=bool)
    if len(order) > 1:
        starts[1:] = np.any([column[1:] != column[:-1] for column in ordered], axis=0)
    at = np.flatnonzero(starts)
    return tuple(column[at] for column in ordered), np.diff(np.append(at, len(order))).astype(np.float64)
