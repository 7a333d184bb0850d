"""Receipts and quarantined rows of one tenant, a page at a time, straight from the journal: as they are now."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from ingestion.csv.mend import header_of, quarantined
from ingestion.errors import UnknownFile
from ingestion.home import lake_read
from ingestion.journal import Journal

COLUMNS = (
    "f.file_id, f.tenant_id, f.file_name, f.data_set, f.contract,"
    " case when r.seq is not null then 'undone' else f.status end as status,"
    " f.rows_read, f.rows_accepted, f.rows_quarantined, f.rows_refused, f.control_totals, f.reason, f.notes,"
    " f.seq as accepted_seq, r.seq as undone_seq"
)
FROM = f"select {COLUMNS} from files f left join retractions r on r.file_seq = f.seq where f.tenant_id = ?"


def receipts_of(
    home: Path,
    tenant_id: str,
    *,
    before: int | None = None,
    status: str | None = None,
    data_set: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The newest first; `before` is the `accepted_seq` of the last one seen."""
    with Journal(home) as journal:
        found = journal.rows(
            f"select * from ({FROM}) where (? is null or accepted_seq < ?) and (? is null or status = ?)"
            " and (? is null or instr(', ' || data_set || ', ', ', ' || ? || ', ') > 0)"
            " order by accepted_seq desc limit ?",
            (tenant_id, before, before, status, status, data_set, data_set, limit),
        )
    return [_receipt(dict(row)) for row in found]


def receipt_named(home: Path, tenant_id: str, file_name: str) -> dict[str, Any] | None:
    """The receipt of the file that was dropped under this name, where there is one."""
    with Journal(home) as journal:
        found = journal.rows(f"{FROM} and f.file_name = ? order by f.seq", (tenant_id, file_name))
    return _receipt(dict(found[0])) if found else None


def quarantined_of(
    home: Path, tenant_id: str, file_id: str, *, after: int = 0, limit: int = 50
) -> tuple[list[str], list[dict[str, Any]]]:
    """The file's header, and its next quarantined rows after a line: cells and what is wrong with them.

    The header is empty where it is not kept any more. Raises UnknownFile.
    """
    with lake_read(home), Journal(home) as journal:
        found = journal.rows("select * from files where tenant_id = ? and file_id = ?", (tenant_id, file_id))
        if not found:
            raise UnknownFile(f"there is no file {file_id}")
        if not found[0]["rows_quarantined"]:
            return [], []
        header = header_of(home, found[0])
        return header, [asdict(row) for row in islice(quarantined(home, journal, found[0], header, after), limit)]


def last_change(home: Path) -> int:
    """The newest place in the sequence at which files changed what is current; 0 before the first."""
    with Journal(home) as journal:
        found = journal.rows(
            "select max(coalesce((select max(seq) from files where rows_accepted > 0 and status in"
            " ('accepted', 'partly_quarantined')), 0), coalesce((select max(seq) from retractions), 0)) as seq"
        )
    return int(found[0]["seq"])


def _receipt(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"control_totals": json.loads(row["control_totals"]), "notes": json.loads(row["notes"])}
