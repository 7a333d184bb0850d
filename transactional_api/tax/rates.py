"""The rate tables of this package, and the tenant's own rates before them.

The files in `rates/` are data: every row names who published it and in which document (docs/decisions/0301).
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from transactional_api.tax.rules import LOCAL_KINDS, STANDARD, Rate, Territory

HERE = Path(__file__).parent / "rates"
TABLES = ("ca.csv", "eu_vat.csv", "gb_vat.csv", "us_local.csv", "us_state.csv")
# Of several kinds in one jurisdiction, the order in which they stand on a document.
_ORDER = ("US_STATE", *LOCAL_KINDS, "GST", "HST", "PST", "QST", "VAT")


@dataclass(frozen=True)
class Packaged:
    """What the files say, read once per process."""

    rates: tuple[Rate, ...]
    territories: tuple[tuple[str, str, Territory], ...]
    places: dict[str, str]
    states_with_local: frozenset[str]


@cache
def packaged() -> Packaged:
    rates = [_rate(row) for name in TABLES for row in _rows(name)]
    territories = [
        (row["country"], row["postal_prefix"], Territory(row["name"], row["jurisdiction"] or None))
        for row in _rows("territories.csv")
    ]
    return Packaged(
        tuple(sorted(rates, key=rate_key)),
        tuple(territories),
        {row["jurisdiction"].casefold(): row["jurisdiction"] for row in _rows("us_local.csv")},
        frozenset(row["jurisdiction"] for row in _rows("us_state.csv") if row["has_local"] == "1"),
    )


def rate_key(rate: Rate) -> str:
    """Its place in a list; unique, since two rates never begin on one day."""
    return f"{rate.jurisdiction}|{rate.kind}|{rate.category}|{rate.valid_from}"


class Book:
    """The rates of one tenant: its own where they hold, else the packaged ones."""

    def __init__(self, own: Iterable[Rate] = ()) -> None:
        self._tables = (_by_jurisdiction(own), _packaged_by_jurisdiction())

    def find(self, jurisdiction: str, kind: str, category: str, on: date) -> Rate | None:
        for table in self._tables:
            for rate in table.get(jurisdiction, ()):
                if rate.kind == kind and rate.category == category and rate.holds_on(on):
                    return rate
        return None

    def kinds(self, jurisdiction: str, on: date) -> Sequence[str]:
        found = {
            rate.kind
            for table in self._tables
            for rate in table.get(jurisdiction, ())
            if rate.category == STANDARD and rate.holds_on(on)
        }
        return sorted(found, key=lambda kind: (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind))

    def territory(self, country: str, postal_code: str | None) -> Territory | None:
        if postal_code is None:
            return None
        code = postal_code.replace(" ", "").replace("-", "").upper().removeprefix(country)
        for of_country, prefix, territory in packaged().territories:
            if of_country == country and code.startswith(prefix):
                return territory
        return None

    def place(self, state: str, locality: str) -> str | None:
        name = f"{state}:{' '.join(locality.split())}".casefold()
        own = (one for one in self._tables[0] if one.casefold() == name)
        return next(own, None) or packaged().places.get(name)

    def has_local(self, state: str) -> bool:
        return state in packaged().states_with_local


@cache
def _packaged_by_jurisdiction() -> dict[str, list[Rate]]:
    return _by_jurisdiction(packaged().rates)


def _by_jurisdiction(rates: Iterable[Rate]) -> dict[str, list[Rate]]:
    table: dict[str, list[Rate]] = defaultdict(list)
    for rate in rates:
        table[rate.jurisdiction].append(rate)
    return dict(table)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _rate(row: dict[str, str]) -> Rate:
    return Rate(
        jurisdiction=row["jurisdiction"],
        kind=row["kind"],
        category=row["category"],
        rate=Decimal(row["rate"]),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        source=row["source"],
    )
