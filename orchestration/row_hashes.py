"""Hashes by which DuckDB tells rows apart, and the trap in them."""

from collections.abc import Iterable


def two_hashes(columns: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """SQL: two hashes of a row, of its columns' names and types; equal pairs mean equal rows.

    DuckDB hashes the halves of 128 bits apart, so that -1 and 0, each with two equal halves, have one hash. The second
    is of the columns that are so wide, each one larger, in which such values differ; it is constant where none is.
    """
    columns = list(columns)
    plain = ", ".join(f'"{name}"' for name, _ in columns)
    moved = "".join(f', "{name}" + 1' for name, sql_type in columns if _is_wide(sql_type))
    return f"hash({plain})", f"hash(1{moved})"


def _is_wide(sql_type: str) -> bool:
    digits = sql_type.removeprefix("DECIMAL(").partition(",")[0]
    return sql_type == "HUGEINT" or (digits.isdigit() and int(digits) > 18)
