"""Work that nobody asks for: rounds of jobs in one thread, by one process at a time."""

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.columns import Instant
from transactional_api.kit.tables import Base

if TYPE_CHECKING:
    from transactional_api.database import Database
    from transactional_api.settings import Settings

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
_TAKE = text(
    "INSERT INTO job_leases (tenant_id, name, holder, held_until) VALUES ('*', 'jobs', :holder, :until)"
    " ON CONFLICT (tenant_id, name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until"
    " WHERE job_leases.holder = excluded.holder OR job_leases.held_until < :now"
).bindparams(bindparam("until", type_=Instant()), bindparam("now", type_=Instant()))


class JobLease(Base):
    """Which process runs the jobs. A holder that is gone loses it after half a minute."""

    __tablename__ = "job_leases"
    __table_args__ = (CheckConstraint("tenant_id = '*'", name="of_all_tenants"),)
    is_logged = False

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    held_until: Mapped[datetime]


@dataclass(frozen=True)
class Job:
    """`run` does one round and returns how many things it did. It must bear to be killed at any moment."""

    name: str
    every_seconds: float
    run: Callable[["Database", "Settings"], int]


class JobRunner:
    """Runs jobs in a thread until stopped. Without the lease it only waits for it."""

    def __init__(self, database: "Database", settings: "Settings", jobs: Sequence[Job]) -> None:
        self.database = database
        self.settings = settings
        self.jobs = tuple(jobs)
        self.holder = secrets.token_hex(8)
        self.on_round: Callable[[str, int, bool], None] | None = None
        self._stop = threading.Event()
        self._held_until: datetime | None = None
        self._due: dict[str, datetime] = {}
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 10) -> None:
        """Lets the running round end; gives the lease back, so that another process need not wait for it."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(patience)

    def run_due(self) -> int:
        """One look at every job: runs those whose time has come. Returns how many things they did."""
        done = 0
        for job in self.jobs:
            now = self.database.clock.now()
            if self._stop.is_set() or self._due.get(job.name, now) > now:
                continue
            done += self._run(job)
            self._due[job.name] = self.database.clock.now() + timedelta(seconds=job.every_seconds)
        return done

    def _run(self, job: Job) -> int:
        did, failed = 0, False
        try:
            did = job.run(self.database, self.settings)
        except Exception as error:  # one job that fails must not stop the others
            failed = True
            log.error("job %s failed: %s", job.name, type(error).__name__, exc_info=error)
        if self.on_round is not None:
            self.on_round(job.name, did, failed)
        return did

    def _loop(self) -> None:
        pause = min([job.every_seconds for job in self.jobs], default=60)
        while not self._stop.wait(min(pause, 5)):
            try:
                if self._has_lease():
                    self.run_due()
            except Exception as error:  # the database may be away for a while
                log.error("jobs wait: %s", type(error).__name__, exc_info=error)
        self._give_back()

    def _has_lease(self) -> bool:
        now = self.database.clock.now()
        if self._held_until is not None and now < self._held_until - LEASE / 2:
            return True
        with self.database.all_tenants(writes=False) as session:
            lease = session.execute(select(JobLease.holder, JobLease.held_until)).first()
        if lease is not None and lease.holder != self.holder and lease.held_until > now:
            self._held_until = None
            return False
        until = now + LEASE
        with self.database.all_tenants() as session:
            values = {"holder": self.holder, "until": until, "now": now}
            taken = session.execute(_TAKE, values).rowcount  # type: ignore[attr-defined]
        self._held_until = until if taken else None
        return bool(taken)

    def _give_back(self) -> None:
        if self._held_until is None:
            return
        try:
            with self.database.all_tenants() as session:
                session.execute(text("DELETE FROM job_leases WHERE holder = :holder"), {"holder": self.holder})
        except Exception as error:
            log.warning("the lease of the jobs was not given back: %s", type(error).__name__)
