"""The short way for a file in which every line is a row and every cell is written plainly.

DuckDB reads the text, casts it and writes the Parquet in one pass of bounded memory, in the order of the lines, so that
a row's line follows from its place and need not be counted. A row is odd if its values are not for certain what the
careful way would make of them: one odd row, or one key that comes twice, and the careful way reads the whole file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingestion.contracts import NUMBERS, Column, owners
from ingestion.csv.casts import Conventions, cast, decimal_scale, decimals_allowed, out_of_range
from ingestion.csv.detect import Recognised
from ingestion.csv.engine import UNKNOWN_CURRENCY_DECIMALS
from ingestion.csv.make import OWNER
from ingestion.csv.raw_rows import reader
from ingestion.csv.read import absent, extra, row_rules
from ingestion.csv.source import Scan, Source
from ingestion.lake import BY_CONTENT, Draft, Step, literal
from ingestion.profile import profile

# Of nearly all currencies; more of them are read by the careful way.
FEWEST = 2


@dataclass(frozen=True)
class Swift:
    """A draft that holds every row of the file, and what its profile says."""

    draft: Draft
    rows: int
    profile: dict[str, Any]


@dataclass(frozen=True)
class _Short:
    """SQL of a column's stored values by name, and the conditions under which its cell has to be looked at."""

    values: dict[str, str]
    odd: list[str]


def try_swift(
    con: duckdb.DuckDBPyConnection, home: Path, source: Source, scan: Scan, file: Recognised, zone: str, step: Step
) -> Swift | None:
    """Create the relation `held` over a draft of all rows; None where the file needs the careful way."""
    layout, path = file.layout, source.plain_path
    if path is None or not scan.is_regular or file.header_line > 1 or layout.keyless or not layout.is_direct:
        return None
    try:
        draft = Draft(
            con, home, f"csv/{layout.data_set.name}", _query(file, reader(path, scan, file), scan, zone), step
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return None  # a ragged row, which the careful way names
    con.execute(f"CREATE OR REPLACE TEMP VIEW held AS FROM read_parquet({literal(draft.path)}, {BY_CONTENT})")
    key = ", ".join(f'"{name}"' for name in layout.data_set.identity)
    figures = {"odd": "count_if(line IS NOT NULL)", "keys": f"count(DISTINCT hash({key}))"}
    shape = profile(con, "held", layout.data_set.stored_columns(), figures)
    if shape.pop("odd") or shape.pop("keys") != shape["rows"] or shape["rows"] != scan.lines - 1:
        draft.discard()
        return None
    return Swift(draft, shape["rows"], shape)


def _query(file: Recognised, rows: str, scan: Scan, zone: str) -> str:
    """Every row's stored columns. `line` stays empty, since it follows from the place; that of an odd row does not."""
    layout = file.layout
    has_currency = "currency" in file.positions or "currency" in layout.constants
    cells = {name: f"c{position}" for name, position in file.positions.items()}
    casts = {name: cast(layout.columns[name], Conventions(zone=zone), has_currency) for name in cells}
    values: dict[str, str] = {}
    odd = [rule.condition for rule in row_rules(file)]
    odd.append(f"prefix({cells[layout.required[0]]}, '\t')")  # a row of tabs may be blank
    for column in layout.data_set.columns.values():
        if column.name not in cells:
            values |= absent(file, column)
            continue
        short = _short(layout.columns[column.name], cells[column.name], has_currency, scan.has_wide_spaces)
        values |= short.values if short else casts[column.name].values
        odd += short.odd if short else [f"({casts[column.name].reason}) IS NOT NULL"]
    trimmed = ", ".join(f'{cell} AS "r_{name}"' for name, cell in cells.items())
    texts = ", ".join(f'{each.text} AS "t_{name}"' for name, each in casts.items())
    listed = ", ".join(f'{sql} AS "{name}"' for name, sql in values.items())
    exponent = 'exponent_of("currency") AS exponent' if has_currency else "NULL AS exponent"
    stored = ", ".join(f'"{name}"' for name in values)
    owner = f", NULL::VARCHAR AS {OWNER}" if layout.data_set.name in owners() else ""
    is_odd = " OR ".join(f"({condition})" for condition in odd)
    return (
        f"SELECT CASE WHEN {is_odd} THEN 0::BIGINT END AS line, {stored}, extra{owner}"
        f" FROM (SELECT *, {exponent} FROM (SELECT *, {listed}, {extra(file)} AS extra"
        f" FROM (SELECT *, {texts} FROM (SELECT *, {trimmed} FROM {rows}))))"
    )


def _short(column: Column, cell: str, has_currency: bool, has_wide_spaces: bool) -> _Short | None:
    """Texts, plain numbers and ISO dates by the cheapest tests; None for the types that few files have many of."""
    value = f'"{column.name}"'
    odd = [f"{cell} IS NULL"] if column.must_be_filled else []
    if column.type in ("id", "text"):
        outer = [f"trim({cell}) <> {cell}"] if has_wide_spaces else [f"prefix({cell}, ' ')", f"suffix({cell}, ' ')"]
        return _Short({column.name: cell}, [*odd, *outer])
    if column.type == "date":
        odd += [f"{value}::VARCHAR <> {cell}", f"strlen({cell}) <> 10"]  # as the careful way compares it
        return _Short({column.name: f"TRY_CAST({cell} AS DATE)"}, [*odd, f"{value} IS NULL AND {cell} IS NOT NULL"])
    if column.type not in NUMBERS:
        return None
    decimals = decimals_allowed(column)
    if column.type == "amount":
        decimals = FEWEST if has_currency else UNKNOWN_CURRENCY_DECIMALS
        if has_currency:
            odd.append(f"exponent < {FEWEST} AND NOT regexp_full_match({cell}, '[^.]*([.]0*)?')")
    shape = f"[+-]?[0-9]+([.][0-9]{{0,{decimals}}}0*)?"
    odd += [f"NOT regexp_full_match({cell}, '{shape}')", f"{value} IS NULL AND {cell} IS NOT NULL"]
    odd += [condition for condition, _ in out_of_range(column)]
    scale = decimal_scale(column)
    stored = f"TRY_CAST({cell} AS DECIMAL(18,{scale}))::{'BIGINT' if column.type == 'integer' else column.sql_type}"
    return _Short({column.name: stored}, odd)
