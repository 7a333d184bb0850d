"""Plots of the forecasts for the run's metadata: the fan with what was forecast earlier, and errors by method."""

from collections.abc import Sequence
from typing import Any

from dagster import MetadataValue

from models_ml.forecast.score import Forecast
from orchestration.plots import as_metadata, finish_axis, new_axes, png_of

PAST, AHEAD, ACTUAL = "#f59e0b", "#4338ca", "#0f766e"
FANS = 4
"""Origins whose forecasts are drawn beside what came."""


def leading(made: Sequence[Forecast]) -> Forecast | None:
    """The headline to show of many: MRR before the rest, a long history before a short one, then the larger."""
    shown = [one for one in made if one.is_headline and one.series.frequency == "month"]
    return max(
        shown,
        key=lambda one: (one.series.metric == "mrr", len(one.series), one.series.values[-1], one.series.tenant_id),
        default=None,
    )


def backtest_fan(made: Sequence[Forecast]) -> MetadataValue[Any]:
    """History, the forecast with its 80 % and 95 % intervals, what the same method forecast at earlier origins, and
    beside it what is built from parts."""
    one = leading(made)
    if one is None:
        return MetadataValue.text("no series")
    figure, axis = new_axes(10, 4.2)
    series = one.series
    axis.plot(series.dates, series.values, color=ACTUAL, linewidth=1.8, label="actual")
    record = one.backtests.get(one.model)
    for number, fold in enumerate((record.folds if record else ())[-FANS:]):
        days = series.dates[fold.train_end : fold.train_end + len(fold.errors)]
        actual = series.values[fold.train_end : fold.train_end + len(fold.errors)]
        then = [value - error for value, error in zip(actual, fold.errors, strict=False)]
        label = "forecast at earlier origins" if number == 0 else None
        axis.plot(days[: len(then)], then, color=PAST, linewidth=1, marker="o", markersize=2, label=label)
    axis.plot(one.dates, one.values, color=AHEAD, linestyle="--", label=one.model)
    for width, alpha in zip(reversed(one.widths or ()), (0.15, 0.3), strict=False):
        axis.fill_between(one.dates, one.values - width, one.values + width, color="#6366f1", alpha=alpha)
    for other in made:
        if other.series is series and other.approach == "bottom_up" and other.scenario == "base":
            axis.plot(other.dates, other.values, color="#64748b", linestyle=":", label=other.model)
    finish_axis(axis, months=True)
    axis.set_title(f"{series.tenant_id}, {series.subject}: {one.model}, 80 % and 95 %", fontsize=10, loc="left")
    axis.legend(fontsize=7, frameon=False, loc="upper left")
    return as_metadata(png_of(figure), "backtest fan")


def errors_by_method(made: Sequence[Forecast]) -> MetadataValue[Any]:
    """Mean absolute error over the same origins of every method that was tried on the leading series."""
    one = leading(made)
    if one is None or not one.backtests:
        return MetadataValue.text("no backtest")
    records = sorted(one.backtests.values(), key=lambda record: -record.mean_absolute_error)
    figure, axis = new_axes(8, 0.8 + 0.3 * len(records))
    errors = [record.mean_absolute_error for record in records]
    colours = [AHEAD if record.model == one.model else "#cbd5e1" for record in records]
    axis.barh([record.model for record in records], errors, color=colours)
    finish_axis(axis, months=False)
    axis.set_title(
        f"{one.series.tenant_id}, {one.series.subject}: error over {len(records[0].folds)} origins",
        fontsize=10,
        loc="left",
    )
    return as_metadata(png_of(figure), "errors by method")
