"""The DuckDB connection that reads files: one per scan, with the currencies and limits that casts refer
to.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from iso4217 import Currency

from ingestion.lake import literal

MEMORY_LIMIT = "1GB"
UNKNOWN_CURRENCY_DECIMALS = 4
MAX_DIGITS = 18


def connect(scratch: Path) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory database with bounded memory; what does not fit goes to the scratch folder."""
    scratch.mkdir(parents=True, exist_ok=True)  # DuckDB makes no folders above its own
    con = duckdb.connect()
    con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    con.execute(f"SET temp_directory = {literal(scratch / 'spill')}")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET threads = 2")
    exponents = {c.code: c.exponent for c in Currency if c.exponent is not None}
    codes = ", ".join(f"'{code}'" for code in sorted(exponents))
    con.execute(f"CREATE TYPE iso_currency AS ENUM ({codes})")
    by_exponent: dict[int, list[str]] = {}
    for code, exponent in exponents.items():
        by_exponent.setdefault(exponent, []).append(code)
    for macro, result in (("exponent_of", str), ("units_limit", lambda e: str(10 ** (MAX_DIGITS - e)))):
        branches = " ".join(
            f"WHEN contains('{' '.join(sorted(group))}', c::VARCHAR) AND length(c::VARCHAR) = 3 THEN {result(exponent)}"
            for exponent, group in sorted(by_exponent.items())
            if exponent != 2
        )
        con.execute(
            f"CREATE MACRO {macro}(c) AS CASE WHEN c IS NULL THEN {result(UNKNOWN_CURRENCY_DECIMALS)}"
            f" {branches} ELSE {result(2)} END"
        )
    return con
