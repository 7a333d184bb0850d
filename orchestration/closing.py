"""Closed months: which closes are in effect, and the rows that each one froze.

A close freezes what was known at its sequence, as of the last day of its month (docs/decisions/0126). The rows are
Parquet under `<home>/closed/<tenant>/<month>-<sequence>/`; a folder has its final name only when it is whole, and one
that is missing is made again. How a scratch build is made and run is not known here.
"""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import duckdb

from ingestion.closes import PeriodChange
from ingestion.home import sync_file, sync_folder
from ingestion.lake import BY_CONTENT, literal

SCHEMA = "closed"
MANIFEST = "close.json"
NEVER = date(1, 1, 1)
REOPENED_COLUMNS = {"closed_seq": "bigint", "reopened_at": "timestamp", "reopened_by": "varchar"}


@dataclass(frozen=True)
class Close:
    """One close. It froze the days after `after` up to `until`; `before` are the closes that were in effect then."""

    tenant_id: str
    month: str
    seq: int
    after: date
    before: tuple["Close", ...] = field(default=(), repr=False)
    reopened_at: datetime | None = None
    reopened_by: str | None = None

    @property
    def first_day(self) -> date:
        return date(int(self.month[:4]), int(self.month[5:]), 1)

    @property
    def until(self) -> date:
        return (self.first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def folder(self, home: Path) -> Path:
        return home / "closed" / quote(self.tenant_id, safe="") / f"{self.month}-{self.seq:09d}"


@dataclass(frozen=True)
class Closes:
    """Every close up to a sequence, in order, and those of them that nothing reopened."""

    made: tuple[Close, ...] = ()
    in_effect: tuple[Close, ...] = ()
    reopened: tuple[Close, ...] = ()

    def closed_months(self) -> dict[str, date]:
        """The last closed month of each tenant, by its first day."""
        return {close.tenant_id: close.first_day for close in self.in_effect}


def closes_of(changes: Iterable[PeriodChange]) -> Closes:
    """What the changes come to. Only the last closed month can be reopened, so they are a stack per tenant."""
    made: list[Close] = []
    reopened: list[Close] = []
    standing: dict[str, list[Close]] = {}
    for change in changes:
        stack = standing.setdefault(change.tenant_id, [])
        if change.is_closed:
            after = stack[-1].until if stack else NEVER
            stack.append(Close(change.tenant_id, change.month, change.seq, after, tuple(stack)))
            made.append(stack[-1])
        elif stack:
            last = stack.pop()
            reopened.append(Close(last.tenant_id, last.month, last.seq, last.after, last.before, change.at, change.by))
    in_effect = tuple(close for stack in standing.values() for close in stack)
    return Closes(tuple(sorted(made, key=lambda close: close.seq)), in_effect, tuple(reopened))


def waves(home: Path, closes: Closes) -> Iterable[list[Close]]:
    """The closes whose rows are not there, each wave with at most one of a tenant, so that one pass makes them all."""
    missing = [close for close in closes.made if not (close.folder(home) / MANIFEST).exists()]
    while missing:
        wave = list({close.tenant_id: close for close in reversed(missing)}.values())
        yield sorted(wave, key=lambda close: close.seq)
        missing = [close for close in missing if close not in wave]


@dataclass(frozen=True)
class Frozen:
    """A relation `closed.<name>`: rows of `freezes` whose `day` is in the months of a close. `semi_join` limits rows
    that have no day of their own; `reopened` names the relation of which it holds the rows of reopened closes."""

    name: str
    columns: Mapping[str, str]
    freezes: str = ""
    day: str = ""
    semi_join: str = ""
    semi_join_on: Sequence[str] = ()
    reopened: str = ""


def frozen_relations(manifest: Mapping[str, Any]) -> list[Frozen]:
    """The sources of the schema `closed`: a mart's columns are those of its contract, the others' are said there."""
    contracts = {
        f"{node['schema']}.{node['alias']}": {name: column["data_type"] for name, column in node["columns"].items()}
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    found: dict[str, Frozen] = {}
    sources = [source for source in manifest["sources"].values() if source["schema"] == SCHEMA]
    for source in sorted(sources, key=lambda each: "reopened" in each["meta"]):
        meta = source["meta"]
        if base := meta.get("reopened"):
            columns = {**found[base].columns, **REOPENED_COLUMNS}
        else:
            columns = {name: column["data_type"] for name, column in source["columns"].items()}
            columns = columns or contracts[meta["freezes"]]
        without = meta.get("without", ())
        kept = {name: kind for name, kind in columns.items() if name not in without}
        found[source["name"]] = Frozen(
            source["name"], kept, **{name: value for name, value in meta.items() if name != "without"}
        )
    return list(found.values())


def create_closed_relations(
    connection: duckdb.DuckDBPyConnection, home: Path, relations: Iterable[Frozen], closes: Closes
) -> None:
    """`closed.*` as views over the frozen rows, empty where there are none; `run.closed` has the last closed months."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    for relation in relations:
        frozen = closes.reopened if relation.reopened else closes.in_effect
        scans = [_scan(relation, close, home) for close in frozen]
        query = " union all ".join(scans) or f"{_select(relation.columns, 'null')} where false"
        connection.execute(f"create or replace view {SCHEMA}.{relation.name} as {query}")
    connection.execute("create schema if not exists run")
    connection.execute("create or replace table run.closed (tenant_id varchar not null, closed_month date not null)")
    for tenant_id, month in sorted(closes.closed_months().items()):
        connection.execute("insert into run.closed values (?, ?)", [tenant_id, month])


def _select(columns: Mapping[str, str], value: str = "") -> str:
    cells = [f"{value or _quoted(name)}::{kind} as {_quoted(name)}" for name, kind in columns.items()]
    return f"select {', '.join(cells)}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _scan(relation: Frozen, close: Close, home: Path) -> str:
    path = close.folder(home) / f"{relation.reopened or relation.name}.parquet"
    scan = f"read_parquet({literal(path)}, {BY_CONTENT})"
    if relation.reopened:
        by = literal(close.reopened_by)
        scan = (
            f"(select *, {close.seq} as closed_seq, timestamp '{close.reopened_at}' as reopened_at,"
            f" {by} as reopened_by from {scan})"
        )
    return f"{_select(relation.columns)} from {scan}"


def freeze(
    connection: duckdb.DuckDBPyConnection, home: Path, relations: Iterable[Frozen], close: Close, currency: str
) -> None:
    """Keeps the rows of one close, out of the build that was made for it. `currency` is that of reporting amounts."""
    final = close.folder(home)
    scratch = final.parent / f".{uuid4().hex}.writing"
    scratch.mkdir(parents=True)
    try:
        for relation in relations:
            if not relation.reopened:
                path = scratch / f"{relation.name}.parquet"
                connection.execute(
                    f"copy ({_rows(relation, close)}) to {literal(path)} (format parquet, compression zstd)"
                )
        said = {"tenant_id": close.tenant_id, "month": close.month, "seq": close.seq, "reporting_currency": currency}
        (scratch / MANIFEST).write_text(json.dumps(said, indent=1), encoding="utf-8")
        for path in scratch.iterdir():
            sync_file(path)
        sync_folder(scratch)
        shutil.rmtree(final, ignore_errors=True)
        scratch.rename(final)
        sync_folder(final.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _rows(relation: Frozen, close: Close) -> str:
    """The rows that a close freezes, in an order of their own. Parquet has no wide integers: they are kept as text."""
    after, until = f"date '{close.after}'", f"date '{close.until}'"
    derived = {"valid_after": after, "valid_until": until} if relation.semi_join else {}
    listed = ", ".join(
        f"{derived.get(name, _quoted(name))}{'::varchar' if kind == 'hugeint' else ''} as {_quoted(name)}"
        for name, kind in relation.columns.items()
    )
    query = f"select {listed} from {relation.freezes} where tenant_id = {literal(close.tenant_id)}"
    if relation.semi_join:
        wanted = relation.semi_join.replace("$after", after).replace("$until", until)
        query += f" and ({', '.join(relation.semi_join_on)}) in ({wanted})"
    else:
        day = "make_date(month_index // 12, month_index % 12 + 1, 1)" if relation.day == "month_index" else relation.day
        query += f" and {day} > {after} and {day} <= {until}"
    return f"{query} order by all"


def reporting_currency(home: Path, close: Close) -> str:
    return str(json.loads((close.folder(home) / MANIFEST).read_text(encoding="utf-8"))["reporting_currency"])


def sweep(home: Path) -> None:
    """Removes what a killed build left half written."""
    for scratch in (home / "closed").glob("*/.*.writing"):
        shutil.rmtree(scratch, ignore_errors=True)
