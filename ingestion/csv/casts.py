"""SQL that turns the text of a cell into an exact value, or into the reason why it has none.

The SQL comes in layers, so that nothing is computed twice: `r_<column>` is the trimmed cell (NULL if
blank), `t_<column>` the same in plain spelling (NULL if it is not of the file's convention), `<column>` the
value, `f_<column>` the reason, NULL for a good cell. Nothing is rounded: a value is made only from text
that was matched in full.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ingestion.contracts import NUMBERS, Column
from ingestion.csv.dates import ISO, TIME_TAIL, DateFormat, date_part
from ingestion.csv.numbers import PLAIN, NumberStyle, plain_text
from ingestion.lake import literal

TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6}0*)?)?"
OFFSET = r"(Z|UTC|GMT|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?|[+-]14(:?00)?)"
MIDNIGHT = r"[T ]00:00(:00([.]0+)?)?"
TRUE = "('true', 't', 'yes', 'y', '1')"
FALSE = "('false', 'f', 'no', 'n', '0')"
DECIMALS_OF = {"unit_amount": 6, "quantity": 6, "percent": 6, "rate": 12, "fraction": 12}
MAX_UNITS = 10**18


@dataclass(frozen=True)
class Conventions:
    """How one file writes what can be written in several ways, and the zone of its wall clocks."""

    dates: DateFormat = ISO
    numbers: dict[str, NumberStyle] = field(default_factory=dict)
    zone: str = "UTC"


@dataclass(frozen=True)
class Cast:
    """SQL of one column, one layer per field. `values` has the stored names."""

    text: str
    values: dict[str, str]
    reason: str


Checks = list[tuple[str, str | None]]


def cast(column: Column, conventions: Conventions, has_currency: bool) -> Cast:
    """The cast of one column that the file has.

    `has_currency` = the row has a currency that limits decimals.
    """
    name = column.name
    cell = f'"r_{name}"'
    text = cell
    values = {name: f'"t_{name}"'}
    checks: Checks = []
    if column.type in NUMBERS:
        text, values, checks = _number(column, conventions, has_currency)
    elif column.type == "date":
        text, values, checks = _date(name, conventions.dates)
    elif column.type == "instant":
        text, values, checks = _instant(name, replace(conventions, zone="UTC") if column.utc else conventions)
        if column.utc:
            values[f"{name}_is_utc"] = f"CASE WHEN {cell} IS NOT NULL THEN true END"
    elif column.type == "currency":
        text = f"upper({cell})"
        checks = [(f'TRY_CAST("t_{name}" AS iso_currency) IS NULL', "is not an ISO 4217 currency")]
    elif column.type == "enum":
        listed = ", ".join(literal(value) for value in column.values)
        checks = [(f"{cell} NOT IN ({listed})", f"is not one of {', '.join(column.values)}")]
        if column.meanings:
            pairs = zip(column.values, column.meanings, strict=True)
            branches = " ".join(f"WHEN {literal(value)} THEN {literal(meaning)}" for value, meaning in pairs)
            values = {name: f'CASE "t_{name}" {branches} END'}
    elif column.type == "boolean":
        text = f"lower({cell})"
        values = {name: f'CASE WHEN "t_{name}" IN {TRUE} THEN true WHEN "t_{name}" IN {FALSE} THEN false END'}
        checks = [(f'"{name}" IS NULL', "is neither true nor false")]
    blank = "is required and blank" if column.must_be_filled else None
    return Cast(text, values, _case([(f"{cell} IS NULL", blank), *checks]))


def nothing(column: Column) -> dict[str, str]:
    """The values of a column that the file does not have."""
    values = {column.name: f"NULL::{column.sql_type}"}
    if column.type == "instant":
        values[f"{column.name}_is_utc"] = "NULL::BOOLEAN"
    return values


def _case(checks: Checks) -> str:
    branches = (f"WHEN {condition} THEN {literal(reason) if reason else 'NULL'}" for condition, reason in checks)
    return f"CASE {' '.join(branches)} END"


def _number(column: Column, conventions: Conventions, has_currency: bool) -> tuple[str, dict[str, str], Checks]:
    name, text = column.name, f'"t_{column.name}"'
    style = conventions.numbers.get(name, PLAIN)
    decimals, limit = str(decimals_allowed(column)), str(MAX_UNITS)
    if column.type == "amount":
        currency = '"currency"' if has_currency else "NULL"
        decimals, limit = f"exponent_of({currency})", f"units_limit({currency})"
    excess = f"contains({text}, '.') AND length(rtrim({text}, '0')) - strpos({text}, '.') > {decimals}"
    shape = "is not a plain decimal number" if style is PLAIN else f"is not written like {style.name}"
    value = f'"{name}"'
    checks: Checks = [
        (f"{text} IS NULL", shape),
        (excess, "has more decimals than are allowed here"),
        (f"{value} IS NULL OR abs({value}) >= {limit}", "is too large"),
    ]
    checks += out_of_range(column)
    stored = _exact(text, decimal_scale(column))
    if column.type == "integer":
        stored = f"TRY_CAST({stored} AS BIGINT)"
    return plain_text(f'"r_{name}"', style), {name: stored}, checks


def out_of_range(column: Column) -> list[tuple[str, str]]:
    """SQL over the column's value, and the reason."""
    value = f'"{column.name}"'
    ranges = (
        (column.min, "<", "is below"),
        (column.max, ">", "is above"),
        (column.above, "<=", "is not above"),
    )
    return [(f"{value} {sign} {bound}", f"{says} {bound}") for bound, sign, says in ranges if bound is not None]


