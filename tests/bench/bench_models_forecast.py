"""`make bench-models` (part forecast): M3's monthly series, each forecast 18 months ahead from its training window.

Every method is fitted on the whole window and judged on the months that were kept back; the automatic choice is what
a build would show, found by backtests within the window. Prophet, AutoARIMA and AutoTheta take so long that their own
rows are measured on every `--sample`th series, with the others' figures on the same series beside them.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from models_ml.forecast import methods
from models_ml.forecast.choose import choose
from models_ml.forecast.evaluate import naive_scale
from models_ml.forecast.intervals import LEVELS, half_widths
from models_ml.forecast.series import Series, months_after
from tests.bench.bench_api import show

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "m3" / "m3_monthly_long.csv"
HORIZON, PROCESSES, SEASON = 18, 2, 12
ALWAYS = (methods.ENSEMBLE, *methods.MEMBERS, *(one.name for one in methods.PLAIN))
SAMPLED = tuple(one.name for one in methods.SLOW)
AUTOMATIC = "automatic choice"
MEAN_OF_TWO = "mean of AutoETS and DOT"
WITHIN = {0.80: (0.77, 0.83), 0.95: (0.93, 0.97)}


@dataclass
class Judged:
    """Of one series: sMAPE in percent and MASE by method, seconds of the fit by method and of backtests by method, the
    method that was chosen, and by level which months lie inside the interval."""

    model: str
    figures: dict[str, tuple[float, float]]
    fits: dict[str, float]
    backtests: dict[str, float]
    inside: list[list[bool]] = field(default_factory=list)


def run(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench_models_forecast", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every n-th series")
    parser.add_argument("--sample", type=int, default=20, help="slow methods on every n-th of those")
    asked = parser.parse_args(list(arguments))
    if not DATA.is_file():
        print(f"    forecasts are not measured: M3 is not at {DATA}")
        return
    series = read(asked.every)
    with ProcessPoolExecutor(PROCESSES) as pool:
        list(pool.map(warm, range(PROCESSES)))
        began = time.perf_counter()
        judged = list(pool.map(judge, series, chunksize=4))
        seconds = time.perf_counter() - began
        slow = list(pool.map(slow_ones, series[:: asked.sample]))
    report_methods(judged, slow, asked.sample)
    report_choice(judged)
    report_speed(judged, seconds)


def read(every: int) -> list[tuple[Series, list[float]]]:
    """Training windows as series, with the values that were kept back."""
    rows = duckdb.execute(
        """select series, list(value order by t) filter (split = 'train'),
            list(value order by t) filter (split = 'test')
        from read_csv(?) group by series order by series""",
        [str(DATA)],
    ).fetchall()
    found = []
    for name, training, kept_back in rows[::every]:
        dates = months_after(date(1989, 12, 1), len(training))
        found.append((Series("m3", name, None, "month", dates, tuple(training), reach=HORIZON), kept_back))
    return found


def warm(_number: int) -> None:
    """What is paid once in a process is not the methods'."""
    values = tuple(float(100 + at % 12 + at) for at in range(40))
    series = Series("m3", "warm", None, "month", months_after(date(1989, 12, 1), 40), values, reach=HORIZON)
    for name in (*methods.MEMBERS, *SAMPLED):
        methods.forecast(name, series, HORIZON)


def judge(one: tuple[Series, list[float]]) -> Judged:
    series, kept_back = one
    choice = choose(series)
    figures, fits, forecasts = fitted(series, kept_back, ALWAYS)
    figures[MEAN_OF_TWO] = measures(
        np.mean([forecasts[name] for name in ("auto_ets", "dynamic_theta")], axis=0), series, kept_back
    )
    began = time.perf_counter()
    shown = methods.forecast(choice.model, series, HORIZON)
    fits[AUTOMATIC] = sum(choice.seconds.values()) + time.perf_counter() - began
    figures[AUTOMATIC] = measures(shown, series, kept_back)
    folds = choice.record.folds if choice.record else ()
    widths = half_widths(folds, series.values, series.season, series.frequency, HORIZON)
    missed = np.abs(np.asarray(kept_back) - shown)
    inside = [(missed <= width).tolist() for width in widths] if widths else []
    return Judged(choice.model, figures, fits, dict(choice.seconds), inside)


def slow_ones(one: tuple[Series, list[float]]) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    figures, fits, _ = fitted(*one, SAMPLED)
    return figures, fits


def fitted(
    series: Series, kept_back: list[float], names: Sequence[str]
) -> tuple[dict[str, tuple[float, float]], dict[str, float], dict[str, methods.Floats]]:
    figures, fits, forecasts = {}, {}, {}
    for name in names:
        began = time.perf_counter()
        try:
            forecasts[name] = methods.forecast(name, series, HORIZON)
        except methods.NotFitted:
            continue
        fits[name] = time.perf_counter() - began
        figures[name] = measures(forecasts[name], series, kept_back)
    return figures, fits, forecasts


