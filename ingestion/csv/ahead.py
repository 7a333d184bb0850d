"""The next file of a drop is opened and scanned in a thread while DuckDB reads the present one."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from types import TracebackType

from ingestion.csv.refused import FileRefused
from ingestion.csv.source import Source


class Ahead:
    """Opens the files of a drop, in whose order they will be wanted; at most one is ahead."""

    def __init__(self, scratch: Path, order: Iterable[Path]) -> None:
        self._scratch = scratch
        self._following = dict(pairwise(order))
        self._begun: dict[Path, Source] = {}
        self._pool = ThreadPoolExecutor(1, "scan")

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for source in self._begun.values():
            source.close()
        self._pool.shutdown()

    def open(self, path: Path) -> Source:
        """Raises FileRefused for what cannot be opened; of the file ahead it is said when that is wanted."""
        source = self._begun.pop(path, None) or Source(path, self._scratch)
        if following := self._following.pop(path, None):
            with suppress(FileRefused):
                ahead = self._begun[following] = Source(following, self._scratch)
                ahead.scan_in(self._pool)
        return source
