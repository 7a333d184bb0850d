"""Writing one immutable Parquet file: written under a name of its own, made durable, then renamed into place.

Until the journal names it, it does not exist for any reader; a crash leaves at most a stray file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from sqlite3 import Row
from typing import Any
from uuid import uuid4

import duckdb

from ingestion.errors import IngestionError
from ingestion.home import intake_folder, sync_file, sync_folder

Step = Callable[[str], None]
SHARED = "shared"
# A home may lie in a folder named `amount=7`, which DuckDB would take for a column of every file.
BY_CONTENT = "hive_partitioning = false"


def no_step(_: str) -> None:
    """The step callback of real work: tests pass one that kills the process."""


def literal(text: object) -> str:
    """A text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def is_shared(path: str) -> bool:
    """Whether a stored file holds the rows of many entries, told apart by `part_seq` (see `compacting`)."""
    return f"/{SHARED}/" in path


def scan_of(paths: Iterable[Path | str], more: str = "") -> str:
    """SQL: the rows of stored files. `line` is not stored where it follows from the row's place: the files of a drop in
    which every line is a row, the header first."""
    listed = [str(path) for path in paths]
    if not any(path.rpartition("/intake/")[2].startswith("csv/") for path in listed):
        return f"read_parquet([{', '.join(map(literal, listed))}], {BY_CONTENT}{more})"
    return (
        "(SELECT * EXCLUDE (file_row_number) REPLACE (coalesce(line, file_row_number + 2) AS line)"
        f" FROM read_parquet([{', '.join(map(literal, listed))}], file_row_number = true, {BY_CONTENT}{more}))"
    )


def stored(lake: Path, part: Mapping[str, Any] | Row) -> str:
    """SQL: the rows that one entry holds of one relation."""
    scan = scan_of([lake / part["path"]])
    return (
        f"(SELECT * EXCLUDE part_seq FROM {scan} WHERE part_seq = {part['seq']})" if is_shared(part["path"]) else scan
    )


class Draft:
    """A Parquet file on its way into the lake: written under a hidden name, looked at if need be, then kept or not."""

    def __init__(self, con: duckdb.DuckDBPyConnection, home: Path, folder: str, query: str, step: Step) -> None:
        """Writes the rows of `query`, in their order. Raises IngestionError where the disk will not have it; what is
        wrong with the query's own rows stays DuckDB's error."""
        self._folder = intake_folder(home) / folder
        self._name = uuid4().hex
        self._step = step
        self._relative = f"{folder}/{self._name}.parquet"
        self.path = self._folder / f".{self._name}.writing"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            con.execute(f"COPY ({query}) TO {literal(self.path)} (FORMAT parquet)")
            step("written")
        except (duckdb.IOException, OSError) as error:
            self.discard()
            raise self._unwritable(error) from error
        except duckdb.Error:
            self.discard()
            raise

    def keep(self) -> str:
        """Make it durable under its own name. Returns the path relative to the intake."""
        try:
            sync_file(self.path)
            self.path.rename(self._folder / f"{self._name}.parquet")
            sync_folder(self._folder)
        except OSError as error:
            self.discard()
            raise self._unwritable(error) from error
        self._step("renamed")
        return self._relative

    def discard(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _unwritable(self, error: Exception) -> IngestionError:
        return IngestionError(f"cannot write to {self._folder}: {' '.join(str(error).split())}")


def write_parquet(con: duckdb.DuckDBPyConnection, home: Path, folder: str, query: str, step: Step) -> str:
    """Write the rows of `query` below the intake. Returns the path relative to the intake."""
    return Draft(con, home, folder, query, step).keep()
