"""Bytes: encodings, delimiters, line ends, gzip, control characters, limits."""

from __future__ import annotations

import gzip
import random
import zlib
from dataclasses import replace

from tests.corpus.cases import (
    HEAD,
    HEADER,
    Case,
    File,
    Told,
    bad_cell,
    kind,
    payments,
    read_as,
    refused,
    sheet,
    with_bad,
)

BOM = b"\xef\xbb\xbf"
MB = 1024 * 1024


def plain(rng: random.Random, **how: str) -> tuple[bytes, list]:  # type: ignore[type-arg]
    facts = payments(rng)
    return sheet([fact.cells for fact in facts], **how), facts


def named(rng: random.Random, customers: list[str]) -> Case:
    """Customers of these ids and names."""
    rows = [[f"{rng.randrange(10**6)}-{n}", name] for n, name in enumerate(customers)]
    told = Told("accepted", len(rows), totals={}, data_set="customers")
    wanted = [{"customer_id": row[0], "name": row[1]} for row in rows]
    return Case(((File(sheet(rows, ["customer_id", "name"]), told),),), {"customers": wanted})


# UTF-8


@kind("utf8", "ASCII")
def _(rng: random.Random) -> Case:
    return read_as(*plain(rng))


@kind("utf8", "a byte order mark")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    return read_as(BOM + content, facts)


@kind("utf8", "a byte order mark before a quoted header")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    return read_as(BOM + content.replace(b"payment_id", b'"payment_id"', 1), facts)


@kind("utf8", "characters of two, three and four bytes")
def _(rng: random.Random) -> Case:
    return named(rng, ["Ünï", "株式会社", "😀 & Söhne", "e\u0301", "\u202eright to left", "a\u200bb"])


@kind("utf8", "no character but valid: the last code points")
def _(rng: random.Random) -> Case:
    return named(rng, ["\U0010ffff", "\ufffd", "\ufeffinside", "\ue000", "\u2028 and \u2029"])


@kind("utf8", "a character across the edge of a chunk")
def _(rng: random.Random) -> Case:
    rows = [["1", "x" * (4 * MB - 20 - rng.randrange(8)) + "ü" * 20], ["2", "ö"]]
    told = Told("accepted", 2, totals={}, data_set="customers")
    return Case(((File(sheet(rows, ["customer_id", "name"]), told),),), {"customers": [{"name": r[1]} for r in rows]})


@kind("utf8", "a byte order mark inside a gzip")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    return read_as(gzip.compress(BOM + content), facts)


# delimiters

for _name, _mark in (("commas", ","), ("semicolons", ";"), ("tabs", "\t")):

    @kind("delimiters", _name)
    def _(rng: random.Random, mark: str = _mark) -> Case:
        return read_as(*plain(rng, mark=mark))

    @kind("delimiters", f"{_name}, all cells quoted, the other delimiters inside")
    def _(rng: random.Random, mark: str = _mark) -> Case:
        facts = payments(rng)
        rows = [[*fact.cells, 'a,b;c\td "e"'] for fact in [*facts]]
        lines = [mark.join('"' + c.replace('"', '""') + '"' for c in row) for row in [[*HEAD, "method"], *rows]]
        return read_as("\n".join(lines).encode(), facts)


@kind("delimiters", "pipes are none")
def _(rng: random.Random) -> Case:
    content, _ = plain(rng, mark="|")
    return refused(content, "no data set has this header")


@kind("delimiters", "a header with commas, rows with semicolons")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    lines = [";".join(fact.cells) for fact in facts]
    broken = tuple((2 + n, None, "has 1 cells where the header has 5") for n in range(len(lines)))
    told = Told("partly_quarantined", 0, len(lines), totals={}, broken=broken)
    return Case(((File("\n".join([HEADER, *lines]).encode(), told),),), {"payments": []})


# line ends

for _name, _end in (("LF", "\n"), ("CRLF", "\r\n"), ("CR", "\r")):

    @kind("line ends", _name)
    def _(rng: random.Random, end: str = _end) -> Case:
        return read_as(*plain(rng, end=end))

    @kind("line ends", f"{_name}, none after the last row")
    def _(rng: random.Random, end: str = _end) -> Case:
        content, facts = plain(rng, end=end)
        return read_as(content.removesuffix(end.encode()), facts)


