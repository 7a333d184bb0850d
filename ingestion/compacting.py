"""Many small stored files become few, and nothing that anybody can ask changes: rows keep the entry that brought them.

A shared file holds the rows of many entries of one relation (and, of dropped files, of one tenant), each with its
`part_seq`; the journal's rows of those entries then name that one file. So history, undo and erasing work by entry as
before. Files are written first, the journal then points to them in one commit, and the small ones go when no reader
that may have read the journal before is left. Whatever a crash interrupts is done by the next round.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Row

import duckdb

from ingestion.csv.engine import connect
from ingestion.errors import IngestionError
from ingestion.home import intake_folder, intake_lock, lake_unread
from ingestion.journal import Journal
from ingestion.lake import SHARED, Draft, Step, is_shared, literal, no_step, scan_of

SMALL = 64 * 1024 * 1024
ORDER = {"app": "part_seq, change_no", "csv": "part_seq, line", "quarantine": "part_seq, line, column_name"}


@dataclass(frozen=True)
class Compacted:
    """`before` small files became `after` shared ones; `removed` files that nobody reads any more are gone."""

    before: int = 0
    after: int = 0
    removed: int = 0


def compact(home: Path, at_least: int, step: Step = no_step) -> Compacted:
    """Merge the small files of every relation that has so many of them."""
    lake = intake_folder(home)
    before = after = 0
    with intake_lock(home, "compact"), Journal(home) as journal:
        _remove_strays(lake, journal)
        batches = list(_batches(lake, journal, at_least))
        if batches:
            scratch = lake / "scratch-compact"
            con = connect(scratch)
            try:
                for batch in batches:
                    _merge(con, home, journal, batch, step)
                    before, after = before + len({part["path"] for part in batch}), after + 1
            finally:
                con.close()
                shutil.rmtree(scratch, ignore_errors=True)
        return Compacted(before, after, sweep(home, journal, step))


def sweep(home: Path, journal: Journal, step: Step = no_step) -> int:
    """Remove the files that were merged, unless somebody reads now: they may have begun before."""
    merged = journal.rows("select path from merged")
    if not merged:
        return 0
    with lake_unread(home) as is_unread:
        if not is_unread:
            return 0
        for row in merged:
            (intake_folder(home) / row["path"]).unlink(missing_ok=True)
        step("removed")
        with journal.writing() as db:
            db.executemany("delete from merged where path = ?", [(row["path"],) for row in merged])
    return len(merged)


def _batches(lake: Path, journal: Journal, at_least: int) -> Iterator[list[Row]]:
    """Parts whose files become one, in the order of the sequence. A file that has grown large is left alone."""
    groups: dict[tuple[str, str | None], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for part in journal.rows(
        "select p.seq, p.relation, p.path, p.rows, case when e.kind = 'file' then e.tenant_id end as tenant_id"
        " from parts p join entries e on e.seq = p.seq where p.path is not null order by p.relation, p.seq"
    ):
        groups[part["relation"], part["tenant_id"]][part["path"]].append(part)
    for files in groups.values():
        if len(files) < max(at_least, 2):
            continue
        batch: list[Row] = []
        count = size = 0
        for path, parts in files.items():
            own = (lake / path).stat().st_size
            if own >= SMALL:
                continue
            batch, count, size = [*batch, *parts], count + 1, size + own
            if size >= SMALL:
                if count > 1:
                    yield batch
                batch, count, size = [], 0, 0
        if count > 1:
            yield batch


def _merge(con: duckdb.DuckDBPyConnection, home: Path, journal: Journal, parts: Sequence[Row], step: Step) -> None:
    lake = intake_folder(home)
    relation = parts[0]["relation"]
    con.execute("create or replace temp table members (path varchar, seq bigint)")
    alone = [part for part in parts if not is_shared(part["path"])]
    paths = sorted({part["path"] for part in parts})
    if alone:
        listed = ", ".join(f"({literal(lake / part['path'])}, {part['seq']})" for part in alone)
        con.execute(f"insert into members values {listed}")
    more = ", filename = true, union_by_name = true"
    scans = []
    if own := [lake / path for path in paths if not is_shared(path)]:
        scan = scan_of(own, more)
        scans.append(
            f"select m.seq as part_seq, r.* exclude (filename) from {scan} r join members m on m.path = filename"
        )
    if merged := [lake / path for path in paths if is_shared(path)]:
        scans.append(f"select * exclude (filename) from {scan_of(merged, more)}")
    query = f"{' union all by name '.join(scans)} order by {ORDER[relation.partition('/')[0]]}"
    draft = Draft(con, home, f"{relation}/{SHARED}", query, step)
    _check(con, scans, draft)
    path = draft.keep()
    with journal.writing() as db:
        db.executemany(
            "update parts set path = ? where seq = ? and relation = ?",
            [(path, part["seq"], relation) for part in parts],
        )
        db.executemany("insert or ignore into merged values (?)", [(old,) for old in paths])
    step("committed")


def _check(con: duckdb.DuckDBPyConnection, scans: Sequence[str], draft: Draft) -> None:
    """Before the small files are let go: the shared one has every row of theirs."""
    counts = [f"(select count(*) from ({scan}))" for scan in scans]
    found = con.execute(f"select {' + '.join(counts)}, (select count(*) from {scan_of([draft.path])})").fetchone()
    if found is None or found[0] != found[1]:
        draft.discard()
        raise IngestionError(f"{draft.path} has other rows than the files that it was to replace; they stay")


def _remove_strays(lake: Path, journal: Journal) -> None:
    """Shared files that were written and never named: nobody else writes any, so their writer is dead."""
    named = {row["path"] for row in journal.rows("select distinct path from parts union select path from merged")}
    for folder in lake.rglob(SHARED):
        for path in folder.iterdir():
            if str(path.relative_to(lake)) not in named:
                path.unlink(missing_ok=True)
