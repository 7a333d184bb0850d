"""A provider on the other side of a real HTTP connection, and its adapter: what Stripe or PayPal would be to the core.

The server keeps a book by our reference and misbehaves as it is told: it answers late, books and hangs up, hangs up
without booking, refuses for its rate, declines. A second call under a reference gets the first one's answer.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from transactional_api.database import UnitOfWork
from transactional_api.payments.providers.port import (
    Answer,
    Charge,
    Declined,
    Event,
    NotThere,
    Return,
    Succeeded,
    TimedOut,
    TryLater,
    WebhookRefused,
)

TIMEOUT = 0.3


class Bank:
    """`misbehaviour` is what the next calls meet, one after another; then it behaves."""

    def __init__(self) -> None:
        self.book: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.misbehaviour: list[str] = []
        self.lock = threading.Lock()
        self.address = ""

    def take(self, verb: str, reference: str, order: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            outcome = "declined" if order.get("method") == "card_declined" else "succeeded"
            return self.book.setdefault(reference, {"verb": verb, "outcome": outcome, **order})


def _handler(bank: Bank) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, verb, reference = self.path.split("/")
            bank.calls.append((verb, reference))
            booked = bank.book.get(reference)
            self._say(404 if booked is None else 200, booked or {})

        def do_POST(self) -> None:
            order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            _, verb, reference = self.path.split("/")
            bank.calls.append((verb, reference))
            trick = bank.misbehaviour.pop(0) if bank.misbehaviour else ""
            if trick == "busy":
                return self._say(429, {}, {"Retry-After": "0"})
            if trick == "hang_up_before":
                return self._hang_up()
            booked = bank.take(verb, reference, order)
            if trick == "hang_up_after":
                return self._hang_up()
            if trick == "late":
                time.sleep(TIMEOUT * 2)
            return self._say(200, booked)

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.close()

        def _say(self, status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ValueError, OSError):  # the client or a trick closed it
                self.close_connection = True

    return Handler


@contextmanager
def running_bank() -> Iterator[Bank]:
    bank = Bank()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(bank))
    bank.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield bank
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class BankAdapter:
    """Knows the bank's wire and nothing of the core's tables."""

    name = "bank"
    is_embedded = False
    is_not_there_final = False

    def __init__(self, address: str) -> None:
        self.address = address

    def within(self, unit: UnitOfWork) -> "BankAdapter":
        return self

    def charge(self, charge: Charge) -> Answer:
        return self._ask("POST", "charge", charge.reference, charge)

    def look_up(self, reference: str) -> Answer:
        return self._ask("GET", "look_up", reference)

    def refund(self, order: Return) -> Answer:
        return self._ask("POST", "refund", order.reference, order)

    def void(self, order: Return) -> Answer:
        return self._ask("POST", "void", order.reference, order)

    def verify_webhook(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Event:
        if headers.get("bank-secret") != "s3cret":
            raise WebhookRefused
        message = json.loads(raw)
        return Event(message["reference"], Succeeded(message["reference"]))

    def _ask(self, method: str, verb: str, reference: str, order: Charge | Return | None = None) -> Answer:
        body = None if order is None else {"minor": order.amount_minor, "method": order.method}
        try:
            answer = httpx.request(method, f"{self.address}/{verb}/{reference}", json=body, timeout=TIMEOUT)
        except httpx.ConnectError:
            return TryLater()
        except httpx.HTTPError:
            return TimedOut()
        if answer.status_code == 429:
            return TryLater(float(answer.headers["Retry-After"]))
        if answer.status_code == 404:
            return NotThere()
        if answer.json()["outcome"] == "declined":
            return Declined("card_declined", reference)
        return Succeeded(reference)
