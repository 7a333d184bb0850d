"""One dropped file becomes Parquet and an entry of the journal, or a refusal with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb

from ingestion.contracts import DataSet
from ingestion.csv import raw_rows
from ingestion.csv.casts import Conventions, quoted
from ingestion.csv.detect import DELIMITERS, Recognised, detect
from ingestion.csv.read import UNIT, Typed, create_failures, read
from ingestion.csv.receipt import Receipt
from ingestion.csv.refused import FileChanged, FileRefused
from ingestion.csv.source import Scan, Source
from ingestion.csv.swift import Swift, try_swift
from ingestion.home import intake_folder
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


def accept(
    con: duckdb.DuckDBPyConnection, home: Path, journal: Journal, file: Dropped, zone: str, step: Step
) -> Receipt:
    """Take one file. The journal's commit is the acceptance; moving the file away is the caller's."""
    entry: FileEntry
    parts: list[Part] = []
    fingerprint = ""
    try:
        with Source(file.path, intake_folder(home) / "scratch") as source:
            fingerprint = source.fingerprint
            entry, parts = _take(con, home, journal, file, source, zone, step)
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
        source_path=str(file.path),
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
        data_set=found.layout.data_set.name,
        contract=found.layout.name,
        status="partly_quarantined" if taken.counts.quarantined else "accepted",
        rows_read=taken.rows,
        rows_accepted=taken.counts.accepted,
        rows_quarantined=taken.counts.quarantined,
        control_totals=taken.totals,
        notes=_notes(found, taken.conventions),
        profile=_how_read(scan, found, taken.conventions),
    ), taken.parts


def _taken_swiftly(con: duckdb.DuckDBPyConnection, found: Recognised, swift: Swift, zone: str) -> _Taken:
    counts = _Counts(swift.rows, 0, 0)
    totals = _control_totals(con, found.layout.data_set)
    relation = f"csv/{found.layout.data_set.name}"
    shape = swift.profile | _figures(swift.rows, counts)
    if swift.rows:
        part = Part(relation, swift.draft.keep(), swift.rows, shape)
    else:
        swift.draft.discard()
        part = Part(relation, None, 0, shape)
    return _Taken(swift.rows, counts, totals, Conventions(zone=zone), [part])


def _take_carefully(
    con: duckdb.DuckDBPyConnection, home: Path, found: Recognised, source: Source, scan: Scan, zone: str, step: Step
) -> _Taken:
    data_set = found.layout.data_set
    broken = raw_rows.load(con, source, scan, found)
    typed = read(con, found, zone, broken)
    rows = typed.good + typed.bad + broken
    create_failures(con, found, typed, broken)
    counts = _hold(con, found, typed, rows)
    totals = _control_totals(con, data_set)
    shape = profile(con, "held", data_set.stored_columns(), {}) | _figures(rows, counts)
    parts = [Part(f"csv/{data_set.name}", None, shape["rows"], shape)]
    if shape["rows"]:
        names = [*(name for name, _ in data_set.stored_columns()), "extra"]
        columns = ", ".join(f'"{name}"' for name in (names if data_set.key else [*names, "row_key"]))
        path = write_parquet(con, home, f"csv/{data_set.name}", f"SELECT line, {columns} FROM held", step)
        parts = [replace(parts[0], path=path)]
    if counts.quarantined:
        path = write_parquet(con, home, "quarantine", "FROM failures ORDER BY line, column_name", step)
        parts.append(Part("quarantine", path, counts.quarantined))
    return _Taken(rows, counts, totals, typed.conventions, parts)


def _figures(rows: int, counts: _Counts) -> dict[str, int]:
    """What the profile of a batch says beside its cells."""
    return {
        "rows_read": rows,
        "rows_accepted": counts.accepted,
        "rows_quarantined": counts.quarantined,
        "key_clashes": counts.clashes,
    }


def _hold(con: duckdb.DuckDBPyConnection, found: Recognised, typed: Typed, rows: int) -> _Counts:
    """Create `held`: each key once. Rows whose key has several bodies join the failures."""
    con.execute("CREATE OR REPLACE TEMP VIEW held AS SELECT * FROM typed WHERE NOT is_bad")
    if typed.good == typed.keys:
        return _Counts(typed.good, rows - typed.good, 0)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE keys AS SELECT row_key, min(line) AS line, count(*) AS times,"
        " min(row_body) <> max(row_body) AS is_clash FROM typed WHERE NOT is_bad GROUP BY row_key HAVING count(*) > 1"
    )
    con.execute(
        "CREATE OR REPLACE TEMP VIEW held AS SELECT t.* FROM typed t LEFT JOIN keys k USING (row_key)"
        " WHERE NOT t.is_bad AND (k.row_key IS NULL OR (NOT k.is_clash AND t.line = k.line))"
    )
    clashing = con.execute("SELECT coalesce(sum(times), 0)::BIGINT FROM keys WHERE is_clash").fetchone()
    assert clashing is not None
    if clashing[0]:
        names = [name for name in found.layout.data_set.key if name in found.positions]
        header = ", ".join(found.header[found.positions[name]] for name in names)
        cells = ", ".join(f"c{i}" for i in range(len(found.header)))
        con.execute(
            f"INSERT INTO failures SELECT t.line, {quoted(header)}, replace(row_key, {UNIT}, ', '),"
            f" 'stands in this file with different contents', to_json([{cells}])::VARCHAR"
            " FROM typed t JOIN keys k USING (row_key) JOIN raw ON raw.line = t.line"
            " WHERE k.is_clash AND NOT t.is_bad"
        )
    accepted = typed.good - clashing[0]
    return _Counts(accepted, rows - accepted, clashing[0])


def _control_totals(con: duckdb.DuckDBPyConnection, data_set: DataSet) -> dict[str, str]:
    """Σ of the accepted rows per currency, '' where the file names none. Exact text."""
    if not data_set.total:
        return {}
    factors = [
        f'coalesce("{name}", {data_set.total_defaults[name]})' if name in data_set.total_defaults else f'"{name}"'
        for name in data_set.total
    ]
    currency = "coalesce(currency, '')" if data_set.total_currency else "''"
    found = con.execute(
        f"SELECT {currency}, sum({' * '.join(factors)})::VARCHAR, max(exponent_of({currency}))"
        " FROM held GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {code: _readable(total, places) for code, total, places in found if total is not None}


def _readable(total: str, places: int) -> str:
    """An exact decimal without needless zeros, but with the digits that money has."""
    whole, _, decimals = total.partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else whole


def _notes(found: Recognised, conventions: Conventions) -> tuple[str, ...]:
    data_set = found.layout.data_set
    notes = []
    if found.unknown:
        notes.append(f"unknown columns kept: {', '.join(found.unknown)}")
    currency = data_set.columns.get("currency")
    if currency and (currency.required or data_set.total) and "currency" not in found.positions:
        notes.append("no currency column: the tenant's currency is used")
    notes += [f"{name} read as {style.name}" for name, style in conventions.numbers.items()]
    if conventions.dates.name != "ISO":
        notes.append(f"dates read as {conventions.dates.name}")
    return tuple(notes)


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
