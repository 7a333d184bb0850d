"""Clients that pay, repeat what they were not answered, and write down every answer that they were given."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

PATH = "/payments/process"
LONELY = (ConnectionError, http.client.HTTPException, TimeoutError, OSError)


@dataclass(frozen=True)
class Plan:
    """One logical payment. `at_once`: sent twice at the same moment; `again`: once more when it was acknowledged."""

    number: int
    minor: int
    at_once: bool
    again: bool
    altered: bool

    @property
    def key(self) -> str:
        return f"storm-{self.number}"

    def body(self, more: int = 0) -> bytes:
        """No id of our own: a second effect would be a second payment. The reference says whose it is."""
        amount = f"{(self.minor + more) // 100}.{(self.minor + more) % 100:02}"
        order = {"customer_id": "C1", "amount": amount, "currency": "USD", "method": "card_ok", "reference": self.key}
        return json.dumps(order).encode()


def plan(payments: int, dice: random.Random) -> list[Plan]:
    """30 % are repeated, half of these at the same moment; 2 % come again with another body."""
    plans = []
    for number in range(payments):
        is_repeated, is_at_once = dice.random() < 0.30, dice.random() < 0.5
        altered = dice.random() < 0.02
        plans.append(
            Plan(number, dice.randint(1, 999_999), is_repeated and is_at_once, is_repeated and not is_at_once, altered)
        )
    return plans


@dataclass
class Ledger:
    """What the clients were told. `faults` are answers that must not be."""

    acknowledged: dict[int, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def acknowledge(self, number: int, payment_id: str, is_replay: bool) -> None:
        with self.lock:
            self.counts["answers replayed" if is_replay else "answers first given"] += 1
            first = self.acknowledged.setdefault(number, payment_id)
            if first != payment_id:
                self.faults.append(f"payment {number} was acknowledged as {first} and as {payment_id}")

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def fault(self, what: str) -> None:
        with self.lock:
            self.faults.append(what)


class Line:
    """A connection that is kept, and opened again when the server died."""

    def __init__(self, port: int, api_key: str, ledger: Ledger) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        self.ledger = ledger
        self.connection: http.client.HTTPConnection | None = None

    def until_answered(self, key: str, body: bytes) -> tuple[int, dict[str, Any], bool]:
        """The same request under the same key until there is an answer that is not "later"."""
        while True:
            try:
                status, answer, is_replay = self.send(key, body)
            except ConnectionRefusedError:
                self.close()
                time.sleep(0.05)
                continue
            except LONELY:
                self.close()
                self.ledger.count("requests cut off")
                time.sleep(0.05)
                continue
            if status == 409 and answer["type"].endswith("key-in-flight"):
                self.ledger.count("answers in flight")
            elif status == 503:
                self.ledger.count("answers unavailable")
            else:
                return status, answer, is_replay
            time.sleep(0.01)

    def send(self, key: str, body: bytes) -> tuple[int, dict[str, Any], bool]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.connection.request("POST", PATH, body, {**self.headers, "Idempotency-Key": key})
        response = self.connection.getresponse()
        content = response.read()
        is_replay = response.headers.get("Idempotency-Replayed") == "true"
        return response.status, json.loads(content), is_replay

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Client:
    """One of many; has a second line for what it sends at the same moment."""

    def __init__(self, port: int, api_key: str, ledger: Ledger) -> None:
        self.ledger = ledger
        self.lines = (Line(port, api_key, ledger), Line(port, api_key, ledger))
        self.both = ThreadPoolExecutor(2)

    def work(self, plans: list[Plan]) -> None:
        for one in plans:
            self._pay(one)
        self.both.shutdown()
        for line in self.lines:
            line.close()

    def _pay(self, one: Plan) -> None:
        if one.at_once:
            gate = threading.Barrier(2)
            list(self.both.map(lambda line: self._pay_once(line, one, gate), self.lines))
            self.ledger.count("payments sent twice at once")
        else:
            self._pay_once(self.lines[0], one)
        if one.again:
            self._pay_once(self.lines[0], one)
            self.ledger.count("payments sent again")
        if one.altered:
            status, _, _ = self.lines[0].until_answered(one.key, one.body(more=1))
            self.ledger.count("altered")
            if status != 422:
                self.ledger.fault(f"payment {one.number} altered was answered {status}")

    def _pay_once(self, line: Line, one: Plan, gate: threading.Barrier | None = None) -> None:
        if gate is not None:
            gate.wait()
        status, answer, is_replay = line.until_answered(one.key, one.body())
        if status == 201 and answer["status"] == "succeeded":
            self.ledger.acknowledge(one.number, answer["payment_id"], is_replay)
        else:
            self.ledger.fault(f"payment {one.number} was answered {status} {answer}")
