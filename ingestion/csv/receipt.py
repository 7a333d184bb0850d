"""What a user is told about one dropped file. It never changes, except that an undo shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Receipt:
    """rows_read = rows_accepted + rows_quarantined + rows_refused, always. Totals are in currency units."""

    file_id: str
    tenant_id: str
    file_name: str
    data_set: str | None
    contract: str | None
    status: str
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_refused: int
    control_totals: dict[str, Decimal]
    reason: str | None
    notes: tuple[str, ...] = field(default=())
    accepted_seq: int = 0

    @property
    def is_refused(self) -> bool:
        return self.status == "refused"
