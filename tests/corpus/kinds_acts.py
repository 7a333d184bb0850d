"""Files that change while they are read, and where files are afterwards."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import duckdb

from ingestion.csv import Receipt, copy_into_drop, scan_drop
from ingestion.csv.source import Scan, Source
from ingestion.errors import NotDroppable
from ingestion.raw import create_raw_relations
from tests.corpus.cases import HEADER, act

FIRST = f"{HEADER}\nP1,C1,2024-01-31,1,EUR\n"
MORE = "P2,C1,2024-01-31,2,EUR\n"
OTHER = f"{HEADER}\nP3,C1,2024-01-31,3,EUR\n"
Change = Callable[[Path], object]


def put(home: Path, content: str | bytes = FIRST, name: str = "file.csv") -> Path:
    path = home / "drop" / "t" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@contextmanager
def changed(change: Change, times: int, before: bool) -> Iterator[None]:
    """The first scans of a file meet a change of it, before or after they read it."""
    left = [times]
    scanned = Source.scan

    def scan(source: Source) -> Scan:
        happens = left[0] > 0
        left[0] -= 1
        if happens and before:
            change(source.path)
        found = scanned(source)
        if happens and not before:
            change(source.path)
        return found

    with patch.object(Source, "scan", scan):
        yield


def taken(home: Path) -> tuple[list[Receipt], list[str]]:
    """The receipts, and the payments that are current."""
    receipts = scan_drop(home, lambda _: "UTC")
    con = duckdb.connect()
    create_raw_relations(con, home)
    return receipts, [row[0] for row in con.execute("select payment_id from raw_csv.payments order by 1").fetchall()]


def _grow(path: Path) -> None:
    with path.open("a") as file:
        file.write(MORE)


def _replace(path: Path) -> None:
    new = path.with_name(".new")
    new.write_text(OTHER)
    new.rename(path)


def _to_link(path: Path) -> None:
    secret = path.parent.parent.parent / "secret.csv"
    secret.write_text(OTHER)
    path.unlink()
    path.symlink_to(secret)


def _touch(path: Path) -> None:
    os.utime(path, ns=(1, random.randrange(10**18)))


CHANGES: dict[str, tuple[Change, list[str] | None]] = {
    "grows": (_grow, ["P1", "P2"]),
    "shrinks to its header": (lambda path: os.truncate(path, len(HEADER) + 1), []),
    "is emptied": (lambda path: os.truncate(path, 0), None),
    "is replaced": (_replace, ["P3"]),
    "is overwritten with as many bytes": (lambda path: path.write_text(OTHER), ["P3"]),
    "is touched": (_touch, ["P1"]),
    "is deleted": (Path.unlink, None),
    "becomes a link": (_to_link, None),
}
for _name, (_change, _rows) in CHANGES.items():
    for _before in (True, False):
        _when = "before it is read" if _before else "after it is read"
        _told = "refused" if _rows is None else "accepted as it is then"

        @act("changing", f"{_name} once, {_when}", _told)
        def _(
            folder: Path,
            rng: random.Random,
            change: Change = _change,
            rows: list[str] | None = _rows,
            before: bool = _before,
        ) -> list[str]:
            put(folder)
            with changed(change, 1, before):
                (receipt,), found = taken(folder)
            status = "refused" if rows is None else "accepted"
            good = (receipt.status, found) == (status, rows or [])
            return [] if good else [f"{receipt} with {found}"]


for _name in ("grows", "is replaced", "is touched"):

    @act("changing", f"{_name} every time", "refused: the file changed while it was read")
    def _(folder: Path, rng: random.Random, change: Change = CHANGES[_name][0]) -> list[str]:
        put(folder)
        with changed(change, 9, rng.choice([True, False])):
            (receipt,), found = taken(folder)
        good = receipt.status == "refused" and "changed while it was read" in (receipt.reason or "") and not found
        return [] if good else [f"{receipt} with {found}"]


MOVED = {
    "an accepted one": (FIRST, "file.csv", "accepted"),
    "one with rows in quarantine": (FIRST + "P2,,2024-01-31,1,EUR\n", "file.csv", "partly_quarantined"),
    "a refused one": ("what\n1\n", "file.csv", "refused"),
    "a refused one with a name of 255 bytes": ("what\n1\n", "ä" * 125 + ".csv", "refused"),
    "a refused one with a line end in its name": ("what\n1\n", "a\nb.csv", "refused"),
    "a refused one with a name that is not UTF-8": ("what\n1\n", os.fsdecode(b"\xff.csv"), "refused"),
    "an empty one": ("", "file.csv", "refused"),
}
for _name, (_content, _file, _status) in MOVED.items():

    @act("moved", _name, f"{_status}, moved, content untouched")
    def _(
        folder: Path, rng: random.Random, content: str = _content, name: str = _file, status: str = _status
    ) -> list[str]:
        path = put(folder, content, name)
        (receipt,), _ = taken(folder)
        kept = folder / "drop" / (".refused" if status == "refused" else ".accepted") / receipt.file_id
        wrong = [] if receipt.status == status else [f"{receipt}"]
        if path.exists() or (kept / name).read_text() != content:
            wrong.append("not moved as it was")
        reasons = [each.read_text() for each in kept.iterdir() if each.name.endswith(".reason.txt")]
        if reasons != ([f"{receipt.reason}\n"] if status == "refused" else []):
            wrong.append(f"reasons {reasons}")
        return wrong + ([] if scan_drop(folder, lambda _: "UTC") == [] else ["taken twice"])


@act("moved", "the same content again", "duplicate_ignored, moved")
def _(folder: Path, rng: random.Random) -> list[str]:
    put(folder, name="a.csv")
    path = put(folder, name="b.csv")
    (_, receipt), found = taken(folder)
    good = receipt.status == "duplicate_ignored" and found == ["P1"] and not path.exists()
    return [] if good else [f"{receipt} with {found}"]


@act("not read", "a file that may not be read", "refused: Permission denied")
def _(folder: Path, rng: random.Random) -> list[str]:
    path = put(folder)
    opened = os.open

    def refusing(file: str | Path, *more: int) -> int:
        if Path(file) == path:
            raise PermissionError(13, "Permission denied")
        return opened(file, *more)

    with patch.object(os, "open", refusing):
        (receipt,), _ = taken(folder)
    return [] if "cannot be read: Permission denied" in (receipt.reason or "") else [f"{receipt}"]


@act("not read", "a folder that may not be opened", "named as not read, the rest is read")
def _(folder: Path, rng: random.Random) -> list[str]:
    mine = folder / "mine"
    (mine / "closed").mkdir(parents=True)
    (mine / "a.csv").write_text(FIRST)
    told: list[tuple[str, str]] = []
    opened = os.scandir

    def refusing(path: str | Path) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return opened(path)

    with patch.object(os, "scandir", refusing):
        copies = copy_into_drop(folder, [mine], "t", lambda path, reason: told.append((path.name, reason)))
    good = len(copies) == 1 and told == [("closed", "Permission denied")]
    return [] if good else [f"{copies} and {told}"]


@act("tenant", "a file straight in the drop, beside folders", "accepted for default, and for the folders' tenants")
def _(folder: Path, rng: random.Random) -> list[str]:
    for number, name in enumerate(("x.csv", "a/x.csv", "a/deep/x.csv", "default/y.csv")):
        path = folder / "drop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FIRST.replace("P1", f"P{number}"))
    receipts, found = taken(folder)
    told = sorted((each.tenant_id, each.file_name) for each in receipts)
    good = told == [("a", "deep/x.csv"), ("a", "x.csv"), ("default", "x.csv"), ("default", "y.csv")]
    return [] if good and found == ["P0", "P1", "P2", "P3"] else [f"{told} with {found}"]


@act("tenant", "names that cannot be a tenant's", "an error of the command, nothing is copied")
def _(folder: Path, rng: random.Random) -> list[str]:
    mine = folder / "a.csv"
    mine.write_text(FIRST)
    wrong = []
    for tenant in ("..", "../x", "a/b", ".hidden", "a b", "x" * 200, "\n", "-"):
        try:
            wrong.append(f"{tenant!r} gave {copy_into_drop(folder, [mine], tenant)}")
        except NotDroppable:
            continue
    return wrong + (["something is in the drop"] if (folder / "drop").exists() else [])


for _home in ("amount=7", "payment_id=x", "[a]", "*", "it's"):

    @act("names", f"a home in a folder named {_home}", "accepted as if it had another name")
    def _(folder: Path, rng: random.Random, name: str = _home) -> list[str]:
        home = folder / name / "home"
        put(home, FIRST, "short.csv")
        put(home, MORE.join([FIRST[: len(HEADER) + 1], ""]).replace("P2", '"P2"'), "careful.csv")
        put(home, gzip.compress(OTHER.encode()), "packed.csv")
        receipts, found = taken(home)
        sums = sorted(str(each.control_totals["EUR"]) for each in receipts)
        good = sums == ["1.00", "2.00", "3.00"] and found == ["P1", "P2", "P3"]
        return [] if good else [f"{receipts} with {found}"]
