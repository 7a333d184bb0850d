"""Writes docs/data-sets.md: every data set and every known export, as the contracts have them.

python -m ingestion.data_sets_page
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from ingestion.contracts import HERE, Column, DataSet, Layout, Make, data_sets, header_key, layouts
from ingestion.describe import TYPES, control_total, limits

PAGE = Path(__file__).parents[1] / "docs" / "data-sets.md"
HEAD = """# Data sets

Made by `python -m ingestion.data_sets_page` from the contracts in `ingestion/contracts`, and kept equal by a test.

A CSV is known by its header: upper and lower case, outer spaces and the order of columns do not matter, other names of
a column are accepted where they are listed, and columns that no contract knows are kept with the row. A file must have
every **required** column. A cell that breaks its rule takes its row into quarantine; the other rows count. A template
of each data set with an example row: `GET /api/v1/data/upload-template/{data_set}` of the API. What happens to a file
otherwise: [0004](decisions/0004-intake.md).
"""


def page() -> str:
    own = data_sets()
    exports = [layout for name, layout in layouts().items() if name not in own]
    listed = [
        [f"[{name}](#{name})", data_set.description, ", ".join(f"`{key}`" for key in data_set.key)]
        for name, data_set in own.items()
    ]
    known = [
        [
            f"[{layout.name}](#{layout.name})",
            _sentence(layout.description),
            _joined(set_.name for set_ in layout.data_sets),
        ]
        for layout in exports
    ]
    types = [[f"`{name}`", meaning] for name, meaning in TYPES.items()]
    return (
        "\n".join(
            [
                HEAD,
                _table(["data set", "is", "key"], listed),
                "Exports of other tools that are read as they come:\n",
                _table(["export", "is", "makes"], known),
                "## Types\n",
                _table(["type", "how it is written"], types),
                *(_data_set(data_set) for data_set in own.values()),
                *(_export(layout) for layout in exports),
            ]
        ).rstrip()
        + "\n"
    )


def _data_set(data_set: DataSet) -> str:
    facts = [f"Key: {_joined(data_set.key)}." if data_set.key else "No key: identical rows are different facts."]
    if data_set.total:
        facts.append(f"Control total: {control_total(data_set)}{' per currency' if data_set.total_currency else ''}.")
    facts += [f"`{last}` is not before `{first}`." for first, last in data_set.ordered]
    rows = [
        [f"`{column.name}`", column.type, _need(column), _joined(column.aliases), _rule(column)]
        for column in data_set.columns.values()
    ]
    table = _table(["column", "type", "required", "also named", "rule"], rows)
    return f"## {data_set.name}\n\n{data_set.description} {' '.join(facts)}\n\n{table}"


def _export(layout: Layout) -> str:
    facts = []
    if layout.is_report or layout.has_title:
        facts.append("Lines above its header are passed over, and so are section and total rows.")
    if filled := (*layout.fill_down, *layout.fill_from_above):
        names = _joined(_spelled(layout)[name][0] for name in filled)
        facts.append(f"{names} may stand in the first row of a document only.")
    if layout.keyless:
        facts.append("No key: identical rows are different facts.")
    facts += [f"`{name}` is always `{value}`." for name, value in layout.constants.items()]
    spelled = _spelled(layout)
    targets = len(layout.makes) == 1 and layout.is_direct
    rows = [
        [_joined(spelled[name]), *([f"`{name}`"] if targets else []), column.type, _need(column), _rule(column)]
        for name, column in layout.columns.items()
    ]
    table = _table(["column", *(["becomes"] if targets else []), "type", "required", "rule"], rows)
    makes = [] if targets else [_made(make, spelled) for make in layout.makes]
    if layout.derived:
        worked_out = _table(["name", "is"], [[f"`{name}`", _code(sql)] for name, sql in layout.derived])
        makes.insert(0, f"Worked out from these, row by row and over the rows of a document:\n\n{worked_out.rstrip()}")
    if layout.checks:
        checks = _table(["column", "is quarantined where", "because it"], _checks(layout))
        makes.insert(0, checks.rstrip())
    title = f"## {layout.name}\n\n{layout.description} {' '.join(facts)}".rstrip()
    return (
        "\n\n".join([title, f"Makes: {_joined(one.name for one in layout.data_sets)}.", table.rstrip(), *makes]) + "\n"
    )


def _checks(layout: Layout) -> list[list[str]]:
    return [[f"`{check.column}`", _code(check.fails), check.reason] for check in layout.checks]


def _code(sql: str) -> str:
    return f"`{' '.join(sql.split())}`"


def _made(make: Make, spelled: dict[str, list[str]]) -> str:
    """How one data set's columns follow from an export's own, in its own words where it is a column as it stands."""
    rows = [
        [f"`{name}`", f"`{spelled[sql][0]}`" if sql in spelled else _code(sql)]
        for name, sql in make.columns.items()
        if not name.endswith("_is_utc") and name != make.derived_key
    ]
    if make.derived_key:
        rows.insert(0, [f"`{make.derived_key}`", "the row's content and how often it came before in the file"])
    when = f", from rows where {_code(make.when)}" if make.when else ""
    return f"**{make.data_set.name}**{when}:\n\n{_table(['column', 'from'], rows).rstrip()}"


def _made_of(layout: Layout) -> str:
    return _joined(data_set.name for data_set in layout.data_sets)


def _spelled(layout: Layout) -> dict[str, list[str]]:
    """Column of the file → the headers that stand for it, as the contract writes them."""
    spec = yaml.safe_load((HERE / "vendor" / f"{layout.name}.yml").read_text(encoding="utf-8"))
    written = [name for header, column in spec["columns"].items() for name in (header, *column.get("aliases", ()))]
    found: dict[str, list[str]] = {name: [] for name in layout.columns}
    for header in written:
        found[layout.headers[header_key(header)]].append(header)
    return found


def _need(column: Column) -> str:
    if not column.required:
        return ""
    return "yes" if column.must_be_filled else "yes; may be blank"


def _rule(column: Column) -> str:
    values = _joined(column.values)
    if column.meanings and column.meanings != column.values:
        pairs = zip(column.values, column.meanings, strict=True)
        values = ", ".join(f"`{value}` = `{meaning}`" for value, meaning in pairs)
    personal = "personal: erased with the person" if column.personal else ""
    return "; ".join(part for part in (values, limits(column), personal) if part)


def _joined(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _sentence(text: str) -> str:
    """The first one."""
    return text.split(". ", maxsplit=1)[0].rstrip(".") + "."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    escaped = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {row} |" for row in escaped)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
