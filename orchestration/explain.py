"""`revhouse explain`: a figure down to the rows of files and the entries of the core's log, as a tree or as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb
from rich.markup import escape
from rich.tree import Tree

from orchestration.lineage import (
    Column,
    LineageRefused,
    column_named,
    grain_of,
    named,
    rows_of,
    select_cells,
    select_parts,
    side_sums,
    sides_of,
    value_of,
)
from orchestration.settings import Settings
from orchestration.sources import Sources, look_up

ROWS_READ_BACK = 2000
"""Of so many rows at most the file or the log is asked what they said."""


@dataclass(frozen=True)
class Node:
    """A part with what it is made of; `more` counts what is not shown, `more_amount` is its sum."""

    label: str
    amount: Decimal
    children: tuple["Node", ...] = ()
    row: Mapping[str, Any] | None = None
    more: int = 0
    more_amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Explained:
    """A figure, the sides that it is made of and whether they give it, to the last digit."""

    column: Column
    value: Any
    from_parts: Any
    cells: list[dict[str, Any]]
    grain: list[str]
    sides: dict[str, Node]
    sources: Sources
    notes: list[str] = field(default_factory=list)
    closed_until: dict[str, Any] = field(default_factory=dict)
    """Tenants with closed months: the figures of these are as they were at the close, the parts as facts are now."""

    @property
    def is_exact(self) -> bool:
        return bool(self.value == self.from_parts or (self.value is None and not self.column.formula))


def explain(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: str,
    column_name: str,
    where: str,
    limit: int | None,
) -> Explained:
    """Raises LineageRefused where the question cannot be answered. `limit` None shows every part."""
    column = column_named(connection, table, column_name)
    select_cells(connection, column, where)
    cells = rows_of(connection, "select * from cells order by all")
    if not cells:
        raise LineageRefused(f"no row of marts.{column.table} fits: {where}")
    if column.formula and len(cells) > 1:
        raise LineageRefused(
            f"{column.name} is no sum: its parts add up in one row only, and --where selects {len(cells)} rows of"
            f" marts.{column.table}"
        )
    select_parts(connection, column.table, "cells")
    sums = side_sums(connection)
    value = cells[0]["value"] if column.formula else sum(c["value"] for c in cells if c["value"] is not None)
    in_order = [side for side in sides_of(column) or [""] if side in sums]
    sides = {side: _side(connection, side, sums[side], limit) for side in in_order}
    shown = [row for node in sides.values() for row in _rows_under(node)][:ROWS_READ_BACK]
    return Explained(
        column,
        value,
        value_of(connection, column, sums),
        cells,
        ["tenant_id", *grain_of(connection, column.table)],
        sides,
        look_up(connection, settings, shown),
        _notes(cells),
        _closed_until(connection, cells),
    )


def _closed_until(connection: duckdb.DuckDBPyConnection, cells: list[dict[str, Any]]) -> dict[str, Any]:
    """The last closed month of the tenants that have one."""
    tenants = {cell["tenant_id"] for cell in cells}
    closed = connection.execute("select tenant_id, closed_month from run.closed").fetchall()
    return {tenant: month for tenant, month in closed if tenant in tenants}


def _notes(cells: list[dict[str, Any]]) -> list[str]:
    notes = []
    for key, what in (("tenant_id", "tenants"), ("currency", "currencies")):
        several = sorted({str(cell[key]) for cell in cells if key in cell})
        if len(several) > 1:
            notes.append(f"adds up {len(several)} {what}: {', '.join(several[:8])}")
    return notes


def _side(connection: duckdb.DuckDBPyConnection, side: str, amount: Decimal, limit: int | None) -> Node:
    parties = _level(connection, ["party"], f"side = '{side}'", limit)
    children = []
    for party in parties["shown"]:
        of_party = f"side = '{side}' and party is not distinct from {_quoted(party['party'])}"
        documents = _level(connection, ["document_name"], of_party, limit)
        if [row["document_name"] for row in documents["shown"]] == [None]:
            inner = _leaves(connection, of_party, limit)
        else:
            inner = [
                Node(
                    row["document_name"] or "without a document",
                    row["amount"],
                    **_filled(
                        _leaves(
                            connection,
                            f"{of_party} and document_name is not distinct from {_quoted(row['document_name'])}",
                            limit,
                        )
                    ),
                )
                for row in documents["shown"]
            ]
            inner = [*inner, _rest(documents)] if documents["more"] else inner
        children.append(Node(party["party"] or "nobody named", party["amount"], **_filled(inner)))
    if parties["more"]:
        children.append(_rest(parties))
    return Node(side, amount, **_filled(children))


def _filled(children: list[Node]) -> dict[str, Any]:
    """Children and, as numbers of their parent, what was left out of them."""
    rest = [child for child in children if child.more and not child.children and child.row is None]
    return {
        "children": tuple(child for child in children if child not in rest),
        "more": sum(child.more for child in rest),
        "more_amount": sum((child.more_amount for child in rest), Decimal(0)),
    }


def _rest(level: Mapping[str, Any]) -> Node:
    return Node("", Decimal(0), more=level["more"], more_amount=level["more_amount"])


def _level(connection: duckdb.DuckDBPyConnection, keys: list[str], where: str, limit: int | None) -> dict[str, Any]:
    listed = ", ".join(keys)
    grouped = f"select {listed}, sum(amount) as amount from parts where {where} group by all"
    shown = rows_of(
        connection, f"{grouped} order by abs(sum(amount)) desc, {listed}" + (f" limit {limit}" if limit else "")
    )
    count, total = connection.sql(f"select count(*), coalesce(sum(amount), 0) from ({grouped})").fetchall()[0]
    seen = sum((row["amount"] for row in shown), Decimal(0))
    return {"shown": shown, "more": count - len(shown), "more_amount": total - seen}


def _leaves(connection: duckdb.DuckDBPyConnection, where: str, limit: int | None) -> list[Node]:
    """Rows, the header of a document before its amounts."""
    keys = ["tenant_id", "step", "row_table", "row_id", "file_id", "line", "change_no"]
    grouped = f"select {', '.join(keys)}, sum(amount) as amount from parts where {where} group by all"
    order = " order by amount <> 0, abs(amount) desc, step, row_table, row_id"
    shown = rows_of(connection, f"from ({grouped}) {order}" + (f" limit {limit + 1}" if limit else ""))
    count, total = connection.sql(f"select count(*), coalesce(sum(amount), 0) from ({grouped})").fetchall()[0]
    nodes = [Node(row["step"] or "", row["amount"], row=row) for row in shown]
    if count > len(shown):
        seen = sum((row["amount"] for row in shown), Decimal(0))
        nodes.append(Node("", Decimal(0), more=count - len(shown), more_amount=total - seen))
    return nodes


def _rows_under(node: Node) -> list[Mapping[str, Any]]:
    own = [node.row] if node.row is not None else []
    return own + [row for child in node.children for row in _rows_under(child)]


def _quoted(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


# How it is shown


def as_tree(explained: Explained, version: str, as_of: str) -> Tree:
    """The figure on top, its parts largest first below it."""
    column = explained.column
    cell = named(explained.cells[0], explained.grain) if len(explained.cells) == 1 else f"{len(explained.cells)} rows"
    tree = Tree(f"[bold]{column.table}.{column.name} = {shown(explained.value)}[/]")
    tree.add(escape(f"{cell}, version {version} as of {as_of}"))
    tree.add(escape(column.in_words) + (f" [dim]{escape(column.formula)}[/]" if column.formula else ""))
    for note in explained.notes:
        tree.add(f"[yellow]{escape(note)}[/]")
    if not explained.is_exact:
        tree.add(_difference(explained))
    for side, node in explained.sides.items():
        _grow(tree.add(f"[bold]{shown(node.amount)}[/]  {side}") if side else tree, node, explained.sources)
    return tree


def _difference(explained: Explained) -> str:
    if not explained.closed_until:
        return f"[red]the parts give {shown(explained.from_parts)}: the difference has no row[/]"
    months = ", ".join(f"{tenant} to {month:%Y-%m}" for tenant, month in sorted(explained.closed_until.items()))
    return escape(
        f"as facts are now the parts give {shown(explained.from_parts)}. Months are closed ({months}): what came later"
        " was posted to the first open one, and ops.restatements has both numbers"
    )


def _grow(tree: Tree, node: Node, sources: Sources) -> None:
    for child in node.children:
        if child.row is not None:
            _leaf(tree, child, child.row, sources)
        else:
            _grow(tree.add(f"{shown(child.amount)}  {escape(child.label)}"), child, sources)
    if node.more:
        tree.add(f"[dim]and {node.more:,} more, together {shown(node.more_amount)}[/]")


def _leaf(tree: Tree, node: Node, row: Mapping[str, Any], sources: Sources) -> None:
    where = where_from(row, sources)
    label = f"{row['row_table']} {row['row_id']}" if row["row_id"] else row["row_table"]
    step = f", {node.label}" if node.label else ""
    amount = "" if node.amount == 0 else f"{shown(node.amount)}  "
    leaf = tree.add(f"{amount}{escape(label)}[dim]{escape(step)}[/]  {escape(where)}")
    if said := what_it_said(row, sources):
        leaf.add(f"[dim]{escape(said)}[/]")


def where_from(row: Mapping[str, Any], sources: Sources) -> str:
    """The place of a row: a line of a file, or an entry of the log."""
    if row["file_id"] is not None:
        name = sources.files.get(row["file_id"], "a file that is not listed any more")
        return f"← {name} line {row['line']} ({row['file_id']})"
    if row["change_no"] is None:
        return ""
    entry = sources.entries.get((row["tenant_id"], row["change_no"]), {})
    told = [f"← change {row['change_no']} of the core's log"]
    if entry.get("actor"):
        told.append(f"{entry['operation']} by {entry['actor']}")
    if entry.get("changed_at"):
        told.append(f"at {entry['changed_at']}")
    if entry.get("entry_hash"):
        told.append(f"hash {entry['entry_hash'][:12]}…")
    return ", ".join(told)


def what_it_said(row: Mapping[str, Any], sources: Sources) -> str:
    """The row as it came, or what the log says was before and after."""
    if row["file_id"] is not None:
        cells = sources.rows.get((row["row_table"], row["file_id"], row["line"]), {})
        return ", ".join(f"{name}={_short(value)}" for name, value in cells.items())
    entry = sources.entries.get((row["tenant_id"], row["change_no"]), {})
    before, after = entry.get("before") or {}, entry.get("after") or {}
    if not before:
        return ", ".join(f"{name}={value}" for name, value in after.items() if value is not None)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ", ".join(f"{name}: {before.get(name)} → {after.get(name)}" for name in changed)


def shown(value: Any) -> str:
    """Decimals exactly, with two places at least where they have any; ratios as they are."""
    if value is None:
        return "nothing"
    if not isinstance(value, Decimal):
        return f"{value:,}" if isinstance(value, int) else str(value)
    text = f"{value:,f}"
    if "." not in text:
        return text
    whole, places = text.split(".")
    places = places.rstrip("0")
    return whole if not places else f"{whole}.{places.ljust(2, '0')}"


def _short(text: str) -> str:
    """A number of a file without the zeros of its column's type."""
    whole, dot, places = text.partition(".")
    if not dot or not places.isdigit() or not whole.removeprefix("-").isdigit():
        return text
    return f"{whole}.{places.rstrip('0')}".removesuffix(".")


