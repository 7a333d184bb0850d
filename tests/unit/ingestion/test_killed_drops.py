"""SIGKILL at every step of a drop, at many timings: a rerun ends with the rows of the source, one receipt a file."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.csv import scan_drop

from .drops import put, reasons, rows, scan

HEAD = "payment_id,customer_id,received_on,amount,currency\n"
STEPS = ("begun", "written", "renamed", "committed", "moved", "told")
AT = (0, 1, 2, 3, 4, 5, 6, 2, 4, 5)
MILLISECONDS = (0, 1, 2, 4, 7, 12, 20, 30, 45, 3)
CHILD = """
import os, signal, sys, threading, time
from pathlib import Path
from ingestion.csv import scan_drop
left, wait = int(sys.argv[3]), int(sys.argv[4]) / 1000
def die():
    time.sleep(wait)
    os.kill(os.getpid(), signal.SIGKILL)
def step(name):
    global left
    if name == sys.argv[2]:
        left -= 1
        if left == -1 and wait:
            threading.Thread(target=die).start()
        elif left == -1:
            die()
scan_drop(Path(sys.argv[1]), lambda tenant: "UTC", print, step)
time.sleep(wait + 1)
"""
Facts = dict[tuple[str, str], tuple[str, Decimal, str, int]]


def fill(home: Path, seed: int) -> tuple[Facts, dict[str, str], int]:
    """Files of two tenants that replace each other's rows, in all kinds. Returns the current rows by tenant and key,
    the status by file, and how many rows are bad."""
    rng = random.Random(seed)
    facts: Facts = {}
    statuses: dict[str, str] = {}
    bad = 0
    for number in range(9):
        tenant = "ab"[number % 2]
        name = f"{tenant}-{number}.csv"
        count = 40_000 if number == 4 else rng.randint(1, 30)
        lines, wrong = [HEAD], 0
        for at in range(count):
            key, customer = f"P{at if number == 4 else rng.randint(0, 40)}", f"C{rng.randint(0, 5)}"
            if count < 100 and rng.random() < 0.2:
                lines.append(f"X{number}-{at},{customer},never,1,EUR\n")
                wrong += 1
                continue
            if count < 100:
                key = f"{key}-{at}"
            amount = Decimal(rng.randint(1, 99_999)).scaleb(-2)
            lines.append(f"{key},{customer},2024-01-{1 + at % 28:02},{amount},EUR\n")
            facts[tenant, key] = (customer, amount, name, len(lines))
        content = "".join(lines).encode()
        put(home, gzip.compress(content) if number == 6 else content, name, tenant)
        statuses[name] = "partly_quarantined" if wrong else "accepted"
        bad += wrong
    put(home, "what,is,this\n1,2,3\n", "z.csv", "a")
    statuses["z.csv"] = "refused"
    return facts, statuses, bad


def check(home: Path, step: str, at: int, wait: int) -> None:
    facts, statuses, bad = fill(home, at * 100 + wait)
    child = subprocess.run([sys.executable, "-c", CHILD, str(home), step, str(at), str(wait)], check=False)
    assert child.returncode == -9
    scan(home)
    assert scan_drop(home, lambda _: "UTC") == []
    receipts = rows(home, "ops.ingest_receipts")
    assert sorted((row["file_name"], row["status"]) for row in receipts) == sorted(statuses.items())
    names = {row["file_id"]: row["file_name"] for row in receipts}
    found = {(row["tenant_id"], row["payment_id"]): current(row, names) for row in rows(home, "raw_csv.payments")}
    assert found == facts
    assert len(reasons(home)) == bad
    kept = [path.name for path in (home / "drop").glob(".accepted/*/*")]
    assert sorted(kept) == sorted(name for name, status in statuses.items() if status != "refused")
    assert [path.name for path in (home / "drop").glob(".refused/*/*.csv")] == ["z.csv"]
    assert not [path for path in (home / "drop").glob("[ab]/*")]


def current(row: dict[str, Any], names: dict[str, str]) -> tuple[str, Decimal, str, int]:
    return row["customer_id"], row["amount"], names[row["file_id"]], row["line"]


@pytest.mark.parametrize("step", ["begun", "committed", "told"])
def test_killed_after_a_step_the_next_scan_completes_the_drop(home: Path, step: str) -> None:
    check(home, step, 4, 5)


@pytest.mark.long
@pytest.mark.parametrize(("at", "wait"), list(zip(AT, MILLISECONDS, strict=True)))
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_time_after_any_step_the_next_scan_completes_the_drop(
    home: Path, step: str, at: int, wait: int
) -> None:
    check(home, step, at, wait)
