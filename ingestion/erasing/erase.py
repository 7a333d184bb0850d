"""One round of erasing: from the requests to an intake that holds no value of those customers.

Nothing is lost to a crash: new files are written first, the journal then points to them in one commit, and the old ones
go last. Whatever is interrupted is done again, since the requests are marked in that same commit.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ingestion.app.personal import fold_files, sweep_personal
from ingestion.contracts import data_sets
from ingestion.csv.engine import connect
from ingestion.erasing.requests import Followed, Request, note, requests_of
from ingestion.erasing.rows import Gone, paths_by_name
from ingestion.home import drop_folder, intake_folder, intake_lock, lake_read
from ingestion.journal import Journal, replace_personal
from ingestion.lake import BY_CONTENT, Step, no_step

TOMBSTONE = "erased.txt"
SCRUBBED = ("file_name", "reason", "notes", "source_path")


@dataclass(frozen=True)
class Erased:
    """What one round did. `parts` = stored files written anew; `originals` = dropped files removed."""

    customers: int = 0
    parts: int = 0
    originals: int = 0


@dataclass
class _Plan:
    """What one commit of the journal changes: new paths by (seq, relation), new texts by seq, and one file
    of current personal values by relation, without those that were superseded."""

    paths: list[tuple[str, int, str]]
    texts: list[tuple[str, str | None, str, str, int]]
    personal: dict[str, str] = field(default_factory=dict)


def request(home: Path, wanted: Request) -> None:
    """Take an erasure on record that no core knows of."""
    with Journal(home) as journal:
        note(journal, [wanted])


def known_customer(home: Path, tenant_id: str, customer_id: str) -> bool:
    """Whether any accepted file has a row of this customer."""
    lake = intake_folder(home)
    with lake_read(home), Journal(home) as journal, duckdb.connect() as con:
        for name, paths in paths_by_name(journal, "csv/", tenant_id).items():
            if "customer_id" not in data_sets()[name].columns:
                continue
            listed = [str(lake / path) for path in paths]
            query = f"select 1 from read_parquet(?, {BY_CONTENT}) where customer_id = ? limit 1"
            if con.execute(query, [listed, customer_id]).fetchone():
                return True
    return False


def erase(home: Path, wanted: Iterable[Request], step: Step = no_step) -> Erased:
    """Apply every request to what came in since it was last applied; `wanted` are taken on record first."""
    locks = (intake_lock(home, name) for name in ("compact", "drop", "core"))
    with ExitStack() as held, Journal(home) as journal:
        for lock in locks:
            held.enter_context(lock)
        note(journal, wanted)
        head = journal.head()
        due: dict[str, list[Followed]] = defaultdict(list)
        everyone: dict[str, list[str]] = defaultdict(list)
        for one in requests_of(journal):
            everyone[one.request.tenant_id].append(one.request.customer_id)
            due[one.request.tenant_id].append(one)
        due = {tenant: requests for tenant, requests in due.items() if _has_work(journal, tenant, requests)}
        if not due:
            return Erased()
        lake = intake_folder(home)
        plan = _Plan([], [])
        con = connect(lake / "scratch-erase")
        try:
            for tenant_id, requests in due.items():
                since = min(0 if not one.is_finished else one.applied_seq or 0 for one in requests)
                gone = Gone(con, lake, tenant_id, everyone[tenant_id])
                gone.find(
                    paths_by_name(journal, "csv/", tenant_id),
                    paths_by_name(journal, "app/", tenant_id),
                    _personal(journal),
                )
                _plan_parts(home, journal, gone, tenant_id, since, plan, step)
                _plan_texts(journal, gone.values(), tenant_id, since, plan)
            plan.personal = fold_files(con, home, journal, step=step)
        finally:
            con.close()
            for scratch in lake.glob("scratch*"):
                shutil.rmtree(scratch, ignore_errors=True)
        originals = sum(_remove_originals(home, journal, tenant, requests) for tenant, requests in due.items())
        step("planned")
        _commit(journal, plan, [one for requests in due.values() for one in requests], head)
        step("committed")
        _sweep(lake, journal)
        sweep_personal(home, journal, at_once=True)
        _compact(journal.path)
    return Erased(len({one.request for requests in due.values() for one in requests}), len(plan.paths), originals)


def _has_work(journal: Journal, tenant_id: str, requests: list[Followed]) -> bool:
    """Something to erase for the first time, or a file since the last time."""
    since = min(one.applied_seq or 0 for one in requests)
    newer = journal.rows("select 1 from files where tenant_id = ? and seq > ? limit 1", (tenant_id, since))
    return bool(newer) or any(not one.is_finished for one in requests)


def _personal(journal: Journal) -> dict[str, list[str]]:
    return {relation.removeprefix("app/"): paths for relation, paths in journal.personal().items()}


def _plan_parts(home: Path, journal: Journal, gone: Gone, tenant_id: str, since: int, plan: _Plan, step: Step) -> None:
    """A file that holds the rows of many entries is written anew once, for all of them."""
    anew: dict[str, str | None] = {}
    for row in journal.rows(
        "select p.seq, p.relation, p.path from parts p join entries e on e.seq = p.seq where e.kind = 'file'"
        " and e.tenant_id = ? and p.path in (select path from parts where seq > ?) order by p.seq",
        (tenant_id, since),
    ):
        old = row["path"]
        if old not in anew and row["relation"] == "quarantine":
            anew[old] = gone.blanked_quarantine(home, old, step)
        elif old not in anew:
            anew[old] = gone.blanked(home, data_sets()[str(row["relation"]).removeprefix("csv/")], old, step)
        if (path := anew[old]) is not None:
            plan.paths.append((path, row["seq"], row["relation"]))


def _plan_texts(journal: Journal, values: list[str], tenant_id: str, since: int, plan: _Plan) -> None:
    """Reasons and notes that quote a value lose it. A file's own name may be the person's: of files with rows of
    theirs, and of those whose rows nobody can tell (refused, or the same again), the name goes."""
    pattern = re.compile("|".join(re.escape(value) for value in values) or r"(?!)", re.IGNORECASE)
    rewritten = {seq for _, seq, _ in plan.paths}
    for row in journal.rows(f"select seq, status, {', '.join(SCRUBBED)} from files where tenant_id = ?", (tenant_id,)):
        old = [row[name] for name in SCRUBBED]
        new = [None if text is None else pattern.sub("erased", text) for text in old]
        nobody_knows = row["status"] in ("refused", "duplicate_ignored") and row["seq"] > since
        if row["seq"] in rewritten or nobody_knows:
            new[0], new[3] = f"f{row['seq']}{_suffix(row['file_name'])}", "erased"
        if new != old:
            plan.texts.append((*new, row["seq"]))


def _suffix(file_name: str) -> str:
    """The ending, where it is one that says something."""
    found = re.search(r"(\.(csv|tsv|txt))?(\.gz)?$", file_name, re.IGNORECASE)
    return found[0].lower() if found else ""


def _remove_originals(home: Path, journal: Journal, tenant_id: str, requests: list[Followed]) -> int:
    """Accepted originals are not needed once Parquet holds them: those of the tenant go, whatever is in them. Refused
    ones go when a person is erased; one that is refused later stays for whoever dropped it."""
    is_new = any(not one.is_finished for one in requests)
    removed = 0
    for row in journal.rows("select file_id, status from files where tenant_id = ?", (tenant_id,)):
        refused = row["status"] == "refused"
        if refused and not is_new:
            continue
        folder = drop_folder(home) / (".refused" if refused else ".accepted") / row["file_id"]
        if not folder.is_dir() or [path.name for path in folder.iterdir()] == [TOMBSTONE]:
            continue
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / TOMBSTONE).write_text(
            "The original was removed when a person was erased. Its receipt and the hash of its content stay.\n",
            encoding="utf-8",
        )
        removed += 1
    for left in (drop_folder(home) / tenant_id).rglob(".*.copying"):
        left.unlink(missing_ok=True)
    return removed


def _commit(journal: Journal, plan: _Plan, applied: list[Followed], head: int) -> None:
    assignments = ", ".join(f"{name} = ?" for name in SCRUBBED)
    with journal.writing() as db:
        db.executemany("update parts set path = ? where seq = ? and relation = ?", plan.paths)
        db.executemany(f"update files set {assignments} where seq = ?", plan.texts)
        replace_personal(db, plan.personal)
        db.executemany(
            "update erasures set applied_seq = ? where tenant_id = ? and erasure_id = ?",
            [(head, one.request.tenant_id, one.request.erasure_id) for one in applied],
        )


def _sweep(lake: Path, journal: Journal) -> None:
    """Remove every stored file of the drop that the journal does not name: the ones that were replaced, and strays."""
    kept = {row["path"] for row in journal.rows("select path from parts where path is not null")}
    for folder in ("csv", "quarantine"):
        for path in (lake / folder).rglob("*"):
            if path.is_file() and str(path.relative_to(lake)) not in kept:
                path.unlink(missing_ok=True)


def _compact(path: Path) -> None:
    """The journal's own file anew, so that no old page quotes anything."""
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        db.execute("vacuum")
        db.execute("pragma wal_checkpoint(truncate)")
    finally:
        db.close()
