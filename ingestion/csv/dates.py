"""The one date format of a file, decided over every cell of all its date columns, and the SQL that reads
it.

ISO needs no decision. Any other format must be the only one in the file; day and month must be told apart
by at least one cell, and no cell may contradict it. A file that leaves a doubt is refused, for a wrong
month is worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ingestion.csv.refused import FileRefused

NAMED = ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%B-%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y")


@dataclass(frozen=True)
class DateFormat:
    """`pattern` is the whole date part of a cell;

    `iso` is SQL that turns `{x}` into text a DATE cast reads.
    """

    name: str
    pattern: str
    iso: str


def _numeric(order: str, separator: str, year_digits: int) -> DateFormat:
    year = rf"(\d{{{year_digits}}})"
    mark = "[.]" if separator == "." else separator
    name = {"ymd": f"Y{separator}M{separator}D", "dmy": f"D{separator}M{separator}Y"}.get(
        order, f"M{separator}D{separator}Y"
    )
    if order == "ymd":
        pattern, places = mark.join([year, r"(\d{1,2})", r"(\d{1,2})"]), (1, 2, 3)
    else:
        pattern = mark.join([r"(\d{1,2})", r"(\d{1,2})", year])
        places = (3, 2, 1) if order == "dmy" else (3, 1, 2)

    def group(place: int) -> str:
        return f"regexp_extract({{x}}, '^{pattern}$', {place})"

    century = f"CASE WHEN {group(3)} >= '70' THEN '19' ELSE '20' END || " if year_digits == 2 else ""
    iso = f"({century}{group(places[0])} || '-' || {group(places[1])} || '-' || {group(places[2])})"
    return DateFormat(name if year_digits == 4 else name + "Y", pattern, iso)


def _named(name: str, pattern: str, two_digit_year: bool = False) -> DateFormat:
    text = "{x}"
    if two_digit_year:
        text = (
            "(regexp_replace({x}, '..$', '') || CASE WHEN right({x}, 2) >= '70' THEN '19' ELSE '20' END"
            " || right({x}, 2))"
        )
    formats = ", ".join(f"'{each}'" for each in NAMED)
    return DateFormat(name, pattern, f"strftime(try_strptime({text}, [{formats}]), '%Y-%m-%d')")


ISO = DateFormat("ISO", r"\d{4}-\d{2}-\d{2}", "{x}")
YEAR_FIRST = [_numeric("ymd", separator, 4) for separator in "-/."]
COMPACT = DateFormat(
    "YYYYMMDD",
    r"\d{8}",
    "(substr({x}, 1, 4) || '-' || substr({x}, 5, 2) || '-' || substr({x}, 7, 2))",
)
WITH_NAMES = [
    _named("D Mon Y", r"\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{4}"),
    _named("D Mon YY", r"\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2}", two_digit_year=True),
    _named("Mon D, Y", r"[A-Za-z]{3,9} \d{1,2},? \d{4}"),
]
UNORDERED = [(separator, digits) for separator in "-/." for digits in (4, 2)]
SERIAL = r"\d{5}([.]\d+)?"
TIME_TAIL = r"[T ]+\d{1,2}:\d{2}.*$"


def date_part(cell: str) -> str:
    """SQL: a cell without its time of day."""
    return f"regexp_replace({cell}, '{TIME_TAIL}', '')"


def decide(con: duckdb.DuckDBPyConnection, cells: list[str], relation: str, rows: int) -> DateFormat:
    """The format of the date cells (SQL expressions over `relation`). Cells of no known shape do not vote."""
    shapes = {fmt.name: fmt.pattern for fmt in (ISO, *YEAR_FIRST, COMPACT, *WITH_NAMES)}
    shapes |= {f"{sep}{digits}": _numeric("dmy", sep, digits).pattern for sep, digits in UNORDERED}
    counts = [f"count_if(regexp_full_match(x, '{pattern}')) AS \"{name}\"" for name, pattern in shapes.items()]
    votes = []
    for sep, digits in UNORDERED:
        pattern = _numeric("dmy", sep, digits).pattern
        first = f"TRY_CAST(regexp_extract(x, '^{pattern}$', 1) AS INTEGER)"
        second = f"TRY_CAST(regexp_extract(x, '^{pattern}$', 2) AS INTEGER)"
        votes += [
            f"count_if({first} BETWEEN 13 AND 31 AND {second} <= 12)",
            f"count_if({second} BETWEEN 13 AND 31 AND {first} <= 12)",
            f"count_if({first} <> {second})",
        ]
    union = " UNION ALL ".join(f"SELECT {date_part(cell)} AS x FROM {relation}" for cell in cells)
    found = con.execute(
        f"SELECT count_if(regexp_full_match(x, '{SERIAL}')), {', '.join(counts)}, {', '.join(votes)}"
        f" FROM ({union}) WHERE x IS NOT NULL"
    ).fetchone()
    assert found is not None
    if found[0]:
        raise FileRefused("a date column holds spreadsheet serial numbers; export dates as YYYY-MM-DD", rows)
    seen = {name: count for name, count in zip(shapes, found[1:], strict=False) if count}
    iso = seen.pop(ISO.name, 0)
    if seen.get(YEAR_FIRST[0].name) == iso:
        # ISO is the strict case of year-month-day, so every ISO cell was counted as both
        seen.pop(YEAR_FIRST[0].name, None)
        seen |= {ISO.name: iso} if iso else {}
    if not seen or list(seen) == [ISO.name]:
        return ISO
    if len(seen) > 1:
        raise FileRefused(f"the dates are written in more than one format ({', '.join(seen)})", rows)
    (name,) = seen
    for fmt in (*YEAR_FIRST, COMPACT, *WITH_NAMES):
        if fmt.name == name:
            return fmt
    place = [f"{sep}{digits}" for sep, digits in UNORDERED].index(name)
    day_first, month_first, different = found[1 + len(shapes) + 3 * place :][:3]
    separator, digits = UNORDERED[place]
    if day_first and month_first:
        raise FileRefused("day and month change places within the file", rows)
    if different and not day_first and not month_first:
        raise FileRefused("no date tells whether the day or the month comes first; export dates as YYYY-MM-DD", rows)
    return _numeric("mdy" if month_first else "dmy", separator, digits)
