"""The one sequence: what was accepted, in which order, from where, and what was taken back.

The commit of an entry *is* the acceptance. A Parquet file that no entry names does not exist, so everything
else (writing, renaming, moving) may be interrupted at any point. Entries are appended, never changed; the
exceptions carry no facts: `moved` (the inbox was tidied), which files have the current personal values, and,
where a person was erased, the path of a part that was written anew without their values.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.errors import JournalUnusable
from ingestion.home import intake_folder, intake_lock

SCHEMA = """
create table if not exists entries (
    seq integer primary key autoincrement,
    kind text not null check (kind in ('file', 'core', 'retraction')),
    tenant_id text
);
create table if not exists files (
    seq integer primary key references entries (seq),
    file_id text not null unique,
    tenant_id text not null,
    file_name text not null,
    content_hash text,
    data_set text,
    contract text,
    status text not null
        check (status in ('accepted', 'partly_quarantined', 'refused', 'duplicate_ignored')),
    rows_read integer not null,
    rows_accepted integer not null,
    rows_quarantined integer not null,
    rows_refused integer not null,
    control_totals text not null,
    reason text,
    notes text not null,
    profile text not null,
    source_path text not null,
    source_stat text not null,
    moved integer not null default 0,
    check (rows_read = rows_accepted + rows_quarantined + rows_refused)
);
create index if not exists files_by_content on files (tenant_id, content_hash);
create index if not exists files_unmoved on files (moved) where moved = 0;
create table if not exists parts (
    seq integer not null references entries (seq),
    relation text not null,
    path text,
    rows integer not null,
    profile text not null default '{}',
    judged integer not null default 0,
    primary key (seq, relation)
);
create index if not exists parts_by_relation on parts (relation, seq);
create index if not exists parts_unjudged on parts (judged) where judged = 0;
create table if not exists core_spans (
    seq integer not null references entries (seq),
    tenant_id text not null,
    first_change_no integer not null,
    last_change_no integer not null,
    primary key (tenant_id, last_change_no)
);
create table if not exists retractions (
    seq integer primary key references entries (seq),
    file_seq integer not null unique references files (seq)
);
create table if not exists personal (
    relation text primary key,
    path text not null,
    seq integer not null
);
create table if not exists personal_parts (
    path text primary key,
    relation text not null,
    seq integer not null
);
insert or ignore into personal_parts (path, relation, seq) select path, relation, seq from personal;
delete from personal;
create table if not exists verdicts (
    verdict_id integer primary key autoincrement,
    relation text not null,
    expectation text not null,
    severity text not null check (severity in ('error', 'warn')),
    success integer not null,
    batches integer not null,
    first_seq integer not null,
    last_seq integer not null,
    observed text not null,
    failing_seqs text not null
);
create table if not exists erasures (
    tenant_id text not null,
    customer_id text not null,
    erasure_id text not null,
    applied_seq integer,
    finished integer not null default 0,
    primary key (tenant_id, erasure_id)
);
create table if not exists merged (path text primary key);
"""


@dataclass(frozen=True)
class Part:
    """One relation's rows of one entry. `path` is relative to the intake; None where no row is held."""

    relation: str
    path: str | None
    rows: int
    profile: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FileEntry:
    """What the journal keeps of one dropped file, before it has its place in the sequence."""

    tenant_id: str
    file_name: str
    content_hash: str | None
    data_set: str | None
    contract: str | None
    status: str
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_refused: int
    control_totals: dict[str, str]
    reason: str | None
    notes: tuple[str, ...]
    profile: dict[str, Any]
    source_path: str
    source_stat: str


@dataclass(frozen=True)
class CoreSpan:
    """Change numbers of one tenant that one batch holds, both ends inclusive."""

    tenant_id: str
    first_change_no: int
    last_change_no: int


