"""Rows of any data set, made from its contract: cells that are good in every file, and odd ones."""

from __future__ import annotations

import random
from datetime import date, timedelta

from ingestion.contracts import Column, Layout

CURRENCIES = ("EUR", "USD", "GBP", "JPY", "KWD", "eur", "Usd")
TEXTS = ("", "card", "Ünï 株", 'a "b", c', "two\nlines", "NULL", "1e5", "=1+1", "007", "a;b\tc", "x" * 300)
PLAIN_TEXTS = ("card", "Ünï 株", "NULL", "1e5", "=1+1", "007", "it's", "nan")
ODD = (
    "", " ", "\t", "\u00a0", " x", "x ", "\u00a0x", "x\u3000", "\tx", "-0", "+5", "5.", ".5", "1e5", "NaN", "inf",
    "1,5",    "1234567890123456789", "999999999999.999999", "0.0000001", "12.345678901234", "5.00000000000000", "-5",
    "1.005",
    "0.1", "x", "True", "no", "1", "0", "2024-02-30", "2024-1-5", "0000-01-01", "0001-01-01", "9999-12-31",
    "10000-01-01", "12024-01-31", "20240131",
    "2024-01-31T00:00:00", "2024-01-31 10:00:00+02:00", "2024-03-31 02:30:00", "31.01.2024", "posted", "Posted",
    "month",    "EUR", "eur", "EURO", "JPY", "KWD", "NULL", "'", "%", "\u2028", "١٢", "（5）",
    "$5", "1_000", "+-5", "5\u00a0",
)  # fmt: skip


def cell(rng: random.Random, column: Column, name: str, plain: bool = False) -> str:
    """A cell that its column accepts, whatever the row's currency is. `name` is the text of an id."""
    day = date(2020, 1, 1) + timedelta(days=rng.randrange(1500))
    low = int(column.min if column.min is not None else -50 if column.above is None else column.above + 1)
    high = int(column.max if column.max is not None else 10**6)
    number = str(rng.randint(low, high))
    spelled = rng.choice([number, f"{number}.0", f"{number}.", f"+{number}" if low >= 0 else number])
    return {
        "id": name,
        "text": rng.choice(PLAIN_TEXTS if plain else TEXTS),
        "enum": rng.choice(column.values or ("",)),
        "currency": rng.choice(CURRENCIES),
        "date": day.isoformat(),
        "instant": f"{day} {rng.randrange(4, 24):02}:{rng.randrange(60):02}:00" + rng.choice(["", "Z", "+02:00"]),
        "boolean": rng.choice(["true", "FALSE", "yes", "0"]),
        "integer": number,
        "fraction": rng.choice(["0", "0.19", "1", "0.0725", "1.000"]),
    }.get(column.type, spelled)


def row(rng: random.Random, layout: Layout, names: list[str], number: int, plain: bool = False) -> dict[str, str]:
    """A good row, of which the key is this number's own."""
    data_set = layout.data_set
    found = {}
    for name in names:
        column = layout.columns[name]
        own = f"K{number}" if name in data_set.key else f"{rng.choice('ABc')}{rng.randrange(5)}"
        found[name] = cell(rng, column, own, plain)
        if name in data_set.key and column.type == "text":
            found[name] = f"text {number}"
        if name in data_set.key and column.type == "date":
            found[name] = (date(2019, 1, 1) + timedelta(days=number)).isoformat()
        if not column.must_be_filled and rng.random() < 0.3:
            found[name] = ""
        if column.must_be_filled and not found[name].strip():
            found[name] = "filled"
    for first, last in data_set.ordered:
        if found.get(first) and found.get(last) and found[last] < found[first]:
            found[first], found[last] = found[last], found[first]
    return found


def columns(rng: random.Random, layout: Layout) -> list[str]:
    """The required columns and some of the others, in any order."""
    required = [name for name, column in layout.columns.items() if column.required or name in layout.data_set.key]
    others = [name for name in layout.columns if name not in required]
    chosen = [*required, *rng.sample(others, rng.randint(0, len(others)))]
    return rng.sample(chosen, len(chosen))


def header(layout: Layout, names: list[str]) -> list[str]:
    spelled = {target: text for text, target in reversed(layout.headers.items())}
    return [spelled[name] for name in names]


def written(rows: list[list[str]], mark: str = ",", end: str = "\n") -> str:
    """A CSV, quoted only where it has to be."""

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if any(c in text for c in (mark, '"', "\n", "\r")) else text

    return "".join(mark.join(map(quoted, each)) + end for each in rows)