@kind("line ends", "all kinds mixed")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    lines = [HEADER, *(fact.line for fact in facts)]
    return read_as("".join(line + rng.choice(["\n", "\r\n", "\r"]) for line in lines).encode(), facts)


@kind("line ends", "CR CR LF")
def _(rng: random.Random) -> Case:
    return read_as(*plain(rng, end="\r\r\n"))


@kind("line ends", "quoted ones belong to the cell")
def _(rng: random.Random) -> Case:
    return named(rng, ["two\nlines", "two\r\nlines", "two\rlines", "\n\n", 'a\n"b"\nc', "last"][:5])


@kind("line ends", "a CRLF across the edge of a chunk")
def _(rng: random.Random) -> Case:
    facts = payments(rng, 3)
    head = HEADER + ",reference\r\n"
    filler = 4 * MB - len(head) - len(facts[0].line) - 2 + rng.randrange(-1, 2)
    lines = [facts[0].line + "," + "x" * filler, facts[1].line + ",", facts[2].line + ","]
    return read_as((head + "\r\n".join(lines) + "\r\n").encode(), facts)


# gzip


@kind("gzip", "one member")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    return read_as(gzip.compress(content, rng.randrange(1, 10)), facts)


@kind("gzip", "several members, cut anywhere")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    cut = sorted(rng.sample(range(len(content)), 3))
    parts = [content[a:b] for a, b in zip([0, *cut], [*cut, len(content)], strict=True)]
    return read_as(b"".join(map(gzip.compress, parts)), facts)


@kind("gzip", "empty members and zeros after it")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    empty = gzip.compress(b"")
    return read_as(empty * 3 + gzip.compress(content) + empty + b"\0" * rng.randrange(2000), facts)


@kind("gzip", "named .csv, with a name and a path inside")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    packed = gzip.compress(content)
    inner = packed[:3] + b"\x08" + packed[4:10] + b"../../../etc/evil.csv\0" + packed[10:]
    return read_as(inner, facts, "x.csv")


@kind("gzip", "cut off")
def _(rng: random.Random) -> Case:
    packed = gzip.compress(plain(rng)[0])
    return refused(packed[: rng.randrange(12, len(packed) - 1)], "gzip data")


@kind("gzip", "damaged")
def _(rng: random.Random) -> Case:
    packed = bytearray(gzip.compress(plain(rng)[0]))
    packed[-8 + rng.randrange(4)] ^= 1 << rng.randrange(8)
    return refused(bytes(packed), "the gzip data is damaged")


@kind("gzip", "text after it")
def _(rng: random.Random) -> Case:
    content, _ = plain(rng)
    return refused(gzip.compress(content) + content, "the gzip data is damaged")


@kind("gzip", "a gzip in a gzip")
def _(rng: random.Random) -> Case:
    return refused(gzip.compress(gzip.compress(plain(rng)[0])), "not UTF-8: byte 0x8B in line 1")


@kind("gzip", "of nothing")
def _(rng: random.Random) -> Case:
    return refused(gzip.compress(b""), "the file is empty")


@kind("gzip", "a text named .gz, .bz2 or .zst")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    return read_as(content, facts, "report.csv" + rng.choice([".gz", ".zst", ".bz2", ".GZ"]))


@kind("gzip", "another compression")
def _(rng: random.Random) -> Case:
    return refused(b"\x78\x9c" + zlib.compress(plain(rng)[0])[2:] + b"\xff", "not UTF-8")


@kind("gzip", "two hundred thousand empty members", heavy=True)
def _(rng: random.Random) -> Case:
    return refused(gzip.compress(b"") * (200_000 + rng.randrange(99)), "more than 100,000 gzip members")


# not UTF-8


@kind("not utf8", "Latin-1")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    place = rng.randrange(len(facts))
    rows = [replace(f, customer="Café") if n == place else f for n, f in enumerate(facts)]
    content = sheet([f.cells for f in rows]).decode().encode("latin-1")
    return refused(content, f"not UTF-8: byte 0xE9 in line {place + 2}")