class Journal:
    """The open journal of one home. Use as a context manager; every method is its own transaction."""

    def __init__(self, home: Path) -> None:
        self.path = intake_folder(home) / "journal.db"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            self._db.row_factory = sqlite3.Row
            self._db.execute("pragma synchronous = full")
            self._db.execute("pragma foreign_keys = on")
            if self._db.execute("select 1 from sqlite_master where name = 'merged'").fetchone() is None:
                with intake_lock(home, "journal"):
                    self._db.execute("pragma journal_mode = wal")
                    self._db.executescript(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise JournalUnusable(f"the journal {self.path} cannot be used: {error}") from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, taken for writing from its start so that sequence numbers commit in order."""
        try:
            self._db.execute("begin immediate")
        except sqlite3.Error as error:
            raise JournalUnusable(f"the journal {self.path} cannot be written: {error}") from error
        try:
            yield self._db
            self._db.execute("commit")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise JournalUnusable(f"the journal {self.path} cannot be written: {error}") from error
        except BaseException:
            self._db.execute("rollback")
            raise

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        try:
            return self._db.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise JournalUnusable(f"the journal {self.path} cannot be read: {error}") from error

    def head(self) -> int:
        """The last sequence number given; 0 for an empty intake."""
        found = self.rows("select seq from sqlite_sequence where name = 'entries'")
        return int(found[0]["seq"]) if found else 0

    def accept_file(self, entry: FileEntry, parts: Sequence[Part]) -> int:
        """Accept (or record the refusal of) one file. Returns its place in the sequence."""
        with self.writing() as db:
            seq = _next(db, "file", entry.tenant_id)
            db.execute(
                "insert into files values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?, 0)",
                (
                    seq,
                    f"f{seq}",
                    entry.tenant_id,
                    entry.file_name,
                    entry.content_hash,
                    entry.data_set,
                    entry.contract,
                    entry.status,
                    entry.rows_read,
                    entry.rows_accepted,
                    entry.rows_quarantined,
                    entry.rows_refused,
                    json.dumps(entry.control_totals, sort_keys=True),
                    entry.reason,
                    json.dumps(entry.notes),
                    json.dumps(entry.profile),
                    entry.source_path,
                    entry.source_stat,
                ),
            )
            _insert_parts(db, seq, parts)
        return seq

    def accept_core(self, spans: Sequence[CoreSpan], parts: Sequence[Part], personal: dict[str, str]) -> int:
        """Accept one batch of the core's changes; `personal` has a newer file of personal values by relation."""
        with self.writing() as db:
            tenants = {span.tenant_id for span in spans}
            seq = _next(db, "core", tenants.pop() if len(tenants) == 1 else None)
            db.executemany(
                "insert into core_spans values (?,?,?,?)",
                [(seq, span.tenant_id, span.first_change_no, span.last_change_no) for span in spans],
            )
            _insert_parts(db, seq, parts)
            _insert_personal(db, seq, personal)
        return seq

    def personal(self) -> dict[str, list[str]]:
        """The files that together have the current personal values of each relation, oldest first."""
        found: dict[str, list[str]] = {}
        for row in self.rows("select relation, path from personal_parts order by relation, seq"):
            found.setdefault(row["relation"], []).append(row["path"])
        return found

    def replace_personal(self, folded: dict[str, str]) -> None:
        """One file of each relation takes the place of all that it had."""
        with self.writing() as db:
            replace_personal(db, folded)

    def retract(self, file_seq: int, tenant_id: str) -> int:
        with self.writing() as db:
            seq = _next(db, "retraction", tenant_id)
            db.execute("insert into retractions values (?,?)", (seq, file_seq))
        return seq

    def counting_file(self, tenant_id: str, content_hash: str) -> str | None:
        """The id of the file whose rows count for this content, if any."""
        found = self.rows(
            "select file_id from files where tenant_id = ? and content_hash = ?"
            " and status in ('accepted', 'partly_quarantined')"
            " and seq not in (select file_seq from retractions)",
            (tenant_id, content_hash),
        )
        return str(found[0]["file_id"]) if found else None

    def cursors(self) -> dict[str, int]:
        """The last change number read, per tenant of the core."""
        found = self.rows("select tenant_id, max(last_change_no) as last from core_spans group by tenant_id")
        return {str(row["tenant_id"]): int(row["last"]) for row in found}

    def last_changes(self, known_at: Mapping[str, int]) -> dict[str, int]:
        """The last change number of each tenant that was known at its sequence; 0 where none was."""
        query = "select coalesce(max(last_change_no), 0) as last from core_spans where tenant_id = ? and seq <= ?"
        return {tenant: int(self.rows(query, (tenant, seq))[0]["last"]) for tenant, seq in known_at.items()}

    def seq_of_change(self, tenant_id: str, change_no: int) -> int:
        """The place in the sequence of the batch that has a change of the core."""
        query = "select seq from core_spans where tenant_id = ? and last_change_no >= ? order by last_change_no limit 1"
        return int(self.rows(query, (tenant_id, change_no))[0]["seq"])

    def parts(self, prefix: str, known_at: int | None = None) -> list[sqlite3.Row]:
        """Parts of the relations that start with `prefix`, as known at a sequence: retracted ones are left out."""
        limit = self.head() if known_at is None else known_at
        return self.rows(
            "select p.relation, p.path, p.rows, p.seq, e.tenant_id, f.file_id, f.contract from parts p"
            " join entries e on e.seq = p.seq left join files f on f.seq = p.seq"
            " where p.relation >= ? and p.relation < ? and p.seq <= ? and p.path is not null"
            " and not exists (select 1 from retractions r where r.file_seq = p.seq and r.seq <= ?)"
            " order by p.relation, p.seq",
            (prefix, prefix + "\U0010ffff", limit, limit),
        )

    def parts_changed(self, since: int, until: int) -> list[sqlite3.Row]:
        """Parts that were accepted, or taken back, after one sequence and not after another."""
        return self.rows(
            "select p.relation, p.path, p.rows, p.seq, e.tenant_id, f.file_id, f.contract from parts p"
            " join entries e on e.seq = p.seq left join files f on f.seq = p.seq"
            " left join retractions r on r.file_seq = p.seq"
            " where p.path is not null and (p.seq > ? and p.seq <= ? or r.seq > ? and r.seq <= ?)"
            " order by p.relation, p.seq",
            (since, until, since, until),
        )


def _next(db: sqlite3.Connection, kind: str, tenant_id: str | None) -> int:
    cursor = db.execute("insert into entries (kind, tenant_id) values (?,?)", (kind, tenant_id))
    if cursor.lastrowid is None:
        raise JournalUnusable("the journal gave no sequence number")
    return cursor.lastrowid


def replace_personal(db: sqlite3.Connection, folded: dict[str, str]) -> None:
    """The same within a transaction that does more."""
    for relation, path in folded.items():
        seq = db.execute("select max(seq) from personal_parts where relation = ?", (relation,)).fetchone()[0]
        db.execute("delete from personal_parts where relation = ?", (relation,))
        _insert_personal(db, seq, {relation: path})


def _insert_personal(db: sqlite3.Connection, seq: int, personal: dict[str, str]) -> None:
    db.executemany(
        "insert into personal_parts (path, relation, seq) values (?,?,?)",
        [(path, relation, seq) for relation, path in personal.items()],
    )


def _insert_parts(db: sqlite3.Connection, seq: int, parts: Sequence[Part]) -> None:
    db.executemany(
        "insert into parts (seq, relation, path, rows, profile) values (?,?,?,?,?)",
        [(seq, part.relation, part.path, part.rows, json.dumps(part.profile)) for part in parts],
    )
