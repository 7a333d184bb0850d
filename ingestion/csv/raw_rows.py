"""The cells of a recognised file as a DuckDB relation `raw`: `line`, then one text column `c<n>` per header cell.

A large file whose every line is a row is read by DuckDB's own reader. Everything else (quotes, mixed line ends, blank
lines, control characters, ragged rows, small files) is cut by the standard library's CSV parser, which knows where
each record starts. Rows that cannot be cut into the header's cells go to `broken`, with the reason.
"""

from __future__ import annotations

import json

import duckdb
import pyarrow as pa

from ingestion.csv.casts import quoted
from ingestion.csv.detect import Recognised, Row, cut
from ingestion.csv.source import CONTROL_CHARACTER, Scan, Source

BATCH = 50_000
FAST_FROM_BYTES = 1024 * 1024
BROKEN = pa.schema(
    [("line", pa.int64()), ("value", pa.string()), ("reason", pa.string()), ("cells", pa.string())]
)


def load(con: duckdb.DuckDBPyConnection, source: Source, scan: Scan, file: Recognised) -> int:
    """Create `raw` and `broken` in the connection. Returns how many data rows the file has."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE broken (line BIGINT, value VARCHAR, reason VARCHAR, cells VARCHAR)"
    )
    path = source.plain_path
    if path is not None and scan.is_regular and file.header_line == 1 and scan.size >= FAST_FROM_BYTES:
        rows = _load_fast(con, str(path), scan, file)
        if rows is not None:
            return rows
    return _load_carefully(con, source, scan, file)


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Free what the last file left behind."""
    con.unregister("raw")
    con.execute("DROP VIEW IF EXISTS raw; DROP TABLE IF EXISTS loaded")


def _load_fast(con: duckdb.DuckDBPyConnection, path: str, scan: Scan, file: Recognised) -> int | None:
    """DuckDB's reader over a file without quotes; None if a row is ragged, so that the careful way names it."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(file.header)))
    line_end = "\\r\\n" if "crlf" in scan.line_ends else "\\n"
    try:
        con.execute(
            f"CREATE TEMP TABLE loaded AS FROM read_csv({quoted(path)}, columns = {{{columns}}}, header = false, skip = 1,"
            f" delim = {quoted(file.delimiter)}, quote = '', escape = '', new_line = '{line_end}',"
            f" auto_detect = false, null_padding = false, max_line_size = 10485760)"
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return None
    cells = ", ".join(f"c{i}" for i in range(len(file.header)))
    con.execute(
        f"CREATE TEMP VIEW raw AS SELECT rowid + 2 AS line, * FROM loaded WHERE trim(concat({cells})) <> ''"
    )
    found = con.execute("SELECT count(*) FROM raw").fetchone()
    return int(found[0]) if found else 0


def _load_carefully(con: duckdb.DuckDBPyConnection, source: Source, scan: Scan, file: Recognised) -> int:
    width = len(file.header)
    schema = pa.schema([("line", pa.int64()), *((f"c{i}", pa.string()) for i in range(width))])
    good: list[tuple[int, list[str]]] = []
    broken: list[tuple[int, str | None, str, str]] = []
    rows = 0
    is_first = True

    def flush(last: bool) -> None:
        nonlocal is_first
        lines = pa.array([line for line, _ in good], pa.int64())
        cells = zip(*(cells for _, cells in good), strict=True) if good else ([] for _ in range(width))
        batch = pa.Table.from_arrays(
            [lines, *(pa.array(column, pa.string()) for column in cells)], schema=schema
        )
        if last and is_first:
            con.register("raw", batch)
        else:
            con.register("batch", batch)
            con.execute(
                "CREATE TEMP TABLE loaded AS FROM batch" if is_first else "INSERT INTO loaded FROM batch"
            )
            con.unregister("batch")
        if broken:
            con.register("batch", pa.Table.from_arrays(_columns(broken), schema=BROKEN))
            con.execute("INSERT INTO broken FROM batch")
            con.unregister("batch")
        is_first = False
        good.clear()
        broken.clear()

    with source.open_text() as text:
        for row in cut(text, file.delimiter):
            if row.line <= file.header_line or not (row.broken or any(map(str.strip, row.cells))):
                continue
            rows += 1
            cells = row.cells
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            reason = _why_broken(row, width, scan.has_controls)
            if reason is None:
                good.append((row.line, cells))
            else:
                broken.append((row.line, *reason, json.dumps(cells, ensure_ascii=False)))
            if len(good) + len(broken) >= BATCH:
                flush(last=False)
    is_small = is_first
    flush(last=True)
    if not is_small:
        con.execute("CREATE TEMP VIEW raw AS FROM loaded")
    return rows


def _why_broken(row: Row, width: int, look_for_controls: bool) -> tuple[str | None, str] | None:
    if row.broken:
        return None, row.broken
    if len(row.cells) != width:
        return None, f"has {len(row.cells)} cells where the header has {width}"
    if look_for_controls:
        for cell in row.cells:
            if CONTROL_CHARACTER.search(cell):
                return cell, "has a NUL or control character"
    return None


def _columns(rows: list[tuple[int, str | None, str, str]]) -> list[pa.Array]:
    return [
        pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), BROKEN, strict=True)
    ]
