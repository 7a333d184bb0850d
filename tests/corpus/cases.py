"""What a case is: files in rounds, and what has to become of each, stated without the product's code."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

Make = Callable[[Path], None]
Act = Callable[[Path, random.Random], list[str]]
Broken = tuple[int, str | None, str]


@dataclass(frozen=True)
class Told:
    """What a receipt has to say. `reason` and `notes` are parts of the text; `broken` = line, column, part of the
    reason of every failed cell."""

    status: str = "accepted"
    accepted: int = 0
    quarantined: int = 0
    refused: int = 0
    totals: dict[str, str] | None = None
    reason: str = ""
    data_set: str | None = None
    broken: tuple[Broken, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        figures = {"accepted": self.accepted, "quarantined": self.quarantined, "refused": self.refused}
        counts = ", ".join(f"{count} {name}" for name, count in figures.items() if count)
        text = self.status if not counts else f"{self.status} ({counts})"
        return f"{text}: {self.reason}" if self.reason else text


@dataclass(frozen=True)
class File:
    """One entry of a drop, copied there as the command does, or put there straight by `is_direct`; `in_folder` = the
    folder around it is dropped. `told` is None for what is not read; `tenant` is added to the case's own."""

    content: bytes = b""
    told: Told | None = None
    name: str | bytes = "file.csv"
    make: Make | None = None
    is_direct: bool = False
    tenant: str = ""
    in_folder: bool = False


@dataclass(frozen=True)
class Undo:
    """Takes back what the file of this place (round, file) gave."""

    round: int = 0
    file: int = 0


@dataclass(frozen=True)
class Case:
    """`current` = relation → the rows that have to be current at the end, by the columns that are named."""

    rounds: tuple[tuple[File | Undo, ...], ...]
    current: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    zone: str = "UTC"

    @property
    def summary(self) -> str:
        told = [
            "not read" if each.told is None else each.told.summary
            for one in self.rounds
            for each in one
            if isinstance(each, File)
        ]
        return " | ".join(told)


@dataclass(frozen=True)
class Kind:
    """`act` = does the dropping itself, in a folder of its own, where a case cannot say what happens meanwhile; it
    returns what went wrong, and `outcome` is what it stands for. Heavy ones cost seconds."""

    sentence: str
    name: str
    build: Callable[[random.Random], Case] | None = None
    act: Act | None = None
    outcome: str = ""
    is_heavy: bool = False

    def random(self, seed: int) -> random.Random:
        return random.Random(f"{seed}:{self.sentence}:{self.name}")

    def case(self, seed: int) -> Case:
        assert self.build
        return self.build(self.random(seed))

    def summary(self, seed: int) -> str:
        return self.outcome or self.case(seed).summary


KINDS: list[Kind] = []


def kind(
    sentence: str, name: str, heavy: bool = False
) -> Callable[[Callable[[random.Random], Case]], Callable[[random.Random], Case]]:
    def register(build: Callable[[random.Random], Case]) -> Callable[[random.Random], Case]:
        KINDS.append(Kind(sentence, name, build, is_heavy=heavy))
        return build

    return register


def act(sentence: str, name: str, outcome: str) -> Callable[[Act], Act]:
    def register(does: Act) -> Act:
        KINDS.append(Kind(sentence, name, act=does, outcome=outcome))
        return does

    return register


