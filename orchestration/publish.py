"""Write, audit, publish: the lock of the one writer, immutable versions, and the pointer that readers follow.

Nothing here knows what is in a warehouse. A version's file appears under a name that was never used before (DuckDB
returns old data to a process that still holds a replaced path), then the pointer moves by rename.
"""

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

VERSION_FILE = re.compile(r"^warehouse-(\d{6,})\.duckdb$")


class BuildLocked(RuntimeError):
    """Another build holds the lock; the message names it."""


class NothingPublished(RuntimeError):
    """No version was ever published in this home."""

    def __init__(self) -> None:
        super().__init__("nothing published yet; run revhouse build")


@dataclass(frozen=True)
class Pointer:
    """What `current.json` says: the version that readers see, and whether a later build failed (stale)."""

    version: str
    file: str
    as_of: str
    known_at: int
    published_at: str
    stale: bool = False
    stale_reason: str | None = None
    failed_at: str | None = None


def utc_now() -> str:
    """An instant for labels and logs; no figure depends on it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Warehouse:
    """The folder of published versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pointer_path = folder / "current.json"

    def current(self) -> Pointer | None:
        try:
            return Pointer(**json.loads(self.pointer_path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def path_of(self, version: str | None = None) -> Path:
        """The file of a version (default: the current one). Raises NothingPublished or FileNotFoundError."""
        pointer = self.current()
        if pointer is None:
            raise NothingPublished
        path = self.folder / (f"warehouse-{int(version):06d}.duckdb" if version else pointer.file)
        if not path.exists():
            kept = ", ".join(self.versions())
            raise FileNotFoundError(f"version {version or pointer.version} is not kept; kept are {kept}")
        return path

    def versions(self) -> list[str]:
        """Kept versions, oldest first."""
        found = (VERSION_FILE.match(path.name) for path in self.folder.glob("warehouse-*.duckdb"))
        return sorted((m.group(1) for m in found if m), key=int)

    def next_version(self) -> str:
        """One more than any version that has a file or was ever pointed to."""
        pointer = self.current()
        taken = [int(version) for version in self.versions()] + ([int(pointer.version)] if pointer else [])
        return f"{max(taken, default=0) + 1:06d}"

    def publish(self, built: Path, version: str, as_of: str, known_at: int, *, move_pointer: bool = True) -> Pointer:
        """Makes the closed file `built` the immutable version `version`; readers follow it if the pointer moves."""
        wal = built.with_name(built.name + ".wal")
        if wal.exists():
            raise RuntimeError(f"{wal} is left: the build file was not checkpointed and closed")
        _fsync(built)
        final = self.folder / f"warehouse-{version}.duckdb"
        if final.exists():
            raise FileExistsError(f"{final} exists; a version is never written twice")
        built.rename(final)
        final.chmod(0o444)
        _fsync(self.folder)
        pointer = Pointer(version, final.name, as_of, known_at, utc_now())
        if move_pointer:
            self._point_to(pointer)
        return pointer

    def mark_stale(self, reason: str) -> None:
        """Labels the last good version: a later build failed, so these are not the newest facts."""
        pointer = self.current()
        if pointer is not None:
            self._point_to(replace(pointer, stale=True, stale_reason=reason, failed_at=utc_now()))

    def prune(self, keep: int, keep_bytes: int) -> list[str]:
        """Removes the oldest versions beyond `keep` files or `keep_bytes`; never the current or the newest one."""
        pointer = self.current()
        removable = [v for v in self.versions()[:-1] if pointer is None or v != pointer.version]
        sizes = {v: (self.folder / f"warehouse-{v}.duckdb").stat().st_size for v in self.versions()}
        removed = []
        for version in removable:
            if len(sizes) <= keep and sum(sizes.values()) <= keep_bytes:
                break
            (self.folder / f"warehouse-{version}.duckdb").unlink()
            del sizes[version]
            removed.append(version)
        return removed

    def _point_to(self, pointer: Pointer) -> None:
        scratch = self.pointer_path.with_suffix(f".{os.getpid()}.tmp")
        with scratch.open("w", encoding="utf-8") as file:
            json.dump(asdict(pointer), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self.pointer_path)
        _fsync(self.folder)


@contextmanager
def build_lock(folder: Path, wait_seconds: float, holder: str) -> Iterator[None]:
    """Holds the lock of the one writer. The system frees it when the process dies, however it dies.

    Raises BuildLocked naming the holder after `wait_seconds`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "build.lock"
    with path.open("a+", encoding="utf-8") as file:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise BuildLocked(f"a build is running: {lock_holder(folder) or 'unknown'}") from None
                time.sleep(0.1)
        file.truncate(0)
        file.write(f"{holder}, process {os.getpid()}, since {utc_now()}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def lock_holder(folder: Path) -> str | None:
    """Who holds the build lock now, or None."""
    path = folder / "build.lock"
    if not path.exists():
        return None
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            return file.read() or "unknown"
    return None


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
