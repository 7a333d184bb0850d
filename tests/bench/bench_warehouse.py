"""`make bench-warehouse`: what a build takes beside the simplest exact SQL for nine of its tables, in one run.

full: the models that make those nine tables, and the whole build with checks and publication, beside the yardstick.
changed: a build after 0.1 % of the rows changed, beside a full build of the same facts, and the tables that differ.
fixed: a build of the demo company, split into what it is made of.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from tests.bench.bench_api import show
from tests.bench.drop_speed import YARDSTICK, drop_seconds, pieces
from tests.orchestration.houses import differing_tables

PARTS = ("full", "changed", "fixed")
AS_OF = "2026-10-31"
NINE = (
    "mrr_movements",
    "revenue_metrics",
    "cohort_analysis",
    "ar_aging",
    "ar_aging_summary",
    "revenue_recognition",
    "deferred_revenue_rollforward",
    "tax_summary",
)
MOST_MEMORY = 4096
MOST_FIXED = 13
MOST_OF_FULL = 0.3
CHANGED = {"subscriptions": "quantity", "invoice_lines": "net_amount", "payments": "amount"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-warehouse", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--scale", type=int, default=10, help="of the company: a million invoice lines each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where 15 GB have room; default the system's temporary folder")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="revhouse-bench-", dir=asked.folder) as folder:
        if {"full", "changed"} & set(asked.parts):
            if not YARDSTICK.is_dir():
                print(f"builds of a large company are not measured: the yardstick is not at {YARDSTICK}")
            else:
                prepare(Path(folder), asked.scale)
                if "full" in asked.parts:
                    report_full(Path(folder), asked.rounds)
                if "changed" in asked.parts:
                    report_changed(Path(folder), asked.rounds)
        if "fixed" in asked.parts:
            report_fixed(Path(folder), asked.rounds)


def prepare(folder: Path, scale: int) -> None:
    """The company, dropped into a new home."""
    data, home = folder / "company", folder / "home"
    command = [sys.executable, str(YARDSTICK / "scale_company.py"), str(data), "--scale", str(scale), "--format", "csv"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    dropped, _ = drop_seconds(home, pieces(data, folder / "pieces"))
    print(f"a company of scale {scale}, dropped in {dropped:.1f} s")


def report_full(folder: Path, rounds: int) -> None:
    data, home = folder / "company", folder / "home"
    nine, whole, peaks = [], [], []
    nine_cpu, whole_cpu = [], []
    for _ in range(rounds):
        plain, plain_cpu = plain_seconds(data)
        made = child(home, "models", AS_OF, *NINE)
        built = child(home, "whole", "--as-of", AS_OF, "--full-refresh")
        print(
            f"    plain SQL {plain:6.1f} s   models of the nine {made['models']:6.1f} s   whole build"
            f" {built['seconds']:6.1f} s, {built['peak_mb']} MB",
            flush=True,
        )
        print(
            f"    CPU of each {plain_cpu:4.1f} s {made['models_cpu']:29.1f} s {built['cpu']:20.1f} s;"
            f" the nine and what they are made of {made['file_mb']} MB, published {newest_mb(home)} MB",
            flush=True,
        )
        nine_cpu.append(made["models_cpu"] / plain_cpu)
        whole_cpu.append(built["cpu"] / plain_cpu)
        nine.append(made["models"] / plain)
        whole.append(built["seconds"] / plain)
        peaks.append(built["peak_mb"])
        for title, nodes in (("models of the nine", made["nodes"]), ("whole build", built["nodes"])):
            print(f"      longest of the {title}")
            print_longest(nodes)
    print(f"    CPU, which other work on the machine slows less: models {spread(nine_cpu)}, whole {spread(whole_cpu)}")
    show("models of nine tables : plain SQL", *beside(nine, 2.0))
    show("whole build : plain SQL", *beside(whole, 5.0))
    show("memory of the build", f"{max(peaks)} MB", f"below {MOST_MEMORY} MB", max(peaks) < MOST_MEMORY)


def report_changed(folder: Path, rounds: int) -> None:
    """Each round changes other rows, builds what changed, and then everything."""
    home = folder / "home"
    child(home, "whole", "--as-of", AS_OF, "--full-refresh")
    ratios, cpu, differing = [], [], 0
    for number in range(rounds):
        files = change_rows(folder / "company", folder / f"changed-{number}", number)
        drop = [sys.executable, "-m", "orchestration.cli", "drop", *map(str, files)]
        subprocess.run(drop, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "REVHOUSE_HOME": str(home)})
        part = child(home, "whole", "--as-of", AS_OF)
        full = child(home, "whole", "--as-of", AS_OF, "--full-refresh")
        versions = sorted((home / "warehouse").glob("warehouse-*.duckdb"))[-2:]
        different = differing_tables(*versions, ("staging", "intermediate", "marts"))
        differing += len(different)
        print(
            f"    what changed {part['seconds']:6.1f} s ({part['cpu']:.1f} s CPU), {part['peak_mb']} MB"
            f"   everything {full['seconds']:6.1f} s ({full['cpu']:.1f} s CPU)"
            f"   tables that differ: {', '.join(different) or 'none'}",
            flush=True,
        )
        ratios.append(part["seconds"] / full["seconds"])
        cpu.append(part["cpu"] / full["cpu"])
        print_longest(part["nodes"])
    print(f"    CPU, which other work on the machine slows less: {spread(cpu, 'the full build')}")
    show("build of 0.1 % changed rows : full build", *beside(ratios, MOST_OF_FULL))
    show("tables that differ", str(differing), "none", differing == 0)


def change_rows(data: Path, folder: Path, seed: int) -> list[Path]:
    """Every thousandth row of three files, its figure one larger."""
    folder.mkdir()
    with duckdb.connect() as connection:
        for name, column in CHANGED.items():
            rows = f"read_csv('{data / name}.csv', all_varchar = true)"
            connection.execute(
                f"""copy (select * replace ((({column})::decimal(28, 6) + 1)::decimal(28, 2)::varchar as {column})
                from {rows} as r where hash(r, {seed}) % 1000 = 0) to '{folder / name}.csv' (header)"""
            )
    return sorted(folder.glob("*.csv"))


def beside(ratios: list[float], most: float) -> tuple[str, str, bool, str]:
    middle = statistics.median(ratios)
    return f"{middle:.2f}", f"at most {most:.2f}", middle <= most, f"{min(ratios):.2f} to {max(ratios):.2f}"


def spread(ratios: list[float], of: str = "plain SQL") -> str:
    return f"{statistics.median(ratios):.2f} x {of} ({min(ratios):.2f} to {max(ratios):.2f})"


def newest_mb(home: Path) -> int:
    return max((home / "warehouse").glob("warehouse-*.duckdb")).stat().st_size // 1_000_000


def print_longest(nodes: dict[str, float], count: int = 12) -> None:
    """Each node's own seconds; two run at a time."""
    for name in sorted(nodes, key=lambda name: -nodes[name])[:count]:
        print(f"        {nodes[name]:6.2f} s  {name.split('.')[2]}")


