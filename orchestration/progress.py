"""Tells whoever watches what the long work is doing; the command shows it, a scheduled run has only its log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, str], None]

_listener: Listener | None = None


def report(step: str, message: str) -> None:
    """`step` is the stage (ingest, dbt, …); `message` one short line."""
    if _listener is not None:
        _listener(step, message)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    global _listener
    previous, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = previous
