"""One message to one checked address, within a limit of time and of what is read of the answer."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

import httpcore

from transactional_api.events.addresses import AddressRefused, Allowed, PinnedBackend, Resolver, resolve

MAX_ANSWER_BYTES = 65_536


@dataclass(frozen=True)
class Outcome:
    """`word` is `http-<status>`, or what kept the message from being answered. Nothing of the answer is kept."""

    word: str
    status: int | None = None
    retry_after: str | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """A connection to one endpoint for a batch of messages. Redirects are answers like others: never followed."""

    def __init__(self, allowed: Allowed, seconds: float, resolver: Resolver = resolve) -> None:
        self._backend = PinnedBackend(allowed, resolver)
        self._pool = httpcore.ConnectionPool(max_connections=1, network_backend=self._backend)
        self._seconds = seconds

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._pool.close()

    def post(self, url: str, headers: Mapping[str, str], body: str) -> Outcome:
        """Never raises for what the other side does or is."""
        self._backend.deadline = time.monotonic() + self._seconds
        sent = {"Content-Type": "application/json", "User-Agent": "Revhouse", "Accept-Encoding": "identity", **headers}
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        try:
            with self._pool.stream(
                "POST", url, headers=list(sent.items()), content=body.encode(), extensions={"timeout": limits}
            ) as answer:
                return self._read(answer)
        except AddressRefused as refused:
            return Outcome(f"refused: {refused}")
        except httpcore.TimeoutException:
            return Outcome("timeout")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError):
            return Outcome("connection")

    def _read(self, answer: httpcore.Response) -> Outcome:
        found = {name.lower(): value for name, value in answer.headers}
        retry_after = found.get(b"retry-after", b"").decode("latin-1") or None
        # The status was said: what comes after it changes nothing.
        with suppress(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
            self._drain(answer)
        return Outcome(f"http-{answer.status}", answer.status, retry_after)

    def _drain(self, answer: httpcore.Response) -> None:
        """An answer that was read to its end leaves the connection usable for the next message."""
        size = 0
        for chunk in answer.iter_stream():
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                return
