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


@contextmanager
def lake_read(home: Path) -> Iterator[None]:
    """Held from before the journal is asked for stored files until they are read: none of them is removed meanwhile,
    unless a person is erased."""
    folder = intake_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "readers.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def lake_unread(home: Path) -> Iterator[bool]:
    """Whether nobody reads stored files now; if so, whoever comes waits until the block ends."""
    with (intake_folder(home) / "readers.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
