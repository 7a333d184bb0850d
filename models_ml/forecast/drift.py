"""Whether the forecasts that were made keep what their intervals say: recent months against those of back then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb

from models_ml.artefacts import Artefacts, Unusable
from models_ml.forecast.kept import kept_of
from models_ml.forecast.series import Series, periods_after
from models_ml.registry import Registry

LOOKED_BACK = 6
"""Trainings."""
LEVEL = 0.95
UNLIKELY = 0.01


@dataclass(frozen=True)
class Drift:
    """Of one series: periods that were forecast with an interval and are known now, and how many lie inside. `chance`
    is that of so few inside if the intervals kept their 95 %, as if periods were independent."""

    series: Series
    periods: int
    inside: int

    @property
    def chance(self) -> float:
        """Binomial: at most `inside` of `periods`."""
        misses = range(self.periods - self.inside, self.periods + 1)
        return sum(comb(self.periods, n) * (1 - LEVEL) ** n * LEVEL ** (self.periods - n) for n in misses)

    @property
    def is_drifting(self) -> bool:
        return self.periods > 0 and self.chance < UNLIKELY


def drifts(
    series: Sequence[Series], registry: Registry, as_of: Mapping[str, date], artefacts: Artefacts
) -> list[Drift]:
    """Of each series with an earlier forecast; a file that cannot be read says nothing. A period counts once, by the
    newest forecast that was made before it."""
    found = []
    for one in series:
        entries = registry.until(as_of[one.tenant_id], one.tenant_id, one.subject)
        judged: dict[date, bool] = {}
        actual = dict(zip(one.dates, one.values, strict=True))
        for entry in [entry for entry in entries if entry.hash][-LOOKED_BACK:]:
            if entry.window is None or entry.window[1] >= one.dates[-1]:
                continue
            try:
                kept = kept_of(artefacts.load(entry.hash or ""))
            except Unusable:
                continue
            days = (kept.first, *periods_after(kept.first, len(kept.forecast) - 1, one.frequency))
            for day, value, width in zip(days, kept.forecast, kept.half_widths, strict=False):
                if day in actual:
                    judged[day] = abs(actual[day] - value) <= width
        if judged:
            found.append(Drift(one, len(judged), sum(judged.values())))
    return found
