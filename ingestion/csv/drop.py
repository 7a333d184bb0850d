"""The inbox: copying a user's files into it, and working through everything in it.

A scan holds the inbox alone. It first tidies up after a scan that died between acceptance and moving, so
that no file gets a second receipt; then it takes every file in the order of its path.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import duckdb

from ingestion.csv.accept import Dropped, accept, refuse
from ingestion.csv.ahead import Ahead
from ingestion.csv.detect import detect
from ingestion.csv.engine import connect
from ingestion.csv.receipt import Receipt
from ingestion.csv.refused import FileChanged, FileRefused
from ingestion.csv.shown import readable
from ingestion.csv.source import Source
from ingestion.errors import IngestionError, NotDroppable
from ingestion.home import DEFAULT_TENANT, drop_folder, intake_folder, intake_lock
from ingestion.journal import Journal
from ingestion.lake import Step, no_step

TENANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}")
RETRY_AFTER = 0.2
LONGEST_NAME = 255
OWN_FOLDERS = (".accepted", ".refused")
Passed = Callable[[Path, str], None]
LEFT_BEHIND_AFTER = 24 * 3600


def untold(_: Path, __: str) -> None:
    """For callers whom it does not concern what was not read."""


def copy_into_drop(
    home: Path, paths: Iterable[Path], tenant: str | None = None, on_passed: Passed = untold
) -> list[Path]:
    """Copy files and whole folders into the tenant's inbox. Returns the copies.

    Links, pipes and hidden files inside a folder are passed over, and `on_passed` is told each with the reason; one
    that the user names is an error.
    """
    tenant = tenant or DEFAULT_TENANT
    check_tenant(tenant)
    inbox = drop_folder(home) / tenant
    copies: list[Path] = []
    for path in paths:
        for file, name in _droppable(Path(path), on_passed):
            copies.append(_copy(file, inbox / name))
    return copies


def scan_drop(
    home: Path,
    time_zone_of: Callable[[str], str],
    on_receipt: Callable[[Receipt], None] | None = None,
    step: Step = no_step,
    on_passed: Passed = untold,
) -> list[Receipt]:
    """Take everything that lies in the inbox. Returns one receipt per file, in the order of acceptance."""
    if not drop_folder(home).is_dir():
        return []
    receipts: list[Receipt] = []
    with intake_lock(home, "drop"), Journal(home) as journal:
        scratch = intake_folder(home) / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        _finish_moves(home, journal)
        _remove_left_behind(home)
        files = _inbox(home, on_passed)
        if not files:
            return []
        con = connect(scratch)
        moved: list[int] = []
        try:
            with Ahead(scratch, [file.path for file in files]) as ahead:
                for file in files:
                    step("begun")
                    receipt = _take(con, home, journal, file, ahead, time_zone_of(file.tenant_id), step)
                    receipts.append(receipt)
                    _move(home, file.path, receipt.file_id, receipt.reason if receipt.is_refused else None)
                    moved.append(receipt.accepted_seq)
                    step("moved")
                    if on_receipt:
                        on_receipt(receipt)
                    step("told")
        finally:
            con.close()
            _mark_moved(journal, moved)
    return receipts


def take_sent(
    home: Path, sent: Path, tenant_id: str, name: str, time_zone_of: Callable[[str], str], step: Step = no_step
) -> None:
    """Take one file that was sent to us, without waiting for what else lies in the inbox. It stands there under `name`,
    which no other file has, so whoever finds it first takes it: its receipt is the one of that name."""
    check_tenant(tenant_id)
    target = drop_folder(home) / tenant_id / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        sent.rename(target)
    except OSError as error:
        raise IngestionError(f"{name} cannot be put into the drop: {error.strerror}") from error
    with intake_lock(home, "drop"), Journal(home) as journal:
        scratch = intake_folder(home) / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        _finish_moves(home, journal)
        if target.exists():
            con = connect(scratch)
            file = Dropped(target, tenant_id, name)
            try:
                with Ahead(scratch, []) as ahead:
                    receipt = _take(con, home, journal, file, ahead, time_zone_of(tenant_id), step)
            finally:
                con.close()
            _move(home, target, receipt.file_id, receipt.reason if receipt.is_refused else None)
            _mark_moved(journal, [receipt.accepted_seq])
        with suppress(OSError):
            target.parent.rmdir()


def data_sets_in(home: Path, path: Path) -> set[str] | None:
    """The data sets that a file would fill, or None where its header says nothing for certain."""
    scratch = intake_folder(home) / f"scratch-{uuid4().hex}"
    try:
        with Source(path, scratch) as source:
            source.scan()
            return {data_set.name for data_set in detect(source).layout.data_sets}
    except FileRefused:
        return None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_tenant(tenant_id: str) -> None:
    if not TENANT.fullmatch(tenant_id):
        raise NotDroppable(f"{tenant_id!r} cannot be a tenant's name")


def _take(
    con: duckdb.DuckDBPyConnection, home: Path, journal: Journal, file: Dropped, ahead: Ahead, zone: str, step: Step
) -> Receipt:
    """Take one file; one that changes while it is read is tried once more, then refused."""
    for _ in range(2):
        try:
            return accept(con, home, journal, file, ahead, zone, step)
        except FileChanged as changed:
            reason = changed.reason
            time.sleep(RETRY_AFTER)
        except (duckdb.OutOfMemoryException, duckdb.IOException, OSError) as error:
            line = " ".join(str(error).split())[:300]
            raise IngestionError(
                f"{readable(file.path)} cannot be read with the memory and disk there is: {line}"
            ) from error
    return refuse(journal, file, _fingerprint(file.path), reason)


def _droppable(path: Path, on_passed: Passed) -> Iterator[tuple[Path, Path]]:
    """The regular files of a path, with their name below the inbox."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise NotDroppable(f"{path}: {error.strerror}") from error
    if stat.S_ISREG(mode):
        yield path, Path(path.name.lstrip(".") or "file")
    elif stat.S_ISDIR(mode):
        base = path.resolve()
        for file in _walk(base, on_passed):
            yield file, Path(base.name.lstrip(".") or "folder") / file.relative_to(base)
    else:
        raise NotDroppable(f"{path}: neither a file nor a folder (links and pipes are not read)")


