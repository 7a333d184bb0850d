"""One thread for what numbers are computed with. On a machine that does other things, threads that wait for each other
cost seven times what they save; and sums over many rows end in other digits where several threads share them, and with
them a model's file in another hash."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """For the libraries that are loaded by now: only those can be told."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        yield
