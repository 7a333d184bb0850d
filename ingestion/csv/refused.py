"""Why a whole file is not taken."""

from __future__ import annotations

from ingestion.csv.shown import shown


class FileRefused(Exception):
    """The file as a whole cannot be read for certain. `rows` = data rows counted before that was known."""

    def __init__(self, reason: str, rows: int = 0) -> None:
        super().__init__(reason)
        self.reason = shown(reason)
        self.rows = rows


class FileChanged(FileRefused):
    """The file was written while it was read."""

    def __init__(self) -> None:
        super().__init__("the file changed while it was read; drop it again when it is complete")
