"""What was accepted and taken back between two places of the sequence: files, undone files, changes of the core."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.journal import Journal


@dataclass(frozen=True)
class CameBetween:
    """Facts after one sequence, up to and with another."""

    files: list[dict[str, Any]]
    undone: list[dict[str, Any]]
    core: list[dict[str, Any]]

    def __bool__(self) -> bool:
        return bool(self.files or self.undone or self.core)


def came_between(home: Path, after: int, upto: int) -> CameBetween:
    """Files that had rows accepted, files that were undone, and per tenant the stretch of the core's log by table."""
    span = (after, upto)
    columns = "f.file_id, f.tenant_id, f.file_name, f.data_set, f.status, f.rows_accepted, f.control_totals"
    with Journal(home) as journal:
        files = journal.rows(
            f"select {columns}, f.seq from files f where f.seq > ? and f.seq <= ? and f.rows_accepted > 0"
            " order by f.seq",
            span,
        )
        undone = journal.rows(
            f"select {columns}, r.seq from retractions r join files f on f.seq = r.file_seq"
            " where r.seq > ? and r.seq <= ? order by r.seq",
            span,
        )
        spans = journal.rows(
            "select tenant_id, min(first_change_no) as first_change_no, max(last_change_no) as last_change_no"
            " from core_spans where seq > ? and seq <= ? group by tenant_id order by tenant_id",
            span,
        )
        tables = journal.rows(
            "select replace(relation, 'app/', '') as table_name, sum(rows) as changes from parts"
            " where relation like 'app/%' and seq > ? and seq <= ? and rows > 0 group by relation order by relation",
            span,
        )
    by_table = {row["table_name"]: row["changes"] for row in tables}
    core = [{**dict(row), "tables": by_table} for row in spans]
    return CameBetween([_file(row) for row in files], [_file(row) for row in undone], core)


def _file(row: Any) -> dict[str, Any]:
    return {**dict(row), "control_totals": json.loads(row["control_totals"])}
