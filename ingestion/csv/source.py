"""The bytes of one dropped file: opened without following anything, unpacked, scanned once, hashed.

The scan answers what every later step needs (encoding, line ends, quotes, control characters, limits) in
one pass of bounded memory. It knows nothing about columns.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import re
import stat
import zlib
from collections.abc import Iterator
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from uuid import uuid4

from ingestion.csv.refused import FileChanged, FileRefused

MAX_UNPACKED = 500 * 1024 * 1024
MAX_LINE = 10 * 1024 * 1024
# Ten bytes each at the largest size: no data set has rows so short, blank lines are.
MAX_LINES = 50_000_000
MAX_MEMBERS = 100_000
IN_MEMORY = 4 * 1024 * 1024
CHUNK = 4 * 1024 * 1024
# What zlib is given at a time: it copies what is left of it after every member of a gzip.
BITE = 64 * 1024
GZIP_MAGIC = b"\x1f\x8b"
BOM = codecs.BOM_UTF8
WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
CONTROLS = bytes(c for c in [*range(0x20), 0x7F] if c not in b"\t\n\r")
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
C1_BYTES = re.compile(rb"\xc2[\x80-\x9f]")
LINE_END = re.compile(rb"[\r\n]")
WIDE_SPACES = re.compile(rb"\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xaf]|\xe2\x81\x9f|\xe3\x80\x80")


@dataclass(frozen=True)
class Scan:
    """What one pass over the unpacked bytes found. `is_regular` = every line that is not blank is a row."""

    content_hash: str
    size: int
    is_gzip: bool
    has_bom: bool
    has_quotes: bool
    has_controls: bool
    has_wide_spaces: bool
    """Blanks that are no ASCII: a cell may begin or end with one, which does not count."""
    line_ends: tuple[str, ...]
    lines: int
    """Physical ones, the header included, whether or not the last one ends."""

    @property
    def is_regular(self) -> bool:
        return not (self.has_quotes or self.has_controls) and len(self.line_ends) <= 1 and "cr" not in self.line_ends


class Source:
    """One file of the drop, held open.

    Small content is kept in memory, a large unpacked one in a scratch file.
    """

    def __init__(self, path: Path, scratch: Path) -> None:
        self.path = path
        self.scratch = scratch
        self._unpacked: Path | None = None
        self._link: Path | None = None
        self._content: bytes | None = None
        self._is_gzip = False
        self._scanning: Future[Scan] | None = None
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise FileRefused(f"the file cannot be read: {error.strerror}") from error
        self._file = os.fdopen(handle, "rb")
        self._stat = os.fstat(handle)
        if not stat.S_ISREG(self._stat.st_mode):
            self._file.close()
            raise FileRefused("not a regular file")

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._scanning is not None and not self._scanning.cancel():
            wait([self._scanning])
        self._file.close()
        for path in (self._unpacked, self._link):
            if path is not None:
                path.unlink(missing_ok=True)

    @property
    def fingerprint(self) -> str:
        """Tells this very file from another one put under its name later."""
        return f"{self._stat.st_ino}:{self._stat.st_size}:{self._stat.st_mtime_ns}"

    @property
    def plain_path(self) -> Path | None:
        """The unpacked content as a file, or None where it is only held in memory.

        Under a name of our own, for DuckDB reads meaning into names: wildcards, `.gz`, folders named `column=value`.
        """
        if self._unpacked is None and self._link is None and not self._is_gzip:
            self.scratch.mkdir(parents=True, exist_ok=True)
            self._link = self.scratch / f"{uuid4().hex}.csv"
            self._link.symlink_to(self.path.absolute())
        return self._unpacked or self._link

    def check_unchanged(self) -> None:
        """Raise FileChanged if the file was written to, or another one stands under its name."""
        try:
            now = self.path.lstat()
        except OSError as error:
            raise FileChanged from error
        if f"{now.st_ino}:{now.st_size}:{now.st_mtime_ns}" != self.fingerprint:
            raise FileChanged

    def scan_in(self, pool: Executor) -> None:
        """Begin in a thread what `scan` gives."""
        self._scanning = pool.submit(self._scan)

    def scan(self) -> Scan:
        """Read everything once."""
        return self._scanning.result() if self._scanning is not None else self._scan()

    def _scan(self) -> Scan:
        start = self._file.read(4)
        self._file.seek(0)
        is_gzip = self._is_gzip = start.startswith(GZIP_MAGIC)
        if self._stat.st_size > MAX_UNPACKED:
            raise FileRefused(f"larger than {MAX_UNPACKED // 1024 // 1024} MB")
        if start.startswith(WIDE_BOMS):
            raise FileRefused("not UTF-8 but UTF-16 or UTF-32; export it as UTF-8")
        chunks = _unpack(self._file) if is_gzip else _read(self._file)
        scanner = _Scanner()
        kept: list[bytes] | None = []
        spool: BinaryIO | None = None
        size = 0
        try:
            for chunk in chunks:
                size += len(chunk)
                if size > MAX_UNPACKED:
                    raise FileRefused(f"larger than {MAX_UNPACKED // 1024 // 1024} MB when unpacked")
                scanner.feed(chunk)
                if kept is not None:
                    kept.append(chunk)
                    if size > IN_MEMORY:
                        if is_gzip:
                            spool = self._open_spool()
                            spool.writelines(kept)
                        kept = None
                elif spool:
                    spool.write(chunk)
        finally:
            if spool:
                spool.close()
        scanner.finish()
        if kept is not None:
            self._content = b"".join(kept)
        self.check_unchanged()
        return scanner.result(size, is_gzip)

    def open_text(self) -> io.TextIOWrapper:
        """The unpacked content as text, line ends as they are, without the byte order mark."""
        held = self._content
        raw: BinaryIO = io.BytesIO(held) if held is not None else (self._unpacked or self.path).open("rb")
        return io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")

    def _open_spool(self) -> BinaryIO:
        self.scratch.mkdir(parents=True, exist_ok=True)
        self._unpacked = self.scratch / f"{uuid4().hex}.csv"
        return self._unpacked.open("wb")


def _read(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _unpack(file: BinaryIO) -> Iterator[bytes]:
    """The content of all members of a gzip file, never more than a chunk at a time."""
    member = zlib.decompressobj(wbits=31)
    members = 1
    pending = b""
    try:
        while True:
            pending = pending or file.read(BITE)
            if not pending:
                break
            chunk = member.decompress(pending, CHUNK)
            pending = member.unconsumed_tail
            if chunk:
                yield chunk
            if member.eof:
                pending = member.unused_data.lstrip(b"\0")
                while not pending and (more := file.read(BITE)):
                    pending = more.lstrip(b"\0")
                if not pending:
                    return
                member = zlib.decompressobj(wbits=31)
                members += 1
                if members > MAX_MEMBERS:
                    raise FileRefused(f"more than {MAX_MEMBERS:,} gzip members")
    except zlib.error as error:
        raise FileRefused(f"the gzip data is damaged: {error}") from error
    raise FileRefused("the gzip data ends too early")


class _Scanner:
    """Looks at blocks that end with a line end, so that nothing hides at the edge of a chunk."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._rest = b""
        self._lines = 0
        self._ends: set[str] = set()
        self._is_first = True
        self._has_open_line = False
        self.has_bom = self.has_quotes = self.has_controls = self.has_wide_spaces = False

    def feed(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        data = self._rest + chunk
        # the last byte stays behind: a CR there may be half of a CRLF
        cut = max(data.rfind(b"\n", 0, -1), data.rfind(b"\r", 0, -1)) + 1
        if 0 < cut < len(data) and data[cut - 1 : cut + 1] == b"\r\n":
            cut += 1
        if cut:
            self._look(data[:cut])
        self._rest = data[cut:]
        if len(self._rest) > MAX_LINE + 1:
            self._check_length(self._rest)

    def finish(self) -> None:
        self._look(self._rest)
        self._has_open_line = bool(self._rest) and not self._rest.endswith((b"\n", b"\r"))

    def _look(self, block: bytes) -> None:
        if self._is_first:
            self._is_first = False
            self.has_bom = block.startswith(BOM)
        if len(block) > MAX_LINE:
            self._check_length(block)
        is_ascii = block.isascii()
        if not is_ascii:
            self._check_utf8(block)
        crlf, cr = (block.count(b"\r\n"), block.count(b"\r")) if b"\r" in block else (0, 0)
        lf, cr = block.count(b"\n") - crlf, cr - crlf
        self._lines += crlf + lf + cr
        if self._lines > MAX_LINES:
            raise FileRefused(f"more than {MAX_LINES:,} lines")
        self._ends |= {name for name, count in (("crlf", crlf), ("lf", lf), ("cr", cr)) if count}
        self.has_quotes = self.has_quotes or b'"' in block
        if not self.has_controls:
            self.has_controls = len(block.translate(None, CONTROLS)) != len(block) or (
                not is_ascii and b"\xc2" in block and C1_BYTES.search(block) is not None
            )
        self.has_wide_spaces = self.has_wide_spaces or (not is_ascii and WIDE_SPACES.search(block) is not None)

    def _check_length(self, block: bytes) -> None:
        """Of the first line only: a chunk is shorter than a line may be."""
        if (end := LINE_END.search(block)) is None or end.start() > MAX_LINE:
            raise FileRefused(f"line {self._lines + 1} is longer than {MAX_LINE // 1024 // 1024} MB")

    def _check_utf8(self, block: bytes) -> None:
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as error:
            line = self._lines + 1 + len(re.findall(rb"\r\n|\n|\r", block[: error.start]))
            raise FileRefused(
                f"not UTF-8: byte 0x{block[error.start]:02X} in line {line}; export it as UTF-8"
            ) from error

    def result(self, size: int, is_gzip: bool) -> Scan:
        return Scan(
            content_hash=self._hash.hexdigest(),
            size=size,
            is_gzip=is_gzip,
            has_bom=self.has_bom,
            has_quotes=self.has_quotes,
            has_controls=self.has_controls,
            has_wide_spaces=self.has_wide_spaces,
            line_ends=tuple(sorted(self._ends)),
            lines=self._lines + self._has_open_line,
        )
