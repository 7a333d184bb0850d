"""Where this package keeps things under the home folder, and the lock that lets one scan work at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEFAULT_TENANT = "default"


def drop_folder(home: Path) -> Path:
    return home / "drop"


def intake_folder(home: Path) -> Path:
    return home / "intake"


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power failure."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def intake_lock(home: Path, name: str) -> Iterator[None]:
    """Hold the named lock of the intake; a second holder waits. The operating system frees it if we die."""
    folder = intake_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
