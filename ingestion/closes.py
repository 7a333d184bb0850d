"""Which months the core closed and reopened, in the order of the change log, and the sequence at which each was known.

Extraction ends a batch after each of them (`app/extract.py`), so what is known at the sequence of a close is what was
known to whoever closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from ingestion.contracts import app_tables
from ingestion.home import intake_folder
from ingestion.journal import Journal
from ingestion.raw import app_versions

PERIODS = "periods"


@dataclass(frozen=True)
class PeriodChange:
    """A month (YYYY-MM) that was closed or reopened. `at` is UTC without a zone."""

    tenant_id: str
    month: str
    is_closed: bool
    change_no: int
    seq: int
    at: datetime
    by: str


def period_changes(con: duckdb.DuckDBPyConnection, home: Path, known_at: int) -> list[PeriodChange]:
    """All of them up to a sequence, per tenant in order."""
    table = app_tables()[PERIODS]
    with Journal(home) as journal:
        parts = [part for part in journal.parts("app/", known_at) if part["relation"] == f"app/{PERIODS}"]
        if not parts:
            return []
        versions = app_versions(intake_folder(home), parts, table.stored_columns())
        of_change = "tenant_id, month, status = 'closed', change_no"
        by_whom = "if(status = 'closed', closed_at, reopened_at), if(status = 'closed', closed_by, reopened_by)"
        rows = con.execute(
            f"SELECT {of_change}, {by_whom} FROM ({versions}) WHERE operation <> 'delete' ORDER BY tenant_id, change_no"
        ).fetchall()
        return [
            PeriodChange(tenant, month, is_closed, change_no, journal.seq_of_change(tenant, change_no), at, by)
            for tenant, month, is_closed, change_no, at, by in rows
        ]
