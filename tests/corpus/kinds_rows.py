"""Rows, lines, keys, content that comes again, references, receipts."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.corpus.cases import (
    HEAD,
    HEADER,
    Case,
    File,
    Payment,
    Told,
    Undo,
    all_good,
    bad_cell,
    current,
    kind,
    payments,
    read_as,
    sheet,
    totals,
    with_bad,
)

DUPLICATE = Told("duplicate_ignored", reason="same content as f")

# quarantine

BAD = {
    "a blank id": ("payment_id", "", "is required and blank"),
    "an id of spaces": ("payment_id", " \u00a0 ", "is required and blank"),
    "a blank amount": ("amount", "", "is required and blank"),
    "a word for a number": ("amount", "ten", "is not a plain decimal number"),
    "a formula": ("amount", "=1+1", "is not a plain decimal number"),
    "an unknown currency": ("currency", "EURO", "is not an ISO 4217 currency"),
    "a currency of yesterday": ("currency", "DEM", "is not an ISO 4217 currency"),
    "a currency of three other letters": ("currency", "ＥＵＲ", "is not an ISO 4217 currency"),
    "a day that is none": ("received_on", "2023-02-29", "is not a date (ISO)"),
    "a month that is none": ("received_on", "2024-13-01", "is not a date (ISO)"),
    "a word for a date": ("received_on", "yesterday", "is not a date (ISO)"),
    "a year of five digits": ("received_on", "12024-01-01", "is not a date (ISO)"),
    "a year before ours": ("received_on", "0000-01-01", ""),
    "a time of day": ("received_on", "2024-01-31 12:00:00", "is a date with a time of day"),
}
for _name, (_column, _value, _why) in BAD.items():

    @kind("quarantine", _name)
    def _(rng: random.Random, column: str = _column, value: str = _value, why: str = _why) -> Case:
        return bad_cell(rng, column, value, why)


@kind("quarantine", "a cell too few")
def _(rng: random.Random) -> Case:
    return with_bad(rng, ["PX,C1,2024-01-31,1"], [(0, None, "has 4 cells where the header has 5")])


@kind("quarantine", "a cell too many")
def _(rng: random.Random) -> Case:
    return with_bad(rng, ["PX,C1,2024-01-31,1,EUR,more"], [(0, None, "has 6 cells where the header has 5")])


@kind("quarantine", "text after a closing quote")
def _(rng: random.Random) -> Case:
    return with_bad(rng, ['PX,"C1"x,2024-01-31,1,EUR'], [(0, None, "there is text after a closing quote")])


@kind("quarantine", "several faults in one row are one row")
def _(rng: random.Random) -> Case:
    broken: list[tuple[int, str | None, str]] = [
        (0, "customer_id", "is required"),
        (0, "received_on", "is not a date"),
        (0, "amount", "is not a plain"),
        (0, "currency", "is not an ISO"),
    ]
    return with_bad(rng, ["PX,,x,y,z"], broken)


@kind("quarantine", "a value that is not on the list")
def _(rng: random.Random) -> Case:
    bad = "PX,C1,2024-01-31,1,EUR,Succeeded"
    return with_bad(rng, [bad], [(0, "status", "is not one of pending, succeeded")], HEADER + ",status", ",succeeded")


@kind("quarantine", "every row")
def _(rng: random.Random) -> Case:
    count = rng.randrange(1, 5)
    told = Told(
        "partly_quarantined",
        0,
        count,
        totals={},
        broken=tuple((n + 2, "amount", "plain decimal") for n in range(count)),
    )
    content = sheet([[f"P{n}", "C1", "2024-01-31", "x", "EUR"] for n in range(count)])
    return Case(((File(content, told),),), {"payments": []})


# lines


def _odd_lines(rng: random.Random, before: str, line: int, end: str = "\n") -> Case:
    """A bad row in physical line `line`, below what stands before it."""
    told = Told("partly_quarantined", 1, 1, totals={"EUR": "1.00"}, broken=((line, "amount", "plain decimal"),))
    content = f"{before}PX,C1,2024-01-31,x,EUR,{end}PG,C1,2024-01-31,1,EUR,{end}"
    return Case(((File(content.encode(), told),),), {"payments": [{"payment_id": "PG", "line": line + 1}]})


LONG = HEADER + ",method"


@kind("lines", "the header is line 1")
def _(rng: random.Random) -> Case:
    return _odd_lines(rng, LONG + "\n", 2)


@kind("lines", "blank lines count")
def _(rng: random.Random) -> Case:
    above, below = rng.randrange(4), rng.randrange(4)
    return _odd_lines(rng, "\n" * above + LONG + "\n" + "\n" * below, above + below + 2)


@kind("lines", "CRLF is one line end, CR another")
def _(rng: random.Random) -> Case:
    end = rng.choice(["\r\n", "\r"])
    return _odd_lines(rng, LONG + end + end, 3, end)


@kind("lines", "a row starts where its first line is")
def _(rng: random.Random) -> Case:
    count = rng.randrange(1, 4)
    inner = rng.choice(["\n", "\r\n", "\r"]) * count
    told = Told(
        "partly_quarantined",
        1,
        1,
        totals={"EUR": "1.00"},
        broken=((2, "amount", "plain decimal"),),
        data_set="payments",
    )
    content = f'{LONG}\nPX,C1,2024-01-31,x,EUR,"a{inner}b"\nPG,C1,2024-01-31,1,EUR,"{inner}"\n'
    rows: list[dict[str, object]] = [{"payment_id": "PG", "line": 3 + count}]
    return Case(((File(content.encode(), told),),), {"payments": rows})


@kind("lines", "a header with line ends in it")
def _(rng: random.Random) -> Case:
    count = rng.randrange(1, 4)
    return _odd_lines(rng, HEADER + ',"a' + "\n" * count + 'b"\n', 2 + count)


@kind("lines", "delimiter-only lines count")
def _(rng: random.Random) -> Case:
    return _odd_lines(rng, f"{LONG}\n,,,,,\n , ,,,,\n", 4)


# blank lines

for _name, _blank in {
    "empty ones": "",
    "spaces": "   ",
    "tabs": "\t\t",
    "delimiters": ",,,,",
    "fewer delimiters": ",,",
    "more delimiters": ",,,,,,,,",
    "spaces between delimiters": " , ,\t,\u00a0,",
    "quoted nothing": '"","","","",""',
}.items():
    for _where in ("first", "last", "anywhere"):

        @kind("blank", f"{_name}, {_where}")
        def _(rng: random.Random, blank: str = _blank, where: str = _where) -> Case:
            facts = payments(rng)
            lines = [HEADER, *(fact.line for fact in facts)]
            for _ in range(rng.randrange(1, 4)):
                place = {"first": 1, "last": len(lines), "anywhere": rng.randrange(1, len(lines) + 1)}[where]
                lines.insert(place, blank)
            return read_as("\n".join(lines).encode() + b"\n" * rng.randrange(2), facts)


@kind("blank", "a trailing delimiter on every row")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    return read_as("\n".join([HEADER, *(f.line + "," * rng.randrange(1, 4) for f in facts)]).encode(), facts)


@kind("blank", "a trailing delimiter on header and rows")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    return read_as("\n".join([HEADER + ",", *(f.line + "," for f in facts)]).encode(), facts)


# read = accepted + quarantined + refused


@kind("sum", "thousands of rows, good and bad")
def _(rng: random.Random) -> Case:
    facts = payments(rng, 3000)
    bad = set(rng.sample(range(3000), 300))
    rows = [fact.cells if n not in bad else [*fact.cells[:3], "x", fact.currency] for n, fact in enumerate(facts)]
    good = [fact for n, fact in enumerate(facts) if n not in bad]
    told = all_good(
        good,
        status="partly_quarantined",
        quarantined=300,
        broken=tuple((n + 2, "amount", "plain decimal") for n in sorted(bad)),
    )
    return Case(((File(sheet(rows), told),),), current(good))


@kind("sum", "thousands of plain rows")
def _(rng: random.Random) -> Case:
    facts = payments(rng, 3000)
    return read_as(sheet([fact.cells for fact in facts]), facts)


@kind("sum", "rows of a file that is refused for its dates")
def _(rng: random.Random) -> Case:
    count = rng.randrange(1, 9)
    content = sheet([[f"P{n}", "C1", "01/02/2024", "1", "EUR"] for n in range(count)])
    told = Told("refused", refused=count, reason="whether the day or the month comes first")
    return Case(((File(content, told),),), {"payments": []})


@kind("sum", "clashes, identical rows, bad and ragged ones together")
def _(rng: random.Random) -> Case:
    good = payments(rng, 3)
    lines = [
        good[0].line,
        good[1].line,
        good[0].line,
        "PX,C1,2024-01-31,1,EUR",
        "PX,C1,2024-01-31,2,EUR",
        "PY,C1",
        ",,,,",
        "PZ,,2024-01-31,1,EUR",
        good[2].line,
    ]
    told = Told(
        "partly_quarantined",
        4,
        4,
        totals=totals(good),
        broken=(
            (5, "payment_id", "different contents"),
            (6, "payment_id", "different contents"),
            (7, None, "has 2 cells"),
            (9, "customer_id", "is required"),
        ),
    )
    return Case(((File("\n".join([HEADER, *lines]).encode(), told),),), current(good))


@kind("sum", "no rows")
def _(rng: random.Random) -> Case:
    return read_as(HEADER.encode(), [])


# keys


def _of(head: str, rows: list[str], told: Told, relation: str, names: str) -> Case:
    columns = head.split(",")
    places = [columns.index(name) for name in names.split(",")]
    found = [dict(zip(names.split(","), [row.split(",")[i] or None for i in places], strict=True)) for row in rows]
    return Case(((File("\n".join([head, *rows]).encode(), replace(told, data_set=relation)),),), {relation: found})  # type: ignore[dict-item]


@kind("keys", "one of three columns")
def _(rng: random.Random) -> Case:
    head = "payment_id,invoice_id,allocated_on,amount"
    rows = ["P1,I1,2024-01-31,1", "P1,I2,2024-01-31,1", "P1,I1,2024-02-01,1", "P2,I1,2024-01-31,1"]
    told = Told("accepted", 4, totals={"": "4.00"})
    return _of(head, rows, told, "payment_allocations", "payment_id,invoice_id,allocated_on")


@kind("keys", "one whose optional part is blank")
def _(rng: random.Random) -> Case:
    head = "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval,item_id"
    rows = ["S1,C1,2024-01-01,1,EUR,month,", "S1,C1,2024-01-01,1,EUR,month,a"]
    return _of(head, rows, Told("accepted", 2, totals={"EUR": "2.00"}), "subscriptions", "subscription_id,item_id")


@kind("keys", "a deal comes back to a stage")
def _(rng: random.Random) -> Case:
    head = "deal_id,stage,entered_at"
    rows = ["D1,won,2024-01-31 10:00:00", "D1,lost,2024-01-31 10:00:00", "D1,won,2024-02-01 10:00:00"]
    return _of(head, rows, Told("accepted", 3, totals={}), "deal_stages", "deal_id,stage,entered_at")


@kind("keys", "parts that together spell another key")
def _(rng: random.Random) -> Case:
    head = "payment_id,invoice_id,allocated_on,amount"
    rows = ["a b,c,2024-01-31,1", "a,b c,2024-01-31,1", "ab,c,2024-01-31,1", "a,bc,2024-01-31,1"]
    return _of(head, rows, Told("accepted", 4), "payment_allocations", "payment_id,invoice_id")


@kind("keys", "currencies in a key are not case-sensitive")
def _(rng: random.Random) -> Case:
    head = "rate_on,base,quote,rate"
    content = f"{head}\n2024-01-31,EUR,USD,1.1\n2024-01-31,eur,usd,1.10\n2024-01-31,USD,EUR,0.9\n"
    told = Told("accepted", 3, totals={}, data_set="fx_rates")
    wanted: list[dict[str, object]] = [{"base": "EUR", "rate": Decimal("1.1")}, {"base": "USD", "rate": Decimal("0.9")}]
    return Case(((File(content.encode(), told),),), {"fx_rates": wanted})


@kind("keys", "the same instant, with and without an offset, is two")
def _(rng: random.Random) -> Case:
    head = "deal_id,stage,entered_at"
    content = f"{head}\nD1,won,2024-01-31 10:00:00\nD1,won,2024-01-31 10:00:00Z\n"
    told = Told("accepted", 2, totals={}, data_set="deal_stages")
    wanted: list[dict[str, object]] = [{"entered_at_is_utc": False}, {"entered_at_is_utc": True}]
    return Case(((File(content.encode(), told),),), {"deal_stages": wanted})


# identical rows

SPELLED = {
    "as they are": lambda f: f.line,
    "with outer spaces": lambda f: ", ".join(f" {c} " for c in f.cells),
    "with zeros after the decimals": lambda f: ",".join([*f.cells[:3], f.amount + "000", f.currency]),
    "with the currency in lower case": lambda f: ",".join([*f.cells[:4], f.currency.lower()]),
    "quoted": lambda f: ",".join(f'"{c}"' for c in f.cells),
    "with midnight": lambda f: ",".join([f.key, f.customer, f"{f.day}T00:00:00", f.amount, f.currency]),
}
for _name, _spell in SPELLED.items():

    @kind("identical", _name)
    def _(rng: random.Random, spell=_spell) -> Case:  # type: ignore[no-untyped-def]
        facts = payments(rng)
        twin = rng.choice(facts)
        lines = [f.line for f in facts]
        times = rng.randrange(1, 4)
        for _ in range(times):
            lines.insert(rng.randrange(len(lines) + 1), spell(twin))
        told = all_good(facts, accepted=len(facts) + times)
        return Case(((File("\n".join([HEADER, *lines]).encode(), told),),), current(facts))


@kind("identical", "two zeros, one of them negative")
def _(rng: random.Random) -> Case:
    fact = Payment("P0", "C1", date(2024, 1, 31), 0, "EUR")
    content = f"{HEADER}\n{fact.line}\nP0,C1,2024-01-31,-0.00,EUR\n"
    return Case(((File(content.encode(), all_good([fact], accepted=2)),),), current([fact]))


# clashes


def _clash(rng: random.Random, other: str, column: int, head: str = HEADER, tail: str = "") -> Case:
    facts = payments(rng)
    cells = ["PX", "C1", "2024-01-31", "1", "EUR"]
    twin = list(cells)
    twin[column] = other
    bad = [",".join(cells) + tail, ",".join(twin) + tail]
    lines = [f.line + tail for f in facts]
    places = sorted(rng.sample(range(len(lines) + 2), 2))
    for place, line in zip(places, bad, strict=True):
        lines.insert(place, line)
    told = all_good(
        facts,
        status="partly_quarantined",
        quarantined=2,
        broken=tuple((place + 2, "payment_id", "stands in this file with different contents") for place in places),
    )
    return Case(((File("\n".join([head, *lines]).encode(), told),),), current(facts))


for _name, _place, _other in (
    ("amount", 3, "2"),
    ("customer", 1, "C2"),
    ("a customer in other case", 1, "c1"),
    ("a customer with other code points for the same letters", 1, "C1\u200b"),
    ("day", 2, "2024-02-01"),
    ("currency", 4, "USD"),
):

    @kind("clash", f"another {_name}".replace("another a ", "a "))
    def _(rng: random.Random, place: int = _place, other: str = _other) -> Case:
        return _clash(rng, other, place)


@kind("clash", "only in a column that no contract knows")
def _(rng: random.Random) -> Case:
    content = f"{HEADER},note\nPX,C1,2024-01-31,1,EUR,a\nPX,C1,2024-01-31,1,EUR,b\n"
    told = Told(
        "partly_quarantined", 0, 2, totals={}, broken=((2, "payment_id", "different"), (3, "payment_id", "different"))
    )
    return Case(((File(content.encode(), told),),), {"payments": []})


@kind("clash", "one body of three is twice there: all three go")
def _(rng: random.Random) -> Case:
    lines = [HEADER, "PX,C1,2024-01-31,1,EUR", "PX,C1,2024-01-31,1,EUR", "PX,C1,2024-01-31,2,EUR"]
    broken = tuple((n, "payment_id", "different contents") for n in (2, 3, 4))
    told = Told("partly_quarantined", 0, 3, totals={}, broken=broken)
    return Case(((File("\n".join(lines).encode(), told),),), {"payments": []})


@kind("clash", "a bad twin does not take the good row with it")
def _(rng: random.Random) -> Case:
    lines = [HEADER, "PX,C1,2024-01-31,1,EUR", "PX,C1,2024-01-31,x,EUR"]
    told = Told("partly_quarantined", 1, 1, totals={"EUR": "1.00"}, broken=((3, "amount", "plain"),))
    return Case(((File("\n".join(lines).encode(), told),),), {"payments": [{"payment_id": "PX"}]})


# later files


def _later(rng: random.Random, *amounts: int, undo: int | None = None) -> Case:
    fact = payments(rng, 1)[0]
    versions = [replace(fact, cents=amount) for amount in amounts]
    rounds: list[tuple[File | Undo, ...]] = [(File(sheet([v.cells]), all_good([v])),) for v in versions]
    last = versions[-1]
    if undo is not None:
        rounds.append((Undo(undo),))
        last = versions[-2] if undo == len(versions) - 1 else last
    return Case(tuple(rounds), current([last]))


@kind("later", "a correction")
def _(rng: random.Random) -> Case:
    return _later(rng, 100, 200)


@kind("later", "a key in three files")
def _(rng: random.Random) -> Case:
    return _later(rng, 100, 200, 300)


@kind("later", "the correction is taken back")
def _(rng: random.Random) -> Case:
    return _later(rng, 100, 200, 300, undo=2)


@kind("later", "the first is taken back")
def _(rng: random.Random) -> Case:
    return _later(rng, 100, 200, undo=0)


@kind("later", "two files of one drop, in the order of their names")
def _(rng: random.Random) -> Case:
    fact = payments(rng, 1)[0]
    files = [replace(fact, cents=cents) for cents in (100, 200)]
    drops = [File(sheet([f.cells]), all_good([f]), name) for f, name in zip(files, ("b.csv", "a.csv"), strict=True)]
    return Case((tuple(drops),), current([files[0]]))


@kind("later", "a row in quarantine replaces nothing")
def _(rng: random.Random) -> Case:
    fact = payments(rng, 1)[0]
    bad = Told("partly_quarantined", 0, 1, totals={}, broken=((2, "amount", "plain"),))
    second = File(sheet([[*fact.cells[:3], "x", fact.currency]]), bad)
    return Case(((File(sheet([fact.cells]), all_good([fact])),), (second,)), current([fact]))


# the same content


def _again(rng: random.Random, name: str, change, between: bool = False) -> Case:  # type: ignore[no-untyped-def]
    facts = payments(rng)
    content = sheet([f.cells for f in facts])
    corrected = [replace(facts[0], cents=1), *facts[1:]]
    rounds: list[tuple[File | Undo, ...]] = [(File(content, all_good(facts)),)]
    if between:
        rounds.append((File(sheet([corrected[0].cells]), all_good(corrected[:1])),))
    rounds.append((File(change(content), DUPLICATE, name),))
    return Case(tuple(rounds), current(corrected if between else facts))


for _name, _change in (("plain", bytes), ("in a gzip", gzip.compress)):

    @kind("same content", f"{_name}, under the same name")
    def _(rng: random.Random, change=_change) -> Case:  # type: ignore[no-untyped-def]
        return _again(rng, "file.csv", change)

    @kind("same content", f"{_name}, under another name")
    def _(rng: random.Random, change=_change) -> Case:  # type: ignore[no-untyped-def]
        return _again(rng, "other.txt", change)

    @kind("same content", f"{_name}, after a correction")
    def _(rng: random.Random, change=_change) -> Case:  # type: ignore[no-untyped-def]
        return _again(rng, "file.csv", change, True)


@kind("same content", "twice in one drop")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    content = sheet([f.cells for f in facts])
    return Case(((File(content, all_good(facts), "a.csv"), File(content, DUPLICATE, "b.csv")),), current(facts))


@kind("same content", "of which nothing was good")
def _(rng: random.Random) -> Case:
    content = sheet([["P1", "C1", "2024-01-31", "x", "EUR"]])
    told = Told("partly_quarantined", 0, 1, totals={}, broken=((2, "amount", "plain"),))
    return Case(((File(content, told),), (File(content, DUPLICATE),)), {"payments": []})


@kind("same content", "a refused file is refused again")
def _(rng: random.Random) -> Case:
    told = Told("refused", reason="no data set has this header")
    return Case(((File(b"what\n1\n", told),), (File(b"what\n1\n", told),)), {"payments": []})


@kind("same content", "another line end is another content")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    rows = [f.cells for f in facts]
    return Case(
        ((File(sheet(rows), all_good(facts)),), (File(sheet(rows, end="\r\n"), all_good(facts)),)), current(facts)
    )


def _undone(rng: random.Random, change=bytes, name: str = "file.csv", times: int = 1) -> Case:  # type: ignore[no-untyped-def]
    facts = payments(rng)
    content = sheet([f.cells for f in facts])
    rounds: list[tuple[File | Undo, ...]] = [(File(content, all_good(facts)),)]
    for turn in range(times):
        rounds += [(Undo(turn * 2),), (File(change(content), all_good(facts), name),)]
    return Case(tuple(rounds), current(facts))


@kind("same after undo", "it counts again")
def _(rng: random.Random) -> Case:
    return _undone(rng)


@kind("same after undo", "in a gzip")
def _(rng: random.Random) -> Case:
    return _undone(rng, gzip.compress)


@kind("same after undo", "under another name")
def _(rng: random.Random) -> Case:
    return _undone(rng, name="x.tsv")


@kind("same after undo", "three times over")
def _(rng: random.Random) -> Case:
    return _undone(rng, times=3)


@kind("same after undo", "and once only")
def _(rng: random.Random) -> Case:
    case = _undone(rng)
    file = case.rounds[0][0]
    assert isinstance(file, File)
    return replace(case, rounds=(*case.rounds, (File(file.content, DUPLICATE),)))


# sets without a key


def _bank(rng: random.Random, *counts: dict[str, int]) -> Case:
    """Files of identical bank lines; the largest count of each is current."""
    rounds: list[tuple[File | Undo, ...]] = []
    most: dict[str, int] = {}
    for number, each in enumerate(counts):
        rows = [["2024-01-31", "-4.50", "USD", text] for text, count in each.items() for _ in range(count)]
        rng.shuffle(rows)
        head = ["posted_on", "amount", "currency", "description"]
        cents = 450 * len(rows)
        told = Told(
            "accepted", len(rows), totals={"USD": f"-{cents // 100}.{cents % 100:02}"}, data_set="bank_statement"
        )
        rounds.append((File(sheet(rows, head), told, f"{number}.csv"),))
        most = {text: max(each.get(text, 0), most.get(text, 0)) for text in each | most}
    wanted: list[dict[str, object]] = [
        {"description": text or None} for text, count in most.items() for _ in range(count)
    ]
    return Case(tuple(rounds), {"bank_statement": wanted})


@kind("keyless", "identical rows of one file are all kept")
def _(rng: random.Random) -> Case:
    return _bank(rng, {"COFFEE": rng.randrange(2, 6), "": 2})


@kind("keyless", "a second file with fewer")
def _(rng: random.Random) -> Case:
    return _bank(rng, {"COFFEE": 3, "TEA": 1}, {"COFFEE": 2, "TEA": 2})


@kind("keyless", "a second file with more")
def _(rng: random.Random) -> Case:
    return _bank(rng, {"COFFEE": 2}, {"COFFEE": 4})


@kind("keyless", "three overlapping statements")
def _(rng: random.Random) -> Case:
    return _bank(rng, *({text: rng.randrange(1, 4) for text in rng.sample("ABCDE", 3)} | {str(n): 1} for n in range(3)))


@kind("keyless", "rows that differ in case and inner spaces are others")
def _(rng: random.Random) -> Case:
    return _bank(rng, {"A B": 2, "a b": 1, "A  B": 1})


@kind("keyless", "a bad row among identical ones")
def _(rng: random.Random) -> Case:
    head = "posted_on,amount,currency,description"
    row = "2024-01-31,-4.50,USD,COFFEE"
    content = "\n".join([head, row, "2024-01-31,x,USD,COFFEE", row])
    told = Told("partly_quarantined", 2, 1, totals={"USD": "-9.00"}, broken=((3, "amount", "plain"),))
    return Case(((File(content.encode(), told),),), {"bank_statement": [{"description": "COFFEE"}] * 2})


# references

REFERENCES = {
    "an allocation before its payment": (
        "payment_allocations",
        "payment_id,invoice_id,allocated_on,amount",
        "P1,I1,2024-01-31,1",
    ),
    "a line before its invoice": ("invoice_lines", "line_id,invoice_id,net_amount", "L1,I1,1"),
    "an instalment before its invoice": ("invoice_instalments", "invoice_id,due_on,amount", "I1,2024-01-31,1"),
    "a refund of no payment": ("refunds", "refund_id,payment_id,refunded_on,amount", "R1,P404,2024-01-31,1"),
    "a write-off of no invoice": (
        "write_offs",
        "write_off_id,invoice_id,written_off_on,amount",
        "W1,I404,2024-01-31,1",
    ),
    "an obligation before its contract": (
        "obligations",
        "obligation_id,contract_id,standalone_price,recognition",
        "O1,K1,1,over_time",
    ),
    "a customer that is its own parent": ("customers", "customer_id,name,parent_customer_id", "C1,Ann,C1"),
}
for _name, (_set, _head, _line) in REFERENCES.items():

    @kind("references", _name)
    def _(rng: random.Random, relation: str = _set, head: str = _head, line: str = _line) -> Case:
        name = head.split(",", maxsplit=1)[0]
        told = Told("accepted", 1, data_set=relation)
        return Case(
            ((File(f"{head}\n{line}\n".encode(), told),),), {relation: [{name: line.split(",", maxsplit=1)[0]}]}
        )


# what is left: totals and raw relations

for _count in range(1, 6):

    @kind("totals", f"{_count * 5} payments in several currencies")
    def _(rng: random.Random, count: int = _count * 5) -> Case:
        facts = payments(rng, count)
        return read_as(sheet([f.cells for f in facts]), facts)


@kind("totals", "yen, dinars and a currency of four decimals")
def _(rng: random.Random) -> Case:
    content = f"{HEADER}\nP1,C,2024-01-31,100,JPY\nP2,C,2024-01-31,1.234,KWD\nP3,C,2024-01-31,1.2345,CLF\n"
    told = Told("accepted", 3, totals={"JPY": "100", "KWD": "1.234", "CLF": "1.2345"}, data_set="payments")
    return Case(((File(content.encode(), told),),), {"payments": [{"currency": c} for c in ("JPY", "KWD", "CLF")]})


@kind("totals", "of nothing but opposites")
def _(rng: random.Random) -> Case:
    fact = payments(rng, 1)[0]
    facts = [replace(fact, key="A"), replace(fact, key="B", cents=-fact.cents)]
    return read_as(sheet([f.cells for f in facts]), facts)


@kind("raw", "the line of every row")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    case = read_as(sheet([f.cells for f in facts]), facts)
    rows = [fact.row | {"line": number + 2} for number, fact in enumerate(facts)]
    return replace(case, current={"payments": rows})


@kind("raw", "the first line of identical rows")
def _(rng: random.Random) -> Case:
    fact = payments(rng, 1)[0]
    content = sheet([fact.cells] * 3)
    return Case(((File(content, all_good([fact], accepted=3)),),), {"payments": [fact.row | {"line": 2}]})


@kind("raw", "no text of a row in quarantine")
def _(rng: random.Random) -> Case:
    return bad_cell(rng, "amount", "<script>alert(1)</script>", "is not a plain decimal number")


@kind("raw", "blank cells are nothing")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    content = sheet([[*f.cells, "", "  "] for f in facts], [*HEAD, "method", "reference"])
    case = read_as(content, facts)
    return replace(case, current={"payments": [f.row | {"method": None, "reference": None} for f in facts]})


@kind("raw", "nothing of a file that was taken back")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    return Case(((File(sheet([f.cells for f in facts]), all_good(facts)),), (Undo(),)), {"payments": []})


@kind("raw", "a default that is not written stays unsaid")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    content = sheet([[*f.cells, ""] for f in facts], [*HEAD, "status"])
    return replace(read_as(content, facts), current={"payments": [f.row | {"status": None} for f in facts]})
