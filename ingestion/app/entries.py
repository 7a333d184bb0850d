"""The rows in the log's entries: JSON text in, columns of the contract's types out, nothing rounded on the way."""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.contracts import AppTable

SHORT_DIGITS = 18


def parsed(relation: str, table: AppTable) -> str:
    """SQL: the relation with every column of the table beside it as text, as `j_<name>`; all NULL for a deletion."""
    shape = "{" + ", ".join(f'"{name}": "VARCHAR"' for name in table.columns) + "}"
    cells = ", ".join(f"j.{name} AS j_{name}" for name in table.columns)
    read = f"SELECT *, from_json(nullif(after_json, ''), '{shape}') AS j FROM {relation}"
    return f"(SELECT * EXCLUDE j, {cells} FROM ({read}))"


def value_of(name: str, sql_type: str, prefix: str = "j_") -> str:
    """SQL: the typed value of a column that is there as text. A text that is no such value is an error, and so is a
    decimal that the type would round."""
    text = f"{prefix}{name}"
    if sql_type == "TIMESTAMP":
        return f"(CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"
    if sql_type.startswith("DECIMAL"):
        return _decimal(name, text, sql_type)
    return f"CAST({text} AS {sql_type})"


def _decimal(name: str, text: str, sql_type: str) -> str:
    places = int(sql_type.rstrip(")").rpartition(",")[2])
    exponent = f"contains({text}, 'e') OR contains({text}, 'E')"
    # DuckDB reads text into a decimal of more than 18 digits some forty times slower than into a short one.
    is_short = f"length({text}) <= {min(places, SHORT_DIGITS - places)} AND NOT ({exponent})"
    more = f"contains({text}, '.') AND length(rtrim({text}, '0')) - strpos({text}, '.') > {places}"
    return (
        f"CASE WHEN {is_short} THEN CAST(CAST({text} AS DECIMAL({SHORT_DIGITS},{places})) AS {sql_type})"
        f" WHEN {exponent} OR ({more}) THEN CAST(error('{name} has a value that cannot be kept exactly: ' || {text})"
        f" AS {sql_type}) ELSE CAST({text} AS {sql_type}) END"
    )


def plain(names: Sequence[str], prefix: str = "") -> str:
    """SQL: the texts again, out of the form in which `Core.columns_as_text` brings them, NULL where there is none."""
    return ", ".join(
        f"CASE substr({name}::VARCHAR, 1, 1) WHEN '=' THEN substr({name}::VARCHAR, 2) END AS {prefix}{name}"
        for name in names
    )
