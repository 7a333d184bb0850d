"""An extraction killed at any step, or beside another one: current rows equal the source row by row."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.app import extract, fold_personal

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
extract(Path(sys.argv[1]), sys.argv[2], step=step, batch_changes=20, many_files=3)
"""
FIRST_LOAD = ("read", "written", "renamed", "committed")
LATER = (*FIRST_LOAD, "folded", "swept")
KILLS = [
    pytest.param(step, after, is_first, marks=[] if after == 4 and not is_first else pytest.mark.long)
    for is_first, steps in ((True, FIRST_LOAD), (False, LATER))
    for step in steps
    for after in range(10)
]


@pytest.mark.parametrize(("step", "after", "is_first"), KILLS)
def test_a_killed_extraction_is_completed_by_the_next(
    home: Path, tmp_path: Path, step: str, after: int, is_first: bool
) -> None:
    """A first load copies personal values whole; later ones read those that the log names."""
    core = core_file(tmp_path)
    if not is_first:
        core.write("a", [customer(0, __personal=["name"])])
        extract(home, core.url)
    names = {f"C{n}": f"Ada {n}" for n in range(9)}
    for customer_id, name in names.items():
        core.run("insert into customer_profiles values ('a', ?, 's1', ?, null, null)", customer_id, name)
    for tenant in ("a", "b"):
        changes = [customer(n % 9, region=str(n), __personal=["name"]) for n in range(300)]
        core.write(tenant, [*changes, *(line(n) for n in range(10)), ("customers", ("C3",), None)])
    child = subprocess.run([sys.executable, "-c", CHILD, str(home), core.url, step, str(after)], check=False)
    assert child.returncode == -9
    core.write("a", [customer(1, region="after", __personal=["name"]), ("invoice_lines", ("L1",), None)])
    core.run("update customer_profiles set name = 'Eve' where customer_id = 'C1'")
    core.run("delete from customer_profiles where customer_id = 'C3'")
    extract(home, core.url)
    assert extract(home, core.url).seq is None
    for entity in ("customers", "invoice_lines"):
        same_as_core(home, core, entity)
    expected = names | {"C1": "Eve"}
    del expected["C3"]
    for _ in range(2):
        found = {row["customer_id"]: row["name"] for row in relation(home, "raw_app.customer_profiles")}
        assert found == expected
        fold_personal(home)
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