def measures(forecast: methods.Floats, series: Series, kept_back: list[float]) -> tuple[float, float]:
    actual = np.asarray(kept_back)
    scale = naive_scale(series.values, SEASON) or float("nan")
    return (
        float(200 * np.mean(np.abs(actual - forecast) / (np.abs(actual) + np.abs(forecast)))),
        float(np.mean(np.abs(actual - forecast))) / scale,
    )


def report_methods(
    judged: Sequence[Judged],
    slow: Sequence[tuple[dict[str, tuple[float, float]], dict[str, float]]],
    sample: int,
) -> None:
    print(f"    {len(judged)} series, 18 months ahead      sMAPE    MASE   ms a series")
    for name in (AUTOMATIC, MEAN_OF_TWO, *ALWAYS):
        print_method(name, [one.figures for one in judged], [one.fits for one in judged])
    print(f"    every {sample}th of them, {len(slow)} series")
    beside = judged[::sample]
    for name in SAMPLED:
        print_method(name, [figures for figures, _ in slow], [fits for _, fits in slow])
    for name in (AUTOMATIC, methods.ENSEMBLE, "seasonal_naive"):
        print_method(name, [one.figures for one in beside], [one.fits for one in beside])


def print_method(
    name: str, figures: Sequence[dict[str, tuple[float, float]]], fits: Sequence[dict[str, float]]
) -> None:
    found = [one[name] for one in figures if name in one]
    milliseconds = [1000 * one[name] for one in fits if name in one]
    smape, mase = np.nanmean(found, axis=0)
    took = f"{np.mean(milliseconds):9.1f}" if milliseconds else " " * 9
    missing = f"   not on {len(figures) - len(found)}" if len(found) < len(figures) else ""
    print(f"      {name:28} {smape:8.2f} {mase:7.3f} {took}{missing}")


def report_choice(judged: Sequence[Judged]) -> None:
    mean = mean_of(judged, MEAN_OF_TWO)
    for name in (methods.ENSEMBLE, AUTOMATIC):
        own = mean_of(judged, name)
        for at, measure in enumerate(("sMAPE", "MASE")):
            show(f"{measure} of the {name}", f"{own[at]:.3f}", f"at most {mean[at]:.3f}", own[at] <= mean[at] + 1e-9)
    print("    chosen, and the error there beside the ensemble's")
    for model, count in Counter(one.model for one in judged).most_common():
        mine = [one for one in judged if one.model == model]
        there = [mean_of(mine, name)[1] for name in (AUTOMATIC, methods.ENSEMBLE)]
        print(f"      {model:28} {count:5}   MASE {there[0]:.3f} against {there[1]:.3f}")
    prophet = [one for one in judged if one.model == "prophet"]
    print(
        f"    prophet was backtested on {sum('prophet' in one.backtests for one in judged)}, chosen on {len(prophet)}"
    )
    ranged = [one.inside for one in judged if one.inside]
    for at, level in enumerate(LEVELS):
        inside = np.asarray([one[at] for one in ranged])
        low, high = WITHIN[level]
        share = float(inside.mean())
        by_horizon = "  ".join(f"{100 * inside[:, a:b].mean():.1f}" for a, b in ((0, 6), (6, 12), (12, 18)))
        show(
            f"{level:.0%} intervals cover",
            f"{100 * share:.1f} %",
            f"{100 * low:.0f} to {100 * high:.0f} %",
            low <= share <= high,
            f"months 1-6, 7-12, 13-18: {by_horizon}",
        )
    print(f"    {len(judged) - len(ranged)} series without an interval")


def mean_of(judged: Sequence[Judged], name: str) -> tuple[float, float]:
    smape, mase = np.nanmean([one.figures[name] for one in judged], axis=0)
    return float(smape), float(mase)


def report_speed(judged: Sequence[Judged], seconds: float) -> None:
    """Seconds are those of choosing and forecasting; what this bench fits besides is taken off."""
    total = _sum(judged, lambda one: one.fits)
    besides = sum(took for name, took in total.items() if name != AUTOMATIC)
    own = seconds - besides / PROCESSES
    print(f"    {len(judged)} series with backtest and forecast in {own:.0f} s: {60 * len(judged) / own:.0f} a minute")
    shares = _sum(judged, lambda one: one.backtests)
    whole = sum(shares.values())
    print(
        "    time of backtests: "
        + ", ".join(f"{name} {100 * took / whole:.0f} %" for name, took in shares.most_common())
    )


def _sum(judged: Sequence[Judged], part: Callable[[Judged], dict[str, float]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in judged:
        found.update(part(one))
    return found


def main() -> None:
    import sys

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
