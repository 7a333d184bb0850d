"""The contract files, loaded and checked once per process.

`csv/<data_set>.yml` says what a data set is; `vendor/<export>.yml` says how a tool's own export becomes
one; `app/<table>.yml` says what the core's tables are. Reading, keys, raw relations and expectations all
follow these files, and nothing about a column stands anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ingestion.errors import ContractBroken

HERE = Path(__file__).parent

CSV_TYPES = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "enum": "VARCHAR",
    "currency": "VARCHAR",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "amount": "DECIMAL(38,6)",
    "unit_amount": "DECIMAL(38,6)",
    "quantity": "DECIMAL(38,6)",
    "percent": "DECIMAL(38,6)",
    "rate": "DECIMAL(38,12)",
    "fraction": "DECIMAL(38,12)",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
}
APP_TYPES = CSV_TYPES | {"minor": "BIGINT"}
DECIMALS = frozenset({"amount", "unit_amount", "quantity", "percent", "rate", "fraction"})
NUMBERS = DECIMALS | {"integer"}
TIMES = frozenset({"date", "instant"})


@dataclass(frozen=True)
class Column:
    """One column of a data set.

    `required` = the header must have it; its cells may be blank only with `blank`.
    """

    name: str
    type: str
    required: bool = False
    blank: bool = False
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    min: Decimal | None = None
    max: Decimal | None = None
    above: Decimal | None = None
    personal: bool = False

    @property
    def sql_type(self) -> str:
        return APP_TYPES[self.type]

    @property
    def must_be_filled(self) -> bool:
        return self.required and not self.blank


@dataclass(frozen=True)
class DataSet:
    """What a data set is. `key` is empty where identical rows are legitimate and counted."""

    name: str
    description: str
    columns: dict[str, Column]
    key: tuple[str, ...]
    total: tuple[str, ...] = ()
    total_defaults: dict[str, str] = field(default_factory=dict)
    ordered: tuple[tuple[str, str], ...] = ()

    @property
    def total_currency(self) -> str | None:
        return "currency" if "currency" in self.columns else None

    @property
    def identity(self) -> list[str]:
        """The stored columns by which one row is told from another; `row_key` where there is no key."""
        stored = {name for name, _ in self.stored_columns()}
        return [name for key in self.key for name in (key, f"{key}_is_utc") if name in stored] or ["row_key"]

    def stored_columns(self) -> list[tuple[str, str]]:
        """Name and DuckDB type of every stored column; an instant has its `_is_utc` beside it."""
        stored: list[tuple[str, str]] = []
        for column in self.columns.values():
            stored.append((column.name, column.sql_type))
            if column.type == "instant":
                stored.append((f"{column.name}_is_utc", "BOOLEAN"))
        return stored


@dataclass(frozen=True)
class Layout:
    """One header that a data set may come with: the data set's own, or a vendor's."""

    name: str
    data_set: DataSet
    headers: dict[str, str]
    """header as compared (lower case, trimmed) → column of the data set"""
    columns: dict[str, Column]
    """column of the data set → how its cells are judged here"""
    constants: dict[str, str] = field(default_factory=dict)
    keyless: bool = False
    derived_key: str | None = None

    @property
    def required(self) -> list[str]:
        return [name for name, column in self.columns.items() if column.required]


@dataclass(frozen=True)
class AppTable:
    """A table of the core as its change log carries it.

    `personal` = current values only, never in the log, which names those that changed on entries of `logged_as`; they
    stand in the core's table `table`.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]
    personal: bool = False
    table: str = ""
    logged_as: str = ""

    def stored_columns(self) -> list[tuple[str, str]]:
        return [(name, APP_TYPES[kind]) for name, kind in self.columns.items()]


def header_key(text: str) -> str:
    """How a header is compared: case and outer spaces do not count."""
    return text.strip().casefold()


@cache
def data_sets() -> dict[str, DataSet]:
    """Every data set by name, in the order of the names."""
    return {path.stem: _data_set(path) for path in sorted((HERE / "csv").glob("*.yml"))}


@cache
def layouts() -> dict[str, Layout]:
    """Every known header by name: one per data set, and the vendors'."""
    own = {name: _own_layout(data_set) for name, data_set in data_sets().items()}
    vendors = {path.stem: _vendor_layout(path) for path in sorted((HERE / "vendor").glob("*.yml"))}
    if clash := own.keys() & vendors.keys():
        raise ContractBroken(f"a vendor contract has the name of a data set: {', '.join(sorted(clash))}")
    return own | vendors


