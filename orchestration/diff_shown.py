"""How a comparison of two versions is told: to people as a tree, to machines as JSON."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from orchestration.diff import CellDiff, Diff, TableDiff
from orchestration.explain import shown, what_it_said, where_from
from orchestration.lineage import named
from orchestration.sources import Sources


def print_diff(found: Diff, out: Console) -> None:
    before, after = (f"version {v['version']}" for v in (found.before, found.after))
    head = Tree(f"[bold]{before} → {after}[/]: {_place(found.before)} → {_place(found.after)}")
    if found.is_same:
        head.add("the two versions show the same: no table differs")
    _add_causes(head, found)
    out.print(head)
    if found.tables:
        out.print(_tables(found))
    told: set[str] = set()
    for table in dict.fromkeys(cell.table for cell in found.cells):
        out.print(_figures(found, table, told))


def _place(version: dict[str, Any]) -> str:
    return f"as of {', '.join(version['as_of']) or 'nothing'}, sequence {version['known_at']}"


def _add_causes(head: Tree, found: Diff) -> None:
    """What was accepted, taken back or set otherwise between the two."""
    for file in found.came.files:
        head.add(f"[bold]+[/] {_file(file)}")
    for file in found.came.undone:
        head.add(f"[bold]−[/] undone: {_file(file)}")
    for span in found.came.core:
        tables = ", ".join(f"{table} {count:,}" for table, count in span["tables"].items())
        first, last = span["first_change_no"], span["last_change_no"]
        head.add(escape(f"+ core of tenant {span['tenant_id']}: changes {first}–{last} ({tables})"))
    for cause in found.causes:
        head.add(escape(f"~ {cause}"))
    if not found.came and not found.causes and not found.is_same:
        head.add("no fact, setting, rate or code in between: only what is computed at random or from the clock")


def _file(file: dict[str, Any]) -> str:
    totals = ", ".join(f"{amount} {currency}".strip() for currency, amount in file["control_totals"].items())
    rows = f"{file['rows_accepted']:,} row{'s' if file['rows_accepted'] != 1 else ''}"
    name = f"{file['file_name']} ({file['file_id']}, {file['data_set']}, tenant {file['tenant_id']})"
    return escape(f"{name}: {rows}{f', {totals}' if totals else ''}, sequence {file['seq']}")


def _tables(found: Diff) -> Tree:
    count = len(found.tables)
    tree = Tree(f"[bold]{count} table{'s differ' if count > 1 else ' differs'}[/]")
    for table in found.tables:
        branch = tree.add(f"{table.name}: {_counts(table)}")
        for total in table.totals:
            by = " · ".join(str(total[key]) for key in ("tenant_id", "currency") if key in total)
            change = f"{shown(total['before'])} → {shown(total['after'])} ({signed(total['difference'])})"
            branch.add(escape(f"{total['column_name']} of {by}: {change}"))
    return tree


def _counts(table: TableDiff) -> str:
    kinds = (("added", table.added), ("removed", table.removed), ("changed", table.changed))
    told = ", ".join(f"{count:,} {kind}" for kind, count in kinds if count)
    return f"{table.rows_before:,} → {table.rows_after:,} rows, {told}"


def _figures(found: Diff, table: str, told: set[str]) -> Tree:
    tree = Tree(f"[bold]{table}[/], cells that changed, and the rows that changed them")
    for cell in (cell for cell in found.cells if cell.table == table):
        _add_cell(tree, cell, found.sources, told)
    if more := found.cells_more.get(table):
        tree.add(f"[dim]and {more:,} more cells (--table {table}, --where, --all)[/]")
    return tree


def _add_cell(tree: Tree, cell: CellDiff, sources: Sources, told: set[str]) -> None:
    """What a row said is told where it is first named."""
    change = f"{shown(cell.before)} → {shown(cell.after)}"
    if cell.difference is not None:
        change += f" ({signed(cell.difference)})"
    branch = tree.add(f"[bold]{cell.column}[/] of {escape(named(cell.key, list(cell.key)))}: {change}")
    for side, (before, after) in cell.sides.items():
        if side and before != after:
            branch.add(f"{side}: {shown(before)} → {shown(after)} ({signed(after - before)})")
    for part in cell.parts:
        label = f"{part['row_table']} {part['row_id']}"
        who = " · ".join(text for text in (part["party"], part["document_name"]) if text and text != part["row_id"])
        side = f"{part['side']} " if part["side"] else ""
        amount = signed(part["difference"]) if part["difference"] else _appeared(part)
        leaf = branch.add(escape(f"{side}{amount}  {label}{f' ({who})' if who else ''}  {where_from(part, sources)}"))
        if (said := what_it_said(part, sources)) and said not in told:
            told.add(said)
            leaf.add(f"[dim]{escape(said)}[/]")
    if cell.parts_more:
        branch.add(f"[dim]and {cell.parts_more:,} more rows, together {signed(cell.parts_more_amount)}[/]")
    if not cell.is_exact:
        branch.add("[red]the rows do not give these figures[/]")


def _appeared(part: dict[str, Any]) -> str:
    return "new" if part["before"] is None else "gone"


def signed(value: Any) -> str:
    return f"+{shown(value)}" if value >= 0 else shown(value).replace("-", "−")


def as_json(found: Diff) -> dict[str, Any]:
    return {
        "before": found.before,
        "after": found.after,
        "is_same": found.is_same,
        "files": found.came.files,
        "undone": found.came.undone,
        "core": found.came.core,
        "causes": found.causes,
        "tables": [vars(table) for table in found.tables],
        "cells": [_cell(cell, found.sources) for cell in found.cells],
        "cells_not_listed": found.cells_more,
    }


def _cell(cell: CellDiff, sources: Sources) -> dict[str, Any]:
    sides = [
        {"side": side or None, "before": before, "after": after, "difference": after - before}
        for side, (before, after) in cell.sides.items()
    ]
    return {**vars(cell), "sides": sides, "parts": [_part(part, sources) for part in cell.parts]}


def _part(part: dict[str, Any], sources: Sources) -> dict[str, Any]:
    kept = ("side", "party", "step", "before", "after", "difference", "file_id", "line", "change_no")
    is_file = part["file_id"] is not None
    return {
        **{name: part[name] for name in kept},
        "document": part["document_name"],
        "source_table": part["row_table"],
        "source_id": part["row_id"],
        "file_name": sources.files.get(part["file_id"]) if is_file else None,
        "row": sources.rows.get((part["row_table"], part["file_id"], part["line"])) if is_file else None,
        "entry": sources.entries.get((part["tenant_id"], part["change_no"])) if not is_file else None,
    }
