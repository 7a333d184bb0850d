"""Real server processes: what SIGTERM interrupts (nothing), what several workers share, jobs on their own."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.integration.core.receiver import receiving
from transactional_api.access.service import create_key
from transactional_api.database import Database
from transactional_api.deals.service import create_deal
from transactional_api.events.addresses import Allowed
from transactional_api.events.service import create_endpoint
from transactional_api.kit.clock import SystemClock

ROOT = Path(__file__).resolve().parents[3]
DEAL = {"created_at": "2026-03-01T00:00:00Z", "stage": "new"}
ENDED = (0, -signal.SIGTERM)


class House:
    """A core in a folder, and the commands that are run over it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.database = Database(f"sqlite:///{home / 'core.db'}")
        self.database.migrate()
        with self.database.transaction("acme", "test") as unit:
            self.headers = {"Authorization": f"Bearer {create_key(unit, 'test')[1]}"}

    @contextmanager
    def running(self, *command: str, **environment: str) -> Iterator["Running"]:
        with (self.home / "stderr").open("w+") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "orchestration.cli", *command],
                cwd=ROOT,
                env=os.environ | {"REVHOUSE_HOME": str(self.home), "PYTHONPATH": str(ROOT)} | environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
            try:
                yield Running(self, process)
            finally:
                process.terminate()
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                if process.stdout:
                    process.stdout.close()

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.home / "stderr").read_text().splitlines()]

    def deals(self) -> list[str]:
        with closing(sqlite3.connect(self.home / "core.db")) as file:
            return [row[0] for row in file.execute("SELECT deal_id FROM deals")]


class Running:
    def __init__(self, house: House, process: subprocess.Popen[str]) -> None:
        self.house = house
        self.process = process
        self.url = ""

    def ready(self) -> "Running":
        assert self.process.stdout is not None
        while not self.url:
            line = self.process.stdout.readline()
            assert line, (self.house.home / "stderr").read_text()
            if "http://" in line:
                self.url = line.split()[1].removesuffix("/dashboard")
        wait_until(lambda: self.status("/readiness") == 200, 60)
        return self

    def status(self, path: str) -> int | None:
        try:
            return httpx.get(self.url + path, timeout=5).status_code
        except httpx.TransportError:
            return None

    def post(self, deal_id: str) -> httpx.Response:
        return httpx.post(f"{self.url}/deals", json=DEAL | {"deal_id": deal_id}, headers=self.house.headers, timeout=30)


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come to hold"
        time.sleep(0.05)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_write_that_waits_when_sigterm_comes_is_finished_and_answered(house: House) -> None:
    with house.running("serve", "--port", "0", REVHOUSE_RUN_JOBS="false") as server:
        server.ready()
        answers: list[int] = []
        with closing(sqlite3.connect(house.home / "core.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = threading.Thread(target=lambda: answers.append(server.post("D1").status_code))
            waiting.start()
            time.sleep(1)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert server.status("/liveness") is None
            assert server.process.poll() is None
            other.execute("ROLLBACK")
        waiting.join(30)
        assert answers == [201]
        assert server.process.wait(30) in ENDED
    assert house.deals() == ["D1"]
    shown = [(one["route"], one["status"]) for one in house.lines() if one["logger"] == "revhouse.requests"]
    assert ("/deals", 201) in shown


def test_sigterm_in_a_storm_of_writes_loses_nothing_acknowledged_and_writes_nothing_by_halves(house: House) -> None:
    acknowledged: list[str] = []
    with house.running("serve", "--port", "0", "--workers", "2") as server:
        server.ready()

        def write(writer: int) -> None:
            for number in range(10_000):
                try:
                    if server.post(f"D{writer}-{number}").status_code != 201:
                        return
                except httpx.TransportError:
                    return
                acknowledged.append(f"D{writer}-{number}")

        writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for writer in writers:
            writer.start()
        wait_until(lambda: len(acknowledged) > 40, 60)
        server.process.send_signal(signal.SIGTERM)
        for writer in writers:
            writer.join(40)
        assert server.process.wait(40) in ENDED
    assert set(house.deals()) >= set(acknowledged)
    with closing(sqlite3.connect(house.home / "core.db")) as file:
        [(logged,)] = file.execute("SELECT count(*) FROM change_log WHERE entity = 'deals'")
        [(stages,)] = file.execute("SELECT count(*) FROM deal_stages")
    assert len(house.deals()) == logged == stages
    assert house.database.verify_chain("acme").holds


def test_a_process_that_drains_is_not_ready_and_still_answers(house: House) -> None:
    with house.running("serve", "--port", "0", REVHOUSE_DRAIN_SECONDS="3", REVHOUSE_RUN_JOBS="false") as server:
        server.ready()
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: server.status("/readiness") == 503, 5)
        assert server.post("D1").status_code == 201
        assert server.process.wait(30) in ENDED
    assert house.deals() == ["D1"]


def test_workers_answer_for_each_other_when_they_are_measured(house: House) -> None:
    with house.running("serve", "--port", "0", "--workers", "2") as server:
        server.ready()
        wait_until(lambda: server.status("/readiness") == 200, 20)
        for _ in range(40):
            assert httpx.get(f"{server.url}/deals", headers=house.headers).status_code == 200
        seen = {httpx.get(f"{server.url}/metrics").text.count("revhouse_database_up 1.0") for _ in range(3)}
        line = 'revhouse_http_requests_total{method="GET",route="/deals",status="200"} 40.0'
        assert seen == {1}
        assert all(line in httpx.get(f"{server.url}/metrics").text for _ in range(6))
    assert not list(house.home.glob("metrics-*"))


def test_a_body_that_drips_is_given_up(house: House) -> None:
    with house.running("serve", "--port", "0", REVHOUSE_BODY_SECONDS="1", REVHOUSE_RUN_JOBS="false") as server:
        server.ready()
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as drip:
            drip.sendall(b"POST /deals HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            began = time.monotonic()
            answer = drip.recv(4096)
            assert answer.startswith(b"HTTP/1.1 408")
            assert 0.5 < time.monotonic() - began < 5
        assert server.status("/liveness") == 200


def test_the_jobs_run_alone_and_stop_when_they_are_told(house: House) -> None:
    house.database.clock = SystemClock()
    with receiving() as receiver:
        with house.database.transaction("acme", "test") as unit:
            create_endpoint(unit, url=receiver.url, event_types=["*"], allowed=Allowed.parse("127.0.0.1"))
        with house.database.transaction("acme", "test") as unit:
            create_deal(unit, deal_id="D1", created_at=unit.now, stage="new")
        with house.running("work", REVHOUSE_ALLOW_PRIVATE_WEBHOOKS="127.0.0.1") as worker:
            wait_until(lambda: len(receiver.received) == 1, 30)
            worker.process.send_signal(signal.SIGTERM)
            assert worker.process.wait(15) == 0
        assert receiver.received[0].body["type"] == "deal.created"
    with closing(sqlite3.connect(house.home / "core.db")) as file:
        assert file.execute("SELECT count(*) FROM job_leases").fetchone() == (0,)
