"""Recognition: headers, unknown columns, what fits nothing, reports, exports."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from tests.corpus.cases import (
    HEAD,
    HEADER,
    Case,
    File,
    Told,
    all_good,
    current,
    kind,
    payments,
    read_as,
    refused,
    sheet,
    totals,
)
from tests.integration.ingestion.vendors.exports import MAKERS, Export, quickbooks_receivables


@kind("header", "other case")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    head = ["".join(rng.choice([c.upper(), c]) for c in name) for name in HEAD]
    return read_as(sheet([f.cells for f in facts], head), facts)


@kind("header", "outer spaces of all kinds")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    head = [rng.choice([" ", "  ", "\u00a0", "\u3000", "\t"]) + name + rng.choice(["", " ", "\t"]) for name in HEAD]
    return read_as(sheet([f.cells for f in facts], head), facts)


@kind("header", "another order")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    order = rng.sample(range(5), 5)
    return read_as(sheet([[f.cells[i] for i in order] for f in facts], [HEAD[i] for i in order]), facts)


@kind("header", "quoted, with a line end after it")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    content = (
        ",".join(f'"{name}"' for name in HEAD) + "\r\n" + sheet([f.cells for f in facts], []).decode().lstrip("\n")
    )
    return read_as(content.encode(), facts)


@kind("header", "aliases")
def _(rng: random.Random) -> Case:
    head = [rng.choice(["Customer ID", "customer id", "CUSTOMER_ID"]), "Customer Name", rng.choice(["E-Mail", "email"])]
    rows = [[f"C{n}", f"Name {n}", f"a{n}@example.com"] for n in range(rng.randrange(1, 4))]
    wanted = [dict(zip(["customer_id", "name", "email"], row, strict=True)) for row in rows]
    told = Told("accepted", len(rows), totals={}, data_set="customers")
    return Case(((File(sheet(rows, head), told),),), {"customers": wanted})  # type: ignore[dict-item]


@kind("header", "below blank and delimiter-only lines")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    return read_as(b"\n \n,,,,\n\n" + sheet([f.cells for f in facts]), facts)


@kind("header", "alone")
def _(rng: random.Random) -> Case:
    return read_as(sheet([], end=rng.choice(["\n", "\r\n", "\r", ""])), [])


@kind("header", "all optional columns too")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    head = [*HEAD, "invoice_id", "status", "method", "reference"]
    return read_as(sheet([[*f.cells, "", "succeeded", "card", "x"] for f in facts], head), facts)


def _extra(rng: random.Random, names: list[str], cells: list[str], extra: object, notes: tuple[str, ...]) -> Case:
    facts = payments(rng)
    content = sheet([[*f.cells, *cells] for f in facts], [*HEAD, *names])
    rows = [fact.row | {"extra": extra} for fact in facts]
    return Case(((File(content, all_good(facts, notes=notes)),),), {"payments": rows})


@kind("unknown columns", "one")
def _(rng: random.Random) -> Case:
    return _extra(rng, ["note"], ["hello"], '{"note":"hello"}', ("unknown columns kept: note",))


@kind("unknown columns", "several, some blank")
def _(rng: random.Random) -> Case:
    return _extra(rng, ["b", "a", "c"], ["1", "", " x "], '{"b":"1","c":"x"}', ("unknown columns kept: b, a, c",))


@kind("unknown columns", "all blank")
def _(rng: random.Random) -> Case:
    return _extra(rng, ["b", "a"], ["", " "], None, ("unknown columns kept: b, a",))


@kind("unknown columns", "names and texts with quotes, braces and line ends")
def _(rng: random.Random) -> Case:
    return _extra(
        rng,
        ['it\'s "x" {0}', "Ünï"],
        ['a "b"\n{c}', "'"],
        '{"it\'s \\"x\\" {0}":"a \\"b\\"\\n{c}","Ünï":"\'"}',
        ("Ünï",),
    )


@kind("unknown columns", "formulas and tags are text")
def _(rng: random.Random) -> Case:
    return _extra(rng, ["f"], ["=1+1"], '{"f":"=1+1"}', ("unknown columns kept: f",))


@kind("unknown columns", "without a name")
def _(rng: random.Random) -> Case:
    return _extra(rng, ["", ""], ["x", "y"], '{"column_6":"x","column_7":"y"}', ("column_6, column_7",))


@kind("unknown columns", "without a name beside one of the name that it gets")
def _(rng: random.Random) -> Case:
    return _extra(rng, ["column_7", ""], ["x", "y"], '{"column_7":"x","column_7_":"y"}', ("column_7, column_7_",))


@kind("unknown columns", "a name of 100,000 characters and one with an escape")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    content = sheet([[*f.cells, "1", "2"] for f in facts], [*HEAD, "n" * 100_000, "e\x1b[2J"])
    return read_as(content, facts, notes=("unknown columns kept: nnn", "e\\x1b[2J"))


NONE_FITS = {
    "names of cats": (b"cat,color\nTom,red\n", "no data set has this header: cat, color"),
    "no header": (b"P1,C1,2024-01-31,1,EUR\n", "no data set has this header"),
    "one column": (b"payment_id\nP1\n", "no data set has this header"),
    "a required column missing": (f"{HEADER.removesuffix(',currency')}\n".encode(), "missing: currency"),
    "a column twice": (f"{HEADER},amount\n".encode(), "amount stands twice"),
    "a column twice in other case and with spaces": (f"{HEADER}, Amount \n".encode(), "amount stands twice"),
    "an unknown column twice": (f"{HEADER},x,x\n".encode(), "x stands twice"),
    "a column and its alias": (b"customer_id,Customer ID,name\n", "two columns of the header stand for"),
    "two fit equally well": (
        b"bill_payment_id,bill_id,paid_on,amount,write_off_id,invoice_id,written_off_on\n",
        "fits equally well: bill_payments and write_offs",
    ),
    "nothing at all": (b"", "the file is empty"),
    "blank lines only": (b"\n \r\n\t\r,,,\n", "the file is empty"),
    "a header that breaks off": (b'payment_id,"customer_id', "a quote opened in line 1 is never closed"),
    "text after a quote in the header": (b'"payment_id"x,customer_id\n', "the header in line 1 cannot be read"),
    "JSON": (b'[{"payment_id": "P1", "amount": 1}]\n', "header"),
    "HTML": (b"<html><table><tr><td>payment_id</td></tr></table></html>\n", "no data set has this header"),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbf" + HEADER.encode() + b"\n", "missing: payment_id"),
    "look-alike letters": (HEADER.replace("a", "а").encode() + b"\n", "missing: payment_id"),
    "invisible characters in a name": (HEADER.replace("amount", "am\u200bount").encode() + b"\n", "missing: amount"),
    "an escape sequence as header": (b"\x1b]0;evil\x07,\x1b[2J\n", "\\x1b]0;evil\\x07"),
    "blank lines for ever": (b"\n" * 3000 + HEADER.encode() + b"\n", "no header in the first 1,000 lines"),
}
for _name, (_content, _why) in NONE_FITS.items():

    @kind("not recognised", _name)
    def _(rng: random.Random, content: bytes = _content, why: str = _why) -> Case:
        return refused(content, why)


def _report(rng: random.Random, above: list[str]) -> Case:
    facts = payments(rng)
    return refused(
        "\n".join(above).encode() + b"\n" + sheet([f.cells for f in facts]),
        f"the header of payments stands in line {len(above) + 1}",
    )


@kind("reports", "an unknown one with a title")
def _(rng: random.Random) -> Case:
    return _report(rng, ["Payments of ACME"])


@kind("reports", "an unknown one with title, date and blank line")
def _(rng: random.Random) -> Case:
    return _report(rng, ["Payments", "As of 31 January 2024", ""])


@kind("reports", "an unknown one whose title has as many cells as the header")
def _(rng: random.Random) -> Case:
    return _report(rng, ["Payments,,,,", "ACME,,,,"])


@kind("reports", "a separator line of a spreadsheet")
def _(rng: random.Random) -> Case:
    return _report(rng, ["sep=,"])


@kind("reports", "a known one: title, sections and totals")
def _(rng: random.Random) -> Case:
    export = quickbooks_receivables()
    rows = sum(1 for row in export.rows if not row[0])
    told = Told("accepted", rows)
    return Case(((File(export.text().encode(), told, rng.choice(["a.csv", "b.txt"])),),))


def _between(rng: random.Random, line: str, cells: int) -> Case:
    facts = payments(rng)
    place = rng.randrange(1, len(facts) + 1)
    lines = [HEADER, *(f.line for f in facts)]
    lines.insert(place + 1, line)
    told = all_good(facts, status="partly_quarantined", quarantined=1, data_set="payments")
    reason = f"has {cells} cells where the header has 5"
    told = replace(told, broken=((place + 2, None, reason),))
    return Case(((File("\n".join(lines).encode(), told),),), current(facts))


@kind("reports", "a section row in a file that is no report")
def _(rng: random.Random) -> Case:
    return _between(rng, "January 2024", 1)


@kind("reports", "a total row in a file that is no report")
def _(rng: random.Random) -> Case:
    return _between(rng, "Total,,1", 3)


@kind("reports", "a full total row in a file that is no report")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    content = sheet([*(f.cells for f in facts), ["Total", "", "", "99.00", ""]])
    line = len(facts) + 2
    broken = tuple((line, name, "is required and blank") for name in ("customer_id", "received_on", "currency"))
    told = Told("partly_quarantined", len(facts), 1, 0, totals(facts), broken=broken, data_set="payments")
    return Case(((File(content, told),),), current(facts))


# exports

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@kind("exports", "UCI retail: identical rows are as many sales")
def _(rng: random.Random) -> Case:
    times = rng.randrange(2, 5)
    line = "536365,85123A,A HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
    content = "\n".join([UCI, *[line] * times]).encode()
    told = Told(
        "accepted",
        times,
        totals={"": f"{times * 1530 // 100}.{times * 1530 % 100:02}".removesuffix("0").removesuffix("0") or "0"},
        data_set="sales",
    )
    told = replace(told, totals=None)
    rows = [{"order_id": "536365", "quantity": 6, "customer_id": "17850.0"}] * times
    return Case(((File(content, told),),), {"sales": rows})  # type: ignore[dict-item]


def _exported(make: Callable[[], Export]) -> Callable[[random.Random], Case]:
    def build(rng: random.Random) -> Case:
        export = make()
        sections = sum(1 for row in export.rows if make is quickbooks_receivables and row[0])
        told = Told("accepted", len(export.rows) - sections)
        return Case(((File(export.text().encode(), told, f"{rng.randrange(99)}.csv"),),))

    return build


for _make in MAKERS:
    kind("exports", _make.__name__.replace("_", " "))(_exported(_make))


@kind("exports", "UCI retail: returns")
def _(rng: random.Random) -> Case:
    content = f"{UCI}\nC536379,D,Discount,-1,2010-12-01 09:41:00,27.5,,UK\n".encode()
    told = Told("accepted", 1, totals={"": "-27.50"}, data_set="sales", notes=("tenant's currency",))
    return Case(((File(content, told),),), {"sales": [{"order_id": "C536379", "quantity": -1}]})


@kind("exports", "Maven CRM: blank dates, accounts and values")
def _(rng: random.Random) -> Case:
    head = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
    content = (
        f"{head}\nO1,Ann,GTX,,Engaging,,,\nO2,Ann,GTX,Acme,Won,2017-01-01,2017-03-01,{rng.randrange(100)}\n".encode()
    )
    told = Told("accepted", 2, data_set="deals")
    return Case(
        ((File(content, told),),),
        {"deals": [{"deal_id": "O1", "stage": "Engaging"}, {"deal_id": "O2", "stage": "Won"}]},
    )


@kind("exports", "subscription periods: a month's price")
def _(rng: random.Random) -> Case:
    head = "subscription_id,customer_id,start_date,end_date,monthly_amount"
    content = f"{head}\n1,7,2023-01-01,2023-03-01,50\n1,7,2023-03-01,,60\n".encode()
    told = Told("accepted", 2, totals={"": "110.00"}, data_set="subscriptions", notes=("tenant's currency",))
    row = {"subscription_id": "1", "billing_interval": "month"}
    return Case(((File(content, told),),), {"subscriptions": [row, row]})  # type: ignore[list-item]


@kind("exports", "subscription periods: an end before its start")
def _(rng: random.Random) -> Case:
    content = b"subscription_id,customer_id,start_date,end_date,monthly_amount\n1,7,2023-03-01,2023-01-01,50\n"
    told = Told("partly_quarantined", 0, 1, totals={}, broken=((2, "ended_on", "is before started_on"),))
    return Case(((File(content, told),),), {"subscriptions": []})
