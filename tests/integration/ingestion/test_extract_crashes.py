"""An extraction killed at any step, or beside another one: current rows equal the source row by row."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.app import extract

from .core_by_hand import core_file, customer, line
from .test_extract import relation, same_as_core

CHILD = """
import os, signal, sys
from pathlib import Path
from ingestion.app import extract
left = int(sys.argv[4])
def step(name):
    global left
    if name == sys.argv[3]:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
extract(Path(sys.argv[1]), sys.argv[2], step=step, batch_changes=20)
"""


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("step", ["written", "renamed", "committed", "swept"])
def test_a_killed_extraction_is_completed_by_the_next(home: Path, tmp_path: Path, step: str, after: int) -> None:
    core = core_file(tmp_path)
    core.run("insert into customer_profiles values ('a', 'C1', 's1', 'Ada', null, null)")
    for tenant in ("a", "b"):
        changes = [customer(n % 9, region=str(n), __personal=["name"]) for n in range(30)]
        core.write(tenant, [*changes, *(line(n) for n in range(10)), ("customers", ("C3",), None)])
    child = subprocess.run([sys.executable, "-c", CHILD, str(home), core.url, step, str(after)], check=False)
    assert child.returncode == -9
    core.write("a", [customer(99), ("invoice_lines", ("L1",), None)])
    extract(home, core.url)
    assert extract(home, core.url).seq is None
    for entity in ("customers", "invoice_lines"):
        same_as_core(home, core, entity)
    assert [row["name"] for row in relation(home, "raw_app.customer_profiles")] == ["Ada"]
    assert len(list((home / "intake" / "personal").iterdir())) == 1


def test_extractions_at_the_same_time_read_each_change_once(home: Path, tmp_path: Path) -> None:
    core = core_file(tmp_path)
    core.write("t", [customer(n) for n in range(100)])
    command = [sys.executable, "-c", CHILD, str(home), core.url, "never", "0"]
    children = [subprocess.Popen(command) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    same_as_core(home, core, "customers")
    from ingestion.journal import Journal

    with Journal(home) as journal:
        spans = journal.rows("select first_change_no, last_change_no from core_spans order by 1")
    assert [tuple(span) for span in spans] == [(n, n + 19) for n in range(1, 100, 20)]
