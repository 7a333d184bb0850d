"""The short way for plain files gives what the careful way gives: rows, lines, receipts, quarantine, profiles."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingestion.contracts import Layout, layouts
from ingestion.csv import accept, scan_drop
from ingestion.home import intake_folder
from ingestion.journal import Journal
from ingestion.lake import scan_of
from ingestion.raw import create_intake_ops, create_raw_relations
from tests.corpus import generate

from .drops import put

DIRECT = [layout for layout in layouts().values() if layout.is_direct]
RECEIPT = (
    "status",
    "data_set",
    "rows_read",
    "rows_accepted",
    "rows_quarantined",
    "rows_refused",
    "control_totals",
    "reason",
    "notes",
)
Found = dict[str, Any]
# A seed cannot be made simpler.
SEEDED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])


def file_of(rng: random.Random, layout: Layout) -> bytes:
    """Plain rows mostly, and in every second file a few odd cells, rows and lines."""
    names = generate.columns(rng, layout)
    count = rng.randrange(1, 12)
    numbers = [rng.randrange(count * 3) for _ in range(count)] if rng.random() < 0.2 else list(range(count))
    rows = [generate.row(rng, layout, names, number, plain=True) for number in numbers]
    if rng.random() < 0.6:
        for _ in range(rng.randrange(1, 4)):
            rng.choice(rows)[rng.choice(names)] = rng.choice(generate.ODD)
    head, cells = generate.header(layout, names), [[each[name] for name in names] for each in rows]
    if rng.random() < 0.3:
        head.append(rng.choice(["note", "zz", ""]))
        cells = [[*each, rng.choice(["", "x", " y", "\t"])] for each in cells]
    if rng.random() < 0.2:
        blank = rng.choice(["", " ", "\t", "\u00a0"])
        cells.insert(rng.randrange(len(cells) + 1), [blank] * len(head))
    if rng.random() < 0.1:
        cells[rng.randrange(len(cells))].pop()
    text = generate.written([head, *cells], rng.choice(",;\t"), rng.choice(["\n", "\r\n"]))
    if rng.random() < 0.2:
        text = text.rstrip("\r\n")
    return (b"\xef\xbb\xbf" if rng.random() < 0.2 else b"") + text.encode()


def taken(home: Path, files: list[bytes], zone: str) -> list[Found]:
    """What became of each file: its receipt, its stored rows with their types, its quarantine and its profile."""
    for number, content in enumerate(files):
        put(home, content, f"{number:03}.csv", f"t{number:03}")
    receipts = scan_drop(home, lambda _: zone)
    con = duckdb.connect()
    create_raw_relations(con, home)
    create_intake_ops(con, home)
    with Journal(home) as journal:
        parts = journal.rows("select p.*, f.file_id from parts p join files f using (seq)")
    found: list[Found] = []
    for receipt in receipts:
        one: Found = {name: getattr(receipt, name) for name in RECEIPT}
        one["quarantine"] = con.execute(
            "select * exclude (tenant_id, file_id) from ops.quarantined_rows where file_id = ? order by all",
            [receipt.file_id],
        ).fetchall()
        for part in parts:
            if part["file_id"] != receipt.file_id or part["relation"] == "quarantine":
                continue
            profile = {"times": 1} | json.loads(part["profile"])
            one[part["relation"]] = (part["rows"], profile)
            if part["path"]:
                stored = con.sql(f"from {scan_of([intake_folder(home) / part['path']])} order by all")
                one[part["relation"]] += (stored.columns, [str(each) for each in stored.types], stored.fetchall())
                current = f"select * exclude file_id from raw_{part['relation'].replace('/', '.')}"
                one["current"] = con.execute(
                    f"{current} where tenant_id = ? order by all", [receipt.tenant_id]
                ).fetchall()
        found.append(one)
    return found


def check(seed: int, count: int) -> int:
    """Of files of this seed, how many went the short way."""
    rng = random.Random(seed)
    files = [file_of(rng, rng.choice(DIRECT)) for _ in range(count)]
    zone = rng.choice(["UTC", "Europe/Berlin"])
    short = []
    tried = accept.try_swift

    def counting(*arguments: Any) -> Any:
        found = tried(*arguments)
        short.append(found is not None)
        return found

    with tempfile.TemporaryDirectory() as folder:
        with patch.object(accept, "try_swift", counting):
            one = taken(Path(folder) / "short", files, zone)
        with patch.object(accept, "try_swift", lambda *_: None):
            other = taken(Path(folder) / "careful", files, zone)
    assert len(one) == len(other) == count
    for content, swift, careful in zip(files, one, other, strict=True):
        assert swift == careful, content
    return sum(short)


@settings(SEEDED, max_examples=3)
@given(st.integers(0, 2**32))
def test_files_of_every_data_set(seed: int) -> None:
    check(seed, 12)


@pytest.mark.long
@settings(SEEDED, max_examples=4)
@given(st.integers(0, 2**32))
def test_many_files_of_every_data_set(seed: int) -> None:
    check(seed, 40)


def test_plain_files_do_go_the_short_way() -> None:
    assert check(5, 15) >= 4
