"""Puts the parts together: hands the intake, the reader of published figures and the starter of builds to the API."""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import duckdb

from ingestion import describe
from ingestion.contracts import data_sets
from ingestion.csv.drop import check_tenant, data_sets_in, take_sent
from ingestion.csv.receipts import quarantined_of, receipt_named, receipts_of
from ingestion.csv.source import MAX_UNPACKED
from ingestion.errors import IngestionError, UnknownFile
from orchestration.core import core_settings
from orchestration.publish import NothingPublished, Warehouse
from orchestration.reader import published
from orchestration.runner import prepare_dagster_home
from orchestration.settings import Settings
from orchestration.tenants import load_tenants
from transactional_api.ports import CannotBeTaken, OtherDataSet


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
    """Takes what is sent the way that the drop folder does, and answers with the same receipts."""

    most_bytes = MAX_UNPACKED

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def data_sets(self) -> list[str]:
        return list(data_sets())

    def rules(self, data_set: str) -> dict[str, Any]:
        return describe.rules(data_sets()[data_set])

    def template(self, data_set: str) -> str:
        return describe.template(data_set)

    def place(self, tenant_id: str) -> Path:
        """In the tenant's inbox under a hidden name, as copies are: an erasure removes what was left behind."""
        try:
            check_tenant(tenant_id)
            folder = self.settings.drop / tenant_id
            folder.mkdir(parents=True, exist_ok=True)
        except (IngestionError, OSError) as error:
            raise CannotBeTaken(str(error)) from error
        return folder / f".{uuid4().hex}.copying"

    def take(self, tenant_id: str, sent: Path, data_set: str, file_name: str, ticket: str) -> dict[str, Any]:
        home = self.settings.home
        name = f"upload-{ticket}/{_safe(file_name)}"
        try:
            if (taken := receipt_named(home, tenant_id, name)) is not None:
                return taken
            found = data_sets_in(home, sent)
            if found is not None and data_set not in found:
                raise OtherDataSet(sorted(found))
            take_sent(home, sent, tenant_id, name, load_tenants(home / "tenants.toml").time_zone_of)
            taken = receipt_named(home, tenant_id, name)
        except IngestionError as error:
            raise CannotBeTaken(str(error)) from error
        assert taken is not None, "whatever was taken has a receipt"
        return taken

    def receipts(
        self, tenant_id: str, *, before: int | None, status: str | None, data_set: str | None, limit: int
    ) -> list[dict[str, Any]]:
        return receipts_of(self.settings.home, tenant_id, before=before, status=status, data_set=data_set, limit=limit)

    def quarantined(
        self, tenant_id: str, file_id: str, *, after: int, limit: int
    ) -> tuple[list[str], list[dict[str, Any]]]:
        try:
            return quarantined_of(self.settings.home, tenant_id, file_id, after=after, limit=limit)
        except UnknownFile as unknown:
            raise LookupError(str(unknown)) from unknown


def _safe(file_name: str) -> str:
    """As a name in a folder: visible, and short enough for any file system."""
    name = file_name.encode()[-150:].decode(errors="ignore").lstrip(".")
    return name or "file.csv"


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
