"""Rows into tables."""

from collections.abc import Sequence

import duckdb


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Rows into a table, column by column: a row at a time takes a second for every few thousand, and lists of values
    three times as long as Arrow's columns. All values of a column tell its type, so a Decimal stays exact however wide
    it is; a data frame is judged by a sample of its rows and refuses what is wider."""
    if rows:
        import pyarrow as pa

        columns = [pa.array(column) for column in zip(*rows, strict=True)]
        connection.register("rows_made", pa.table(columns, names=[str(at) for at in range(len(columns))]))
        connection.execute(f"insert into {table} from rows_made")
        connection.unregister("rows_made")
