"""One dropped file becomes Parquet and an entry of the journal, or a refusal with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb

from ingestion.contracts import DataSet
from ingestion.csv import raw_rows
from ingestion.csv.ahead import Ahead
from ingestion.csv.casts import Conventions
from ingestion.csv.detect import DELIMITERS, Recognised, detect
from ingestion.csv.make import Made, count_idle, held_rows, hold, hold_all, make_rows, totals
from ingestion.csv.read import create_failures, read
from ingestion.csv.receipt import Receipt
from ingestion.csv.refused import FileChanged, FileRefused
from ingestion.csv.shown import readable, shown
from ingestion.csv.source import Scan, Source
from ingestion.csv.swift import Swift, try_swift
from ingestion.journal import FileEntry, Journal, Part
from ingestion.lake import Step, write_parquet
from ingestion.profile import profile


@dataclass(frozen=True)
class Dropped:
    """One file in the inbox."""

    path: Path
    tenant_id: str
    name: str


@dataclass(frozen=True)
class _Counts:
    accepted: int
    quarantined: int
    clashes: int


@dataclass(frozen=True)
class _Taken:
    """What became of a file's rows, and where they are."""

    rows: int
    counts: _Counts
    totals: dict[str, str]
    conventions: Conventions
    parts: list[Part]
    idle: int = 0


def accept(
    con: duckdb.DuckDBPyConnection, home: Path, journal: Journal, file: Dropped, ahead: Ahead, zone: str, step: Step
) -> Receipt:
    """Take one file. The journal's commit is the acceptance; moving the file away is the caller's."""
    entry: FileEntry
    parts: list[Part] = []
    fingerprint = ""
    try:
        with ahead.open(file.path) as source:
            fingerprint = source.fingerprint
            try:
                entry, parts = _take(con, home, journal, file, source, zone, step)
            except Exception:
                source.check_unchanged()  # what went wrong may have gone wrong because of that
                raise
            source.check_unchanged()
    except FileChanged:
        raise
    except FileRefused as refusal:
        entry = replace(_entry(file, fingerprint), rows_read=refusal.rows, rows_refused=refusal.rows)
        entry = replace(entry, reason=refusal.reason)
    seq = journal.accept_file(entry, parts)
    step("committed")
    return receipt_of(entry, seq)


def refuse(journal: Journal, file: Dropped, fingerprint: str, reason: str) -> Receipt:
    """Record that a file could not be taken at all."""
    entry = replace(_entry(file, fingerprint), reason=reason)
    return receipt_of(entry, journal.accept_file(entry, []))


def receipt_of(entry: FileEntry, seq: int) -> Receipt:
    return Receipt(
        file_id=f"f{seq}",
        tenant_id=entry.tenant_id,
        file_name=entry.file_name,
        data_set=entry.data_set,
        contract=entry.contract,
        status=entry.status,
        rows_read=entry.rows_read,
        rows_accepted=entry.rows_accepted,
        rows_quarantined=entry.rows_quarantined,
        rows_refused=entry.rows_refused,
        control_totals={currency: Decimal(total) for currency, total in entry.control_totals.items()},
        reason=entry.reason,
        notes=entry.notes,
        accepted_seq=seq,
    )


def _entry(file: Dropped, fingerprint: str) -> FileEntry:
    """A refused file of which nothing else is known."""
    return FileEntry(
        tenant_id=file.tenant_id,
        file_name=file.name,
        content_hash=None,
        data_set=None,
        contract=None,
        status="refused",
        rows_read=0,
        rows_accepted=0,
        rows_quarantined=0,
        rows_refused=0,
        control_totals={},
        reason=None,
        notes=(),
        profile={},
        source_path=readable(file.path),
        source_stat=fingerprint,
    )


def _take(
    con: duckdb.DuckDBPyConnection,
    home: Path,
    journal: Journal,
    file: Dropped,
    source: Source,
    zone: str,
    step: Step,
) -> tuple[FileEntry, list[Part]]:
    scan = source.scan()
    entry = replace(_entry(file, source.fingerprint), content_hash=scan.content_hash)
    first = journal.counting_file(file.tenant_id, scan.content_hash)
    if first is not None:
        return replace(entry, status="duplicate_ignored", reason=f"same content as {first}"), []
    found = detect(source)
    swift = try_swift(con, home, source, scan, found, zone, step)
    taken = (
        _taken_swiftly(con, found, swift, zone)
        if swift
        else _take_carefully(con, home, found, source, scan, zone, step)
    )
    return replace(
        entry,
        data_set=", ".join(data_set.name for data_set in found.layout.data_sets),
        contract=found.layout.name,
        status="partly_quarantined" if taken.counts.quarantined else "accepted",
        rows_read=taken.rows,
        rows_accepted=taken.counts.accepted,
        rows_quarantined=taken.counts.quarantined,
        control_totals=taken.totals,
        notes=_notes(found, taken.conventions, taken.idle),
        profile=_how_read(scan, found, taken.conventions),
    ), taken.parts


