"""Current rows of one data set as the columns that a test names, short enough to write the expectation by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ingestion.raw import create_raw_relations


def look(home: Path, data_set: str, columns: str) -> list[tuple[Any, ...]]:
    """Dates and decimals as plain text, in the order of the values."""
    con = duckdb.connect()
    create_raw_relations(con, home)
    found = con.sql(f"select {columns} from raw_csv.{data_set} order by all").fetchall()
    return [tuple(_plain(value) for value in row) for row in found]


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value.quantize(Decimal("0.01"))) if value == value.quantize(Decimal("0.01")) else f"{value:f}"
    return value if value is None or isinstance(value, bool) else str(value)


def totals(amounts: dict[str, Decimal]) -> dict[str, str]:
    return {currency: str(amount) for currency, amount in amounts.items()}
