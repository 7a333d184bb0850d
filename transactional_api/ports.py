"""What the core asks of the other parts. The composition root hands in objects of these shapes, or None."""

from collections.abc import Sequence
from datetime import date
from typing import Any, BinaryIO, Protocol


class Intake(Protocol):
    """Takes files in, as the drop folder does."""

    def upload(self, tenant_id: str, file_name: str, stream: BinaryIO) -> dict[str, Any]: ...

    def receipts(self, tenant_id: str) -> list[dict[str, Any]]: ...


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
