"""Prints the rows of a query in the format that was asked for."""

import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

NUMERIC = ("INT", "DECIMAL", "DOUBLE", "FLOAT", "HUGEINT")


def print_rows(connection: duckdb.DuckDBPyConnection, query: str, style: str, out: Console) -> None:
    """Runs `query` and writes its rows to standard output. Decimals are printed exactly, never as floats."""
    if style == "parquet":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            connection.sql(query).write_parquet(str(path))
            sys.stdout.buffer.write(path.read_bytes())
        return
    relation = connection.sql(query)
    if relation is None:
        return
    if style == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(relation.columns)
        writer.writerows(relation.fetchall())
    elif style == "json":
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        sys.stdout.write(json.dumps(rows, default=str, indent=1) + "\n")
    else:
        out.print(as_table(relation.columns, [str(t) for t in relation.types], relation.fetchall()))


def as_table(columns: list[str], types: list[str], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, kind in zip(columns, types, strict=True):
        table.add_column(Text(name), justify="right" if kind.startswith(NUMERIC) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else _text(value)) for value in row))
    return table


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
