"""Scoring: the forecast of every series by the method in use, or by a plain rule and the reason why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from models_ml.artefacts import Artefacts, Unusable
from models_ml.forecast import methods
from models_ml.forecast.choose import choose
from models_ml.forecast.evaluate import Backtest
from models_ml.forecast.intervals import coverages, half_widths
from models_ml.forecast.kept import Kept, kept_of
from models_ml.forecast.methods import NotFitted
from models_ml.forecast.methods.base import Floats
from models_ml.forecast.series import Series
from models_ml.registry import NEVER, Entry, Registry

HEADLINE, BASE = "top_down", "base"


@dataclass(frozen=True)
class Forecast:
    """A series ahead: `values` and, for each level, half the interval (None: there are too few errors for one), with
    every backtest behind it. `approach` tells the ways apart in which one metric is forecast, `scenario` what was
    assumed. `version` is the model's in the registry, None for a plain rule."""

    series: Series
    model: str
    reason: str
    values: Floats
    widths: tuple[Floats, ...] | None
    backtests: Mapping[str, Backtest] = field(default_factory=dict)
    approach: str = HEADLINE
    scenario: str = BASE
    version: str | None = None

    @property
    def dates(self) -> tuple[date, ...]:
        return self.series.ahead(len(self.values))

    @property
    def is_headline(self) -> bool:
        return self.approach == HEADLINE and self.scenario == BASE


def score(series: Series, champion: Entry | None, kept: Kept | str | None) -> Forecast:
    """By the method in use; `kept` is what its file holds, or why it cannot be used."""
    if not isinstance(kept, Kept):
        return plainly(series, kept or "")
    assert champion is not None, "what is kept was registered"
    values: Floats
    if kept.digest == series.digest and len(kept.forecast) == series.horizon:
        values = np.asarray(kept.forecast)
    else:
        try:
            values = methods.forecast(kept.model, series, series.horizon)
        except NotFitted as error:
            return plainly(series, str(error))
    folds = kept.record.folds if kept.record else ()
    widths = half_widths(folds, series.values, series.season, series.frequency, series.horizon)
    reason = "; ".join(filter(None, (champion.reason, series.left_out)))
    return Forecast(series, kept.model, reason, values, widths, kept.backtests, version=champion.model_version)


def plainly(series: Series, why: str) -> Forecast:
    """By the best of the plain rules, or the last value: no file is needed."""
    choice = choose(series, allow_search=False)
    reason = "; ".join(filter(None, (why, choice.reason, series.left_out)))
    values = methods.forecast(choice.model, series, series.horizon)
    folds = choice.record.folds if choice.record else ()
    widths = half_widths(folds, series.values, series.season, series.frequency, series.horizon)
    return Forecast(series, choice.model, reason, values, widths, choice.backtests)


def score_all(
    series: list[Series], registry: Registry, as_of: Mapping[str, date], artefacts: Artefacts
) -> list[Forecast]:
    """Each by its tenant's model of that day."""
    made = []
    for one in series:
        champion = registry.champion(as_of[one.tenant_id], one.tenant_id, one.subject)
        why = "" if registry.training.allowed else NEVER
        made.append(score(one, champion, _kept(champion, artefacts) if champion else why))
    return made


def _kept(champion: Entry, artefacts: Artefacts) -> Kept | str:
    assert champion.hash is not None, "an accepted forecast has a file"
    try:
        return kept_of(artefacts.load(champion.hash))
    except Unusable as error:
        return str(error)


def forecast_rows(made: Forecast) -> list[tuple[object, ...]]:
    """Of `ml.revenue_forecasts`."""
    one = made.series
    floor = 0.0 if min(one.values) >= 0 else -np.inf
    rows: list[tuple[object, ...]] = []
    for at, (day, value) in enumerate(zip(made.dates, made.values.tolist(), strict=True)):
        bounds: list[float | None] = [None] * 4
        if made.widths is not None:
            bounds = [edge for width in made.widths for edge in (max(value - width[at], floor), value + width[at])]
        rows.append(
            (
                one.tenant_id,
                one.metric,
                day.replace(day=1),
                day if one.frequency == "day" else None,
                one.currency,
                one.frequency,
                made.approach,
                made.scenario,
                made.is_headline,
                round(value, 4),
                *(None if bound is None else round(bound, 4) for bound in bounds),
                made.model,
                made.version,
                made.reason,
            )
        )
    return rows


def backtest_rows(made: Forecast) -> list[tuple[object, ...]]:
    """Of `ml.forecast_backtests`."""
    one = made.series
    return [
        (
            one.tenant_id,
            one.metric,
            one.currency,
            one.frequency,
            made.approach,
            record.model,
            fold.origin,
            len(fold.errors),
            fold.mean_absolute_error,
            fold.smape,
            fold.mase,
            *coverages(record.folds, fold, one.values, one.season, one.frequency),
            record.model == made.model,
        )
        for record in made.backtests.values()
        for fold in record.folds
    ]
