"""An application as real uvicorn processes, and a client that costs little: one process, kept connections."""

import multiprocessing
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def served(application: str, workers: int, environment: Mapping[str, str]) -> Iterator[int]:
    """`application` is `module:factory`. Yields the port; ends the workers with their parent."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    own = {name: value for name, value in os.environ.items() if not name.startswith("REVHOUSE_")}
    command = [sys.executable, "-m", "uvicorn", application, "--factory", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--workers", str(workers), "--log-level", "error", "--no-access-log"],
        cwd=ROOT,
        env={**own, **environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait(process, port)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def payments_per_second(port: int, api_key: str, seconds: float, connections: int) -> float:
    """Posts of new payments, each under a key of its own, that were answered 201."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(_post_for, (port, api_key, seconds, connections)))


def _post_for(port: int, api_key: str, seconds: float, connections: int) -> float:
    done = [0] * connections
    gate = threading.Barrier(connections + 1)
    until = [0.0]

    def work(at: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(20):
                _post(line, api_key)
            gate.wait()
            while time.monotonic() < until[0]:
                _post(line, api_key)
                done[at] += 1

    threads = [threading.Thread(target=work, args=(at,)) for at in range(connections)]
    for thread in threads:
        thread.start()
    until[0] = time.monotonic() + seconds + 3600
    gate.wait()
    started = time.monotonic()
    until[0] = started + seconds
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - started)


def _post(line: socket.socket, api_key: str) -> None:
    body = b'{"customer_id":"C1","amount":"12.50","currency":"USD","method":"card_ok"}'
    head = (
        "POST /payments/process HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nAuthorization: Bearer {api_key}\r\n"
        f"Idempotency-Key: {secrets.token_hex(12)}\r\n\r\n"
    )
    line.sendall(head.encode() + body)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _received(line)
    headers, rest = answer.split(b"\r\n\r\n", 1)
    if not headers.startswith(b"HTTP/1.1 201"):
        raise RuntimeError(headers.split(b"\r\n", 1)[0].decode() + rest.decode(errors="replace")[:300])
    length = int(headers.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    while len(rest) < length:
        rest += _received(line)


def _received(line: socket.socket) -> bytes:
    part = line.recv(65536)
    if not part:
        raise RuntimeError("the server hung up")
    return part
