"""The cells of a recognised file as a DuckDB relation `raw`: `line`, then one text column `c<n>` per header cell.

A file whose every line is a row is read by DuckDB's own reader. Everything else (quotes, mixed line ends, blank lines,
control characters, ragged rows) is cut by the standard library's CSV parser, which knows where each record starts.
Rows that cannot be cut into the header's cells go to `broken`, with the reason.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import TracebackType

import duckdb

from ingestion.csv.casts import quoted
from ingestion.csv.detect import Recognised, Row, cut
from ingestion.csv.source import CONTROL_CHARACTER, MAX_LINE, Scan, Source

DEFAULT_LINE = 1_000_000
BROKEN = {"line": "BIGINT", "value": "VARCHAR", "reason": "VARCHAR", "cells": "VARCHAR"}


def load(con: duckdb.DuckDBPyConnection, source: Source, scan: Scan, file: Recognised) -> int:
    """Create `raw` and `broken` in the connection. Returns how many data rows the file has."""
    if source.plain_path is not None and scan.is_regular and file.header_line == 1:
        rows = _load_fast(con, str(source.plain_path), scan, file)
        if rows is not None:
            return rows
    return _load_carefully(con, source, scan, file)


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Free what the last file left behind."""
    con.execute("DROP TABLE IF EXISTS loaded CASCADE")


def _load_fast(con: duckdb.DuckDBPyConnection, path: str, scan: Scan, file: Recognised) -> int | None:
    """DuckDB's reader over a file without quotes; None if a row is ragged, so that the careful way names it."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(file.header)))
    line_end = "\\r\\n" if "crlf" in scan.line_ends else "\\n"
    longest = "" if scan.size < DEFAULT_LINE else f", max_line_size = {MAX_LINE}"
    try:
        con.execute(
            f"CREATE TEMP TABLE loaded AS FROM read_csv({quoted(path)}, columns = {{{columns}}}, header = false, skip = 1,"
            f" delim = {quoted(file.delimiter)}, quote = '', escape = '', new_line = '{line_end}',"
            f" auto_detect = false, null_padding = false{longest})"
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return None
    cells = ", ".join(f"c{i}" for i in range(len(file.header)))
    con.execute(
        "CREATE OR REPLACE TEMP VIEW broken AS SELECT NULL::BIGINT AS line, NULL::VARCHAR AS value,"
        " NULL::VARCHAR AS reason, NULL::VARCHAR AS cells WHERE false"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW raw AS SELECT rowid + 2 AS line, * FROM loaded WHERE trim(concat({cells})) <> ''"
    )
    found = con.execute("SELECT count(*) FROM raw").fetchone()
    return int(found[0]) if found else 0


def _load_carefully(con: duckdb.DuckDBPyConnection, source: Source, scan: Scan, file: Recognised) -> int:
    """The standard library's CSV parser; its rows reach DuckDB through scratch files of a known dialect."""
    width = len(file.header)
    good = _Scratch(source.scratch, "raw", {"line": "BIGINT"} | {f"c{i}": "VARCHAR" for i in range(width)})
    broken = _Scratch(source.scratch, "broken", BROKEN)
    rows = 0
    with good, broken, source.open_text() as text:
        for row in cut(text, file.delimiter):
            if row.line <= file.header_line or not (row.broken or any(map(str.strip, row.cells))):
                continue
            rows += 1
            cells = row.cells
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            reason = _why_broken(row, width, scan.has_controls)
            if reason is None:
                good.add([row.line, *cells])
            else:
                broken.add([row.line, *reason, json.dumps(cells, ensure_ascii=False)])
    for scratch in (good, broken):
        scratch.create_view(con, scan.size)
    return rows


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

    def create_view(self, con: duckdb.DuckDBPyConnection, size: int) -> None:
        columns = ", ".join(f"'{name}': '{sql_type}'" for name, sql_type in self._columns.items())
        longest = "" if size < DEFAULT_LINE else f", max_line_size = {4 * MAX_LINE}"
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {self._name} AS FROM read_csv({quoted(str(self._path))},"
            f" columns = {{{columns}}}, header = false, delim = ',', quote = '\"', escape = '\"',"
            f" new_line = '\\r\\n', auto_detect = false, parallel = false{longest})"
        )


def _why_broken(row: Row, width: int, look_for_controls: bool) -> tuple[str | None, str] | None:
    if row.broken:
        return None, row.broken
    if len(row.cells) != width:
        return None, f"has {len(row.cells)} cells where the header has {width}"
    if look_for_controls:
        for cell in row.cells:
            if CONTROL_CHARACTER.search(cell):
                shown = CONTROL_CHARACTER.sub(lambda found: f"\\x{ord(found[0]):02x}", cell)
                return shown, "has a NUL or control character"
    return None
