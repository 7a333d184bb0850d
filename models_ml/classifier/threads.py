"""One thread for small work: on a machine that does other things, threads that wait for each other cost seven times
what they save, and one of them gives the same bits everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """For the libraries beneath scikit-learn, which are loaded here, since only those that are can be told."""
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        yield
