"""Lifetime value beside what was published, beside the `lifetimes` package, and at 100,000 customers.

published: the fits on the reference data beside the figures of the papers.
fit: BG/NBD on CDNOW beside `lifetimes` in the same run, medians of rounds that alternate.
record: on the customers of CDNOW and on invented ones, every model on months that it was not fitted on.
scored: 100,000 customers of both families, from features in a table to rows in a table.
"""

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from models_ml.artefacts import Artefacts
from models_ml.ltv import bg_nbd, contractual, gamma_gamma, non_contractual, shifted_beta_geometric
from models_ml.ltv.evaluation import write_decisions
from models_ml.ltv.features import write_features
from models_ml.ltv.scoring import write_values
from models_ml.ltv.training import KIND, write_candidates
from models_ml.registry import Registry, Training, read_registry
from tests.conftest import REFERENCE
from tests.unit.models_ml.ltv.test_bg_nbd import cdnow, simulated
from tests.unit.models_ml.ltv.test_retention import cohort, invented, survivors
from tests.unit.models_ml.ltv.world import METRICS, add_shoppers, add_subscribers, empty_world

PARTS = ("published", "fit", "record", "scored")
FASTER = 5.0
AT_MOST_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the tables; 1 where a figure is not the published one or a speed is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args(arguments)
    given.parts = given.parts or list(PARTS)
    held = []
    if not REFERENCE.is_dir() and {"published", "fit"} & set(given.parts):
        print(f"published, fit: left out, the reference data is not beside the project ({REFERENCE})")
    elif REFERENCE.is_dir():
        held += [published()] if "published" in given.parts else []
        held += [fit(given.rounds)] if "fit" in given.parts else []
    if "record" in given.parts:
        record()
    if "scored" in given.parts:
        held.append(scored(given.customers))
    return 0 if all(held) else 1


def run() -> None:
    """All parts, for `make bench-models`; ends the process where one does not hold."""
    if main([]):
        sys.exit(1)


def published() -> bool:
    buyers = cdnow(REFERENCE)
    repeating = buyers.frequency > 0
    rows = []
    found = bg_nbd.fit(buyers.frequency, buyers.recency, buyers.age)
    rows.append(("BG/NBD on CDNOW", (found.r, found.alpha, found.a, found.b), (0.243, 4.414, 0.793, 2.426)))
    spending = gamma_gamma.fit(buyers.frequency[repeating], buyers.mean_value[repeating])
    rows.append(("Gamma-Gamma on CDNOW", (spending.p, spending.q, spending.gamma), (6.25, 3.74, 15.44)))
    for name, column, figures in (
        ("sBG, high end", "highend_alive", (0.668, 3.806)),
        ("sBG, regular", "regular_alive", (0.704, 1.182)),
    ):
        kept = shifted_beta_geometric.fit(cohort(survivors(REFERENCE, column)))
        rows.append((name, (kept.alpha, kept.beta), figures))
    print(f"{'model':22} {'fitted':34} {'published':30} equal to two digits")
    equal = []
    for name, ours, theirs in rows:
        equal.append(all(abs(a - b) <= 0.005 for a, b in zip(ours, theirs, strict=True)))
        shown = [" ".join(f"{each:.3f}" for each in side) for side in (ours, theirs)]
        print(f"{name:22} {shown[0]:34} {shown[1]:30} {'yes' if equal[-1] else 'NO'}")
    return all(equal)


def fit(rounds: int) -> bool:
    import lifetimes

    buyers = cdnow(REFERENCE)
    of = buyers.frequency, buyers.recency, buyers.age
    ours, theirs = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(rounds + 1):
            ours.append(_seconds(lambda: bg_nbd.fit(*of)))
            theirs.append(_seconds(lambda: lifetimes.BetaGeoFitter().fit(*of)))
    own, other = (statistics.median(each[1:]) for each in (ours, theirs))
    print(f"\nBG/NBD on CDNOW, median of {rounds}: {1000 * own:.1f} ms, lifetimes {1000 * other:.1f} ms")
    print(f"lifetimes takes {other / own:.1f} times as long (at least {FASTER:.0f} wanted)")
    return other / own >= FASTER


def record() -> None:
    print(f"\n{'data':22} {'model':24} {'loss':>9} {'expected':>9} {'seen':>7} {'coverage of 80 %':>17}")
    for name, some in (("invented, alike", invented(6_000, 1)), ("invented, segments", invented(6_000, 2, True))):
        origin = np.full(len(some), 15.0)
        holdout = some.until(origin + 6)
        holdout = holdout.after(np.full(len(holdout), 15.0))
        for model in contractual.candidates(some.until(origin)):
            figures = contractual.judge(model, holdout, holdout.where(holdout.entered == 15.0), 6)
            print(_line(name, model.name, figures["log_loss"], figures, "left"))
    buyers, later, value = simulated(3_000, 3)
    shoppers = [("invented shoppers", buyers, later, value, 26.0)]
    if REFERENCE.is_dir():
        then, now = cdnow(REFERENCE, date(1997, 6, 30)), cdnow(REFERENCE)
        spent = [each.frequency * each.mean_value for each in (then, now)]
        shoppers.append(("CDNOW, last quarter", then, now.frequency - then.frequency, spent[1] - spent[0], 92 / 7))
    for name, then, later, value, weeks in shoppers:
        for buying in non_contractual.candidates(then, 1.0):
            shown = non_contractual.judge(buying, then, weeks, later, value)
            print(_line(name, buying.name, shown["rmse"], shown, "purchases"))


def _line(data: str, model: str, loss: float, figures: dict[str, float], what: str) -> str:
    coverage = f"{100 * figures['coverage_80']:16.1f}%" if "coverage_80" in figures else f"{'none':>17}"
    return f"{data:22} {model:24} {loss:9.4f} {figures['expected_' + what]:9.0f} {figures[what]:7.0f} {coverage}"


def scored(customers: int) -> bool:
    world = empty_world(t=date(2026, 6, 30))
    add_subscribers(world, "t", customers // 2, seed=1)
    add_shoppers(world, "t", customers - customers // 2, seed=2)
    world.execute(METRICS)
    print(f"\n{customers:,} customers, half under contract, seconds on one core:")
    with tempfile.TemporaryDirectory() as folder:
        artefacts, before = Artefacts(Path(folder)), Registry(KIND)
        steps: dict[str, Callable[[], object]] = {
            "features": lambda: write_features(world),
            "training": lambda: write_candidates(world, before, artefacts),
            "evaluation": lambda: write_decisions(world, before, artefacts),
            "scoring": lambda: write_values(world, read_registry(world, KIND, Training()), artefacts),
        }
        seconds = {name: _seconds(step) for name, step in steps.items()}
    for name, taken in seconds.items():
        print(f"  {name:12} {taken:6.2f}")
    daily = seconds["features"] + seconds["scoring"]
    print(f"  each build   {daily:6.2f} (under {AT_MOST_SECONDS:.0f} wanted)")
    return daily < AT_MOST_SECONDS


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