def plain_seconds(data: Path) -> tuple[float, float]:
    """Seconds, and seconds of the processor."""
    command = [sys.executable, str(YARDSTICK / "floor.py"), str(data), "--points", "all", "--runs", "1"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    return float(found["median_s"]), float(found["cpu"])


def report_fixed(folder: Path, rounds: int) -> None:
    """The demo company is small: nearly all that its build takes is paid for any company."""
    home = folder / "demo"
    subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "demo"],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "REVHOUSE_HOME": str(home)},
    )
    taken = []
    for _ in range(rounds):
        built = child(home, "whole")
        taken.append(built["seconds"])
        parts = {
            "imports": built["imports"],
            "compile": built.get("compile", 0),
            "ingest": built.get("ensure_raw", 0),
            "tables": built.get("tables", 0),
            "publish": built.get("publish", 0),
        }
        rest = built["seconds"] - sum(parts.values())
        print("    " + "   ".join(f"{name} {seconds:.2f} s" for name, seconds in {**parts, "rest": rest}.items()))
        print(f"        {len(built['nodes'])} tables and checks, {sum(built['nodes'].values()):.2f} s of their own")
    middle = statistics.median(taken)
    show("fixed cost of a build", f"{middle:.1f} s", f"at most {MOST_FIXED} s", middle <= MOST_FIXED)


def child(home: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.build_once", *arguments]
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"REVHOUSE_HOME": str(home)}
    )
    if run.returncode:
        raise SystemExit(run.stdout + run.stderr)
    return dict(json.loads(run.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
