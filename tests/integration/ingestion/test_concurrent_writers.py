"""Sixteen writers at once, transactions held open, rollbacks and deletes: the extractor beside them misses nothing.

A reader that goes by ids reads the same transactions: that it loses rows shows that the test could see a loss.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import select, text

from ingestion.app import extract
from ingestion.app.reconcile import reconcile
from ingestion.journal import Journal
from ingestion.raw import create_raw_relations

pytest.importorskip("transactional_api.tables", reason="the core is not part of this checkout")
from transactional_api.customers.tables import Customer, CustomerProfile
from transactional_api.database import Database, UnitOfWork

WRITERS = 16
TENANTS = ("acme", "globex", "initech")
EXTRACTOR = """
import sys, time
from pathlib import Path
from ingestion.app import extract
rounds = 0
while not Path(sys.argv[3]).exists():
    rounds += bool(extract(Path(sys.argv[1]), sys.argv[2]).rows)
    time.sleep(0.02)
print(rounds)
"""


class RolledBack(Exception):
    """What a writer raises to give a transaction up."""


@dataclass
class Writer:
    """Inserts, changes and deletes customers of its own; also notes each of them in the table of the naive reader."""

    database: Database
    number: int
    hold: Callable[[random.Random], float]
    stop: threading.Event
    written: int = 0
    mine: list[tuple[str, str]] = field(default_factory=list)

    def run(self) -> None:
        dice = random.Random(self.number)
        while not self.stop.is_set():
            tenant = dice.choice(TENANTS)
            kept = list(self.mine)
            try:
                with self.database.transaction(tenant, f"writer {self.number}") as unit:
                    self._changes(unit, dice)
                    unit.session.flush()
                    time.sleep(self.hold(dice))
                    if dice.random() < 0.1:
                        raise RolledBack
            except RolledBack:
                self.mine = kept

    def _changes(self, unit: UnitOfWork, dice: random.Random) -> None:
        theirs = [key for tenant, key in self.mine if tenant == unit.tenant_id]
        for _ in range(dice.randint(1, 30)):
            unit.session.execute(text("INSERT INTO naive_events (writer) VALUES (:n)"), {"n": self.number})
            chance = dice.random()
            if chance < 0.5 or not theirs:
                self._insert(unit)
                continue
            key = dice.choice(theirs)
            customer = unit.session.get_one(Customer, (unit.tenant_id, key))
            profile = unit.session.get_one(CustomerProfile, (unit.tenant_id, key))
            if chance < 0.7:
                customer.country = dice.choice(("DE", "FR", "NL", None))
            elif chance < 0.9:
                profile.name = f"Name {dice.random()}"
            else:
                unit.session.delete(profile)
                unit.session.flush()
                unit.session.delete(customer)
                unit.session.flush()
                theirs.remove(key)
                self.mine.remove((unit.tenant_id, key))

    def _insert(self, unit: UnitOfWork) -> None:
        self.written += 1
        key = f"C{self.number}-{self.written}"
        customer = Customer(tenant_id=unit.tenant_id, customer_id=key, subject_token=f"s{key}", currency="EUR")
        customer.created_on = date(2024, 2, 29)
        unit.session.add(customer)
        unit.session.add(
            CustomerProfile(tenant_id=unit.tenant_id, customer_id=key, subject_token=f"s{key}", name=f"Ada {key}")
        )
        self.mine.append((unit.tenant_id, key))


class NaiveReader(threading.Thread):
    """Reads what has a higher id than all that it read before."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database, self.stop = database, threading.Event()
        self.read, self.last = 0, 0

    def run(self) -> None:
        while not self.stop.is_set():
            self.look()
            time.sleep(0.01)

    def look(self) -> None:
        with self.database.all_tenants(writes=False) as session:
            found = session.execute(text("SELECT id FROM naive_events WHERE id > :last"), {"last": self.last})
            ids = [row[0] for row in found]
        self.read += len(ids)
        self.last = max([self.last, *ids])


