"""What is kept of a trained forecast: its method, the backtests behind it and the forecast of the series as it was.

A build whose series is still that one repeats the forecast without fitting anything.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models_ml.artefacts import ArtefactRefused, json_bytes
from models_ml.forecast.evaluate import Backtest, Fold


@dataclass(frozen=True)
class Kept:
    """`digest` is that of the series on which `forecast` was made, whose first period begins at `first`; `half_widths`
    are of its 95 % interval, empty where there is none."""

    model: str
    digest: str
    first: date
    forecast: tuple[float, ...]
    half_widths: tuple[float, ...]
    backtests: Mapping[str, Backtest]

    @property
    def record(self) -> Backtest | None:
        return self.backtests.get(self.model)


def content_of(kept: Kept) -> bytes:
    return json_bytes(
        {
            "model": kept.model,
            "digest": kept.digest,
            "first": str(kept.first),
            "forecast": kept.forecast,
            "half_widths": kept.half_widths,
            "backtests": {
                name: [[str(f.origin), f.train_end, f.errors, f.smape, f.mase] for f in record.folds]
                for name, record in kept.backtests.items()
            },
        }
    )


def kept_of(content: bytes) -> Kept:
    """Raises ArtefactRefused where the file is no forecast's."""
    try:
        read = json.loads(content)
        backtests = {name: Backtest(name, _folds(folds)) for name, folds in read["backtests"].items()}
        return Kept(
            read["model"],
            read["digest"],
            date.fromisoformat(read["first"]),
            tuple(read["forecast"]),
            tuple(read["half_widths"]),
            backtests,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ArtefactRefused(f"the model file is not a forecast's: {error}") from None


def _folds(rows: Sequence[tuple[str, int, Sequence[float], float | None, float | None]]) -> tuple[Fold, ...]:
    return tuple(
        Fold(date.fromisoformat(origin), train_end, tuple(errors), smape, mase)
        for origin, train_end, errors, smape, mase in rows
    )
