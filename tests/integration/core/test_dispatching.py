"""The dispatcher against a real receiver: nothing missed, order, retries, and dispatchers that die at any moment."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.integration.core.conftest import NOW
from tests.integration.core.receiver import Receiver, receiving
from transactional_api.database import Database
from transactional_api.deals.service import create_deal
from transactional_api.events import dispatcher, outbox
from transactional_api.events.addresses import Allowed
from transactional_api.events.dispatcher import dispatch
from transactional_api.events.sending import Sender
from transactional_api.events.service import create_endpoint
from transactional_api.events.tables import Delivery, WebhookEndpoint
from transactional_api.kit.change_log import ChangeLogEntry
from transactional_api.kit.clock import SystemClock
from transactional_api.settings import Settings

HERE = Path(__file__).resolve().parents[3]
ALLOWED = Allowed.parse("127.0.0.1")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, allow_private_webhooks="127.0.0.1", webhook_timeout_seconds=1, webhook_attempts=4)


@pytest.fixture
def rounds(database: Database, settings: Settings) -> Callable[..., None]:
    def run(seconds: float = 0, times: int = 1) -> None:
        for _ in range(times):
            database.clock.instant += timedelta(seconds=seconds)  # type: ignore[attr-defined]
            dispatch(database, settings)

    return run


def listen(database: Database, url: str, tenant_id: str = "acme", *event_types: str) -> str:
    with database.transaction(tenant_id, "test") as unit:
        made, _ = create_endpoint(unit, url=url, event_types=event_types or ("*",), allowed=ALLOWED)
        return made.endpoint_id


def make_deals(database: Database, first: int, last: int, tenant_id: str = "acme") -> list[int]:
    """Change numbers of the deals created."""
    for number in range(first, last + 1):
        with database.transaction(tenant_id, "test") as unit:
            create_deal(unit, deal_id=f"D{number}", created_at=NOW, stage="new")
    return deal_changes(database, tenant_id)


def deal_changes(database: Database, tenant_id: str = "acme") -> list[int]:
    with database.read(tenant_id) as unit:
        query = unit.session.query(ChangeLogEntry.change_no).filter_by(tenant_id=tenant_id, entity="deals")
        return [row[0] for row in query.order_by(ChangeLogEntry.change_no)]


def status_of(database: Database, endpoint_id: str) -> str:
    with database.read("acme") as unit:
        endpoint = unit.session.get(WebhookEndpoint, ("acme", endpoint_id))
        assert endpoint is not None
        return endpoint.status


def test_first_attempts_stand_in_the_order_of_changes_for_each_endpoint(
    database: Database, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    listen(database, receiver.url)
    listen(database, f"{receiver.url}/other")
    receiver.answer = lambda one: 500 if one.body["change_no"] % 7 == 0 and "retried" not in one.headers else 204
    numbers = make_deals(database, 1, 120)
    rounds(times=3)
    for path in ("/hook", "/hook/other"):
        assert [one.body["change_no"] for one in receiver.received if one.path == path] == numbers
    receiver.answer = lambda _: 204
    rounds(seconds=60)
    assert {one.body["change_no"] for one in receiver.received[240:]} == {no for no in numbers if no % 7 == 0}


def test_an_endpoint_that_fails_is_left_alone_for_a_while_and_holds_up_no_other(
    database: Database, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        listen(database, f"http://127.0.0.1:{deaf.getsockname()[1]}/")
        failing = listen(database, f"{receiver.url}/failing")
        listen(database, receiver.url)
        receiver.answer = lambda one: 503 if one.path.endswith("failing") else 204
        numbers = make_deals(database, 1, 60)
        rounds(times=2)
        good = [one.body["change_no"] for one in receiver.received if one.path == "/hook"]
        assert good == numbers
        assert sum(one.path.endswith("failing") for one in receiver.received) == 3
    receiver.answer = lambda _: 204
    rounds(seconds=301, times=3)
    assert {one.body["change_no"] for one in receiver.received if one.path.endswith("failing")} == set(numbers)
    with database.read("acme") as unit:
        left = unit.session.query(Delivery).filter_by(endpoint_id=failing).filter(Delivery.status != "delivered")
        assert left.count() == 0


def test_retry_after_is_honoured_and_410_ends_the_endpoint(
    database: Database, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    endpoint_id = listen(database, receiver.url)
    make_deals(database, 1, 1)
    receiver.answer = lambda _: (429, {"Retry-After": "600"})
    rounds()
    rounds(seconds=590)
    assert len(receiver.received) == 1
    receiver.answer = lambda _: 410
    rounds(seconds=11)
    assert len(receiver.received) == 2
    assert status_of(database, endpoint_id) == "gone"
    with database.read("acme") as unit:
        [entry] = unit.session.query(ChangeLogEntry).filter_by(entity="webhook_endpoints", operation="update")
        assert entry.actor == "dispatcher"
    rounds(seconds=86_400)
    assert len(receiver.received) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(
    database: Database, receiver: Receiver, rounds: Callable[..., None], status: int
) -> None:
    listen(database, receiver.url)
    make_deals(database, 1, 1)
    receiver.answer = lambda _: (status, {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"})
    rounds()
    assert [one.path for one in receiver.received] == ["/hook"]


def test_tenants_hear_of_their_own_events_alone(
    database: Database, receiver: Receiver, rounds: Callable[..., None]
) -> None:
    listen(database, f"{receiver.url}/acme", "acme")
    listen(database, f"{receiver.url}/globex", "globex")
    make_deals(database, 1, 3, "acme")
    make_deals(database, 1, 2, "globex")
    rounds()
    heard = [(one.path, one.body["tenant"]) for one in receiver.received]
    assert sorted(heard) == [("/hook/acme", "acme")] * 3 + [("/hook/globex", "globex")] * 2


def test_a_thousand_changes_in_big_and_small_steps_are_told_once_each(
    database: Database, receiver: Receiver, rounds: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "CHANGES_AT_ONCE", 77)
    listen(database, receiver.url)
    with database.transaction("acme", "test") as unit:
        for number in range(1000):
            create_deal(unit, deal_id=f"D{number}", created_at=NOW, stage="new")
    while len(receiver.received) < 1000:
        before = len(receiver.received)
        rounds()
        assert len(receiver.received) > before
    assert receiver.change_nos == deal_changes(database)
    assert len({one.id for one in receiver.received}) == 1000


def test_two_dispatchers_at_once_send_nothing_twice(database: Database, receiver: Receiver, settings: Settings) -> None:
    listen(database, receiver.url)
    numbers = make_deals(database, 1, 150)
    both = [threading.Thread(target=dispatch, args=(database, settings)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    dispatch(database, settings)
    assert sorted(receiver.change_nos) == numbers


def test_a_dispatcher_that_dies_after_sending_sends_again_under_the_same_id(
    database: Database, receiver: Receiver, rounds: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(database, receiver.url)
    numbers = make_deals(database, 1, 5)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dispatcher, "_record", die)
    with pytest.raises(KeyboardInterrupt):
        rounds()
    assert receiver.change_nos == numbers
    monkeypatch.undo()
    rounds(seconds=30)
    assert receiver.change_nos == numbers
    rounds(seconds=31)
    assert receiver.change_nos == numbers * 2
    assert len({one.id for one in receiver.received}) == 5


WORKER = """
import sys, time
from transactional_api.database import Database
from transactional_api.events.dispatcher import dispatch
from transactional_api.events import dispatcher
from transactional_api.settings import Settings
from datetime import UTC, datetime, timedelta
dispatcher.CLAIM = timedelta(seconds=1)
database = Database(sys.argv[1])
settings = Settings(allow_private_webhooks="127.0.0.1")
while True:
    dispatch(database, settings)
    time.sleep(0.005)
