"""From the text cells of a file to exact values: the relation `typed`, and the reasons of the rows left
out.

The first try assumes ISO dates and plain numbers, which is what most files hold. Only if a row fails are
the dates and the numbers of the whole file looked at for another convention, and the file is read again by
it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb

from ingestion.contracts import NUMBERS, TIMES, Column
from ingestion.csv import dates, numbers
from ingestion.csv.casts import Cast, Conventions, cast, nothing
from ingestion.csv.detect import Recognised
from ingestion.lake import literal

UNIT = "chr(31)"


@dataclass(frozen=True)
class Typed:
    """What `typed` holds: one row per data row, with `is_bad`, and the SQL that finds out why."""

    conventions: Conventions
    judged: str
    casts: dict[str, Cast]
    good: int
    keys: int
    bad: int


def read(con: duckdb.DuckDBPyConnection, file: Recognised, zone: str, broken: int) -> Typed:
    """Create `typed`: line, the stored columns, extra, row_body, row_key, is_bad."""
    typed = _typed(con, file, Conventions(zone=zone))
    if typed.bad:
        conventions = _conventions(con, file, zone, typed.good + typed.bad + broken)
        if conventions != typed.conventions:
            typed = _typed(con, file, conventions)
    return typed


def create_failures(con: duckdb.DuckDBPyConnection, file: Recognised, typed: Typed, broken: int) -> None:
    """Create `failures`: one row per failed cell (or broken row), with the whole row's text."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE failures"
        " (line BIGINT, column_name VARCHAR, value VARCHAR, reason VARCHAR, cells VARCHAR)"
    )
    if broken:
        con.execute("INSERT INTO failures SELECT line, NULL, value, reason, cells FROM broken")
    if not typed.bad:
        return
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE bad AS SELECT j.*, {row_text(file)} AS cells"
        f" FROM ({typed.judged}) j JOIN raw USING (line) WHERE line IN (SELECT line FROM typed WHERE is_bad)"
    )
    for name in typed.casts:
        header = file.header[file.positions[name]]
        con.execute(
            f'INSERT INTO failures SELECT line, {literal(header)}, "r_{name}", "f_{name}", cells FROM bad'
            f' WHERE "f_{name}" IS NOT NULL'
        )
    con.execute(
        "INSERT INTO failures SELECT line, f_row.column_name, f_row.value, f_row.reason, cells FROM bad"
        " WHERE f_row IS NOT NULL"
    )
    con.execute("DROP TABLE bad")


def row_text(file: Recognised) -> str:
    """SQL over `raw`: the cells of a row as they stand, as one JSON list."""
    return f"to_json([{', '.join(f'c{i}' for i in range(len(file.header)))}])::VARCHAR"


def _trimmed(file: Recognised) -> str:
    """Layer 1: the cells by the data set's names."""
    cells = ", ".join(f"nullif(trim(c{index}), '') AS \"r_{name}\"" for name, index in file.positions.items())
    trimmed = f"SELECT line, {cells}, {extra(file)} AS extra FROM raw"
    filled = [name for name in file.layout.fill_down if name in file.positions]
    above = [name for name in file.layout.fill_from_above if name in file.positions]
    if filled:
        return _filled_down(trimmed, filled)
    return _filled_from_above(trimmed, above) if above else trimmed


def _filled_down(trimmed: str, names: list[str]) -> str:
    """A document's first row speaks for those below it that leave these cells blank."""
    document, *others = (f'"r_{name}"' for name in names)
    above = f"last_value({document} IGNORE NULLS) OVER (ORDER BY line ROWS UNBOUNDED PRECEDING)"
    first = ", ".join(
        f"coalesce({name}, first_value({name} IGNORE NULLS) OVER (PARTITION BY {document} ORDER BY line"
        f" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) AS {name}"
        for name in others
    )
    numbered = f"SELECT * REPLACE ({above} AS {document}) FROM ({trimmed})"
    return f"SELECT * REPLACE ({first}) FROM ({numbered})" if first else numbered


def _filled_from_above(trimmed: str, names: list[str]) -> str:
    """A row that leaves the first of these cells blank goes on with the document of the row above it."""
    first = f'"r_{names[0]}"'
    numbered = f"SELECT *, count({first}) OVER (ORDER BY line ROWS UNBOUNDED PRECEDING) AS document FROM ({trimmed})"
    cells = ", ".join(
        f'CASE WHEN {first} IS NULL THEN first_value("r_{name}") OVER (PARTITION BY document ORDER BY line)'
        f' ELSE "r_{name}" END AS "r_{name}"'
        for name in names
    )
    return f"SELECT * EXCLUDE (document) REPLACE ({cells}) FROM ({numbered})"


def extra(file: Recognised) -> str:
    """Unknown columns and those to keep as one JSON object in the order of their names, blank cells left out."""
    columns = file.layout.columns
    kept = {file.header[index]: index for name, index in file.positions.items() if columns[name].keep}
    parts = ", ".join(
        f"{literal(_json_name(name))} || to_json(nullif(trim(c{index}), ''))"
        for name, index in sorted((file.unknown | kept).items())
    )
    return f"'{{' || nullif(concat_ws(',', {parts}), '') || '}}'" if parts else "NULL::VARCHAR"


def _json_name(name: str) -> str:
    return json.dumps(name, ensure_ascii=False) + ":"