def storm(database: Database, url: str, home: Path, events: int, hold: Callable[[random.Random], float]) -> NaiveReader:
    """Writers until so many changes are logged, with both readers beside them; both look once more at the end."""
    stop, done = threading.Event(), home.parent / "done"
    naive = NaiveReader(database)
    naive.start()
    extractor = subprocess.Popen(
        [sys.executable, "-c", EXTRACTOR, str(home), url, str(done)], stdout=subprocess.PIPE, text=True
    )
    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(Writer(database, number, hold, stop).run) for number in range(WRITERS)]
        while sum(database.change_log_heads().values()) < events and not any(one.done() for one in writing):
            time.sleep(0.2)
        stop.set()
        for one in writing:
            one.result()
    naive.stop.set()
    naive.join()
    naive.look()
    done.touch()
    rounds = int(extractor.communicate()[0])
    assert extractor.returncode == 0 and rounds > 3, "the extractor worked all along"
    extract(home, url)
    return naive


def assert_equal(database: Database, url: str, home: Path) -> int:
    """Every number once, and every row as in the core. Returns how many changes there were."""
    heads = database.change_log_heads()
    with Journal(home) as journal:
        paths = [str(home / "intake" / row["path"]) for row in journal.parts("app/")]
        assert journal.cursors() == heads
        spans = journal.rows("select tenant_id, first_change_no, last_change_no from core_spans order by 1, 2")
    ends = dict.fromkeys(heads, 0)
    for tenant, first, last in spans:
        assert first == ends[tenant] + 1
        ends[tenant] = last
    con = duckdb.connect()
    stored = "select tenant_id, change_no from read_parquet(?, union_by_name = true)"
    counted = con.execute(
        f"select count(*), count(distinct (tenant_id, change_no)) from ({stored})", [paths]
    ).fetchone()
    assert counted == (sum(heads.values()), sum(heads.values())), "nothing missed, nothing twice"
    create_raw_relations(con, home)
    for table in (Customer, CustomerProfile):
        names = [column.name for column in table.__table__.columns]
        with database.all_tenants(writes=False) as session:
            wanted = {tuple(row) for row in session.execute(select(*table.__table__.columns))}
        found = con.execute(f"select {', '.join(names)} from raw_app.{table.__tablename__}").fetchall()
        assert len(found) == len(wanted) and set(found) == wanted
    compared = reconcile(home, url, {}, with_rows=True)
    assert compared.rows.num_rows == 0
    for row in compared.log.to_pylist():
        assert row["core_hash"] == row["warehouse_hash"] and row["core_changes"] == row["warehouse_changes"]
    return sum(heads.values())


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else f"sqlite:///{tmp_path}/core.db"
    opened = Database(url)
    opened.migrate()
    number = "integer primary key autoincrement" if opened.is_sqlite else "bigserial primary key"
    with opened.all_tenants() as session:
        session.execute(text(f"CREATE TABLE naive_events (id {number}, writer integer)"))
    yield opened, url
    opened.close()


postgresql = pytest.param("postgresql", marks=pytest.mark.postgres)


@pytest.mark.parametrize("database", ["sqlite", postgresql], indirect=True)
def test_what_sixteen_writers_commit_arrives_once(database: tuple[Database, str], home: Path) -> None:
    core, url = database
    naive = storm(core, url, home, 1500, lambda dice: dice.random() * (0.002 if core.is_sqlite else 0.5))
    assert assert_equal(core, url, home) >= 1500
    assert core.is_sqlite or naive.read < committed(core), "a reader by ids lost rows of transactions that were held"


@pytest.mark.long
@pytest.mark.parametrize("database", [postgresql], indirect=True)
def test_fifty_thousand_changes_with_transactions_held_up_to_five_seconds(
    database: tuple[Database, str], home: Path
) -> None:
    core, url = database
    naive = storm(core, url, home, 50_000, lambda dice: dice.random() * (5 if dice.random() < 0.05 else 0.05))
    assert assert_equal(core, url, home) >= 50_000
    assert naive.read < committed(core)


def committed(core: Database) -> int:
    with core.all_tenants(writes=False) as session:
        return int(session.execute(text("SELECT count(*) FROM naive_events")).scalar_one())
