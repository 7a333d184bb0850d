"""Quarantined rows written out as a CSV in the header of the file they came from, to be mended and dropped again.

The good cells of such a row are written plainly (ISO dates, plain decimals), whatever the file's convention was: a few
rows alone could be read by another one. Cells that broke their contract, and rows that could not be cut into cells,
stand as they were. The receipt of the first file never changes; the mended file gets its own.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from sqlite3 import Row
from typing import Any, TextIO
from uuid import uuid4

import duckdb

from ingestion.contracts import NUMBERS, TIMES, Layout, header_key, layouts
from ingestion.csv import dates
from ingestion.csv.casts import _iso_text
from ingestion.csv.detect import DELIMITERS, _header, cut
from ingestion.csv.numbers import STYLES, plain_text
from ingestion.csv.source import Source
from ingestion.errors import NotMendable, UnknownFile
from ingestion.home import drop_folder, intake_folder, lake_read
from ingestion.journal import Journal
from ingestion.lake import stored

Fault = tuple[str | None, str | None, str]


@dataclass(frozen=True)
class Exported:
    """One file's quarantined rows. `rows` stand in `path`; `lost` have no text any more, because a person was erased
    or the original was removed; the reasons of all of them stand in `reasons`. `why_not` says why nothing was written.
    """

    file_id: str
    tenant_id: str
    file_name: str
    rows: int = 0
    lost: int = 0
    path: Path = Path()
    reasons: Path = Path()
    why_not: str | None = None


@dataclass(frozen=True)
class Quarantined:
    """A row that was left out: its line, its cells (None where it was not cut or is erased) and what is wrong."""

    line: int
    cells: list[str] | None
    faults: list[Fault]


def export_quarantined(
    home: Path, out: Path, file_ids: Sequence[str] = (), tenant_id: str | None = None
) -> list[Exported]:
    """Write the quarantined rows of these files, or of all that count, into a folder. No file is overwritten."""
    done = []
    with lake_read(home), Journal(home) as journal:
        files = _files(journal, file_ids, tenant_id)
        for file in files:
            why_not = _why_not(home, file)
            if why_not and file_ids:
                raise NotMendable(f"{file['file_id']}: {why_not}")
            if why_not:
                done.append(Exported(file["file_id"], file["tenant_id"], file["file_name"], why_not=why_not))
            else:
                done.append(_export(home, journal, file, out))
    return done


def header_of(home: Path, file: Row) -> list[str]:
    """The header cells of an accepted file; empty where they are not kept any more."""
    found: list[str] = json.loads(file["profile"]).get("header") or _Original(home, file).header()
    return found


def quarantined(
    home: Path, journal: Journal, file: Row, header: Sequence[str], after: int = 0
) -> Iterator[Quarantined]:
    """The quarantined rows of one file in the order of their lines, cells in plain spelling."""
    parts = journal.rows("select * from parts where seq = ? and relation = 'quarantine'", (file["seq"],))
    with duckdb.connect() as con:
        cells = "from_json(cells, '[\"VARCHAR\"]')"
        for part in parts:
            found = con.execute(
                f"SELECT line, column_name, value, reason, CASE WHEN len(c) = {len(header)} THEN"
                f" {_plainly(file, header)} ELSE c END FROM (SELECT *, {cells} AS c"
                f" FROM {stored(intake_folder(home), part)} WHERE line > {after}) ORDER BY line, column_name"
            )
            for line, faults in groupby(_each(found), key=lambda row: row[0]):
                rows = list(faults)
                cut_row = rows[0][4] or None
                yield Quarantined(
                    line,
                    None if cut_row is None else ["" if cell is None else cell for cell in cut_row],
                    [(column, value, reason) for _, column, value, reason, _ in rows],
                )


def _files(journal: Journal, file_ids: Sequence[str], tenant_id: str | None) -> list[Row]:
    files = journal.rows(
        "select f.*, r.seq as undone_seq from files f left join retractions r on r.file_seq = f.seq"
        " where (? is null or f.tenant_id = ?) order by f.seq",
        (tenant_id, tenant_id),
    )
    if not file_ids:
        return [file for file in files if file["rows_quarantined"] and file["undone_seq"] is None]
    known = {file["file_id"]: file for file in files}
    for file_id in file_ids:
        if file_id not in known:
            raise UnknownFile(f"there is no file {file_id}; `revhouse sql` on ops.ingest_receipts lists them")
        if known[file_id]["undone_seq"] is not None:
            raise UnknownFile(f"{file_id} was taken back: mend the file itself and drop it again")
        if not known[file_id]["rows_quarantined"]:
            raise UnknownFile(f"{file_id} has no quarantined rows")
    return [known[file_id] for file_id in dict.fromkeys(file_ids)]


def _why_not(home: Path, file: Row) -> str | None:
    """Why rows of the file cannot stand alone: rows above them say what they are about."""
    layout = layouts().get(file["contract"])
    if layout is not None and (layout.fill_down or layout.fill_from_above):
        return "its rows cannot stand alone; undo it, mend the file itself and drop that"
    return None if header_of(home, file) else "its header is not kept any more"


def _export(home: Path, journal: Journal, file: Row, out: Path) -> Exported:
    profile = json.loads(file["profile"])
    original = _Original(home, file)
    header = header_of(home, file)
    stem = Path(file["file_name"]).name.removesuffix(".gz").removesuffix(".csv")
    path = out / f"{file['file_id']}-{stem}.csv"
    reasons = out / f"{path.name}.reasons.txt"
    for taken in (path, reasons):
        if taken.exists():
            raise NotMendable(f"{taken} is there already; name another folder, so that nothing mended is lost")
    written = lost = 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        hidden = [out / f".{uuid4().hex}.writing" for _ in range(2)]
        encoding = "utf-8-sig" if profile.get("byte_order_mark") else "utf-8"
        with (
            hidden[0].open("w", encoding=encoding, newline="") as rows,
            hidden[1].open("w", encoding="utf-8") as why,
        ):
            writer = csv.writer(rows, delimiter=original.delimiter, lineterminator="\n")
            writer.writerow(header)
            why.write(_preface(file))
            for row in quarantined(home, journal, file, header):
                text = None if row.cells is not None else original.text_of(row)
                if row.cells is not None:
                    writer.writerow(row.cells)
                elif text is not None:
                    rows.write(text + "\n")
                is_lost = row.cells is None and text is None
                written, lost = written + (not is_lost), lost + is_lost
                _explain(why, row, is_lost)
        for unfinished, final in zip(hidden, (path, reasons), strict=True):
            os.link(unfinished, final)
            unfinished.unlink()
    except OSError as error:
        raise NotMendable(f"cannot write to {out}: {error.strerror or error}") from error
    return Exported(file["file_id"], file["tenant_id"], file["file_name"], written, lost, path, reasons)


def _preface(file: Row) -> str:
    lines = [
        f"Rows of {file['file_name']} ({file['file_id']}, tenant {file['tenant_id']}) that were quarantined.",
        "Mend the rows in the CSV beside this file and drop it. Dates there are YYYY-MM-DD, numbers plain decimals.",
        "Rows that have too few or too many cells, or cannot be cut into cells, stand as they were.",
        "The receipt of the first file stays as it is; the mended file gets one of its own.",
    ]
    layout = layouts().get(file["contract"])
    if layout is not None and layout.keyless:
        lines.append(
            "Rows of this kind have no key: a mended row that equals an accepted one counts as that one. Where both are"
            " meant, undo the file, mend it as a whole and drop it again."
        )
    return "\n".join(lines) + "\n\n"


def _explain(why: TextIO, row: Quarantined, is_lost: bool) -> None:
    for column, value, reason in row.faults:
        shown = "" if value is None else f" {value!r}"
        why.write(f"line {row.line}: {f'{column}{shown} ' if column or shown else ''}{reason}\n")
    if is_lost:
        why.write(f"line {row.line}: its text is not kept any more\n")


def _plainly(file: Row, header: Sequence[str]) -> str:
    """SQL: the list `c` of a row's cells, those of dates and numbers in plain spelling where they can be read."""
    style_of = _styles(json.loads(file["profile"]), json.loads(file["notes"]), layouts().get(file["contract"]), header)
    if not style_of:
        return "c"
    cells = []
    for place, name in enumerate(header, 1):
        cell = f"c[{place}]"
        style = style_of.get(header_key(name))
        cells.append(cell if style is None else f"coalesce({style.replace('{cell}', f'trim({cell})')}, {cell})")
    return f"[{', '.join(cells)}]"


