"""Fourteen ways to falsify the change log, as somebody with all rights in the database would do it.

Each kind takes both tenants' logs as they stand and a position from 1 to LAST, and gives them back falsified. The
intruder knows how entries are hashed, drops the triggers, and sets heads as it suits; only the signing key is missing.
"""

import base64
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine, text

from transactional_api.audit import service
from transactional_api.audit.checkpoints import Checkpoint, CheckpointFiles
from transactional_api.database import Database
from transactional_api.kit.change_log import FIRST_HASH, ChangeLogEntry, hash_entry
from transactional_api.kit.clock import instant_text

TENANT, OTHER = "acme", "globex"
LAST = 50
COLUMNS = [column.name for column in ChangeLogEntry.__table__.columns]
Entry = dict[str, Any]


@dataclass
class State:
    """Everything that an intruder can write to."""

    logs: dict[str, list[Entry]]
    heads: dict[str, tuple[int, str]]
    checkpoints: list[bytes]

    @property
    def log(self) -> list[Entry]:
        return self.logs[TENANT]

    def move_head(self) -> None:
        last = self.log[-1] if self.log else {"change_no": 0, "entry_hash": FIRST_HASH}
        self.heads[TENANT] = (last["change_no"], last["entry_hash"])

    def hash_from(self, position: int) -> None:
        """Number and chain anew from an entry on."""
        previous = self.log[position - 2]["entry_hash"] if position > 1 else FIRST_HASH
        for number, entry in enumerate(self.log[position - 1 :], start=position):
            entry |= {"change_no": number, "previous_hash": previous}
            entry["entry_hash"] = previous = own_hash(entry)


def own_hash(entry: Entry) -> str:
    return hash_entry({name: value for name, value in entry.items() if name != "entry_hash"})


def falsify(entry: Entry) -> None:
    entry["after_json"] = (entry["after_json"] or "{}").replace('"name":"x"', '"name":"y"')


def edit(state: State, at: int) -> None:
    falsify(state.log[at - 1])


def rehash(state: State, at: int) -> None:
    falsify(state.log[at - 1])
    state.log[at - 1]["entry_hash"] = own_hash(state.log[at - 1])


def delete_first(state: State, at: int) -> None:
    del state.log[:at]


def delete_middle(state: State, at: int) -> None:
    del state.log[at - 1]


def delete_tail(state: State, at: int) -> None:
    del state.log[at - 1 :]
    state.move_head()


def reorder(state: State, at: int) -> None:
    one, two = state.log[at - 1], state.log[at]
    one["change_no"], two["change_no"] = two["change_no"], one["change_no"]
    state.log[at - 1], state.log[at] = two, one


def insert(state: State, at: int) -> None:
    forged = dict(state.log[at - 1])
    falsify(forged)
    forged["entry_hash"] = own_hash(forged)
    _push_in(state, at, forged)


def duplicate(state: State, at: int) -> None:
    _push_in(state, at, dict(state.log[at - 1]))


def _push_in(state: State, at: int, entry: Entry) -> None:
    for later in state.log[at - 1 :]:
        later["change_no"] += 1
    state.log.insert(at - 1, entry)
    state.heads[TENANT] = (len(state.log), state.heads[TENANT][1])


def swap_tenants(state: State, at: int) -> None:
    mine, theirs = state.logs[TENANT][at - 1], state.logs[OTHER][at - 1]
    state.logs[TENANT][at - 1], state.logs[OTHER][at - 1] = theirs | {"tenant_id": TENANT}, mine | {"tenant_id": OTHER}


def rewrite_suffix(state: State, at: int) -> None:
    falsify(state.log[at - 1])
    state.hash_from(at)
    state.move_head()


def rewrite_all(state: State, at: int) -> None:
    for entry in state.log:
        entry["actor"] = f"nobody since {at}"
    state.hash_from(1)
    state.move_head()


def roll_back(state: State, at: int) -> None:
    """The same end as restoring the file as it was; for SQLite the file itself is restored (see `attack`)."""
    del state.log[at:]
    state.move_head()


def forge_checkpoint(state: State, at: int) -> None:
    rewrite_suffix(state, at)
    last = Checkpoint(**json.loads(state.checkpoints[-1]))
    number, entry_hash = state.heads[TENANT]
    forged = Checkpoint(
        **{**vars(last), "change_no": number, "entry_hash": entry_hash, "signature": ""},
    )
    signature = base64.b64encode(Ed25519PrivateKey.generate().sign(forged.statement())).decode()
    line = json.dumps({**vars(forged), "signature": signature}, sort_keys=True, separators=(",", ":"))
    state.checkpoints[-1] = line.encode()


