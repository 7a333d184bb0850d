"""Writing one immutable Parquet file: written under a name of its own, made durable, then renamed into place.

Until the journal names it, it does not exist for any reader; a crash leaves at most a stray file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from sqlite3 import Row
from typing import Any
from uuid import uuid4

import duckdb

from ingestion.errors import IngestionError
from ingestion.home import intake_folder, sync_file, sync_folder

Step = Callable[[str], None]


def no_step(_: str) -> None:
    """The step callback of real work: tests pass one that kills the process."""


def literal(text: object) -> str:
    """A text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def is_shared(path: str) -> bool:
    """Whether a stored file holds the rows of many entries, told apart by `part_seq` (see `compacting`)."""
    return "/shared/" in path


def stored(lake: Path, part: Mapping[str, Any] | Row) -> str:
    """SQL: the rows that one entry holds of one relation."""
    scan = f"read_parquet({literal(lake / part['path'])})"
    return (
        f"(SELECT * EXCLUDE part_seq FROM {scan} WHERE part_seq = {part['seq']})" if is_shared(part["path"]) else scan
    )


def write_parquet(con: duckdb.DuckDBPyConnection, home: Path, folder: str, query: str, step: Step) -> str:
    """Write the rows of `query` below the intake. Returns the path relative to the intake."""
    target = intake_folder(home) / folder
    name = uuid4().hex
    unfinished = target / f".{name}.writing"
    try:
        target.mkdir(parents=True, exist_ok=True)
        con.execute(f"COPY ({query}) TO {literal(unfinished)} (FORMAT parquet)")
        step("written")
        sync_file(unfinished)
        unfinished.rename(target / f"{name}.parquet")
        sync_folder(target)
    except (duckdb.IOException, OSError) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise IngestionError(f"cannot write to {target}: {' '.join(str(error).split())}") from error
    step("renamed")
    return f"{folder}/{name}.parquet"