def decimals_allowed(column: Column) -> int:
    """Of a number whose decimals no currency limits."""
    return DECIMALS_OF.get(column.type, 0)


def decimal_scale(column: Column) -> int:
    return 12 if column.sql_type.endswith("12)") else 6


def _exact(text: str, scale: int) -> str:
    """A plain decimal as DECIMAL(38, scale). What fits 18 digits is read there first: DuckDB reads text into wider
    decimals more than a hundred times as slowly."""
    wide = f"DECIMAL(38,{scale})"
    return f"coalesce(TRY_CAST({text} AS DECIMAL(18,{scale}))::{wide}, TRY_CAST({text} AS {wide}))"


def _iso_text(cell: str, dates: DateFormat) -> str:
    """SQL: a date or instant in any accepted format as ISO text, its time on the 24-hour clock."""
    if dates is ISO:
        return cell
    day = f"TRY_CAST({dates.iso.replace('{x}', date_part(cell))} AS DATE)::VARCHAR"
    day = f"CASE WHEN regexp_full_match({date_part(cell)}, '{dates.pattern}') THEN {day} END"
    time = f"trim(regexp_extract({cell}, '{TIME_TAIL}'), 'T ')"
    half = r"^([0-9]{1,2})(:[0-9:.]*) ?([AaPp])[.]?[Mm][.]?$"
    hour = f"TRY_CAST(regexp_extract({time}, '{half}', 1) AS INTEGER)"
    is_half = f"regexp_matches({time}, '{half}') AND {hour} BETWEEN 1 AND 12"
    afternoon = f"CASE WHEN lower(regexp_extract({time}, '{half}', 3)) = 'p' THEN 12 ELSE 0 END"
    clock = (
        f"CASE WHEN {is_half} THEN lpad(({hour} % 12 + {afternoon})::VARCHAR, 2, '0')"
        f" || regexp_extract({time}, '{half}', 2) ELSE regexp_replace({time}, '^([0-9]):', '0\\1:') END"
    )
    return f"(({day}) || CASE WHEN {time} = '' THEN '' ELSE ' ' || {clock} END)"


def _date(name: str, dates: DateFormat) -> tuple[str, dict[str, str], Checks]:
    text, value = f'"t_{name}"', f'"{name}"'
    at_midnight = f"regexp_full_match({text}, '{ISO.pattern}{MIDNIGHT}')"
    checks: Checks = [
        (f"{value}::VARCHAR = {text}", None),
        (f"{text} IS NULL OR {value} IS NULL", f"is not a date ({dates.name})"),
        (f"NOT {at_midnight}", "is a date with a time of day or in another format"),
    ]
    return _iso_text(f'"r_{name}"', dates), {name: f"TRY_CAST(left({text}, 10) AS DATE)"}, checks


def _instant(name: str, conventions: Conventions) -> tuple[str, dict[str, str], Checks]:
    text, value, is_utc = f'"t_{name}"', f'"{name}"', f'"{name}_is_utc"'
    tail = rf"(:[0-9]{{2}}([.][0-9]+)?) ?{OFFSET}$"
    wall = f"TRY_CAST(regexp_replace({text}, '{tail}', '\\1') AS TIMESTAMP)"
    offset = f"regexp_extract({text}, '{tail}', 3)"
    minutes = (
        f"(CASE left({offset}, 1) WHEN '-' THEN -1 WHEN '+' THEN 1 ELSE 0 END)"
        f" * (coalesce(TRY_CAST(substr({offset}, 2, 2) AS INTEGER), 0) * 60"
        f" + coalesce(TRY_CAST(substr(replace({offset}, ':', ''), 4, 2) AS INTEGER), 0))"
    )
    shape = rf"{ISO.pattern}([T ]{TIME}( ?{OFFSET})?)?"
    checks: Checks = [
        (
            f"{text} IS NULL OR {value} IS NULL OR NOT regexp_full_match({text}, '{shape}')",
            f"is not an instant (date {conventions.dates.name}, then hh:mm:ss)",
        )
    ]
    if conventions.zone.upper() != "UTC":
        zone = literal(conventions.zone)
        skipped = (
            f"NOT {is_utc} AND length({text}) > 10"
            f" AND timezone({zone}, timezone({zone}, {value})) IS DISTINCT FROM {value}"
        )
        checks.append((skipped, f"is a local time that the clocks of {conventions.zone} skip"))
    has_offset = f"{offset} <> ''"
    values = {
        name: f"CASE WHEN {has_offset} THEN {wall} - to_minutes({minutes}) ELSE {wall} END",
        f"{name}_is_utc": f"CASE WHEN {text} IS NOT NULL THEN {has_offset} END",
    }
    return _iso_text(f'"r_{name}"', conventions.dates), values, checks
