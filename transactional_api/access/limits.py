"""How fast: writes by the credential that they come with, sign-ins by the address that they come from.

Buckets are of one process: with N workers a caller may be up to N times as fast. They are looked at before anybody is
authenticated, so a caller is the credential as it was sent; one that is forged only fills a bucket of its own.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transactional_api.kit.http import problem
from transactional_api.operations.metrics import LIMITED

MOST_BUCKETS = 10_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_INS = frozenset({"/auth/token", "/auth/refresh", "/auth/password", "/dashboard/login"})


class Buckets:
    """A bucket per name that fills evenly up to a minute's worth. 0 a minute is no limit."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._levels: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def take(self, name: object) -> float:
        """0 if there was one to take; else the seconds until there is."""
        if self.per_minute <= 0:
            return 0.0
        now = self._clock()
        level = self._level(name, now)
        if level < 1:
            self._levels[name] = (level, now)
            return (1 - level) * 60 / self.per_minute
        self._put(name, level - 1, now)
        return 0.0

    def give_back(self, name: object) -> None:
        """What was taken turned out not to count."""
        if self.per_minute > 0:
            now = self._clock()
            self._put(name, min(self._level(name, now) + 1, self.per_minute), now)

    def _level(self, name: object, now: float) -> float:
        level, at = self._levels.get(name, (float(self.per_minute), now))
        return min(level + (now - at) * self.per_minute / 60, self.per_minute)

    def _put(self, name: object, level: float, now: float) -> None:
        """The buckets that were used least recently make room: an attacker with many names fills no memory."""
        self._levels[name] = (level, now)
        self._levels.move_to_end(name)
        if len(self._levels) > MOST_BUCKETS:
            self._levels.popitem(last=False)


class Limits:
    """Answers 429 with `Retry-After` instead of asking the application."""

    def __init__(self, app: ASGIApp, writes_per_minute: int, failed_sign_ins_per_minute: int) -> None:
        self.app = app
        self._writes = Buckets(writes_per_minute)
        self._sign_ins = Buckets(failed_sign_ins_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self.app(scope, receive, send)
        elif scope["path"] in SIGN_INS:
            await self._sign_in(scope, receive, send)
        else:
            name = next((value for header, value in scope["headers"] if header == b"authorization"), None)
            wait = self._writes.take(hash(_credential(name))) if name is not None else 0.0
            if wait:
                await _refuse("writes", wait, scope, receive, send)
            else:
                await self.app(scope, receive, send)

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An attempt takes one and gives it back when it held, so that many at once do not pass together."""
        address = (scope.get("client") or ("",))[0]
        if wait := self._sign_ins.take(address):
            await _refuse("sign_ins", wait, scope, receive, send)
            return
        failed = True

        async def answer(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start":
                failed = message["status"] in (401, 403)
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            if not failed:
                self._sign_ins.give_back(address)


def _credential(header: bytes) -> bytes:
    """However the scheme before it is spelled."""
    return header.strip().partition(b" ")[2].strip()


async def _refuse(limit: str, wait: float, scope: Scope, receive: Receive, send: Send) -> None:
    LIMITED.labels(limit).inc()
    seconds = max(math.ceil(wait), 1)
    answer = problem(429, "Too many requests", f"try again in {seconds} seconds", "too-many-requests")
    answer.headers["retry-after"] = str(seconds)
    await answer(scope, receive, send)