def _walk(folder: Path, on_passed: Passed) -> Iterator[Path]:
    """Regular files below a folder by name; links, pipes, hidden entries and what cannot be opened are not read."""
    waiting = [_entries(folder, on_passed)]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif entry.name.startswith("."):
            on_passed(Path(entry.path), "hidden")
        elif entry.is_dir(follow_symlinks=False):
            waiting.append(_entries(Path(entry.path), on_passed))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        else:
            on_passed(Path(entry.path), "neither a file nor a folder (links and pipes are not read)")


def _entries(folder: Path, on_passed: Passed) -> Iterator[os.DirEntry[str]]:
    try:
        return iter(sorted(os.scandir(folder), key=lambda entry: entry.name))
    except OSError as error:
        on_passed(folder, str(error.strerror))
        return iter(())


def _copy(file: Path, wanted: Path) -> Path:
    """Copy under a hidden name first: a scan never sees half a file.

    A name in use gets a number that sorts after it.
    """
    try:
        _make_folder(wanted.parent)
        hidden = wanted.parent / f".{uuid4().hex}.copying"
        shutil.copyfile(file, hidden, follow_symlinks=False)
        for number in range(1_000_000):
            target = wanted if not number else wanted.with_name(_ending(wanted.stem, f"~{number:04}{wanted.suffix}"))
            with suppress(FileExistsError):
                os.link(hidden, target)
                hidden.unlink()
                return target
        raise NotDroppable(f"{wanted}: too many files of this name")
    except OSError as error:
        raise NotDroppable(f"{file} cannot be copied into the drop: {error.strerror or error}") from error


def _make_folder(folder: Path) -> None:
    """With all above it, however deep that is: `mkdir` of the parents calls itself."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)


def _ending(name: str, ending: str) -> str:
    """A file name with this ending that is not too long for the file system."""
    return os.fsdecode(os.fsencode(name)[: LONGEST_NAME - len(os.fsencode(ending))]) + ending


def _inbox(home: Path, on_passed: Passed) -> list[Dropped]:
    root = drop_folder(home)
    files = []
    own = {root / name for name in OWN_FOLDERS}

    def told(path: Path, reason: str) -> None:
        if path not in own and path.suffix != ".copying":
            on_passed(path, reason)

    for path in _walk(root, told):
        inside = path.relative_to(root)
        tenant = inside.parts[0] if len(inside.parts) > 1 else DEFAULT_TENANT
        files.append(Dropped(path, readable(tenant), readable("/".join(inside.parts[1:] or inside.parts))))
    return files


def _fingerprint(path: Path) -> str:
    try:
        found = path.lstat()
    except OSError:
        return ""
    return f"{found.st_ino}:{found.st_size}:{found.st_mtime_ns}"


def _finish_moves(home: Path, journal: Journal) -> None:
    """Move away what an earlier scan accepted and could not move."""
    left = journal.rows("select seq, file_id, source_path, source_stat, status, reason from files where moved = 0")
    for row in left:
        path = Path(row["source_path"])
        if row["source_stat"] and _fingerprint(path) == row["source_stat"]:
            _move(home, path, row["file_id"], row["reason"] if row["status"] == "refused" else None)
    _mark_moved(journal, [row["seq"] for row in left])


def _remove_left_behind(home: Path) -> None:
    """Copies and uploads whose process died a day ago: hidden, so that nobody would ever read them."""
    for path in drop_folder(home).glob("*/.*.copying"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > LEFT_BEHIND_AFTER:
                path.unlink()


def _mark_moved(journal: Journal, seqs: list[int]) -> None:
    if seqs:
        with journal.writing() as db:
            db.executemany("update files set moved = 1 where seq = ?", [(seq,) for seq in seqs])


def _move(home: Path, path: Path, file_id: str, refused_for: str | None) -> None:
    folder = drop_folder(home) / (".accepted" if refused_for is None else ".refused") / file_id
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if refused_for is not None:
            (folder / _ending(path.name, ".reason.txt")).write_text(refused_for + "\n", encoding="utf-8")
        with suppress(FileNotFoundError):
            path.rename(folder / path.name)
    except OSError as error:
        raise IngestionError(f"{path} is recorded as {file_id} but cannot be moved: {error.strerror}") from error
