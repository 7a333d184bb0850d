"""Dropping text and looking at what became current, in a home of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from ingestion.csv import Receipt, scan_drop
from ingestion.raw import create_intake_ops, create_raw_relations


def put(home: Path, content: str | bytes, name: str = "file.csv", tenant: str | None = None) -> Path:
    folder = home / "drop" / (tenant or "")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def scan(home: Path, zone: str = "UTC") -> list[Receipt]:
    receipts = scan_drop(home, lambda _: zone)
    for receipt in receipts:
        assert receipt.rows_read == receipt.rows_accepted + receipt.rows_quarantined + receipt.rows_refused
    return receipts


def drop(
    home: Path, content: str | bytes, name: str = "file.csv", tenant: str | None = None, zone: str = "UTC"
) -> Receipt:
    put(home, content, name, tenant)
    (receipt,) = scan(home, zone)
    return receipt


def rows(home: Path, relation: str, known_at: int | None = None) -> list[dict[str, Any]]:
    con = duckdb.connect()
    create_raw_relations(con, home, known_at)
    create_intake_ops(con, home, known_at)
    return con.sql(f"from {relation} order by all").to_arrow_table().to_pylist()


def facts(home: Path, relation: str, known_at: int | None = None) -> list[dict[str, Any]]:
    """Current rows without where they came from."""
    return rows(home, f"(select * exclude (file_id, line) from {relation})", known_at)


def reasons(home: Path) -> list[tuple[int, str | None, str | None, str]]:
    found = rows(home, "(select line, column_name, value, reason from ops.quarantined_rows)")
    return [(row["line"], row["column_name"], row["value"], row["reason"]) for row in found]