@dataclass(frozen=True)
class Payment:
    """A fact; how it is written is the case's affair."""

    key: str
    customer: str
    day: date
    cents: int
    currency: str

    @property
    def amount(self) -> str:
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{abs(self.cents) // 100}.{abs(self.cents) % 100:02}"

    @property
    def cells(self) -> list[str]:
        return [self.key, self.customer, self.day.isoformat(), self.amount, self.currency]

    @property
    def line(self) -> str:
        return ",".join(self.cells)

    @property
    def row(self) -> dict[str, object]:
        return {
            "payment_id": self.key,
            "customer_id": self.customer,
            "received_on": self.day,
            "amount": Decimal(self.amount),
            "currency": self.currency,
        }


HEAD = ["payment_id", "customer_id", "received_on", "amount", "currency"]
HEADER = ",".join(HEAD)
COLUMN = dict(zip(HEAD, range(5), strict=True))


def payments(rng: random.Random, count: int | None = None) -> list[Payment]:
    """Facts that leave no doubt in any way of writing them: days after the 12th, amounts of four digits and more."""
    return [
        Payment(
            f"P{number}-{rng.randrange(10**6)}",
            f"C{rng.randrange(99)}",
            date(2019, 1, 1) + timedelta(days=rng.randrange(60) * 31 + rng.randrange(3)),
            rng.choice([1, -1]) * (100000 + rng.randrange(10**9)),
            rng.choice(["EUR", "USD", "GBP", "CHF"]),
        )
        for number in range(count or rng.randrange(2, 7))
    ]


def decided(rng: random.Random, count: int | None = None) -> list[Payment]:
    """The same, and one day at least tells day and month apart."""
    facts = payments(rng, count)
    place = rng.randrange(len(facts))
    facts[place] = replace(facts[place], day=date(2020 + rng.randrange(5), rng.randrange(1, 13), rng.randrange(13, 29)))
    return facts


def totals(facts: Iterable[Payment]) -> dict[str, str]:
    sums: dict[str, int] = defaultdict(int)
    for fact in facts:
        sums[fact.currency] += fact.cents
    return {code: Payment("", "", date.min, cents, code).amount for code, cents in sums.items()}


def sheet(rows: Iterable[Iterable[str]], head: Iterable[str] = HEAD, mark: str = ",", end: str = "\n") -> bytes:
    """Text cells as they stand, quoted where they need it."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if any(c in text for c in (mark, '"', "\n", "\r")) else text

    return "".join(mark.join(map(cell, row)) + end for row in [head, *rows]).encode()


def all_good(facts: list[Payment], **more: object) -> Told:
    return replace(Told("accepted", len(facts), 0, 0, totals(facts), data_set="payments"), **more)  # type: ignore[arg-type]


def current(facts: Iterable[Payment]) -> dict[str, list[dict[str, object]]]:
    return {"payments": [fact.row for fact in facts]}


def read_as(content: bytes, facts: list[Payment], name: str | bytes = "file.csv", **more: object) -> Case:
    """One file that is accepted as these facts."""
    return Case(((File(content, all_good(facts, **more), name),),), current(facts))


def refused(content: bytes, reason: str, rows: int = 0, name: str | bytes = "file.csv") -> Case:
    told = Told("refused", refused=rows, reason=reason)
    return Case(((File(content, told, name),),), {"payments": []})


def with_bad(
    rng: random.Random, bad: list[str], broken: list[tuple[int, str | None, str]], head: str = HEADER, tail: str = ""
) -> Case:
    """Good payments, and rows among them that go to quarantine. `broken` counts the bad rows from 0."""
    facts = payments(rng)
    place = rng.randrange(len(facts) + 1)
    lines = [fact.line + tail for fact in facts]
    lines[place:place] = bad
    told = Told(
        "partly_quarantined",
        len(facts),
        len(bad),
        0,
        totals(facts),
        data_set="payments",
        broken=tuple((2 + place + number, column, reason) for number, column, reason in broken),
    )
    content = "\n".join([head, *lines]) + "\n" * rng.randrange(2)
    return Case(((File(content.encode("utf-8", "surrogatepass"), told),),), current(facts))


def bad_cell(rng: random.Random, column: str, value: str, reason: str, currency: str = "EUR") -> Case:
    """One row with one bad cell."""
    cells = ["PX", "C1", "2024-01-31", "1", currency]
    cells[COLUMN[column]] = value
    line = sheet([cells], head=[]).decode().strip("\n").removeprefix("\n")
    return with_bad(rng, [line], [(0, column, reason)])
