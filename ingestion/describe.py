"""What the contracts say, for people: the rules of each data set, and a template whose example row is accepted."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

from ingestion.contracts import Column, DataSet, data_sets

TYPES = {
    "id": "exact text; upper and lower case differ",
    "text": "text",
    "enum": "one of the values named",
    "currency": "ISO 4217, such as EUR",
    "date": "2026-01-31, or one other format in the whole file",
    "instant": "2026-01-31T09:30:00Z; without an offset it is the tenant's time",
    "amount": "decimal, at most as many decimals as the currency has",
    "unit_amount": "decimal, at most 6 decimals",
    "quantity": "decimal, at most 6 decimals",
    "percent": "decimal, 12.5 is 12.5 percent; at most 6 decimals",
    "rate": "decimal, at most 12 decimals",
    "fraction": "decimal, 0.125 is 12.5 percent; at most 12 decimals",
    "integer": "whole number",
    "boolean": "true or false",
}
TEXTS = {
    "billing_interval": "month",
    "country": "DE",
    "email": "name@company.example",
    "ship_to_country": "DE",
    "time_zone": "Europe/Berlin",
    "vat_number": "",
}
NUMBERS = ("100", "10", "1", "0.5", "0")


def rules(data_set: DataSet) -> dict[str, Any]:
    """One data set as JSON has it. Limits are decimals in text."""
    return {
        "data_set": data_set.name,
        "description": data_set.description,
        "key": list(data_set.key),
        "control_total": control_total(data_set),
        "in_order": [list(pair) for pair in data_set.ordered],
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "meaning": TYPES[column.type],
                "is_required": column.required,
                "may_be_blank": not column.must_be_filled,
                "aliases": list(column.aliases),
                "values": list(column.values),
                "limits": limits(column),
                "is_personal": column.personal,
                "example": example(data_set, column),
            }
            for column in data_set.columns.values()
        ],
    }


def template(name: str) -> str:
    """A CSV with every column of the data set and one example row, which is accepted as it stands."""
    columns = data_sets()[name].columns.values()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerow([example(data_sets()[name], column) for column in columns])
    return text.getvalue()


def control_total(data_set: DataSet) -> str:
    """What is added up per currency, such as `quantity × unit_price`; empty where there is nothing to add."""
    return " × ".join(data_set.total)


def limits(column: Column) -> str:
    """The range of a number in words; empty where there is none."""
    named: list[tuple[str, Decimal | None]] = [("≥", column.min), ("≤", column.max), (">", column.above)]
    return ", ".join(f"{sign} {limit}" for sign, limit in named if limit is not None)


def example(data_set: DataSet, column: Column) -> str:
    """A value that the column accepts. References name what the other templates' examples have."""
    name = column.name
    month = 12 if name in {last for _, last in data_set.ordered} else 1
    by_type = {
        "id": "" if name.startswith("parent_") else f"{name.removesuffix('_id')}-1",
        "text": TEXTS.get(name, f"example {name.replace('_', ' ')}"),
        "enum": next(iter(column.values), ""),
        "currency": "USD" if name == "quote" else "EUR",
        "date": f"2026-{month:02}-31",
        "instant": f"2026-{month:02}-31T09:30:00Z",
        "boolean": "true",
    }
    return (
        by_type[column.type] if column.type in by_type else next(n for n in NUMBERS if _is_within(Decimal(n), column))
    )


def _is_within(number: Decimal, column: Column) -> bool:
    return (
        (column.min is None or number >= column.min)
        and (column.max is None or number <= column.max)
        and (column.above is None or number > column.above)
    )