def _typed(con: duckdb.DuckDBPyConnection, file: Recognised, conventions: Conventions) -> Typed:
    layout, data_set = file.layout, file.layout.data_set
    has_currency = "currency" in file.positions or "currency" in layout.constants
    casts = {name: cast(layout.columns[name], conventions, has_currency) for name in file.positions}
    texts = ", ".join(f'{each.text} AS "t_{name}"' for name, each in casts.items())
    values: dict[str, str] = {}
    for column in (data_set.columns if layout.is_direct else layout.columns).values():
        values |= casts[column.name].values if column.name in casts else absent(file, column)
    listed = ", ".join(f'{sql} AS "{name}"' for name, sql in values.items())
    reasons = ", ".join(f'{each.reason} AS "f_{name}"' for name, each in casts.items())
    derived = layout.derived_key
    stored = ", ".join(f'"{name}"' for name in values)
    body = ", ".join(f"coalesce(\"{name}\"::VARCHAR, '')" for name in values if name != derived)
    judged = (
        f"SELECT *, {reasons}, {_row_reason(file)} AS f_row FROM (SELECT *, {listed} FROM"
        f" (SELECT *, {texts} FROM ({_trimmed(file)})))"
    )
    is_bad = " OR ".join([*(f'"f_{name}" IS NOT NULL' for name in casts), "f_row IS NOT NULL"])
    has_key = layout.is_direct and not layout.keyless
    key = f"concat_ws({UNIT}, {', '.join(_key_cells(file))})" if has_key else "NULL::VARCHAR"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE typed AS SELECT line, {stored}, extra,"
        f" md5(concat_ws({UNIT}, {body}, coalesce(extra, ''))) AS row_body, {key} AS row_key, {is_bad} AS is_bad"
        f" FROM ({judged})"
    )
    if layout.keyless:
        _number_occurrences(con, values, derived)
    counted = con.execute(
        "SELECT count(*) FILTER (NOT is_bad), count(DISTINCT row_key) FILTER (NOT is_bad), count(*) FILTER (is_bad)"
        " FROM typed"
    ).fetchone()
    assert counted is not None
    return Typed(conventions, judged, casts, *counted)


def absent(file: Recognised, column: Column) -> dict[str, str]:
    constant = file.layout.constants.get(column.name)
    return nothing(column) if constant is None else {column.name: f"{literal(constant)}::{column.sql_type}"}


def _key_cells(file: Recognised) -> list[str]:
    data_set = file.layout.data_set
    names = [name for name, _ in data_set.stored_columns()]
    stored = [n for key in data_set.key for n in (key, f"{key}_is_utc") if n in names]
    return [f"coalesce(\"{name}\"::VARCHAR, '')" for name in stored]


@dataclass(frozen=True)
class RowRule:
    """What one row says against itself; `condition` is SQL over its values."""

    condition: str
    column: str
    reason: str


def row_rules(file: Recognised) -> list[RowRule]:
    """Dates out of order, a total too large to be money. What an export makes is judged when it is made."""
    data_set = file.layout.data_set
    if not file.layout.is_direct:
        return []
    rules = [
        RowRule(f'"{last}" < "{first}"', last, f"is before {first}")
        for first, last in data_set.ordered
        if {first, last} <= file.positions.keys()
    ]
    if len(data_set.total) > 1:
        product = " * ".join(f'"{name}"::DOUBLE' for name in data_set.total)
        first, second = data_set.total[:2]
        rules.append(RowRule(f"abs({product}) >= 1e16", first, f"times {second} is too large"))
    return rules


def _row_reason(file: Recognised) -> str:
    rules = row_rules(file)
    if not rules:
        return "NULL::STRUCT(column_name VARCHAR, value VARCHAR, reason VARCHAR)"
    branches = " ".join(
        f"WHEN {rule.condition} THEN {{'column_name': {literal(rule.column)}, 'value': \"r_{rule.column}\","
        f" 'reason': {literal(rule.reason)}}}"
        for rule in rules
    )
    return f"CASE {branches} END"


def _number_occurrences(con: duckdb.DuckDBPyConnection, values: dict[str, str], derived: str | None) -> None:
    """Give the rows of a set without a key one: the content's hash and how often it came before in this file."""
    number = "row_body || '-' || row_number() OVER (PARTITION BY row_body, is_bad ORDER BY line)"
    listed = ", ".join(f'row_key AS "{name}"' if name == derived else f'"{name}"' for name in values)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE typed AS SELECT line, {listed}, extra, row_body, row_key, is_bad"
        f" FROM (SELECT * REPLACE ({number} AS row_key) FROM typed)"
    )


def _conventions(con: duckdb.DuckDBPyConnection, file: Recognised, zone: str, rows: int) -> Conventions:
    columns = [file.layout.columns[name] for name in file.positions]
    relation = f"({_trimmed(file)})"
    times = [f'"r_{column.name}"' for column in columns if column.type in TIMES]
    return Conventions(
        dates=dates.decide(con, times, relation, rows) if times else dates.ISO,
        numbers={
            column.name: style
            for column in columns
            if column.type in NUMBERS
            and (style := numbers.decide(con, f'"r_{column.name}"', relation)) is not numbers.PLAIN
        },
        zone=zone,
    )
