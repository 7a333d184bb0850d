"""What follows an erasure in the core: intake, published versions, and everything that may quote a row.

The intake is blanked inside of each build, before anything is computed (`defs/intake.py`). Once a version without the
values is what readers see, the older versions, dbt's records and Dagster's run history go (`finish`), and the core's
file is rewritten. Whatever is interrupted is done again by the next build.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from ingestion import erasing
from ingestion.journal import Journal
from orchestration import progress
from orchestration.build import Build
from orchestration.core import open_core
from orchestration.settings import Settings

KEPT_OF_DBT = {"manifest.json", "partial_parse.msgpack"}


class CustomerUnknown(ValueError):
    """Neither the core nor any dropped file has the customer."""


@dataclass(frozen=True)
class Line:
    """One step of an erasure, as it is told to the user."""

    step: str
    done: str


def erase_in_core(settings: Settings, tenant_id: str, customer_id: str, reason: str) -> Line:
    """The request itself: in the core, whose log then carries it, or in the intake of a home without a core."""
    in_files = erasing.known_customer(settings.home, tenant_id, customer_id)
    if not settings.has_core:
        if not in_files:
            raise CustomerUnknown(f"no dropped file of tenant {tenant_id} has a customer {customer_id!r}")
        erasing.request(settings.home, erasing.Request(tenant_id, customer_id, f"era_{uuid4().hex[:24]}"))
        return Line("core", "this home has no core database")
    from transactional_api.privacy.errors import CustomerUnknown as UnknownToCore
    from transactional_api.privacy.service import erase

    with open_core(settings) as database:
        database.migrate()
        try:
            with database.transaction(tenant_id, "revhouse erase") as unit:
                erasure = erase(unit, customer_id, reason=reason, known_elsewhere=in_files)
        except UnknownToCore as unknown:
            raise CustomerUnknown(
                f"neither the core nor a dropped file of tenant {tenant_id} has a customer {customer_id!r}"
            ) from unknown
        return Line("core", f"{'blanked' if erasure.subject_token else 'not there'}, on record as {erasure.erasure_id}")


def erase_in_intake(settings: Settings) -> erasing.Erased:
    """Every erasure that the core has on record, applied to what the intake holds by now."""
    return erasing.erase(settings.home, requests(settings))


def requests(settings: Settings) -> list[erasing.Request]:
    if not settings.has_core:
        return []
    from transactional_api.privacy.service import erasures

    with open_core(settings) as database:
        return [erasing.Request(one.tenant_id, one.customer_id, one.erasure_id) for one in erasures(database)]


def pending(settings: Settings) -> list[str]:
    """The erasures of which a value may still stand somewhere."""
    with Journal(settings.home) as journal:
        known = {one.request: one.is_finished for one in erasing.requests_of(journal)}
    wanted = {*known, *requests(settings)}
    return sorted(one.erasure_id for one in wanted if not known.get(one, False))


def finish(settings: Settings, build: Build, run_id: str) -> list[Line]:
    """After a whole build was published: what is older than it goes. Does nothing while nobody was erased."""
    published = build.warehouse.current()
    with Journal(settings.home) as journal:
        due = [one for one in erasing.unfinished(journal) if one.applied_seq is not None]
        is_seen = published is not None and published.version == build.version
        if not due or build.request.only_some_tables or not is_seen:
            return []
        lines = [
            Line("versions", f"removed {len(build.warehouse.prune(1, 0))} older ones"),
            Line("dbt", f"removed {_clear_dbt(settings)} records"),
            Line("dagster", f"removed {_clear_dagster(settings, run_id)} older runs"),
        ]
        erasing.finish(journal, due)
    for line in lines:
        progress.report(f"erasing: {line.step}", line.done)
    return lines


def clean_core(settings: Settings) -> Line:
    """The core's own files, rewritten if an erasure asks for it."""
    if not settings.has_core:
        return Line("core files", "this home has no core database")
    from transactional_api.privacy.cleaning import clean

    with open_core(settings) as database:
        database.migrate()
        cleaned = clean(database)
    return Line("core files", "rewritten" if cleaned else "nothing to rewrite, or in use: tried again later")


def _clear_dbt(settings: Settings) -> int:
    """What dbt wrote about earlier runs: compiled SQL, results and logs, which may quote rows that failed a test."""
    removed = 0
    for path in settings.dbt_target.glob("*"):
        if path.name not in KEPT_OF_DBT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            removed += 1
    return removed


def _clear_dagster(settings: Settings, run_id: str) -> int:
    """Runs that ended before this one, with events and logs: a failed check quotes rows, a receipt a file's name."""
    from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

    ended = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    with DagsterInstance.get() as instance:
        older = [one for one in instance.get_run_ids(RunsFilter(statuses=ended)) if one != run_id]
        for one in older:
            instance.delete_run(one)
            for folder in (settings.dagster_home / "storage" / one, settings.dagster_home / "logs" / one):
                shutil.rmtree(folder, ignore_errors=True)
    for path in _databases(settings.dagster_home):
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as db:
            db.execute("vacuum")
            db.execute("pragma wal_checkpoint(truncate)")
    return len(older)


def _databases(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.db"))
