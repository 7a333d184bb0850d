"""What lies in a drop besides plain files, names, tenants, and files that change while they are read."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

from tests.corpus.cases import HEADER, Case, File, Told, all_good, current, kind, payments, read_as, sheet

SECRET = Path("/etc/hostname")


def beside(rng: random.Random, odd: File) -> Case:
    """A folder with a good file and something else, which is not read."""
    facts = payments(rng)
    content = sheet([fact.cells for fact in facts])

    def make(path: Path) -> None:
        path.write_bytes(content)
        assert odd.make
        odd.make(path.with_name(os.fsdecode(odd.name)))

    return Case(
        ((File(b"", all_good(facts), make=make, is_direct=odd.is_direct, in_folder=not odd.is_direct),),),
        current(facts),
    )


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's address has 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def _hidden_folder(path: Path) -> None:
    path.mkdir()
    (path / "in.csv").write_text(f"{HEADER}\nPH,C1,2024-01-31,1,EUR\n")


def _loop(path: Path) -> None:
    path.symlink_to(path)


NOT_READ = {
    "a link to a file": lambda path: path.symlink_to(SECRET),
    "a link to a folder": lambda path: path.symlink_to("/"),
    "a link to nothing": lambda path: path.symlink_to("/nonexistent"),
    "a link to itself": _loop,
    "a pipe": os.mkfifo,
    "a socket": _socket,
    "a folder named like a file": Path.mkdir,
}
for _name, _make in NOT_READ.items():
    for _direct in (False, True):

        @kind("not read", f"{_name}, {'in the drop' if _direct else 'in a folder'}")
        def _(rng: random.Random, make=_make, direct: bool = _direct) -> Case:  # type: ignore[no-untyped-def]
            return beside(rng, File(name="odd.csv", make=make, is_direct=direct))


@kind("not read", "a hidden file")
def _(rng: random.Random) -> Case:
    hidden = f"{HEADER}\nPH,C1,2024-01-31,1,EUR\n".encode()
    return beside(rng, File(name=".hidden.csv", make=lambda p: p.write_bytes(hidden) and None, is_direct=True))  # type: ignore[func-returns-value]


@kind("not read", "a hidden folder")
def _(rng: random.Random) -> Case:
    return beside(rng, File(name="..hidden", make=_hidden_folder, is_direct=bool(rng.randrange(2))))


@kind("not read", "a hard link is a file like any other")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    content = sheet([fact.cells for fact in facts])

    def make(path: Path) -> None:
        other = path.parent.parent.parent / f"linked-{path.parent.name}"
        other.write_bytes(content)
        path.hardlink_to(other)

    return Case(((File(b"", all_good(facts), make=make, is_direct=True),),), current(facts))


# names

NAMES = {
    "with a line end": b"a\nb.csv",
    "with quotes": b'it\'s "quoted".csv',
    "with wildcards": b"*.csv",
    "with a question mark": b"a?.csv",
    "with brackets": b"b[1].csv",
    "with braces": b"{a,b}.csv",
    "with a backslash": b"a\\..\\b.csv",
    "with dots": b"a..b...csv",
    "of 255 bytes": b"n" * 251 + b".csv",
    "that is not UTF-8": b"caf\xe9.csv",
    "like an option": b"--tenant=x",
    "with an escape sequence": b"\x1b[2Jx.csv",
    "like a workbook": b"report.xlsx",
    "like an archive": b"data.zip",
    "like a database": b"x.parquet",
    "without an ending": b"export",
    "of another data set": b"invoices.csv",
    "with spaces": b"  my report (1) .csv ",
    "with a percent sign and a colon": b"s3:%2e%2e.csv",
}
for _name, _bytes in NAMES.items():

    @kind("names", _name)
    def _(rng: random.Random, name: bytes = _bytes) -> Case:
        facts = payments(rng)
        return read_as(sheet([fact.cells for fact in facts]), facts, name)

    @kind("names", f"{_name}, beside files that it could mean")
    def _(rng: random.Random, name: bytes = _bytes) -> Case:
        facts = payments(rng, 4)
        near = [b"ab.csv", b"b1.csv", name]
        files = [
            File(sheet([fact.cells]), all_good([fact]), each, is_direct=True)
            for each, fact in zip(near, facts, strict=False)
        ]
        return Case((tuple(files),), current(facts[:3]))


@kind("names", "of 255 bytes, refused")
def _(rng: random.Random) -> Case:
    name = "ü" * 125 + ".csv"
    return Case(((File(b"what\n1\n", Told("refused", reason="no data set has this header"), name),),))


@kind("names", "that is not UTF-8, refused")
def _(rng: random.Random) -> Case:
    told = Told("refused", reason="no data set has this header")
    return Case(((File(b"what\n1\n", told, b"\xff\xfe.csv"),),))


@kind("names", "twice the same, of 255 bytes")
def _(rng: random.Random) -> Case:
    facts = payments(rng, 2)
    name = b"n" * 251 + b".csv"
    files = tuple(File(sheet([fact.cells]), all_good([fact]), name) for fact in facts)
    return Case((files,), current(facts))


# tenants


@kind("tenant", "the same keys of two tenants are two rows")
def _(rng: random.Random) -> Case:
    facts, others = payments(rng), payments(rng)
    files = [
        File(sheet([f.cells for f in facts]), all_good(facts)),
        File(sheet([f.cells for f in others]), all_good(others), tenant=".other"),
    ]
    return Case((tuple(files),), current(facts))


@kind("tenant", "the same content of two tenants counts for both")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    content = sheet([f.cells for f in facts])
    return Case(((File(content, all_good(facts)), File(content, all_good(facts), tenant=".other")),), current(facts))


@kind("tenant", "a dropped folder named like another tenant")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    return Case(
        ((File(sheet([f.cells for f in facts]), all_good(facts), "k0/file.csv", in_folder=True),),), current(facts)
    )


@kind("tenant", "folders named like columns")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    name = f"c{rng.randrange(5)}=evil/amount=1/file.csv"
    return read_as_direct(sheet([f.cells for f in facts]), facts, name)


@kind("tenant", "folders with wildcards, quotes and line ends")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    return read_as_direct(
        sheet([f.cells for f in facts]), facts, rng.choice(["[a]/*/x.csv", "it's/\n/x.csv", "**/x.csv"])
    )


@kind("tenant", "three hundred folders deep")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    return read_as_direct(sheet([f.cells for f in facts]), facts, "/".join("d" * 300) + "/x.csv")


@kind("tenant", "eleven hundred folders deep")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    return read_as_direct(sheet([f.cells for f in facts]), facts, "/".join("d" * 1100) + "/x.csv")


def read_as_direct(content: bytes, facts: list, name: str) -> Case:  # type: ignore[type-arg]
    return Case(((File(content, all_good(facts), name, is_direct=True),),), current(facts))