@cache
def app_tables() -> dict[str, AppTable]:
    """Every table of the core by name."""
    return {path.stem: _app_table(path) for path in sorted((HERE / "app").glob("*.yml"))}


def _read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ContractBroken(f"{path.name}: not a mapping")
    return content


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _column(name: str, spec: dict[str, Any], where: str) -> Column:
    known = {"type", "required", "blank", "aliases", "values", "min", "max", "above", "personal"}
    if unknown := spec.keys() - known:
        raise ContractBroken(f"{where}: {name} has unknown settings {sorted(unknown)}")
    if spec.get("type") not in CSV_TYPES:
        raise ContractBroken(f"{where}: {name} has no known type")
    if (spec["type"] == "enum") != ("values" in spec):
        raise ContractBroken(f"{where}: {name} must have values exactly if it is an enum")
    return Column(
        name=name,
        type=spec["type"],
        required=bool(spec.get("required", False)),
        blank=bool(spec.get("blank", False)),
        aliases=tuple(spec.get("aliases", ())),
        values=tuple(spec.get("values", ())),
        min=_number(spec.get("min")),
        max=_number(spec.get("max")),
        above=_number(spec.get("above")),
        personal=bool(spec.get("personal", False)),
    )


def _data_set(path: Path) -> DataSet:
    spec = _read(path)
    columns = {name: _column(name, column, path.name) for name, column in spec["columns"].items()}
    total = spec.get("total", {})
    data_set = DataSet(
        name=path.stem,
        description=str(spec["description"]),
        columns=columns,
        key=tuple(spec["key"]),
        total=tuple(total.get("product", ())),
        total_defaults={name: str(value) for name, value in total.get("defaults", {}).items()},
        ordered=tuple((first, last) for first, last in spec.get("ordered", ())),
    )
    named = {*data_set.key, *data_set.total, *(name for pair in data_set.ordered for name in pair)}
    if missing := named - columns.keys():
        raise ContractBroken(f"{path.name}: names columns that it does not have: {sorted(missing)}")
    return data_set


def _own_layout(data_set: DataSet) -> Layout:
    headers: dict[str, str] = {}
    for column in data_set.columns.values():
        for header in (column.name, *column.aliases):
            if headers.setdefault(header_key(header), column.name) != column.name:
                raise ContractBroken(f"{data_set.name}: the header {header!r} stands for two columns")
    return Layout(
        name=data_set.name,
        data_set=data_set,
        headers=headers,
        columns=data_set.columns,
        keyless=not data_set.key,
    )


def _vendor_layout(path: Path) -> Layout:
    spec = _read(path)
    data_set = data_sets().get(spec["data_set"])
    if data_set is None:
        raise ContractBroken(f"{path.name}: there is no data set {spec['data_set']!r}")
    headers: dict[str, str] = {}
    columns: dict[str, Column] = {}
    for header, column in spec["columns"].items():
        target = data_set.columns.get(column["to"])
        if target is None or target.name in columns:
            raise ContractBroken(f"{path.name}: {header} goes to no column of its own in {data_set.name}")
        columns[target.name] = replace(
            target, required=bool(column.get("required", False)), blank=bool(column.get("blank", False))
        )
        for name in (header, *column.get("aliases", ())):
            headers[header_key(name)] = target.name
    return Layout(
        name=path.stem,
        data_set=data_set,
        headers=headers,
        columns=columns,
        constants=dict(spec.get("constants", {})),
        keyless=bool(spec.get("keyless", False)),
        derived_key=spec.get("derived_key"),
    )


def _app_table(path: Path) -> AppTable:
    spec = _read(path)
    columns = dict(spec["columns"])
    if unknown := {kind for kind in columns.values() if kind not in APP_TYPES}:
        raise ContractBroken(f"{path.name}: unknown types {sorted(unknown)}")
    return AppTable(
        path.stem,
        tuple(spec["key"]),
        columns,
        bool(spec.get("personal", False)),
        str(spec.get("table", path.stem)),
        str(spec.get("logged_as", spec.get("table", path.stem))),
    )
