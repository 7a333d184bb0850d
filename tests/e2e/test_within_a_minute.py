"""Under `revhouse dev` with default settings, on the demo company: what is written or dropped is published within a
minute, without anybody asking for it."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from orchestration.demo.run import TENANT
from orchestration.publish import Warehouse
from orchestration.serve import free_port
from tests.orchestration.houses import environment, new_home, revhouse, rows
from transactional_api.customers.service import create_customer
from transactional_api.database import Database

pytestmark = pytest.mark.long
WITHIN = 60
HEAD = "customer_id,name\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The demo company, published, and everything of `revhouse dev` running and at rest."""
    folder = new_home(tmp_path_factory.mktemp("minute") / "home")
    made = revhouse(folder, "demo")
    assert made.returncode == 0, made.stderr[-2000:]
    port = free_port("127.0.0.1")
    ports = {"REVHOUSE_DAGSTER_PORT": str(free_port("127.0.0.1")), "REVHOUSE_PORT": str(port)}
    with (folder.parent / "dev.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "dev"], env=environment(folder, **ports), stdout=log, stderr=log
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/readiness")
            time.sleep(30)  # the sensors look for the first time
            yield folder
        finally:
            server.terminate()
            server.wait(60)


def _wait_for(address: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"{address} did not answer")


def seconds_until(home: Path, **queries: str) -> dict[str, float]:
    """When each query first has a row in what is published; a quarter of a second exact."""
    warehouse = Warehouse(home / "warehouse")
    started = time.monotonic()
    seen: dict[str, float] = {}
    while len(seen) < len(queries) and time.monotonic() - started < 3 * WITHIN:
        time.sleep(0.25)
        for name in queries.keys() - seen.keys():
            if rows(warehouse.path_of(), queries[name]):
                seen[name] = round(time.monotonic() - started, 1)
    print(f"published after {seen}")
    return seen


def has(relation: str, customer_id: str) -> str:
    return f"select 1 from staging.{relation} where customer_id = '{customer_id}'"


def write(home: Path, customer_id: str) -> None:
    database = Database(f"sqlite:///{home / 'core.db'}")
    with database.transaction(TENANT, "test") as unit:
        create_customer(unit, customer_id=customer_id, name="New", created_on=date(2026, 1, 1), currency="USD")
    database.close()


def test_a_change_in_the_core_and_a_dropped_file_are_published_within_a_minute(home: Path) -> None:
    write(home, "C-WRITTEN")
    (home / "drop" / TENANT).mkdir(exist_ok=True)
    (home / "drop" / TENANT / "late.csv").write_text(f"{HEAD}C-DROPPED,New\n")
    seconds = seconds_until(
        home, core=has("stg_app__customers", "C-WRITTEN"), drop=has("stg_csv__customers", "C-DROPPED")
    )
    assert seconds.keys() == {"core", "drop"} and max(seconds.values()) < WITHIN, seconds


def test_what_the_command_took_in_is_published_within_a_minute_too(home: Path) -> None:
    (home.parent / "taken.csv").write_text(f"{HEAD}C-TAKEN,New\n")
    assert revhouse(home, "drop", str(home.parent / "taken.csv"), "--tenant", TENANT).returncode == 0
    seconds = seconds_until(home, taken=has("stg_csv__customers", "C-TAKEN"))
    assert seconds.keys() == {"taken"} and seconds["taken"] < WITHIN, seconds