def _taken_swiftly(con: duckdb.DuckDBPyConnection, found: Recognised, swift: Swift, zone: str) -> _Taken:
    counts = _Counts(swift.rows, 0, 0)
    sums = totals(con, hold_all(con, found))
    relation = f"csv/{found.layout.data_set.name}"
    shape = swift.profile | _figures(swift.rows, counts)
    if swift.rows:
        part = Part(relation, swift.draft.keep(), swift.rows, shape)
    else:
        swift.draft.discard()
        part = Part(relation, None, 0, shape)
    return _Taken(swift.rows, counts, sums, Conventions(zone=zone), [part])


def _take_carefully(
    con: duckdb.DuckDBPyConnection, home: Path, found: Recognised, source: Source, scan: Scan, zone: str, step: Step
) -> _Taken:
    broken = raw_rows.load(con, source, scan, found)
    typed = read(con, found, zone, broken)
    rows = typed.good + typed.bad + broken
    create_failures(con, found, typed, broken)
    made = make_rows(con, found)
    idle = count_idle(con, made)
    clashes = hold(con, found, typed, made)
    good = con.execute("SELECT count(*) FROM typed WHERE NOT is_bad").fetchone()
    assert good is not None
    counts = _Counts(good[0] - clashes, rows - good[0] + clashes, clashes)
    parts = [_part(con, home, made, data_set, _figures(rows, counts), step) for data_set in found.layout.data_sets]
    if counts.quarantined:
        path = write_parquet(con, home, "quarantine", "FROM failures ORDER BY line, column_name", step)
        parts.append(Part("quarantine", path, counts.quarantined))
    return _Taken(rows, counts, totals(con, made), typed.conventions, parts, idle)


def _part(
    con: duckdb.DuckDBPyConnection, home: Path, made: list[Made], data_set: DataSet, figures: dict[str, int], step: Step
) -> Part:
    """What the file holds of one data set."""
    held = held_rows(made, data_set)
    times = sum(one.data_set is data_set for one in made)
    shape = profile(con, f"({held})", data_set.stored_columns(), {}) | figures | {"times": times}
    path = write_parquet(con, home, f"csv/{data_set.name}", held, step) if shape["rows"] else None
    return Part(f"csv/{data_set.name}", path, shape["rows"], shape)


def _figures(rows: int, counts: _Counts) -> dict[str, int]:
    """What the profile of a batch says beside its cells."""
    return {
        "rows_read": rows,
        "rows_accepted": counts.accepted,
        "rows_quarantined": counts.quarantined,
        "key_clashes": counts.clashes,
    }


def _notes(found: Recognised, conventions: Conventions, idle: int) -> tuple[str, ...]:
    notes = []
    if found.unknown:
        notes.append(f"unknown columns kept: {', '.join(shown(name, 60) for name in found.unknown)}")
    if "currency" not in found.positions and any(map(_needs_currency, found.layout.data_sets)):
        notes.append("no currency column: the tenant's currency is used")
    if idle:
        notes.append(f"{found.layout.nothing}: {idle}")
    notes += [f"{name} read as {style.name}" for name, style in conventions.numbers.items()]
    if conventions.dates.name != "ISO":
        notes.append(f"dates read as {conventions.dates.name}")
    return tuple(notes)


def _needs_currency(data_set: DataSet) -> bool:
    currency = data_set.columns.get("currency")
    return currency is not None and (currency.required or bool(data_set.total))


def _how_read(scan: Scan, found: Recognised, conventions: Conventions) -> dict[str, object]:
    return {
        "bytes": scan.size,
        "gzip": scan.is_gzip,
        "byte_order_mark": scan.has_bom,
        "line_ends": list(scan.line_ends),
        "delimiter": DELIMITERS[found.delimiter],
        "header": list(found.header),
        "dates": conventions.dates.name,
        "zone": conventions.zone,
    }
