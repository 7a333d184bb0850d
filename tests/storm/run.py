"""One storm: clients at work, a killer beside them, a verdict at the end."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.storm.clients import Client, Ledger, plan
from tests.storm.server import Server, free_port
from tests.storm.verdict import TENANT, faults
from transactional_api.access.service import create_key
from transactional_api.customers.service import create_customer
from transactional_api.database import Database


@dataclass(frozen=True)
class Result:
    seed: int
    counts: dict[str, int]
    faults: list[str]
    seconds: float


def storm(
    home: Path, payments: int, clients: int, kills: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> Result:
    """The seed decides what is sent and when the server dies; how the threads meet it does not."""
    started = time.monotonic()
    dice = random.Random(seed)
    home.mkdir(parents=True, exist_ok=True)
    api_key = _prepare(home)
    plans, ledger, server = plan(payments, dice), Ledger(), Server(home, free_port())
    deadly = sorted(dice.sample(range(1, max(payments, kills + 1)), kills))
    server.start()
    server.wait()
    try:
        with ThreadPoolExecutor(clients + 1) as pool:
            is_done = threading.Event()
            killer = pool.submit(_kill, server, deadly, ledger, is_done, dice, say)
            work = [pool.submit(Client(server.port, api_key, ledger).work, plans[at::clients]) for at in range(clients)]
            for one in work:
                one.result()
            is_done.set()
            killer.result()
    finally:
        server.kill()
    counts = {"payments": payments, "clients": clients, **ledger.counts}
    found = faults(home / "core.db", plans, ledger)
    return Result(seed, counts | dict(ledger.counts), found, time.monotonic() - started)


def _prepare(home: Path) -> str:
    database = Database(f"sqlite:///{home / 'core.db'}")
    database.migrate()
    with database.transaction(TENANT, "storm") as unit:
        create_customer(unit, customer_id="C1", name="Storm", created_on=date(2026, 1, 1), currency="USD")
        api_key = create_key(unit, "storm", ("finance",))[1]
    database.close()
    return api_key


def _kill(
    server: Server,
    deadly: list[int],
    ledger: Ledger,
    is_done: threading.Event,
    dice: random.Random,
    say: Callable[[str], None],
) -> None:
    """At each deadly number of acknowledged payments, a moment later, the server is killed and started again."""
    for number, acknowledged in enumerate(deadly, start=1):
        while len(ledger.acknowledged) < acknowledged and not is_done.is_set():
            time.sleep(0.002)
        time.sleep(dice.random() * 0.05)
        server.kill()
        ledger.count("kills")
        say(f"kill {number} of {len(deadly)}, {len(ledger.acknowledged)} payments acknowledged")
        server.start()
        server.wait()
