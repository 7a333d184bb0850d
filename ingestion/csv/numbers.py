"""How the numbers of one column are written, decided over every cell of the column.

Plain ASCII decimals need no decision. Thousands separators, decimal commas, currency signs and parentheses
are read only where one convention reads every number of the column and no other one would read it
differently; otherwise the column stays plain and the cells that are not plain are quarantined.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

PLAIN_PATTERN = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)"
SPACES = "[ \u00a0\u202f]"
SIGNS = "[$€£¥]"


@dataclass(frozen=True)
class NumberStyle:
    """`pattern` is a whole number without currency sign and parentheses; the two marks are how it is cut."""

    name: str
    pattern: str
    groups: str = ""
    decimal: str = "."


def _style(name: str, group: str, decimal: str) -> NumberStyle:
    mark = "[.]" if decimal == "." else decimal
    pattern = rf"[+-]?([0-9]{{1,3}}({group}[0-9]{{3}})+|[0-9]+)({mark}[0-9]+)?"
    return NumberStyle(name, pattern, group, decimal)


PLAIN = NumberStyle("plain", PLAIN_PATTERN)
STYLES = [
    _style("1,234.56", ",", "."),
    _style("1 234.56", SPACES, "."),
    _style("1''234.56", "''", "."),
    _style("1.234,56", "[.]", ","),
    _style("1 234,56", SPACES, ","),
]


def bare(cell: str) -> str:
    """SQL: a cell without currency sign, parentheses turned into a minus."""
    opened = f"regexp_replace({cell}, '^[(](.*)[)]$', '-\\1')"
    return f"regexp_replace({opened}, '^([+-]?) ?{SIGNS} ?([+-]?)|{SPACES}?{SIGNS}$', '\\1\\2')"


def plain_text(cell: str, style: NumberStyle) -> str:
    """SQL: a cell of this style as a plain decimal; NULL if it is not of the style."""
    if style is PLAIN:
        return f"CASE WHEN regexp_full_match({cell}, '{PLAIN_PATTERN}') THEN {cell} END"
    text = bare(cell)
    digits = f"regexp_replace({text}, '{style.groups}', '', 'g')"
    if style.decimal != ".":
        digits = f"replace({digits}, '{style.decimal}', '.')"
    return f"CASE WHEN regexp_full_match({text}, '{style.pattern}') THEN {digits} END"


def decide(con: duckdb.DuckDBPyConnection, cell: str, relation: str) -> NumberStyle:
    """The style of one column (`cell` is SQL over `relation`)."""
    matches = [f"regexp_full_match(b, '{style.pattern}')" for style in STYLES]
    any_match = " OR ".join(matches)
    found = con.execute(
        f"SELECT count_if(({any_match}) AND NOT regexp_full_match(x, '{PLAIN_PATTERN}')),"
        f" count(DISTINCT nullif(regexp_extract(x, '{SIGNS}'), '')),"
        f" count_if({any_match}), count_if(({any_match}) AND regexp_matches(b, '[.,]')),"
        f" {', '.join(f'count_if({match})' for match in matches)}"
        f" FROM (SELECT {cell} AS x, {bare(cell)} AS b FROM {relation} WHERE {cell} IS NOT NULL)"
    ).fetchone()
    assert found is not None
    not_plain, signs, numbers, with_marks, *fits = found
    fitting = [style for style, count in zip(STYLES, fits, strict=True) if count == numbers]
    readings = {style.decimal for style in fitting}
    is_clear = len(readings) == 1 or (len(readings) == 2 and not with_marks)
    if not not_plain or not numbers or signs > 1 or not fitting or not is_clear:
        return PLAIN
    return fitting[0]
