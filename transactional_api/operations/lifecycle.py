"""How a process begins and ends: SIGTERM makes it unready at once, then it finishes what runs and takes nothing new."""

import asyncio
import gc
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Lifecycle:
    """`is_draining` is what readiness asks. Between the signal and the end of listening lie `drain_seconds`, in which a
    load balancer can look elsewhere."""

    def __init__(self, drain_seconds: float = 0) -> None:
        self.is_draining = False
        self._drain_seconds = drain_seconds

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Stand in front of the server's own handlers of signals. Does nothing outside of the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in _SIGNALS}

        def stand_in(number: int, frame: FrameType | None) -> None:
            wait = 0.0 if self.is_draining else self._drain_seconds
            self.is_draining = True
            inner = before[signal.Signals(number)]
            if callable(inner):
                loop.call_soon_threadsafe(_later, loop, wait, inner, number, frame)

        for number in _SIGNALS:
            signal.signal(number, stand_in)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def settle_memory() -> None:
    """For a process that only serves from now on: what it loaded stays, so the garbage collector need not look through
    it again and again, and it looks less often. A collection of everything takes as long as a hundred requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _later(loop: asyncio.AbstractEventLoop, wait: float, inner: Callable[..., Any], *arguments: Any) -> None:
    if wait:
        loop.call_later(wait, inner, *arguments)
    else:
        inner(*arguments)
