"""Taking a dropped file back out: an entry of its own, so that what was known before it stays known."""

from __future__ import annotations

from pathlib import Path

from ingestion.errors import UnknownFile
from ingestion.journal import Journal


def undo(home: Path, file_id: str) -> int:
    """Retract the rows of one accepted file. Returns the sequence of the retraction.

    Rows that the file had replaced are current again, and its content counts again when it is dropped again.
    """
    with Journal(home) as journal:
        found = journal.rows(
            "select f.seq, f.tenant_id, f.status, r.seq as retracted from files f"
            " left join retractions r on r.file_seq = f.seq where f.file_id = ?",
            (file_id,),
        )
        if not found:
            raise UnknownFile(f"there is no file {file_id}; `revhouse sql` on ops.ingest_receipts lists them")
        row = found[0]
        if row["retracted"] is not None:
            raise UnknownFile(f"{file_id} was taken back already")
        if row["status"] not in ("accepted", "partly_quarantined"):
            raise UnknownFile(f"{file_id} was {row['status'].replace('_', ' ')}: it has no rows to take back")
        return journal.retract(row["seq"], row["tenant_id"])
