"""The drop beside the barest typed load of the same files by the same engine: `revhouse drop` as users call it, with
its checks, receipts and quarantine, against DuckDB reading CSV straight into typed columns.

The files are those of a generated company from the yardstick beside the project, cut where the drop's limit is.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from ingestion.csv.source import MAX_UNPACKED
from tests.bench.bench_api import show

YARDSTICK = Path(__file__).parents[3] / "shared" / "bench"
TARGET = 0.5
MOST_MEMORY = 2048


def report_drop(folder: Path, scale: int, rounds: int) -> None:
    """One line per round, then the ratio at the median: how fast the drop is where the bare load is 1."""
    if not YARDSTICK.is_dir():
        print(f"the drop is not measured: the yardstick is not at {YARDSTICK}")
        return
    data = folder / "company"
    command = [sys.executable, str(YARDSTICK / "scale_company.py"), str(data), "--scale", str(scale), "--format", "csv"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    files = pieces(data, folder / "pieces")
    total = sum(path.stat().st_size for path in files)
    print(f"a company of scale {scale}: {len(files)} files, {total / 1e6:,.0f} MB")
    ratios, peaks = [], []
    for _ in range(rounds):
        bare = bare_seconds(data)
        ours, peak = drop_seconds(folder / "home", files)
        print(f"    typed load {bare:6.2f} s    drop {ours:6.2f} s, {peak} MB", flush=True)
        ratios.append(bare / ours)
        peaks.append(peak)
    middle = statistics.median(ratios)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    show("drop : typed load, speed", f"{middle:.2f}", f"at least {TARGET:.2f}", middle >= TARGET, spread)
    show("memory of the drop", f"{max(peaks)} MB", f"below {MOST_MEMORY} MB", max(peaks) < MOST_MEMORY)


def pieces(data: Path, folder: Path) -> list[Path]:
    """The files as they are, those over the drop's limit in parts that each begin with the header."""
    folder.mkdir()
    found = []
    for path in sorted(data.glob("*.csv")):
        count = -(-path.stat().st_size // int(MAX_UNPACKED * 0.95))
        if count == 1:
            found.append(path)
            continue
        size = path.stat().st_size // count + 1
        with path.open("rb") as file:
            header = file.readline()
            for number in range(count):
                part = folder / f"{path.stem}-{number}.csv"
                with part.open("wb") as out:
                    out.write(header)
                    while out.tell() < size and (lines := file.readlines(1 << 24)):
                        out.writelines(lines)
                    if number == count - 1:
                        shutil.copyfileobj(file, out)
                found.append(part)
    return found


def bare_seconds(data: Path) -> float:
    command = [sys.executable, str(YARDSTICK / "floor.py"), str(data), "--points", "load_typed", "--runs", "1"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(json.loads(said[said.index("{") : said.rindex("}") + 1])["median_s"])


def drop_seconds(home: Path, files: list[Path]) -> tuple[float, int]:
    """Wall time of the command from its start to its end, and the most memory that it held, in MB."""
    shutil.rmtree(home, ignore_errors=True)
    command = [sys.executable, "-m", "orchestration.cli", "drop", *map(str, files)]
    started = time.perf_counter()
    child = subprocess.Popen(command, env={**os.environ, "REVHOUSE_HOME": str(home)}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit("the drop failed")
    return seconds, usage.ru_maxrss // 1024
