"""Runs cases through the drop, each as tenants of its own in one home, and says what differs from what they state."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from ingestion.csv import Receipt, copy_into_drop, scan_drop
from ingestion.home import drop_folder
from ingestion.raw import create_intake_ops, create_raw_relations
from ingestion.retract import undo
from tests.corpus.cases import Case, File, Kind, Told, Undo

Place = tuple[int, int, int]


def run(kinds: Sequence[Kind], seed: int, folder: Path) -> list[str]:
    """What differs, one line each. `folder` is empty and takes the home and the files to drop."""
    wrong: list[str] = []
    for number, kind in enumerate(kinds):
        if kind.act:
            own = folder / f"act{number}"
            own.mkdir()
            wrong += [f"[{kind.sentence} / {kind.name}] {line}" for line in kind.act(own, kind.random(seed))]
    return wrong + _run_cases([kind for kind in kinds if kind.build], seed, folder)


def _run_cases(kinds: Sequence[Kind], seed: int, folder: Path) -> list[str]:
    cases = [kind.case(seed) for kind in kinds]
    home = folder / "home"
    zones = {f"k{number}": case.zone for number, case in enumerate(cases)}
    receipts: dict[Place, Receipt] = {}
    wrong: list[str] = []
    for turn in range(max((len(case.rounds) for case in cases), default=0)):
        waiting = _put(home, folder, cases, turn, receipts)
        for receipt in scan_drop(home, lambda tenant: zones[tenant.split(".")[0]]):
            place = waiting.pop((receipt.tenant_id, receipt.file_name), None)
            if place is None:
                wrong.append(f"{receipt.tenant_id}: a receipt nobody waits for: {receipt}")
                continue
            receipts[place] = receipt
            file = cases[place[0]].rounds[place[1]][place[2]]
            assert isinstance(file, File)
            wrong += [f"{_named(kinds, place)}: {line}" for line in _differs(file.told, receipt)]
        wrong += [f"{_named(kinds, place)}: no receipt" for place in waiting.values() if _told(cases, place)]
    return wrong + _current_differs(kinds, cases, home, receipts)


def _told(cases: Sequence[Case], place: Place) -> Told | None:
    file = cases[place[0]].rounds[place[1]][place[2]]
    return file.told if isinstance(file, File) else None


def _named(kinds: Sequence[Kind], place: Place) -> str:
    kind = kinds[place[0]]
    return f"[{kind.sentence} / {kind.name}] round {place[1]} file {place[2]}"


def _put(
    home: Path, folder: Path, cases: Sequence[Case], turn: int, receipts: dict[Place, Receipt]
) -> dict[tuple[str, str], Place]:
    """Drop the files of one round. Returns whose receipt is to come under which tenant and name."""
    waiting: dict[tuple[str, str], Place] = {}
    for number, case in enumerate(cases):
        for index, entry in enumerate(case.rounds[turn] if turn < len(case.rounds) else ()):
            if isinstance(entry, Undo):
                undo(home, receipts[number, entry.round, entry.file].file_id)
                continue
            tenant = f"k{number}{entry.tenant}"
            at = drop_folder(home) / tenant if entry.is_direct else folder / "mine" / f"{number}-{turn}-{index}"
            at.mkdir(parents=True, exist_ok=True)
            path = Path(os.fsdecode(os.path.join(os.fsencode(at), os.fsencode(entry.name))))  # noqa: PTH118
            _make_folder(path.parent)
            (entry.make or (lambda p, content=entry.content: p.write_bytes(content)))(path)
            copies = [path]
            if not entry.is_direct:
                copies = copy_into_drop(home, [at if entry.in_folder else path], tenant)
            for copy in copies:
                name = os.fsencode(copy.relative_to(drop_folder(home) / tenant)).decode("utf-8", "backslashreplace")
                waiting[tenant, name] = (number, turn, index)
    return waiting


def _make_folder(folder: Path) -> None:
    """However deep: `mkdir` with parents calls itself."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir()


def _differs(told: Told | None, receipt: Receipt) -> list[str]:
    if told is None:
        return [f"was read: {receipt}"]
    counts = (receipt.rows_accepted, receipt.rows_quarantined, receipt.rows_refused)
    wrong = []
    if receipt.status != told.status:
        wrong.append(f"{receipt.status} instead of {told.status} ({receipt.reason})")
    if counts != (told.accepted, told.quarantined, told.refused):
        wrong.append(f"{counts} accepted, quarantined, refused instead of {told.summary}")
    if receipt.rows_read != sum(counts):
        wrong.append(f"{receipt.rows_read} read is not the sum of {counts}")
    if told.totals is not None and {c: str(t) for c, t in receipt.control_totals.items()} != told.totals:
        wrong.append(f"totals {receipt.control_totals} instead of {told.totals}")
    if told.data_set and receipt.data_set != told.data_set:
        wrong.append(f"{receipt.data_set} instead of {told.data_set}")
    if told.reason not in (receipt.reason or "") or bool(receipt.reason) != bool(told.reason):
        wrong.append(f"reason {receipt.reason!r} instead of {told.reason!r}")
    if len(receipt.reason or "") > 1000 or any(len(note) > 20_000 for note in receipt.notes):
        wrong.append("what it says is longer than anybody reads")
    return wrong + [
        f"{note!r} is not in {receipt.notes}" for note in told.notes if note not in "\n".join(receipt.notes)
    ]


def _current_differs(
    kinds: Sequence[Kind], cases: Sequence[Case], home: Path, receipts: dict[Place, Receipt]
) -> list[str]:
    con = duckdb.connect()
    create_raw_relations(con, home)
    create_intake_ops(con, home)
    wrong = []
    for (number, turn, index), receipt in receipts.items():
        told = _told(cases, (number, turn, index))
        found = con.execute(
            "select line, column_name, reason from ops.quarantined_rows where file_id = ? order by all",
            [receipt.file_id],
        ).fetchall()
        undone = any(Undo(turn, index) in one for one in cases[number].rounds)
        wanted = sorted(told.broken, key=str) if told and not undone else []
        found.sort(key=str)
        if len(found) != len(wanted) or any(
            a[:2] != b[:2] or b[2] not in a[2] for a, b in zip(found, wanted, strict=True)
        ):
            wrong.append(f"{_named(kinds, (number, turn, index))}: quarantined {found} instead of {wanted}")
    for number, case in enumerate(cases):
        for relation, rows in case.current.items():
            wrong += [
                f"{_named(kinds, (number, 0, 0))}: {relation}: {line}"
                for line in _rows_differ(con, f"k{number}", relation, rows)
            ]
    return wrong


def _rows_differ(
    con: duckdb.DuckDBPyConnection, tenant: str, relation: str, rows: list[dict[str, object]]
) -> list[str]:
    names = list(rows[0]) if rows else ["line"]
    listed = ", ".join(f'"{name}"' for name in names)
    found = con.execute(f"select {listed} from raw_csv.{relation} where tenant_id = ?", [tenant]).fetchall()
    here: Counter[Any] = Counter(map(_comparable, found))
    wanted: Counter[Any] = Counter(_comparable(row.values()) for row in rows)
    return [f"current {here - wanted} instead of {wanted - here}"] if here != wanted else []


def _comparable(values: Any) -> tuple[str, ...]:
    """Decimals by their value, everything else as it is written."""
    return tuple(f"{v.normalize():f}" if hasattr(v, "normalize") else str(v) for v in values)