@kind("not utf8", "UTF-16 with its mark")
def _(rng: random.Random) -> Case:
    content = plain(rng)[0].decode()
    mark, code = rng.choice([(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
    return refused(mark + content.encode(code), "not UTF-8 but UTF-16")


@kind("not utf8", "UTF-16 without its mark")
def _(rng: random.Random) -> Case:
    return refused(plain(rng)[0].decode().encode(rng.choice(["utf-16-le", "utf-16-be"])), "no data set has this header")


@kind("not utf8", "UTF-32")
def _(rng: random.Random) -> Case:
    return refused(plain(rng)[0].decode().encode("utf-32"), "UTF-32")


@kind("not utf8", "half a character at the end")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    half = rng.choice([b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"])
    return refused(content + half, f"in line {len(facts) + 2}")


@kind("not utf8", "half a character at the edge of a chunk")
def _(rng: random.Random) -> Case:
    start = b"customer_id,name\n1,"
    content = start + b"x" * (4 * MB - len(start) - 1) + b"\xe2\x82" + b",\n"
    return refused(content, "not UTF-8: byte 0xE2 in line 2")


@kind("not utf8", "forms longer than needed, surrogates, code points that are none")
def _(rng: random.Random) -> Case:
    bad = rng.choice([b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xfe", b"\xff"])
    content, facts = plain(rng)
    return refused(content + b"PX," + bad + b",2024-01-31,1,EUR\n", f"in line {len(facts) + 2}")


@kind("not utf8", "a bad byte in an unknown column of the header")
def _(rng: random.Random) -> Case:
    return refused(plain(rng)[0].replace(b"currency", b"currency,\xe9", 1), "byte 0xE9 in line 1")


@kind("not utf8", "inside a gzip, in a second chunk")
def _(rng: random.Random) -> Case:
    facts = payments(rng, 1)
    lines = facts[0].line + "," + "x" * 90
    content = (HEADER + ",reference\n").encode() + (lines + "\n").encode() * 40_000 + b"\xff\n"
    return refused(gzip.compress(content, 1), "byte 0xFF in line 40002")


@kind("not utf8", "a picture, an archive, a workbook")
def _(rng: random.Random) -> Case:
    start = rng.choice([b"\x89PNG\r\n\x1a\n", b"PK\x03\x04\x14\x00\x06\x00", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
    return refused(start + rng.randbytes(5000) + b"\xff", "not UTF-8")


# control characters


for _name, _code in (("NUL", 0), ("a bell", 7), ("an escape", 27), ("the unit separator", 31), ("delete", 127)):

    @kind("controls", _name)
    def _(rng: random.Random, code: int = _code) -> Case:
        bad = f"PX,C{chr(code)}1,2024-01-31,1,EUR"
        return with_bad(rng, [bad], [(0, None, "has a NUL or control character")])


@kind("controls", "the second set (C1)")
def _(rng: random.Random) -> Case:
    bad = f"PX,C{chr(rng.randrange(0x80, 0xA0))}1,2024-01-31,1,EUR"
    return with_bad(rng, [bad], [(0, None, "has a NUL or control character")])


@kind("controls", "in a column that no contract knows")
def _(rng: random.Random) -> Case:
    bad = f"PX,C1,2024-01-31,1,EUR,a{chr(rng.randrange(1, 9))}b"
    return with_bad(rng, [bad], [(0, None, "control character")], HEADER + ",note", ",")


@kind("controls", "in a quoted cell with line ends")
def _(rng: random.Random) -> Case:
    bad = 'PX,C1,2024-01-31,1,EUR,"a\n\x0bb"'
    return with_bad(rng, [bad], [(0, None, "control character")], HEADER + ",note", ",")


@kind("controls", "nothing else in the line")
def _(rng: random.Random) -> Case:
    code = rng.choice([0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x1F, 0x00])
    return with_bad(rng, [chr(code)], [(0, None, "")])


@kind("controls", "only control characters between the delimiters")
def _(rng: random.Random) -> Case:
    cells = [""] * 5
    cells[rng.randrange(5)] = chr(rng.choice([0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x1F, 0x85]))
    return with_bad(rng, [",".join(cells)], [(0, None, "control character")])


@kind("controls", "a flood of them in one cell")
def _(rng: random.Random) -> Case:
    return with_bad(rng, ["PX," + "\x01" * 900_000 + ",2024-01-31,1,EUR"], [(0, None, "control character")])


@kind("controls", "a line of 9 MB of them", heavy=True)
def _(rng: random.Random) -> Case:
    return with_bad(rng, ["PX," + "\x01" * 9_000_000 + ",2024-01-31,1,EUR"], [(0, None, "control character")])


# limits


@kind("limits", "500 MB of one byte in a gzip", heavy=True)
def _(rng: random.Random) -> Case:
    return refused(_packed(rng.choice([b" ", b"a", b"\0", b'"', b","]), 501), "longer than 10 MB")


@kind("limits", "500 MB of short lines in a gzip", heavy=True)
def _(rng: random.Random) -> Case:
    line = b"P1,C1,2024-01-31,1.00,EUR," + b"x" * (100 + rng.randrange(50)) + b"\n"
    return refused(_packed(line, 501, (HEADER + ",note\n").encode()), "larger than 500 MB when unpacked")


@kind("limits", "480 MB of blank lines in a gzip", heavy=True)
def _(rng: random.Random) -> Case:
    return refused(_packed(rng.choice([b"\n", b"\r\n"]), 480, plain(rng)[0] * rng.randrange(2)), "lines")


@kind("limits", "480 MB of tiny rows that are none", heavy=True)
def _(rng: random.Random) -> Case:
    return refused(_packed(b"a,b,c\n", 200, plain(rng)[0]), "cannot be cut into the header's cells")


@kind("limits", "a plain file of more than 500 MB", heavy=True)
def _(rng: random.Random) -> Case:
    def make(path) -> None:  # type: ignore[no-untyped-def]
        with path.open("wb") as file:
            file.truncate(500 * MB + 1)

    return Case(((File(told=Told("refused", reason="larger than 500 MB"), make=make, is_direct=True),),))


@kind("limits", "a line a byte too long", heavy=True)
def _(rng: random.Random) -> Case:
    line = b"1," + b"x" * (10 * MB - 1)
    end = rng.choice([b"", b"\n", b"\r\n", b"\n2,b\n"])
    return refused(b"customer_id,name\n" + line + end, "line 2 is longer than 10 MB")


@kind("limits", "a line of just 10 MB", heavy=True)
def _(rng: random.Random) -> Case:
    name = "x" * (10 * MB - 2)
    told = Told("accepted", 1, totals={}, data_set="customers")
    content = f"customer_id,name\n1,{name}\n".encode()
    return Case(((File(content, told),),), {"customers": [{"name": name}]})


@kind("limits", "a row of many lines, none of them too long", heavy=True)
def _(rng: random.Random) -> Case:
    row = b'1,"a' + b'","\n'.join([b"ab," * 300_000] * 15) + b'"\n'
    return refused(b"customer_id,name\n" + row, "the row in line 2 is longer than 10 MB")


@kind("limits", "2,001 columns")
def _(rng: random.Random) -> Case:
    head = HEADER + "".join(f",x{n}" for n in range(1996))
    return refused(head.encode() + b"\n", "2001 columns")


@kind("limits", "2,000 columns", heavy=True)
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    head = HEADER + "".join(f",x{n}" for n in range(1995))
    lines = [fact.line + "," * 1995 for fact in facts]
    return read_as("\n".join([head, *lines]).encode(), facts)


@kind("limits", "a header of a million columns", heavy=True)
def _(rng: random.Random) -> Case:
    return refused(HEADER.encode() + b",a" * 1_000_000 + b"\n", "columns")


@kind("limits", "a quote that is never closed")
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    return refused(content + b'PX,"C1,2024-01-31,1,EUR\n' + content * 3, f"line {len(facts) + 2} is never closed")


@kind("limits", "a quote that is never closed in 30 MB", heavy=True)
def _(rng: random.Random) -> Case:
    content, facts = plain(rng)
    more = b"PY,C1,2024-01-31,1,EUR\n" * 1_300_000
    return refused(content + b'PX,"C1,2024-01-31,1,EUR\n' + more, f"line {len(facts) + 2}")


@kind("limits", "an unknown header of 9 MB", heavy=True)
def _(rng: random.Random) -> Case:
    return refused(b"x" * 9_000_000 + b"," + b"y" * 10 + b"\n", "no data set has this header")


def _packed(unit: bytes, megabytes: int, start: bytes = b"") -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    block = unit * (MB // len(unit) + 1)
    parts = [packer.compress(start)]
    parts += [packer.compress(block) for _ in range(megabytes)]
    return b"".join([*parts, packer.flush()])


@kind("quarantine", "a cell of nearly 10 MB is the bad one", heavy=True)
def _(rng: random.Random) -> Case:
    return bad_cell(rng, "amount", "9" * 9_900_000, "is too large")
