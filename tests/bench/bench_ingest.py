"""`make bench-ingest`: what ingestion takes beside the least that could be done, in one run on one machine.

drop: the files of a company of ten million invoice lines, beside the barest typed load of the same files.
core_first_load: a core of millions of logged changes, read for the first time, beside its log copied as it is.
core_incremental: a thousand changes in that core, and in a small one, beside a run that finds nothing new.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.bench.bench_api import show
from tests.bench.big_core import append, make_big_core
from tests.bench.drop_speed import report_drop

PARTS = ("drop", "core_first_load", "core_incremental")
SMALL = 100_000
NEW = 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-ingest", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--changes", type=int, default=5_000_000, help="in the large core")
    parser.add_argument("--scale", type=int, default=10, help="of the company that is dropped: a million lines each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--folder", type=Path, help="where 10 GB have room; default the system's temporary folder")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    if "drop" in asked.parts:
        with tempfile.TemporaryDirectory(prefix="revhouse-bench-", dir=asked.folder) as folder:
            report_drop(Path(folder), asked.scale, asked.rounds)
    if not {"core_first_load", "core_incremental"} & set(asked.parts):
        return
    for engine in asked.engines.split(","):
        with tempfile.TemporaryDirectory(prefix="revhouse-bench-", dir=asked.folder) as folder, ExitStack() as stack:
            url = stack.enter_context(core_of(engine, Path(folder), "large", asked.changes))
            if "core_first_load" in asked.parts:
                core_first_load(engine, url, Path(folder), asked.rounds)
            if "core_incremental" in asked.parts:
                small = stack.enter_context(core_of(engine, Path(folder), "small", SMALL))
                core_incremental(engine, {asked.changes: url, SMALL: small}, Path(folder), asked.rounds)


@contextmanager
def core_of(engine: str, folder: Path, name: str, changes: int) -> Iterator[str]:
    """A core with so many changes, on a database of its own."""
    started = time.perf_counter()
    with ExitStack() as stack:
        if engine == "sqlite":
            url = f"sqlite:///{folder / name}.db"
        else:
            import pgserver

            server = pgserver.get_server(folder / f"{name}-server", cleanup_mode="stop")
            stack.callback(server.cleanup)
            url = str(server.get_uri())
        make_big_core(url, changes)
        print(f"{engine}: a core of {changes:,} changes made in {time.perf_counter() - started:.0f} s", flush=True)
        yield url


def core_first_load(engine: str, url: str, folder: Path, rounds: int) -> None:
    """Both sides in turn; a ratio is of one round, so that a slow minute meets both."""
    measured: dict[str, list[dict[str, Any]]] = {"floor": [], "extract": []}
    for _ in range(rounds):
        for what, runs in measured.items():
            home = folder / what
            runs.append(measure(what, url, home))
            shutil.rmtree(home)
    ratios = [
        floor["seconds"] / load["seconds"] for floor, load in zip(measured["floor"], measured["extract"], strict=True)
    ]
    for what, runs in measured.items():
        seconds = statistics.median(run["seconds"] for run in runs)
        print(f"    {what:10} {runs[0]['rows'] / seconds:12,.0f} rows/s {seconds:8.1f} s")
    ratio, peak = statistics.median(ratios), max(run["peak_mb"] for run in measured["extract"])
    show(f"core_first_load, {engine}", f"{ratio:.2f}", "0.80 of plain", ratio >= 0.8, spread(ratios))
    show("    peak memory", f"{peak:,.0f} MB", "2,048 MB", peak <= 2048)


def core_incremental(engine: str, cores: dict[int, str], folder: Path, rounds: int) -> None:
    """Whole processes: what a run takes with a thousand new changes more than one that finds nothing."""
    for size, url in cores.items():
        home, last, above = folder / f"home-{size}", size, []
        measure("extract", url, home)
        for _ in range(rounds):
            nothing = timed("extract", url, home)
            append(url, last + 1, last + NEW)
            last += NEW
            above.append(timed("extract", url, home) - nothing)
        taken = statistics.median(above)
        show(f"core_incremental, {engine}, {size:,}", f"{taken:.2f} s", "2 s above start", taken < 2, spread(above))


def timed(what: str, url: str, home: Path) -> float:
    started = time.perf_counter()
    measure(what, url, home)
    return time.perf_counter() - started


def measure(what: str, url: str, home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.core_load", what, url, str(home)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stderr)
    return dict(json.loads(run.stdout.splitlines()[-1]))


def spread(figures: list[float]) -> str:
    return f"{min(figures):.2f} to {max(figures):.2f} in {len(figures)} rounds"


if __name__ == "__main__":
    main()