"""


def test_dispatchers_that_are_killed_again_and_again_miss_none_of_a_thousand_changes(
    database: Database, receiver: Receiver
) -> None:
    database.clock = SystemClock()
    receiver.answer = lambda _: time.sleep(0.001) or 204  # type: ignore[func-returns-value]
    listen(database, receiver.url)
    url = database.url.render_as_string(hide_password=False)
    stop = threading.Event()
    kills = 0

    def write() -> None:
        for number in range(100):
            with database.transaction("acme", "test") as unit:
                for one in range(10):
                    create_deal(unit, deal_id=f"D{number}-{one}", created_at=NOW, stage="new")
            if stop.wait(0.06):  # longer than three dispatchers live
                return

    writer = threading.Thread(target=write)
    writer.start()
    until = time.monotonic() + 90
    try:
        while time.monotonic() < until:
            environment = os.environ | {"PYTHONPATH": str(HERE)}
            worker = subprocess.Popen([sys.executable, "-c", WORKER, url], cwd=HERE, env=environment)
            with suppress(subprocess.TimeoutExpired):
                worker.wait(1.5 + (kills % 5) * 0.17 if kills < 8 else 5)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            kills += 1
            if not writer.is_alive() and set(receiver.change_nos) >= set(deal_changes(database)):
                break
    finally:
        stop.set()
        writer.join()
    numbers = deal_changes(database)
    assert len(numbers) == 1000
    assert set(receiver.change_nos) == set(numbers)
    assert len({(one.id, one.body["change_no"]) for one in receiver.received}) == 1000
    assert kills >= 3


def listening_socket() -> socket.socket:
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    opened.listen()
    return opened


@pytest.mark.parametrize("kind", ["silent", "dripping", "endless"])
def test_a_receiver_that_is_silent_drips_or_never_ends_costs_no_more_than_the_limit(kind: str) -> None:
    stop = threading.Event()
    server = listening_socket()

    def serve() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            if kind == "endless":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
            while not stop.wait(0 if kind == "endless" else 0.05):
                if kind == "dripping":
                    connection.sendall(b"H" if not sent else b"T")
                    sent.append(1)
                elif kind == "endless":
                    connection.sendall(b"x" * 65_536)

    sent: list[int] = []
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    began = time.monotonic()
    with Sender(ALLOWED, 0.5) as sender:
        outcome = sender.post(f"http://127.0.0.1:{server.getsockname()[1]}/", {}, "{}")
    assert time.monotonic() - began < 2
    stop.set()
    server.close()
    assert outcome.word == {"silent": "timeout", "dripping": "timeout", "endless": "http-200"}[kind] or (
        kind == "dripping" and outcome.word == "connection"
    )


def test_a_message_goes_to_the_pinned_address_with_the_name_as_its_host(receiver: Receiver) -> None:
    asked: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with Sender(ALLOWED, 2, resolver) as sender:
        for _ in range(3):
            assert sender.post(f"http://hook.example:{receiver.port}/a", {}, "{}").is_delivered
    assert asked == ["hook.example"]
    assert {one.headers["host"] for one in receiver.received} == {f"hook.example:{receiver.port}"}
    with Sender(Allowed(), 2, resolver) as sender:
        outcome = sender.post(f"http://hook.example:{receiver.port}/a", {}, "{}")
    assert (outcome.word, outcome.is_delivered, len(receiver.received)) == ("refused: loopback", False, 3)


def test_a_name_that_does_not_exist_is_a_failure_like_others() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise httpcore.ConnectError("name")

    with Sender(Allowed(), 2, unknown) as sender:
        assert sender.post("https://nowhere.example/", {}, "{}").word == "connection"


def certificate(folder: Path, name: str) -> Path:
    """A key and a certificate that it signed itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / f"{name}.pem"
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


def test_a_pinned_connection_still_proves_the_name_by_its_certificate(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path, "hook.example")
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    receiver.wrap(context)

    def post(host: str) -> str:
        with Sender(ALLOWED, 2, lambda _host, _port: ["127.0.0.1"]) as sender:
            return sender.post(f"https://{host}:{receiver.port}/a", {}, "{}").word

    assert post("hook.example") == "connection"
    assert receiver.received == []
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    assert post("hook.example") == "http-204"
    assert post("other.example") == "connection"
    assert names == ["hook.example", "hook.example", "other.example"]
    assert len(receiver.received) == 1
