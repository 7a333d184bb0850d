"""Reads the contract files, once per process, and refuses one that contradicts itself."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ingestion.contracts.kinds import APP_TYPES, CSV_TYPES, AppTable, Check, Column, DataSet, Layout, Make, header_key
from ingestion.errors import ContractBroken

HERE = Path(__file__).parent
# The one in C takes a tenth of the time, which every command would wait for.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


@cache
def owners() -> dict[str, str]:
    """The data sets of which some export's rows are replaced together with what they belong to, and the column that
    names it."""
    return {make.data_set.name: make.owner for layout in layouts().values() for make in layout.makes if make.owner}


def _read(path: Path) -> dict[str, Any]:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    if not isinstance(content, dict):
        raise ContractBroken(f"{path.name}: not a mapping")
    return content


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _column(name: str, spec: dict[str, Any], where: str) -> Column:
    known = {
        "type",
        "required",
        "blank",
        "aliases",
        "values",
        "min",
        "max",
        "above",
        "personal",
        "means",
        "utc",
        "keep",
    }
    if unknown := spec.keys() - known:
        raise ContractBroken(f"{where}: {name} has unknown settings {sorted(unknown)}")
    if spec.get("type") not in CSV_TYPES:
        raise ContractBroken(f"{where}: {name} has no known type")
    if (spec["type"] == "enum") != bool({"values", "means"} & spec.keys()):
        raise ContractBroken(f"{where}: {name} must have values exactly if it is an enum")
    means = {str(value): str(meaning) for value, meaning in spec.get("means", {}).items()}
    return Column(
        name=name,
        type=spec["type"],
        required=bool(spec.get("required", False)),
        blank=bool(spec.get("blank", False)),
        aliases=tuple(spec.get("aliases", ())),
        values=tuple(means or spec.get("values", ())),
        min=_number(spec.get("min")),
        max=_number(spec.get("max")),
        above=_number(spec.get("above")),
        personal=bool(spec.get("personal", False)),
        meanings=tuple(means.values()),
        utc=bool(spec.get("utc", False)),
        keep=bool(spec.get("keep", False)),
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
        description=data_set.description,
        makes=(_direct(data_set),),
        headers=headers,
        columns=data_set.columns,
        keyless=not data_set.key,
    )


def _direct(data_set: DataSet, derived_key: str | None = None) -> Make:
    return Make(data_set, {name: f'"{name}"' for name, _ in data_set.stored_columns()}, derived_key=derived_key)


def _vendor_layout(path: Path) -> Layout:
    spec = _read(path)
    return _renaming_layout(path, spec) if "data_set" in spec else _making_layout(path, spec)


def _renaming_layout(path: Path, spec: dict[str, Any]) -> Layout:
    """An export whose cells are those of one data set under other names."""
    data_set = _known(path, spec["data_set"])
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
        description=str(spec["description"]),
        makes=(_direct(data_set, spec.get("derived_key")),),
        headers=headers,
        columns=columns,
        constants=dict(spec.get("constants", {})),
        keyless=bool(spec.get("keyless", False)),
        derived_key=spec.get("derived_key"),
    )


def _making_layout(path: Path, spec: dict[str, Any]) -> Layout:
    """An export with columns of its own, of which the rows of one data set or several are made."""
    known = {
        "description",
        "columns",
        "report",
        "title",
        "fill_down",
        "fill_from_above",
        "derived",
        "checks",
        "nothing",
    }
    if unknown := spec.keys() - known - {"makes"}:
        raise ContractBroken(f"{path.name}: unknown settings {sorted(unknown)}")
    headers: dict[str, str] = {}
    columns: dict[str, Column] = {}
    for header, given in spec["columns"].items():
        column = dict(given)
        name = str(column.pop("name"))
        columns[name] = _column(name, column, path.name)
        for each in (header, *columns[name].aliases):
            if headers.setdefault(header_key(each), name) != name:
                raise ContractBroken(f"{path.name}: the header {each!r} stands for two columns")
    return Layout(
        name=path.stem,
        description=str(spec["description"]),
        makes=tuple(_make(path, make, columns, place) for place, make in enumerate(spec["makes"])),
        headers=headers,
        columns=columns,
        is_direct=False,
        is_report=bool(spec.get("report", False)),
        has_title=bool(spec.get("title", spec.get("report", False))),
        fill_down=tuple(spec.get("fill_down", ())),
        fill_from_above=tuple(spec.get("fill_from_above", ())),
        derived=tuple((name, str(sql)) for name, sql in spec.get("derived", {}).items()),
        checks=tuple(Check(**check) for check in spec.get("checks", ())),
        nothing=str(spec.get("nothing", Layout.nothing)),
    )


def _make(path: Path, spec: dict[str, Any], columns: dict[str, Column], place: int) -> Make:
    known = {
        "data_set",
        "columns",
        "when",
        "derived_key",
        "identified_by",
        "owner",
        "version",
        "whole",
        "extra",
        "total",
    }
    if unknown := spec.keys() - known:
        raise ContractBroken(f"{path.name}: a make has unknown settings {sorted(unknown)}")
    data_set = _known(path, spec["data_set"])
    mapped = {name: str(sql) for name, sql in spec["columns"].items()}
    stored = [name for name, _ in data_set.stored_columns()]
    if strange := mapped.keys() - set(stored):
        raise ContractBroken(f"{path.name}: {data_set.name} has no columns {sorted(strange)}")
    for name, sql in list(mapped.items()):
        if f"{name}_is_utc" in stored:
            mapped.setdefault(f"{name}_is_utc", f"{sql}_is_utc" if sql in columns else "true")
    total = spec.get("total")
    if total and (unknown := total.keys() - {"amount", "currency"}):
        raise ContractBroken(f"{path.name}: a total has unknown settings {sorted(unknown)}")
    return Make(
        data_set=data_set,
        columns=mapped,
        when=spec.get("when"),
        derived_key=spec.get("derived_key"),
        identified_by=spec.get("identified_by"),
        owner=spec.get("owner"),
        version=", ".join(f"coalesce({name}::VARCHAR, '')" for name in spec.get("version", ())) or None,
        whole=str(spec.get("whole", "false")),
        takes_extra=bool(spec.get("extra", place == 0)),
        total=(str(total["amount"]), str(total.get("currency", "NULL"))) if total else None,
    )


def _known(path: Path, name: str) -> DataSet:
    data_set = data_sets().get(name)
    if data_set is None:
        raise ContractBroken(f"{path.name}: there is no data set {name!r}")
    return data_set


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
