"""Which forecaster a series is shown with: found by backtest, and only away from the default where that is clear.

The smallest of many errors over few origins is often smallest by luck, and choosing it loses to the combination. So the
ensemble (for a short history the last value) is kept unless a method's error is at most three quarters of the default's
and it was the better one at four of five origins. A default that loses to seasonal-naive on the same origins is drawn
towards it, by no more than its record asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models_ml.forecast.evaluate import Backtest, backtest, ensemble_backtests, origins
from models_ml.forecast.methods import ENSEMBLE, PLAIN, QUICK, SLOW, STATISTICAL_FROM, WITH_NAIVE
from models_ml.forecast.series import Series
from models_ml.splits import Origin

NAIVE, LAST = "seasonal_naive", "last_value"
MARGIN = 0.75
WINS = 0.8
FEWEST_ORIGINS = 3
SLOW_SEASONS = 3
"""The fewest seasons of history for methods that take long."""
FIRST_LOOK = 1
"""Origins at which a slow method must already be clearly better to be looked at further."""


@dataclass(frozen=True)
class Choice:
    """The method shown, why, and every backtest over the same origins that stood behind it; `seconds` by method."""

    model: str
    reason: str
    backtests: Mapping[str, Backtest] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)

    @property
    def record(self) -> Backtest | None:
        return self.backtests.get(self.model)


def choose(series: Series, also: str | None = None, allow_search: bool = True) -> Choice:
    """Backtests what may win on a series and chooses.

    `also` is a method whose record is wanted in any case. Without `allow_search` only the plain rules compete, as on a
    history that is too short for the others.
    """
    if (reason := too_plain(series)) is not None:
        return Choice(LAST, reason)
    seconds: dict[str, float] = {}
    at = statistical_origins(series)
    enough = allow_search and len(at) >= FEWEST_ORIGINS
    if not enough:
        at = origins(series, series.season + 1)
    found = backtest(series, [one.name for one in PLAIN], at, seconds)
    if enough:
        found |= backtest(series, [one.name for one in QUICK], at, seconds)
        found |= ensemble_backtests(series, found, at)
        found |= _race(series, found, at, seconds)
    if also and also not in found:
        found |= backtest(series, [also], at, seconds)
    model, reason = best_of(found)
    return Choice(model, reason, found, seconds)


def statistical_origins(series: Series) -> list[Origin]:
    """Where methods are judged that need two seasons; fewer than three are too few for them."""
    return origins(series, STATISTICAL_FROM * series.season)


def too_plain(series: Series) -> str | None:
    """Why nothing can be learned from a series; None where something can."""
    if len(series) < series.season + 1 + FEWEST_ORIGINS:
        return f"only {len(series)} full {series.frequency}s: too few for a backtest"
    if min(series.values) == max(series.values):
        return f"every value is {series.values[0]:g}: there is no error to learn from"
    return None


def best_of(found: Mapping[str, Backtest]) -> tuple[str, str]:
    """The model of these records over the same origins, and the sentence why."""
    default = found[ENSEMBLE if ENSEMBLE in found else LAST]
    count = len(default.folds)
    rivals = [one for name, one in found.items() if name not in WITH_NAIVE and name != default.model]
    model = min((one for one in rivals if is_clearly_better(one, default)), key=_error, default=default)
    naive = found.get(NAIVE)
    if naive is not None and _error(model) > _error(naive):
        drawn = [found[name] for name in WITH_NAIVE if name in found]
        model = next((one for one in drawn if _error(one) <= _error(naive)), naive)
        beaten = f"{default.model} {said(_error(default))} loses to seasonal_naive {said(_error(naive))}"
        return model.model, f"mean absolute error {said(_error(model))} over {count} origins: {beaten}"
    if model is not default:
        verdict = f"clearly better than {default.model} {said(_error(default))}"
        return model.model, f"mean absolute error {said(_error(model))} over {count} origins, {verdict}"
    second = min(rivals, key=_error, default=default)
    verdict = f"none is clearly better, nearest {second.model} {said(_error(second))}"
    return model.model, f"mean absolute error {said(_error(model))} over {count} origins: {verdict}"


def challenger(found: Mapping[str, Backtest]) -> tuple[str, dict[str, float]]:
    """Who would have been chosen before the newest holdout, and everyone's mean absolute error on that: the periods
    after the newest origin."""
    newest = {name: record.folds[-1] for name, record in found.items()}
    known = next(iter(newest.values())).train_end
    earlier = {name: record.before(known) for name, record in found.items()}
    return best_of(earlier)[0], {name: fold.mean_absolute_error for name, fold in newest.items()}


def loses_to_naive(record: Backtest, found: Mapping[str, Backtest]) -> bool:
    """On the same origins; no model that does is shown."""
    return NAIVE in found and _error(record) > _error(found[NAIVE])


def said(error: float) -> str:
    """An error as a reader takes it in: 15,364 or 5.34."""
    return f"{error:,.0f}" if error >= 1000 else f"{error:.3g}"


def _error(record: Backtest) -> float:
    return record.mean_absolute_error


def is_clearly_better(one: Backtest, default: Backtest) -> bool:
    if len(default.folds) < FEWEST_ORIGINS:
        return False
    pairs = zip(one.folds, default.folds, strict=True)
    wins = np.mean([mine.mean_absolute_error < its.mean_absolute_error for mine, its in pairs])
    return _error(one) <= MARGIN * _error(default) and float(wins) >= WINS


def _race(
    series: Series, found: Mapping[str, Backtest], at: Sequence[Origin], seconds: dict[str, float]
) -> dict[str, Backtest]:
    """Records of the slow methods that can still win.

    They run on three seasons of history or more, where a plain rule is no worse than the ensemble, and go on after the
    newest origin with a whole horizon only if they are clearly better there.
    """
    if ENSEMBLE not in found or len(series) < SLOW_SEASONS * series.season or not is_beatable(found):
        return {}
    ensemble = found[ENSEMBLE].folds
    newest = sorted(range(len(at)), key=lambda number: (-len(ensemble[number].errors), -number))[:FIRST_LOOK]
    bar = MARGIN * float(np.mean([ensemble[number].mean_absolute_error for number in newest]))
    kept = {}
    for method in SLOW:
        first = backtest(series, [method.name], [at[number] for number in newest], seconds).get(method.name)
        if first is None or _error(first) > bar:
            continue
        rest = [origin for number, origin in enumerate(at) if number not in newest]
        others = backtest(series, [method.name], rest, seconds).get(method.name)
        folds = sorted([*first.folds, *(others.folds if others else ())], key=lambda fold: fold.train_end)
        if len(folds) == len(at):
            kept[method.name] = Backtest(method.name, tuple(folds))
    return kept


def is_beatable(found: Mapping[str, Backtest]) -> bool:
    """Whether a plain rule is no worse than the ensemble: a series that the ensemble does not understand."""
    return min(_error(found[one.name]) for one in PLAIN if one.name in found) <= _error(found[ENSEMBLE])
