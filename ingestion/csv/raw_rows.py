"""The cells of a recognised file as a DuckDB relation `raw`: `line`, then one text column `c<n>` per header
cell.

A file whose every line is a row is read by DuckDB's own reader. Everything else (quotes, mixed line ends,
blank lines, control characters, ragged rows) is cut by the standard library's CSV parser, which knows where
each record starts. Rows that cannot be cut into the header's cells go to `broken`, with the reason.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import TracebackType

import duckdb

from ingestion.csv.detect import Recognised, Row, cut
from ingestion.csv.refused import FileRefused
from ingestion.csv.shown import shown
from ingestion.csv.source import CONTROL_CHARACTER, MAX_LINE, Scan, Source
from ingestion.lake import literal

DEFAULT_LINE = 1_000_000
BUFFER = 32 * 1024 * 1024
# What a cell may hold and still be blank: DuckDB's `trim` knows all of them but the tab.
BLANK = "\t\r\n \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
MAX_BROKEN = 1_000_000
SHOWN = 1000
BROKEN = {"line": "BIGINT", "value": "VARCHAR", "reason": "VARCHAR", "cells": "VARCHAR"}


def load(con: duckdb.DuckDBPyConnection, source: Source, scan: Scan, file: Recognised) -> int:
    """Create `raw`, and `broken` if there is any. Returns how many rows are broken."""
    path = source.plain_path
    is_plain = scan.is_regular and file.header_line == 1 and not file.layout.has_title
    if path is None or not is_plain or not _load_fast(con, path, scan, file):
        return _load_carefully(con, source, scan, file)
    return 0


def reader(path: Path, scan: Scan, file: Recognised) -> str:
    """SQL: the rows of a file without quotes as DuckDB's own reader has them, `c0`, `c1`, …, an empty cell NULL."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(file.header)))
    line_end = "\\r\\n" if "crlf" in scan.line_ends else "\\n"
    # By default the buffer grows with the longest line, and so large a one keeps the threads waiting for memory.
    longest = "" if scan.size < DEFAULT_LINE else f", max_line_size = {MAX_LINE}, buffer_size = {BUFFER}"
    return (
        f"read_csv({literal(str(path))}, columns = {{{columns}}}, header = false, skip = 1,"
        f" delim = {literal(file.delimiter)}, quote = '', escape = '', new_line = '{line_end}',"
        f" auto_detect = false, null_padding = false, hive_partitioning = false{longest})"
    )


def _load_fast(con: duckdb.DuckDBPyConnection, path: Path, scan: Scan, file: Recognised) -> bool:
    """False if a row is ragged, so that the careful way names it, or a line blank, so that it counts the lines."""
    try:
        loaded = con.execute(f"CREATE OR REPLACE TEMP TABLE loaded AS FROM {reader(path, scan, file)}").fetchone()
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return False
    assert loaded is not None
    if loaded[0] != scan.lines - 1:
        return False
    cells = ", ".join(f"c{i}" for i in range(len(file.header)))
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW raw AS SELECT rowid + 2 AS line, * FROM loaded"
        f" WHERE trim(concat({cells}), {literal(BLANK)}) <> ''"
    )
    return True


def _load_carefully(con: duckdb.DuckDBPyConnection, source: Source, scan: Scan, file: Recognised) -> int:
    """The standard library's CSV parser; its rows reach DuckDB through scratch files of a known dialect."""
    width = len(file.header)
    good = _Scratch(source.scratch, "raw", {"line": "BIGINT"} | {f"c{i}": "VARCHAR" for i in range(width)})
    broken = _Scratch(source.scratch, "broken", BROKEN)
    broken_rows = longest = 0
    with good, broken, source.open_text() as text:
        for row in cut(text, file.delimiter):
            if row.line <= file.header_line or not (row.broken or any(cell.strip(BLANK) for cell in row.cells)):
                continue
            if file.layout.has_title and _is_heading(row.cells, file.layout.is_report):
                continue
            cells = row.cells
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            reason = _why_broken(row, width, scan.has_controls)
            if reason is None:
                good.add([row.line, *cells])
            else:
                broken_rows += 1
                if broken_rows > MAX_BROKEN:
                    raise FileRefused(f"more than {MAX_BROKEN:,} rows cannot be cut into the header's cells")
                text_of_cells = json.dumps(cells, ensure_ascii=False)
                longest = max(longest, 4 * len(text_of_cells))
                broken.add([row.line, *reason, text_of_cells])
    good.create_view(con, 0 if scan.size < DEFAULT_LINE else 5 * MAX_LINE)
    broken.create_view(con, longest)
    return broken_rows


class _Scratch:
    """Rows on their way to DuckDB: a CSV of our own, one per name and scan.

    Handing Python or Arrow objects over in memory would import pandas, which costs a short command a second.
    """

    def __init__(self, folder: Path, name: str, columns: dict[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._name = name
        self._columns = columns
        self._path = folder / f"{name}.csv"
        self._file = self._path.open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file, lineterminator="\r\n")
        self.add = self._rows.writerow

    def __enter__(self) -> _Scratch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def create_view(self, con: duckdb.DuckDBPyConnection, longest: int) -> None:
        columns = ", ".join(f"'{name}': '{sql_type}'" for name, sql_type in self._columns.items())
        limit = f", max_line_size = {longest}, buffer_size = {2 * longest}" if longest >= DEFAULT_LINE else ""
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {self._name} AS FROM read_csv({literal(str(self._path))},"
            f" columns = {{{columns}}}, header = false, delim = ',', quote = '\"', escape = '\"',"
            f" new_line = '\\r\\n', auto_detect = false, parallel = false, hive_partitioning = false{limit})"
        )


def _is_heading(cells: list[str], is_report: bool) -> bool:
    """Whether a row of a report is a section, a total or what stands below them."""
    first, *others = (cell.strip() for cell in cells or [""])
    return bool(first) and (is_report or not any(others) or first.casefold().startswith("total"))


def _why_broken(row: Row, width: int, look_for_controls: bool) -> tuple[str | None, str] | None:
    if row.broken:
        return None, row.broken
    if len(row.cells) != width:
        return None, f"has {len(row.cells)} cells where the header has {width}"
    if look_for_controls:
        for cell in row.cells:
            if CONTROL_CHARACTER.search(cell):
                return shown(cell, SHOWN), "has a NUL or control character"
    return None
