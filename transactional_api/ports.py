"""What the core asks of the other parts. The composition root hands in objects of these shapes, or None."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol


class OtherDataSet(Exception):
    """What was sent is not what it was said to be. `found` names what it is."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__(", ".join(found))
        self.found = list(found)


class CannotBeTaken(Exception):
    """The file cannot be stored or read now, or this tenant cannot have files; nothing was taken."""


class Intake(Protocol):
    """Takes files in, as the drop folder does, and tells what became of them. Tenants come from the caller's token."""

    most_bytes: int

    def data_sets(self) -> list[str]: ...

    def rules(self, data_set: str) -> dict[str, Any]: ...

    def template(self, data_set: str) -> str: ...

    def place(self, tenant_id: str) -> Path:
        """Where to write what is being sent: a new file of the tenant's that nobody reads before it is taken."""

    def take(self, tenant_id: str, sent: Path, data_set: str, file_name: str, ticket: str) -> dict[str, Any]:
        """The receipt. The same ticket gets the same receipt. Raises OtherDataSet and CannotBeTaken."""

    def receipts(
        self, tenant_id: str, *, before: int | None, status: str | None, data_set: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """The newest first; `before` is the `accepted_seq` of the last one seen."""

    def quarantined(
        self, tenant_id: str, file_id: str, *, after: int, limit: int
    ) -> tuple[list[str], list[dict[str, Any]]]:
        """The header, and the rows after a line: line, cells (None where gone), faults. Raises LookupError."""


class Reader(Protocol):
    """Reads the published version. `meta` has version, as_of, published_at and stale.

    Raises LookupError before the first publication.
    """

    def query(
        self, sql: str, params: Sequence[Any] = ()
    ) -> tuple[list[str], list[tuple[Any, ...]], dict[str, Any]]: ...


class Builder(Protocol):
    """Starts a build and answers with its id, without waiting for it."""

    def start(self, as_of: date | None = None) -> str: ...
