"""Puts the parts together: hands the intake, the reader of published figures and the starter of builds to the API."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO
from uuid import uuid4

import duckdb

from ingestion.csv import copy_into_drop, scan_drop
from orchestration.core import core_settings
from orchestration.publish import NothingPublished, Warehouse
from orchestration.reader import published
from orchestration.runner import prepare_dagster_home
from orchestration.settings import Settings
from orchestration.tenants import load_tenants


class Reader:
    """Reads the published version for the API. A version is opened once, and let go when the pointer has moved."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.opened = ExitStack()
        self.version = ""
        self.connection: duckdb.DuckDBPyConnection | None = None
        self.lock = Lock()

    def query(self, sql: str, params: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]], dict[str, Any]]:
        """Columns, rows and the version's labels. Raises LookupError before the first publication."""
        pointer = Warehouse(self.settings.warehouse).current()
        if pointer is None:
            raise LookupError(str(NothingPublished()))
        with self._cursor(pointer.version) as cursor:
            cursor.execute(sql, list(params))
            columns = [entry[0] for entry in cursor.description or ()]
            rows = cursor.fetchall()
        meta = {
            "version": pointer.version,
            "as_of": pointer.as_of,
            "published_at": pointer.published_at,
            "stale": pointer.stale,
            "stale_reason": pointer.stale_reason,
            "failed_at": pointer.failed_at,
        }
        return columns, rows, meta

    def _cursor(self, version: str) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the opened version: whoever still reads the one before keeps it."""
        with self.lock:
            if self.connection is None or self.version != version:
                self.opened.close()
                self.connection = None
                self.connection, _ = self.opened.enter_context(published(self.settings, version, live=False))
                self.version = version
            return self.connection.cursor()


class Intake:
    """Takes uploads the way that the drop folder does, and answers with the same receipts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def upload(self, tenant_id: str, file_name: str, stream: BinaryIO) -> dict[str, Any]:
        """Stores the stream in the tenant's drop folder, under a name that no other upload has, and takes it in."""
        own = f"upload-{uuid4().hex[:12]}"
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / own
            folder.mkdir()
            with (folder / Path(file_name).name).open("wb") as file:
                shutil.copyfileobj(stream, file)
            copy_into_drop(self.settings.home, [folder], tenant_id)
        scan_drop(self.settings.home, load_tenants(self.settings.home / "tenants.toml").time_zone_of)
        return next(one for one in self.receipts(tenant_id) if one["file_name"].startswith(f"{own}/"))

    def receipts(self, tenant_id: str) -> list[dict[str, Any]]:
        with published(self.settings) as (connection, _):
            cursor = connection.execute(
                "select * from ops.ingest_receipts where tenant_id = ? order by accepted_seq", [tenant_id]
            )
            columns = [entry[0] for entry in cursor.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


class Builder:
    """Starts builds beside the API's own process, so that a request never waits for one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def start(self, as_of: date | None = None) -> str:
        """Returns the process id of the started build; its run appears in the Dagster instance."""
        prepare_dagster_home(self.settings)
        command = [sys.executable, "-m", "orchestration.cli", "build"]
        if as_of is not None:
            command += ["--as-of", as_of.isoformat()]
        return str(subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL).pid)


def compose_app(settings: Settings) -> Any:
    """The FastAPI application over this home."""
    from transactional_api.main import create_app

    settings.home.mkdir(parents=True, exist_ok=True)
    core = core_settings(settings)
    return create_app(core, intake=Intake(settings), reader=Reader(settings), builder=Builder(settings))