def _styles(
    profile: dict[str, Any], notes: Iterable[str], layout: Layout | None, header: Sequence[str]
) -> dict[str, str]:
    """Header → SQL that spells `{cell}` plainly, for the columns that the file wrote in a convention of its own."""
    if layout is None:
        return {}
    read_as = dict(note.split(" read as ", 1) for note in notes if " read as " in note)
    found = {}
    for name in header:
        column = layout.columns.get(layout.headers.get(header_key(name), ""))
        if column is None:
            continue
        if column.type in TIMES and profile["dates"] != dates.ISO.name:
            found[header_key(name)] = _iso_text("{cell}", _date_format(profile["dates"]))
        elif column.type in NUMBERS and column.name in read_as:
            (style,) = (one for one in STYLES if one.name == read_as[column.name])
            found[header_key(name)] = plain_text("{cell}", style)
    return found


def _date_format(name: str) -> dates.DateFormat:
    orders = [dates._numeric(order, *shape) for order in ("dmy", "mdy") for shape in dates.UNORDERED]
    known = (dates.ISO, *dates.YEAR_FIRST, dates.COMPACT, *dates.WITH_NAMES, *orders)
    return next(one for one in known if one.name == name)


def _each(found: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := found.fetchmany(5000):
        yield from rows


class _Original:
    """The dropped file itself, as long as it is kept: the text of rows that could not be cut into cells stands only
    there."""

    def __init__(self, home: Path, file: Row) -> None:
        self._lake = intake_folder(home)
        self._file = file
        self._path = drop_folder(home) / ".accepted" / file["file_id"] / Path(file["source_path"]).name
        self.delimiter = {name: mark for mark, name in DELIMITERS.items()}[json.loads(file["profile"])["delimiter"]]
        self._texts: Iterator[tuple[int, str]] | None = None

    def header(self) -> list[str]:
        """Of a file that was taken before the journal kept headers."""
        with self._opened() as source:
            row = None if source is None else _header(source, self.delimiter)
        return row.cells if row is not None else []

    def text_of(self, row: Quarantined) -> str | None:
        """Rows are asked for in the order of their lines: the file is read once."""
        self._texts = self._texts or self._read()
        return next((text for line, text in self._texts if line == row.line), None)

    def _read(self) -> Iterator[tuple[int, str]]:
        taken: list[str] = []

        def physical(text: TextIO) -> Iterator[str]:
            for line in text:
                taken.append(line)
                yield line

        with self._opened() as source:
            if source is None:
                return
            with source.open_text() as text:
                for row in cut(physical(text), self.delimiter):  # type: ignore[arg-type]
                    yield row.line, "".join(taken).strip("\r\n")
                    taken.clear()

    @contextmanager
    def _opened(self) -> Iterator[Source | None]:
        if not self._path.is_file():
            yield None
            return
        scratch = self._lake / f"scratch-{uuid4().hex}"
        try:
            with Source(self._path, scratch) as source:
                yield source if source.scan().content_hash == self._file["content_hash"] else None
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
