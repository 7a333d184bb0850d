"""The profile of one batch, computed by DuckDB over every row: what the expectations are judged on.

Only numbers and dates have their range kept: text could be personal.
"""

from __future__ import annotations

from typing import Any

import duckdb

RANGED = ("DECIMAL", "BIGINT", "DATE", "TIMESTAMP")
SUMMED = ("DECIMAL", "BIGINT")


def profile(
    con: duckdb.DuckDBPyConnection, relation: str, columns: list[tuple[str, str]], extra: dict[str, str]
) -> dict[str, Any]:
    """Rows, nulls per column, range and sum (as exact text) where they mean something;

    `extra` adds SQL figures.
    """
    figures = {"rows": "count(*)"} | extra
    for name, sql_type in columns:
        figures[f"nulls:{name}"] = f'count(*) - count("{name}")'
        if sql_type.startswith(RANGED):
            figures[f"min:{name}"] = f'min("{name}")::VARCHAR'
            figures[f"max:{name}"] = f'max("{name}")::VARCHAR'
        if sql_type.startswith(SUMMED):
            figures[f"sum:{name}"] = f'sum("{name}")::VARCHAR'
    found = con.execute(f"SELECT {', '.join(figures.values())} FROM {relation}").fetchone()
    assert found is not None
    return dict(zip(figures, found, strict=True))