def as_json(explained: Explained, version: str, as_of: str) -> dict[str, Any]:
    """The same for machines: parts flat, each with its source."""
    parts = [
        _flat(side, path, row, explained.sources)
        for side, node in explained.sides.items()
        for path, row in _paths(node, ())
    ]
    return {
        "table": explained.column.table,
        "column": explained.column.name,
        "in_words": explained.column.in_words,
        "formula": explained.column.formula or None,
        "version": version,
        "as_of": as_of,
        "value": explained.value,
        "from_parts": explained.from_parts,
        "is_exact": explained.is_exact,
        "notes": explained.notes,
        "cells": explained.cells,
        "sides": [{"side": side or None, "amount": node.amount} for side, node in explained.sides.items()],
        "parts": parts,
    }


def _paths(node: Node, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Mapping[str, Any]]]:
    found: list[tuple[tuple[str, ...], Mapping[str, Any]]] = []
    for child in node.children:
        if child.row is not None:
            found.append((path, child.row))
        else:
            found += _paths(child, (*path, child.label))
    return found


def _flat(side: str, path: tuple[str, ...], row: Mapping[str, Any], sources: Sources) -> dict[str, Any]:
    entry = sources.entries.get((row["tenant_id"], row["change_no"]), {}) if row["change_no"] is not None else {}
    return {
        "side": side or None,
        "party": path[0] if path else None,
        "document": path[1] if len(path) > 1 else None,
        "step": row["step"],
        "amount": row["amount"],
        "tenant_id": row["tenant_id"],
        "source_table": row["row_table"],
        "source_id": row["row_id"],
        "file_id": row["file_id"],
        "file_name": sources.files.get(row["file_id"]) if row["file_id"] else None,
        "line": row["line"],
        "row": sources.rows.get((row["row_table"], row["file_id"], row["line"])) if row["file_id"] else None,
        "change_no": row["change_no"],
        "entry": entry or None,
    }
