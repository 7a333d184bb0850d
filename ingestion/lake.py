"""Writing one immutable Parquet file: written under a name of its own, made durable, then renamed into place.

Until the journal names it, it does not exist for any reader; a crash leaves at most a stray file.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import duckdb

from ingestion.errors import IngestionError
from ingestion.home import intake_folder, sync_file, sync_folder

Step = Callable[[str], None]


def no_step(_: str) -> None:
    """The step callback of real work: tests pass one that kills the process."""


def write_parquet(con: duckdb.DuckDBPyConnection, home: Path, folder: str, query: str, step: Step) -> str:
    """Write the rows of `query` below the intake. Returns the path relative to the intake."""
    target = intake_folder(home) / folder
    name = uuid4().hex
    unfinished = target / f".{name}.writing"
    try:
        target.mkdir(parents=True, exist_ok=True)
        con.execute(f"COPY ({query}) TO '{str(unfinished).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
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
