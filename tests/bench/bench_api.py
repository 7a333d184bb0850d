"""`make bench-api`: keyed payments beside the least endpoint that could take them, PostgreSQL beside SQLite,
guardrails, and 200 deals at once.

All in one run on one machine, so that the ratios mean something; the rates alone do not.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.bench.desk import Keys, Times, prepare, worked
from tests.bench.served import payments_per_second, served
from transactional_api.access.service import create_key
from transactional_api.customers.repository import is_there
from transactional_api.customers.service import create_customer
from transactional_api.database import Database
from transactional_api.policies.rules import Compiled, Facts
from transactional_api.policies.templates import BY_NAME, STANDARD

TENANT = "bench"
CONNECTIONS = (1, 8)
BARE, SQLITE, POSTGRESQL = "bare, SQLite, 1 worker", "core, SQLite, 1 worker", "core, PostgreSQL, 2 workers"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-api", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="of each round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--deals", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="revhouse-bench-") as folder:
        report_payments(Path(folder), asked.seconds, asked.rounds)
        report_guardrails()
        report_deals(Path(folder), asked.deals)


def report_payments(folder: Path, seconds: float, rounds: int) -> None:
    """All are up all the time and asked in turn; a ratio is of one round, so that a slow minute meets both sides."""
    with ExitStack() as stack:
        postgresql = stack.enter_context(_postgresql(folder / "postgresql"))
        up = {
            BARE: (stack.enter_context(served("tests.bench.bare:create", 1, _bare(folder))), "none"),
            SQLITE: stack.enter_context(core(folder / "sqlite", f"sqlite:///{folder / 'core.db'}", 1)),
            POSTGRESQL: stack.enter_context(core(folder / "postgresql-home", postgresql, 2)),
        }
        for connections in CONNECTIONS:
            print(f"with {connections} connection{'s' if connections > 1 else ''}, {rounds} rounds:")
            rates: dict[str, list[float]] = {name: [] for name in up}
            for _ in range(rounds):
                for name, (port, api_key) in up.items():
                    rates[name].append(payments_per_second(port, api_key, seconds, connections))
            _compare(rates)


def _compare(rates: Mapping[str, list[float]]) -> None:
    for name, found in rates.items():
        print(f"{name:36} {statistics.median(found):8,.0f} keyed payments a second at the median")
    for what, over, under, target in (
        ("core : bare endpoint", SQLITE, BARE, 0.40),
        ("PostgreSQL, 2 workers : SQLite, 1", POSTGRESQL, SQLITE, 1.0),
    ):
        ratios = [one / other for one, other in zip(rates[over], rates[under], strict=True)]
        middle = statistics.median(ratios)
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        show(what, f"{middle:.2f}", f"at least {target:.2f}", middle >= target, spread)


def report_guardrails() -> None:
    """A quote of ten lines against the standard policy, compiled once as the core does."""
    policy = Compiled(BY_NAME[STANDARD].policy)
    line = {"discount_percent": Decimal("25"), "list_price_percent": Decimal("75"), "quantity": Decimal("10")}
    facts = Facts(
        {"risk": "high", "payment_terms_days": 30}, tuple(line | {"product_id": f"P{at}"} for at in range(10))
    )
    taken = []
    for _ in range(2000):
        started = time.perf_counter()
        policy.evaluate(facts)
        taken.append((time.perf_counter() - started) * 1000)
    middle = statistics.median(taken)
    show("guardrails of a quote, median", f"{middle:.3f} ms", "below 1 ms", middle < 1)


def report_deals(folder: Path, deals: int) -> None:
    """Each deal has a caller of its own, who sends the next request when the last was answered: after a moment, as
    somebody at a screen does, and, to see where it ends, at once."""
    url = f"sqlite:///{folder / 'deals.db'}"
    with core(folder / "deals", url, 1) as (port, _):
        keys = _keys(url)
        prepare(port, keys)
        for name, pause in (("S", (1, 3)), ("R", (0, 0))):
            _report_road(worked(port, keys, deals, name, pause), deals, pause)


def _report_road(times: Times, deals: int, pause: tuple[float, float]) -> None:
    for reason in times.hung[:3]:
        print(f"a deal did not come to its end: {reason}")
    taken = sorted(seconds * 1000 for _, seconds in times.steps)
    p95 = taken[int(len(taken) * 0.95)]
    calm = f"{pause[0]:g} to {pause[1]:g} s between requests" if pause[1] else "no pause between requests"
    print(
        f"{deals} deals at once, {calm}: {len(taken):,} requests in {times.seconds:.1f} s, {len(times.hung)} unfinished"
    )
    show("a request of a deal, p95", f"{p95:.0f} ms", "below 500 ms", p95 < 500 and not times.hung)
    for step in dict.fromkeys(step for step, _ in times.steps):
        of_step = [seconds * 1000 for name, seconds in times.steps if name == step]
        print(f"    {step:32} {statistics.median(of_step):8.0f} ms at the median")


def show(what: str, value: str, target: str, is_met: bool, spread: str = "") -> None:
    verdict = "met" if is_met else "MISSED"
    print(f"{what:36} {value:>10}   target {target}: {verdict}{f'   ({spread})' if spread else ''}", flush=True)


def _bare(folder: Path) -> Mapping[str, str]:
    return {"BARE_DATABASE": str(folder / "bare.db")}


@contextmanager
def core(home: Path, url: str, workers: int) -> Iterator[tuple[int, str]]:
    """Its port, and a key that may do everything."""
    home.mkdir(exist_ok=True)
    api_key = prepared(url)
    environment = {"REVHOUSE_HOME": str(home), "REVHOUSE_DATABASE_URL": url, "REVHOUSE_WRITES_PER_MINUTE": "0"}
    with served("tests.bench.core:create", workers, environment) as port:
        yield port, api_key


def prepared(url: str) -> str:
    database = Database(url)
    database.migrate()
    with database.transaction(TENANT, "bench") as unit:
        if not is_there(unit.session, "C1"):
            create_customer(
                unit, customer_id="C1", name="Bench", created_on=date(2026, 1, 1), currency="USD", country="CH"
            )
        api_key = create_key(unit, "bench", ("admin",))[1]
    database.close()
    return api_key


def _keys(url: str) -> Keys:
    database = Database(url)
    with database.transaction(TENANT, "bench") as unit:
        roles = (("admin",), ("sales",), ("finance", "approver"), ("finance",))
        keys = Keys(*(create_key(unit, "desk", held)[1] for held in roles))
    database.close()
    return keys


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    import pgserver

    server = pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


if __name__ == "__main__":
    main()
