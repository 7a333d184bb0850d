"""What a file is: its delimiter and its data set, decided by the header alone, or a refusal that says why."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

from ingestion.contracts import Layout, header_key, layouts
from ingestion.csv.refused import FileRefused
from ingestion.csv.source import MAX_LINE, Source

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
MAX_COLUMNS = 2000
MAX_RECORD = MAX_LINE + 2
# Rows of title, address and dates that a report may have above its header.
ABOVE_A_REPORT = 12
# Lines that may be blank above a header.
HEADER_WITHIN = 1000


@dataclass(frozen=True)
class Row:
    """One record as it stands: the physical line where it starts, its cells, or why it cannot be cut into
    cells.
    """

    line: int
    cells: list[str]
    broken: str | None = None


@dataclass(frozen=True)
class Recognised:
    """A header that a contract knows. `positions` = column of the data set → index of its cell."""

    layout: Layout
    delimiter: str
    header: tuple[str, ...]
    header_line: int
    positions: dict[str, int]
    unknown: dict[str, int]


class _Lines:
    """The lines of a text for the CSV parser, which would take in the whole file behind a quote that is not closed."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.taken += len(line)
            if self.taken > MAX_RECORD:
                raise _RecordTooLong
            yield line


class _RecordTooLong(Exception):
    pass


def cut(text: TextIO, delimiter: str) -> Iterator[Row]:
    """The records of a file, quotes and quoted line ends understood;

    blank lines are skipped by the caller.
    """
    csv.field_size_limit(MAX_RECORD)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        lines.taken = 0
        try:
            yield Row(line, next(reader))
        except StopIteration:
            return
        except _RecordTooLong:
            raise FileRefused(
                f"the row in line {line} is longer than {MAX_LINE // 1024 // 1024} MB; is a quote in it never closed?"
            ) from None
        except csv.Error as error:
            if "end of data" in str(error):
                raise FileRefused(f"a quote opened in line {line} is never closed") from error
            yield Row(line, [], "there is text after a closing quote")


def detect(source: Source) -> Recognised:
    """Recognise the file by its first record that is not blank; a report by a later one, below its title."""
    readings = [(delimiter, _header(source, delimiter)) for delimiter in DELIMITERS]
    if all(row is None for _, row in readings):
        raise FileRefused("the file is empty")
    found: list[Recognised] = []
    refusals: list[tuple[int, FileRefused]] = []
    for delimiter, row in readings:
        if row is None or (len(row.cells) < 2 and delimiter != ","):
            continue
        try:
            found.append(recognise(row, delimiter))
        except FileRefused as refusal:
            refusals.append((len(row.cells), refusal))
    found = found or list(islice(_reports(source), 1))
    if not found and not refusals:
        raise FileRefused("the file is empty")
    if not found:
        _refuse_title(source)
        raise max(refusals, key=lambda each: each[0])[1]
    if len(found) > 1:
        raise FileRefused("the header can be cut by more than one delimiter")
    return found[0]


def _reports(source: Source) -> Iterator[Recognised]:
    """The header of a known report, below what stands above it."""
    reports = [layout for layout in layouts().values() if layout.has_title]
    for delimiter in DELIMITERS:
        for row in islice(_filled(source, delimiter), 1, ABOVE_A_REPORT):
            names = {header_key(cell) for cell in row.cells}
            if any({layout.headers.get(name) for name in names} >= set(layout.required) for layout in reports):
                yield recognise(row, delimiter)


def _refuse_title(source: Source) -> None:
    """Where the header stands below a title, of a report that nobody knows, there are sections and totals too."""
    for delimiter in DELIMITERS:
        for row in islice(_filled(source, delimiter), 1, ABOVE_A_REPORT):
            try:
                name = recognise(row, delimiter).layout.name
            except FileRefused:
                continue
            raise FileRefused(
                f"the header of {name} stands in line {row.line}, below a title: export the plain table of {name},"
                " not a report, with the header first"
            )


def recognise(row: Row, delimiter: str) -> Recognised:
    """The one contract that fits a header best."""
    header = tuple(cell.strip() for cell in row.cells)
    if row.broken:
        raise FileRefused(f"the header in line {row.line} cannot be read: {row.broken}")
    if len(header) > MAX_COLUMNS:
        raise FileRefused(f"{len(header)} columns; at most {MAX_COLUMNS} are read")
    names = [header_key(cell) for cell in header]
    if twice := sorted({name for name, count in Counter(names).items() if name and count > 1}):
        raise FileRefused(f"the column {', '.join(twice)} stands twice in the header")
    scored = [
        (len(matched), layout)
        for layout in layouts().values()
        if (matched := {layout.headers[name] for name in names if name in layout.headers})
        and matched.issuperset(layout.required)
    ]
    if not scored:
        raise FileRefused(_nearest(names))
    best = max(score for score, _ in scored)
    fitting = [layout for score, layout in scored if score == best]
    if len(fitting) > 1:
        raise FileRefused(f"fits equally well: {' and '.join(layout.name for layout in fitting)}")
    layout = fitting[0]
    targets = [layout.headers.get(name) for name in names]
    if doubled := sorted({t for t, count in Counter(targets).items() if t and count > 1}):
        raise FileRefused(f"two columns of the header stand for {', '.join(doubled)}")
    return Recognised(
        layout=layout,
        delimiter=delimiter,
        header=header,
        header_line=row.line,
        positions={target: index for index, target in enumerate(targets) if target},
        unknown=_unknown(
            header,
            [index for index, target in enumerate(targets) if not target and not (layout.is_report and index == 0)],
        ),
    )


def _unknown(header: tuple[str, ...], places: list[int]) -> dict[str, int]:
    """Names for the columns that no contract knows; those without one are called after their place."""
    named: dict[str, int] = {}
    for index in sorted(places, key=lambda index: not header[index]):
        name = header[index] or f"column_{index + 1}"
        while name in named:
            name += "_"
        named[name] = index
    return dict(sorted(named.items(), key=lambda item: item[1]))


def _header(source: Source, delimiter: str) -> Row | None:
    return next(_filled(source, delimiter), None)


def _filled(source: Source, delimiter: str) -> Iterator[Row]:
    """The records that are not blank."""
    with source.open_text() as text:
        for row in cut(text, delimiter):
            if row.broken or any(cell.strip() for cell in row.cells):
                yield row
            elif row.line > HEADER_WITHIN:
                raise FileRefused(f"no header in the first {HEADER_WITHIN:,} lines")


def _nearest(names: list[str]) -> str:
    """Which contract was meant, as far as the header tells, and what it lacks."""
    present = set(names)

    def missing(layout: Layout) -> list[str]:
        have = {layout.headers[name] for name in present if name in layout.headers}
        spelled = {target: header for header, target in reversed(layout.headers.items())}
        return [spelled[target] for target in layout.required if target not in have]

    def fit(layout: Layout) -> float:
        return 1 - len(missing(layout)) / len(layout.required)

    nearest = max(layouts().values(), key=fit)
    if fit(nearest) < 0.5:
        return f"no data set has this header: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"
    return f"looks like {nearest.name}, but these required columns are missing: {', '.join(missing(nearest))}"