def replay_checkpoint(state: State, at: int) -> None:
    """The log goes back to an older checkpoint, which then stands last, so that it seems to be the newest."""
    older = state.checkpoints[(at - 1) // 5]
    del state.log[json.loads(older)["change_no"] :]
    state.move_head()
    state.checkpoints.append(older)


def roll_back_all(state: State, at: int) -> None:
    """Log and checkpoints go back together: what no house can know of itself."""
    state.checkpoints = [line for line in state.checkpoints if json.loads(line)["change_no"] <= at]
    del state.log[at:]
    state.move_head()


def rewrite_since(state: State, at: int) -> None:
    """Only entries that no checkpoint has seen yet."""
    signed = json.loads(state.checkpoints[-1])["change_no"]
    rewrite_suffix(state, signed + 1 + (at - 1) % 5)


KINDS: dict[str, Callable[[State, int], None]] = {
    "edit an entry": edit,
    "edit an entry and compute its hash anew": rehash,
    "delete the first entries": delete_first,
    "delete an entry in the middle": delete_middle,
    "delete the tail and set the head back": delete_tail,
    "exchange two entries": reorder,
    "insert an entry": insert,
    "duplicate an entry": duplicate,
    "exchange entries of two tenants": swap_tenants,
    "rewrite from an entry on, with hashes and head": rewrite_suffix,
    "rewrite the whole log, with hashes and head": rewrite_all,
    "roll back the database file": roll_back,
    "rewrite, and forge the last checkpoint": forge_checkpoint,
    "roll back, and replay an old checkpoint": replay_checkpoint,
}
BEYOND: dict[str, Callable[[State, int], None]] = {
    "roll back database and checkpoints together": roll_back_all,
    "rewrite what was written since the last checkpoint": rewrite_since,
}


class Scene:
    """A core with two tenants, whose logs are signed after every fifth of the first LAST + 5 entries; five follow."""

    def __init__(self, database: Database, folder: Path, grow: Callable[[Database, str, int], None], last: int = LAST):
        self.database = database
        self.folder = folder
        self.files = CheckpointFiles(folder / "audit")
        self.copies: dict[int, Path] = {}
        for number in range(1, last + 11):
            grow(database, TENANT, number)
            grow(database, OTHER, number)
            if number % 5 == 0 and number <= last + 5:
                service.verify_and_sign(database, self.files, TENANT, database.clock.now())
            if number <= last and database.is_sqlite:
                self._copy_file(number)
        self.intruder = create_engine(database.owner_url)
        self.state = self._read()
        self.exported = self.files.read(TENANT)[-1].mark

    def attack(self, kind: Callable[[State, int], None], at: int) -> tuple[bool, bool, bool]:
        """Whether it is caught without checkpoints, with those of the house, and with one that was exported."""
        state = deepcopy(self.state)
        kind(state, at)
        if kind is roll_back and at in self.copies:
            self._restore(self.copies[at])
        else:
            self._write(state)
        self._checkpoint_file.write_bytes(b"".join(line + b"\n" for line in state.checkpoints))
        return (
            not self.database.verify_chain(TENANT).holds,
            not service.verify(self.database, self.files, TENANT).holds,
            not service.verify(self.database, self.files, TENANT, exported=self.exported).holds,
        )

    @property
    def _checkpoint_file(self) -> Path:
        return self.files.folder / f"checkpoints-{TENANT}.jsonl"

    def _read(self) -> State:
        logs = {}
        with self.intruder.connect() as connection:
            for tenant in (TENANT, OTHER):
                query = text(
                    f"SELECT {', '.join(COLUMNS)} FROM change_log WHERE tenant_id = :tenant ORDER BY change_no"
                )
                logs[tenant] = [dict(row) for row in connection.execute(query, {"tenant": tenant}).mappings()]
            heads = connection.execute(text("SELECT tenant_id, last_change_no, last_hash FROM change_log_heads")).all()
        for entry in (entry for log in logs.values() for entry in log):
            if isinstance(entry["changed_at"], datetime):
                entry["changed_at"] = instant_text(entry["changed_at"])
        return State(logs, {row[0]: (row[1], row[2]) for row in heads}, self._checkpoint_file.read_bytes().splitlines())

    def _write(self, state: State) -> None:
        with self.intruder.begin() as connection:
            if self.database.is_sqlite:
                triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
                for name in list(triggers):
                    connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            else:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql("DELETE FROM change_log")
            columns = f"({', '.join(COLUMNS)}) VALUES ({', '.join(f':{name}' for name in COLUMNS)})"
            for log in filter(None, state.logs.values()):
                connection.execute(text(f"INSERT INTO change_log {columns}"), log)
            for tenant, (number, entry_hash) in state.heads.items():
                connection.execute(
                    text("UPDATE change_log_heads SET last_change_no = :n, last_hash = :h WHERE tenant_id = :t"),
                    {"n": number, "h": entry_hash, "t": tenant},
                )

    def _copy_file(self, at: int) -> None:
        copy = self.folder / f"core-{at}.db"
        with closing(sqlite3.connect(str(self.database.url.database))) as source, closing(sqlite3.connect(copy)) as to:
            source.backup(to)
        self.copies[at] = copy

    def _restore(self, copy: Path) -> None:
        """The database file as it was, in place of the one that is there."""
        self.database.engine.dispose()
        self.intruder.dispose()
        path = Path(str(self.database.url.database))
        for left in path.parent.glob(f"{path.name}-*"):
            left.unlink()
        shutil.copyfile(copy, path)
