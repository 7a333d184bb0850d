"""200 deals worked at the same moment, each through every step that it has, by those who may take it."""

import http.client
import json
import multiprocessing
import random
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

DEAL = {
    "customer_id": "C1",
    "created_at": "2026-03-01T09:00:00Z",
    "stage": "qualified",
    "amount": "1000.00",
    "currency": "USD",
    "risk": "high",
    "payment_terms_days": 30,
}
LINE = {"product_id": "P1", "quantity": "10", "unit_amount": "100.00", "discount_percent": "25"}
PRODUCT = {"product_id": "P1", "name": "Seats", "kind": "subscription", "standalone_price": "100", "currency": "USD"}


@dataclass(frozen=True)
class Keys:
    """One of each role: nobody approves what is their own."""

    admin: str
    seller: str
    boss: str
    billing: str


@dataclass
class Times:
    """Seconds of each request, by its step; `hung` is why a deal did not come to its end."""

    steps: list[tuple[str, float]] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    seconds: float = 0


def worked(port: int, keys: Keys, deals: int, name: str, pause: tuple[float, float]) -> Times:
    """In a process of its own, so that the client's threads do not stand in the server's way. `pause` is from and to
    how many seconds a caller waits between an answer and the next request."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(_work, (port, keys, deals, name, pause))
    assert isinstance(found, Times)
    return found


def prepare(port: int, keys: Keys) -> None:
    Desk(port, Times(), (0, 0), random.Random(0)).post("product", keys.admin, "/products", PRODUCT)


def _work(port: int, keys: Keys, deals: int, name: str, pause: tuple[float, float]) -> Times:
    times, gate = Times(), threading.Barrier(deals + 1)

    def one(number: int) -> None:
        desk = Desk(port, times, pause, random.Random(number))
        gate.wait()
        try:
            _whole_road(desk, keys, f"{name}{number}")
        except (RuntimeError, OSError, http.client.HTTPException) as error:
            times.hung.append(str(error))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(deals)]
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.monotonic()
    for thread in threads:
        thread.join()
    times.seconds = time.monotonic() - started
    return times


def _whole_road(desk: "Desk", keys: Keys, deal_id: str) -> None:
    desk.post("create", keys.seller, "/deals", DEAL | {"deal_id": deal_id})
    desk.post("quote", keys.seller, f"/deals/{deal_id}/quote", {"lines": [LINE]})
    desk.post("approve", keys.boss, f"/deals/{deal_id}/approvals", {"decision": "approve"})
    envelope = desk.post("send", keys.seller, f"/deals/{deal_id}/sign", {})
    desk.sign(urlsplit(envelope["signing_address"]).path)
    order = {"deal_id": deal_id, "issued_on": "2026-03-01"}
    staged = desk.post("stage", keys.billing, "/invoices/stage", order)
    invoice_id = staged["invoice_id"]
    desk.post("approve invoice", keys.boss, f"/invoices/{invoice_id}/approve", None)
    desk.post("post", keys.billing, f"/invoices/{invoice_id}/post", {})
    payment = {"customer_id": "C1", "amount": staged["total"], "currency": "USD", "method": "card_ok"}
    paid = desk.post("pay", keys.billing, "/payments/process", payment | {"invoice_id": invoice_id})
    if paid["status"] != "succeeded" or not paid["allocations"]:
        raise RuntimeError(f"{deal_id} is not paid")


class Desk:
    """One kept connection, which notes how long each answer took."""

    def __init__(self, port: int, times: Times, pause: tuple[float, float], chance: random.Random) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.times = times
        self.pause = pause
        self.chance = chance

    def post(self, step: str, key: str, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        headers["Idempotency-Key"] = secrets.token_hex(12)
        content = None if body is None else json.dumps(body).encode()
        return json.loads(self._send(step, path, content, headers))

    def sign(self, path: str) -> None:
        form = urlencode({"name": "Ada Lovelace", "consent": "yes"}).encode()
        self._send("sign", path, form, {"Content-Type": "application/x-www-form-urlencoded"})

    def _send(self, step: str, path: str, content: bytes | None, headers: dict[str, str]) -> bytes:
        started = time.monotonic()
        self.line.request("POST", path, content, headers)
        answer = self.line.getresponse()
        body = answer.read()
        self.times.steps.append((step, time.monotonic() - started))
        if answer.status not in (200, 201):
            raise RuntimeError(f"{step}: {answer.status} {body[:300]!r}")
        time.sleep(self.chance.uniform(*self.pause))
        return body
