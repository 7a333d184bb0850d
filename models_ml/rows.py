"""Rows into tables."""

from collections.abc import Sequence

import duckdb


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Rows into a table, column by column: a row at a time takes a second for every few thousand. All values of a
    column tell its type, so a Decimal stays exact however wide it is; a data frame is judged by a sample of its rows
    and refuses what is wider."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"insert into {table} select {', '.join(['unnest(?)'] * len(columns))}", columns)
