"""Numbers, dates, instants, ids, currencies."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.corpus.cases import (
    HEADER,
    Case,
    File,
    Payment,
    Told,
    all_good,
    bad_cell,
    current,
    decided,
    kind,
    payments,
    read_as,
    refused,
    sheet,
)

PLAIN = "is not a plain decimal number"
DECIMALS = "has more decimals than are allowed here"


def amount(text: str, cents: int, currency: str = "EUR") -> Callable[[random.Random], Case]:
    """One payment whose amount is written so, alone in its column."""

    def build(rng: random.Random) -> Case:
        fact = Payment(f"P{rng.randrange(10**6)}", "C1", date(2024, 1, 31), cents, currency)
        content = sheet([[*fact.cells[:3], text, fact.currency]])
        return Case(((File(content, all_good([fact])),),), current([fact]))

    return build


def bad_amount(text: str, why: str, currency: str = "EUR") -> Callable[[random.Random], Case]:
    return lambda rng: bad_cell(rng, "amount", text, why, currency)


def written(facts: list[Payment], how: Callable[[Payment], str], note: str = "", mark: str = ",") -> Case:
    """All payments with their amounts written so."""
    content = sheet([[*f.cells[:3], how(f), f.currency] for f in facts], mark=mark)
    return read_as(content, facts, notes=(note,) if note else ())


for _text, _cents in {
    "5": 500,
    "5.": 500,
    ".5": 50,
    "+5": 500,
    "-5": -500,
    "0005.10": 510,
    "5.1": 510,
    "5.10000000000000000000": 510,
    "-0": 0,
    "-0.00": 0,
    "+.50": 50,
    "9999999999999999.99": 999999999999999999,
    "-9999999999999999.99": -999999999999999999,
}.items():
    kind("plain numbers", _text)(amount(_text, _cents))

for _text in (
    "１２",
    "١٢",
    "१२",
    "1_000",
    "0x10",
    "0b1",
    "1/2",
    "1e",
    "e5",
    ".",
    "-",
    "+",
    "+-5",
    "--5",
    "5-",
    "5 -",
    "1.2.3",
    "=1+1",
    "@5",
    "5%",
    "5 EUR",
    "EUR 5",
    "five",
    "½",
    "²",
    "#REF!",
    "\u22125",
    "true",
):
    kind("plain numbers", f"{_text!r} is none")(bad_amount(_text, PLAIN))

for _text in ("1e5", "1E5", "1e-5", "1.5e+3", "NaN", "nan", "NAN", "inf", "-inf", "Infinity", "1d5"):
    kind("bad numbers", _text)(bad_amount(_text, PLAIN))

for _text, _code in (
    ("1.005", "EUR"),
    ("0.001", "USD"),
    ("1.5", "JPY"),
    ("1.0001", "KWD"),
    ("0.1", "KRW"),
    ("1.00001", "CLF"),
    ("-1.239", "eur"),
    ("0.0000000000001", "EUR"),
):
    kind("bad numbers", f"{_text} {_code}")(bad_amount(_text, DECIMALS, _code))

kind("bad numbers", "zeros after the decimals of JPY")(
    lambda rng: replace(
        amount("15.000", 1500, "JPY")(rng),
        rounds=(
            (File(f"{HEADER}\nP1,C1,2024-01-31,15.000,JPY\n".encode(), Told("accepted", 1, totals={"JPY": "15"})),),
        ),
        current={"payments": [{"amount": Decimal(15)}]},
    )
)
kind("bad numbers", "three decimals of KWD")(
    lambda rng: Case(
        ((File(f"{HEADER}\nP1,C1,2024-01-31,1.005,kwd\n".encode(), Told("accepted", 1, totals={"KWD": "1.005"})),),),
        {"payments": [{"amount": Decimal("1.005"), "currency": "KWD"}]},
    )
)

# 18 digits

for _text, _code in (
    ("10000000000000000", "EUR"),
    ("-10000000000000000.00", "EUR"),
    ("1000000000000000000", "JPY"),
    ("1000000000000000", "KWD"),
    ("99999999999999999999999999999999999999999999", "EUR"),
    ("1" + "0" * 400, "EUR"),
):
    kind("18 digits", f"{_text[:30]} {_code}")(bad_amount(_text, "is too large", _code))
kind("18 digits", "18 nines of cents")(amount("9999999999999999.99", 10**18 - 1))


@kind("18 digits", "18 nines of yen")
def _(rng: random.Random) -> Case:
    told = Told("accepted", 1, totals={"JPY": "9" * 18})
    content = f"{HEADER}\nP1,C1,2024-01-31,{'9' * 18},JPY\n"
    return Case(((File(content.encode(), told),),), {"payments": [{"amount": Decimal("9" * 18)}]})


@kind("18 digits", "a sum of many of them is exact")
def _(rng: random.Random) -> Case:
    fact = payments(rng, 1)[0]
    facts = [replace(fact, key=f"P{n}", cents=10**18 - 1 - n) for n in range(rng.randrange(20, 60))]
    return read_as(sheet([f.cells for f in facts]), facts)


# styles


def _grouped(cents: int, group: str, decimal: str) -> str:
    whole, rest = divmod(abs(cents), 100)
    return ("-" if cents < 0 else "") + f"{whole:,}".replace(",", group) + f"{decimal}{rest:02}"


for _name, _group, _decimal in (
    ("1,234.56", ",", "."),
    ("1.234,56", ".", ","),
    ("1 234,56", " ", ","),
    ("1 234.56", " ", "."),
    ("1'234.56", "'", "."),
    ("1 234,56 with a no-break space", "\u00a0", ","),
    ("1 234,56 with a narrow space", "\u202f", ","),
):

    @kind("number styles", _name)
    def _(rng: random.Random, group: str = _group, decimal: str = _decimal) -> Case:
        return written(payments(rng), lambda f: _grouped(f.cents, group, decimal), "amount read as")


@kind("number styles", "decimal commas without groups")
def _(rng: random.Random) -> Case:
    return written(payments(rng), lambda f: f.amount.replace(".", ","), "amount read as", rng.choice(",;\t"))


@kind("number styles", "parentheses for less than nothing")
def _(rng: random.Random) -> Case:
    facts = [replace(f, cents=-abs(f.cents) if n % 2 else abs(f.cents)) for n, f in enumerate(payments(rng, 4))]
    return written(facts, lambda f: f"({f.amount[1:]})" if f.cents < 0 else f.amount)


for _sign in "$€£¥":

    @kind("number styles", f"{_sign} before the number")
    def _(rng: random.Random, sign: str = _sign) -> Case:
        space = rng.choice(["", " "])
        return written(payments(rng), lambda f: f"{'-' if f.cents < 0 else ''}{sign}{space}{f.amount.lstrip('-')}")


@kind("number styles", "€ after the number, German")
def _(rng: random.Random) -> Case:
    return written(payments(rng), lambda f: _grouped(f.cents, ".", ",") + " €")


@kind("number styles", "dollars in parentheses with groups")
def _(rng: random.Random) -> Case:
    facts = payments(rng)
    return written(
        facts,
        lambda f: f"(${_grouped(abs(f.cents), ',', '.')})" if f.cents < 0 else f"${_grouped(f.cents, ',', '.')}",
    )


@kind("number styles", "one number with groups among plain ones")
def _(rng: random.Random) -> Case:
    facts = payments(rng, 4)
    return written(facts, lambda f: _grouped(f.cents, ",", ".") if f is facts[0] else f.amount)


kind("number styles", "1,234 alone is left")(lambda rng: _alone(rng, "1,234"))
kind("number styles", "two signs are no convention")(lambda rng: _alone(rng, "$5", "€5"))
kind("number styles", "two conventions are none")(lambda rng: _alone(rng, "1.234,56", "1,234.56"))
kind("number styles", "groups of two digits are none")(lambda rng: _alone(rng, "12,34,567.00"))
kind("number styles", "a sign in the middle is none")(lambda rng: _alone(rng, "5€5"))
kind("number styles", "unbalanced parentheses")(lambda rng: _alone(rng, "(5.00", "5.00)"))
kind("number styles", "a minus inside parentheses")(lambda rng: _alone(rng, "(-5.00)"))


@kind("number styles", "1,234 and 1.234")
def _(rng: random.Random) -> Case:
    """The comma can part thousands in both cells or be the decimal mark; as thousands the second has three decimals."""
    content = sheet([["P1", "C1", "2024-01-31", "1,234", "KWD"], ["P2", "C1", "2024-01-31", "1.234", "KWD"]])
    told = Told("partly_quarantined", 1, 1, totals={"KWD": "1.234"}, broken=((2, "amount", PLAIN),))
    return Case(((File(content, told),),), {"payments": [{"payment_id": "P2"}]})


def _alone(rng: random.Random, *texts: str) -> Case:
    """Nothing but these amounts: none of them is read."""
    content = sheet([[f"P{n}", "C1", "2024-01-31", text, "EUR"] for n, text in enumerate(texts)])
    broken = tuple((n + 2, "amount", PLAIN) for n in range(len(texts)))
    told = Told("partly_quarantined", 0, len(texts), totals={}, broken=broken)
    return Case(((File(content, told),),), {"payments": []})


# unit prices, sets without currency

SUBSCRIPTION = "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval"


def _priced(price: str, total: str | None, currency: str = "USD") -> Callable[[random.Random], Case]:
    def build(rng: random.Random) -> Case:
        content = f"{SUBSCRIPTION}\nS{rng.randrange(99)},C,2024-01-01,{price},{currency},month\n".encode()
        if total is None:
            told = Told("partly_quarantined", 0, 1, totals={}, broken=((2, "unit_amount", DECIMALS),))
            return Case(((File(content, told),),), {"subscriptions": []})
        told = Told("accepted", 1, totals={currency: total}, data_set="subscriptions")
        return Case(((File(content, told),),), {"subscriptions": [{"unit_amount": Decimal(price)}]})

    return build


for _price, _total in (
    ("0.000001", "0.000001"),
    ("9.99", "9.99"),
    ("9.9", "9.90"),
    ("9.999999", "9.999999"),
    ("-0.5", "-0.50"),
    ("9.9999990", "9.999999"),
    ("0.0000001", None),
    ("9.9999999", None),
):
    kind("unit prices", _price)(_priced(_price, _total))
kind("unit prices", "of yen")(_priced("0.5", "0.5", "JPY"))


@kind("unit prices", "times quantity")
def _(rng: random.Random) -> Case:
    content = f"{SUBSCRIPTION},quantity\nS1,C,2024-01-01,0.000001,USD,month,3\nS2,C,2024-01-01,1.5,USD,month,\n"
    told = Told("accepted", 2, totals={"USD": "1.500003"}, data_set="subscriptions")
    return Case(
        ((File(content.encode(), told),),), {"subscriptions": [{"subscription_id": "S1"}, {"subscription_id": "S2"}]}
    )


for _text, _total in (
    ("1.2345", "1.2345"),
    ("1.5", "1.50"),
    ("-1.00000", "-1.00"),
    ("1.23456", None),
    ("0.00001", None),
    ("7", "7.00"),
):

    @kind("no currency column", _text)
    def _(rng: random.Random, text: str = _text, total: str | None = _total) -> Case:
        content = f"line_id,invoice_id,net_amount\nL{rng.randrange(99)},I1,{text}\n".encode()
        if total is None:
            told = Told("partly_quarantined", 0, 1, totals={}, broken=((2, "net_amount", DECIMALS),))
            return Case(((File(content, told),),), {"invoice_lines": []})
        told = Told("accepted", 1, totals={"": total}, data_set="invoice_lines")
        return Case(((File(content, told),),), {"invoice_lines": [{"net_amount": Decimal(text)}]})


# ids, case, NULL


def _ids(ids: list[str], stored: list[str] | None = None) -> Callable[[random.Random], Case]:
    def build(rng: random.Random) -> Case:
        content = sheet([[each, "n"] for each in ids], ["customer_id", "name"])
        told = Told("accepted", len(ids), totals={}, data_set="customers")
        return Case(((File(content, told),),), {"customers": [{"customer_id": each} for each in stored or ids]})

    return build


for _name, _list in {
    "leading zeros": ["7", "07", "007"],
    "decimals": ["17850", "17850.0", "17850.00"],
    "signs and formulas": ["-1", "+1", "=1+1", "@x"],
    "exponents": ["1E5", "100000", "1e5"],
    "punctuation": ["a/b", "a\\b", "a'b", 'a"b', "a,b", "a;b", "%", "_"],
    "inner spaces": ["a b", "a  b", "a\u00a0b"],
    "longer than any number": ["9" * 300],
    "a line end inside": ["a\nb", "a\r\nb"],
}.items():
    kind("ids", _name)(_ids(_list))
kind("ids", "outer spaces")(_ids(["  a ", "b  ", "\u00a0c\u3000"], ["a", "b", "c"]))
kind("ids", "outer spaces in quotes")(_ids(['" a"', "b"], ['" a"', "b"]))


@kind("ids", "outer no-break spaces in a file of plain lines")
def _(rng: random.Random) -> Case:
    content = "customer_id,name\n\u00a0C1\u00a0,\u2003Ann\n\u3000C2,Bo\u202f\n".encode()
    rows: list[dict[str, object]] = [{"customer_id": "C1", "name": "Ann"}, {"customer_id": "C2", "name": "Bo"}]
    return Case(((File(content, Told("accepted", 2, totals={})),),), {"customers": rows})


@kind("ids", "nothing but a no-break space")
def _(rng: random.Random) -> Case:
    content = "customer_id,name\n\u00a0,Ann\nC2,\u3000\n".encode()
    broken = ((2, "customer_id", "is required and blank"), (3, "name", "is required and blank"))
    told = Told("partly_quarantined", 0, 2, totals={}, broken=broken)
    return Case(((File(content, told),),), {"customers": []})


kind("case", "ids")(_ids(["a", "A", "ß", "SS", "ss", "İ", "i"]))
kind("case", "look-alike letters")(_ids(["A", "А", "Α", "Ａ"]))
kind("case", "one letter, two spellings")(_ids(["\u00e9", "e\u0301"]))
for _code in ("eur", "Eur", "eUR"):

    @kind("case", f"{_code} is EUR")
    def _(rng: random.Random, code: str = _code) -> Case:
        facts = [replace(f, currency="EUR") for f in payments(rng)]
        return read_as(sheet([[*f.cells[:4], code] for f in facts]), facts)


@kind("case", "codes")
def _(rng: random.Random) -> Case:
    content = b"product_id,name,kind\nP1,a,usage\nP2,b,Usage\n"
    told = Told("partly_quarantined", 1, 1, totals={}, broken=((3, "kind", "is not one of"),))
    return Case(((File(content, told),),), {"products": [{"product_id": "P1"}]})


for _text in ("NULL", "null", "NaN", "nan", "None", "N/A", "\\N", "true", "#N/A", "-"):

    @kind("null", _text)
    def _(rng: random.Random, text: str = _text) -> Case:
        content = sheet([[text, text, text]], ["customer_id", "name", "segment"])
        rows: list[dict[str, object]] = [{"customer_id": text, "name": text, "segment": text}]
        return Case(((File(content, Told("accepted", 1, totals={})),),), {"customers": rows})


kind("null", "NULL in a number")(bad_amount("NULL", PLAIN))
kind("null", "NULL in a date")(lambda rng: bad_cell(rng, "received_on", "NULL", "is not a date"))

# dates

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
LONG = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
FORMATS: dict[str, Callable[[date], str]] = {
    "ISO": date.isoformat,
    "31/01/2024": lambda d: f"{d:%d/%m/%Y}",
    "1/31/2024": lambda d: f"{d.month}/{d.day}/{d.year}",
    "31.1.2024": lambda d: f"{d.day}.{d.month}.{d.year}",
    "31-01-2024": lambda d: f"{d:%d-%m-%Y}",
    "01-31-2024": lambda d: f"{d:%m-%d-%Y}",
    "2024/01/31": lambda d: f"{d:%Y/%m/%d}",
    "2024.01.31": lambda d: f"{d:%Y.%m.%d}",
    "2024-1-31": lambda d: f"{d.year}-{d.month}-{d.day}",
    "20240131": lambda d: f"{d:%Y%m%d}",
}
NAMED: dict[str, Callable[[date], str]] = {
    "31 Jan 2024": lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}",
    "31-Jan-2024": lambda d: f"{d.day}-{MONTHS[d.month - 1]}-{d.year}",
    "31 January 2024": lambda d: f"{d.day} {LONG[d.month - 1]} {d.year}",
    "January 31, 2024": lambda d: f"{LONG[d.month - 1]} {d.day}, {d.year}",
    "Jan 31, 2024": lambda d: f"{MONTHS[d.month - 1]} {d.day}, {d.year}",
    "31-JAN-2024": lambda d: f"{d.day}-{MONTHS[d.month - 1].upper()}-{d.year}",
}
for _sentence, _formats in (("dates", FORMATS), ("month names", NAMED)):
    for _name, _write in _formats.items():

        @kind(_sentence, _name)
        def _(rng: random.Random, write: Callable[[date], str] = _write) -> Case:
            facts = decided(rng)
            return read_as(sheet([[*f.cells[:2], write(f.day), *f.cells[3:]] for f in facts]), facts)


def _dated(days: list[str], meant: list[date | None], reason: str = "is not a date") -> Callable[[random.Random], Case]:
    """Payments on these days; None = the row is quarantined."""

    def build(rng: random.Random) -> Case:
        facts = [Payment(f"P{n}", "C1", day, 100, "EUR") if day else None for n, day in enumerate(meant)]
        good = [f for f in facts if f]
        content = sheet([[f"P{n}", "C1", text, "1.00", "EUR"] for n, text in enumerate(days)])
        broken = tuple((n + 2, "received_on", reason) for n, day in enumerate(meant) if day is None)
        status = "partly_quarantined" if broken else "accepted"
        told = all_good(good, status=status, quarantined=len(broken), broken=broken)
        if not good:
            told = replace(told, totals={})
        return Case(((File(content, told),),), current(good))

    return build


def _not_dated(days: list[str], reason: str) -> Callable[[random.Random], Case]:
    def build(rng: random.Random) -> Case:
        content = sheet([[f"P{n}", "C1", text, "1.00", "EUR"] for n, text in enumerate(days)])
        return refused(content, reason, len(days))

    return build


kind("dates", "29 February of a leap year and of none")(
    _dated(["2024-02-29", "2023-02-29", "2000-02-29", "1900-02-29"], [date(2024, 2, 29), None, date(2000, 2, 29), None])
)
kind("dates", "days that no month has")(
    _dated(["31/01/2024", "31/04/2024", "32/01/2024", "00/01/2024"], [date(2024, 1, 31), None, None, None])
)
kind("dates", "the first and the last year")(_dated(["0001-01-01", "9999-12-31"], [date(1, 1, 1), date(9999, 12, 31)]))
kind("dates", "midnight")(_dated(["2024-01-31T00:00:00", "2024-01-31 00:00"], [date(2024, 1, 31)] * 2))
kind("dates", "digits of another script")(_dated(["2024-01-31", "٢٠٢٤-٠١-٣١"], [date(2024, 1, 31), None]))
kind("month names", "a month that is none")(_dated(["31 Jan 2024", "31 Foo 2024"], [date(2024, 1, 31), None]))
kind("month names", "two-digit years")(_dated(["31-Jan-69", "31-Jan-70"], [date(2069, 1, 31), date(1970, 1, 31)]))

for _name, _days, _why in (
    ("one that could be two", ["01/02/2024"], "whether the day or the month comes first"),
    ("many that could be two", ["01/02/2024", "03/04/2024", "12/11/2024"], "whether the day or the month"),
    ("both orders", ["13/01/2024", "01/13/2024"], "day and month change places"),
    ("ISO and another", ["2024-01-31", "31/01/2024"], "more than one format"),
    ("two separators", ["31/01/2024", "31.01.2024"], "more than one format"),
    ("two- and four-digit years", ["31/01/24", "31/01/2024"], "more than one format"),
    ("names and numbers", ["31 Jan 2024", "31/01/2024"], "more than one format"),
    ("year first, with slashes and dashes", ["2024/01/31", "2024-01-31"], "more than one format"),
):
    kind("doubtful dates", _name)(_not_dated(_days, _why))
kind("doubtful dates", "01/01/2024 alone leaves no doubt")(_dated(["01/01/2024"], [date(2024, 1, 1)]))
kind("doubtful dates", "01/02/2024 beside 13/02/2024")(
    _dated(["01/02/2024", "13/02/2024"], [date(2024, 2, 1), date(2024, 2, 13)])
)
kind("doubtful dates", "01/02/2024 beside 02/13/2024")(
    _dated(["01/02/2024", "02/13/2024"], [date(2024, 1, 2), date(2024, 2, 13)])
)

for _text, _day in (
    ("31/01/69", date(2069, 1, 31)),
    ("31/01/70", date(1970, 1, 31)),
    ("31.01.00", date(2000, 1, 31)),
    ("1/31/99", date(1999, 1, 31)),
    ("31-12-24", date(2024, 12, 31)),
):
    kind("short years", _text)(_dated([_text], [_day]))
kind("short years", "29 February of 2000 and 2001")(_dated(["29/02/00", "29/02/01"], [date(2000, 2, 29), None]))
kind("short years", "that leave a doubt")(_not_dated(["01/02/03"], "whether the day or the month"))

for _name, _days in (
    ("alone", ["45322"]),
    ("with a time", ["45322.5"]),
    ("beside ISO", ["2024-01-31", "45322"]),
    ("beside a bad date", ["45322", "x"]),
    ("many", ["45322", "45323", "36526"]),
):
    kind("serials", _name)(_not_dated(_days, "spreadsheet serial"))

INVOICE = "invoice_id,customer_id,issued_on,due_on,currency,status"


def _two_columns(
    issued: str, due: str, days: tuple[date, date] | None, why: str = ""
) -> Callable[[random.Random], Case]:
    def build(rng: random.Random) -> Case:
        content = f'{INVOICE}\nI1,C1,"{issued}","{due}",EUR,posted\n'.encode()
        if days is None:
            return replace(refused(content, why, 1), current={"invoices": []})
        told = Told("accepted", 1, totals={}, data_set="invoices", notes=("dates read as",))
        return Case(((File(content, told),),), {"invoices": [{"issued_on": days[0], "due_on": days[1]}]})

    return build


kind("deciding column", "the second decides, day first")(
    _two_columns("01/02/2024", "13/02/2024", (date(2024, 2, 1), date(2024, 2, 13)))
)
kind("deciding column", "the second decides, month first")(
    _two_columns("01/02/2024", "02/13/2024", (date(2024, 1, 2), date(2024, 2, 13)))
)
kind("deciding column", "the first decides")(
    _two_columns("31.01.2024", "01.02.2024", (date(2024, 1, 31), date(2024, 2, 1)))
)
kind("deciding column", "none decides")(
    _two_columns("01/02/2024", "02/03/2024", None, "whether the day or the month comes first")
)
kind("deciding column", "they contradict each other")(
    _two_columns("13/01/2024", "01/14/2024", None, "day and month change places")
)
kind("deciding column", "one is ISO")(_two_columns("2024-01-31", "31/01/2024", None, "more than one format"))

# instants


def _instants(
    texts: list[str], stored: list[tuple[str, bool] | None], zone: str, why: str
) -> Callable[[random.Random], Case]:
    def build(rng: random.Random) -> Case:
        content = sheet([[f"D{n}", "won", text] for n, text in enumerate(texts)], ["deal_id", "stage", "entered_at"])
        broken = tuple((n + 2, "entered_at", why) for n, each in enumerate(stored) if each is None)
        good = [each for each in stored if each]
        status = "partly_quarantined" if broken else "accepted"
        told = Told(status, len(good), len(broken), totals={}, broken=broken, data_set="deal_stages")
        rows: list[dict[str, object]] = [{"entered_at": at, "entered_at_is_utc": utc} for at, utc in good]
        return Case(((File(content, told),),), {"deal_stages": rows}, zone)

    return build


NONE = "is not an instant"
for _name, _texts, _stored in (
    ("without an offset", ["2024-01-31 10:00:00"], [("2024-01-31 10:00:00", False)]),
    ("without seconds, with a T", ["2024-01-31T10:00"], [("2024-01-31 10:00:00", False)]),
    ("a day is its midnight", ["2024-01-31"], [("2024-01-31 00:00:00", False)]),
    (
        "with offsets",
        ["2024-01-31T10:00:00Z", "2024-01-31 10:00:00+05:30", "2024-01-31 10:00:00-0800", "2024-01-31 10:00 UTC"],
        [
            ("2024-01-31 10:00:00", True),
            ("2024-01-31 04:30:00", True),
            ("2024-01-31 18:00:00", True),
            ("2024-01-31 10:00:00", True),
        ],
    ),
    ("parts of a second", ["2024-01-31 10:00:00.123456"], [("2024-01-31 10:00:00.123456", False)]),
    ("hours that are none", ["2024-01-31 24:00:00", "2024-01-31 10:60:00", "2024-01-31 10:00:60"], [None] * 3),
    (
        "offsets that are none",
        ["2024-01-31 10:00:00+25:99", "2024-01-31 10:00:00+99", "2024-01-31 10:00:00 CET"],
        [None] * 3,
    ),
    (
        "offsets at the edge",
        ["2024-01-31 10:00:00+14:00", "2024-01-31 10:00:00+14:30"],
        [("2024-01-30 20:00:00", True), None],
    ),
    ("words and serials' fractions", ["now", "0.5", "10:00"], [None] * 3),
):
    kind("instants", _name)(_instants(_texts, _stored, "Europe/Berlin", NONE))  # type: ignore[arg-type]
kind("instants", "twelve-hour clocks beside other dates")(
    _instants(
        ["1/31/2024 12:05 AM", "1/31/2024 3:05:07 pm", "1/31/2024 9:00"],
        [("2024-01-31 00:05:00", False), ("2024-01-31 15:05:07", False), ("2024-01-31 09:00:00", False)],
        "UTC",
        NONE,
    )
)
SKIPPED = "is a local time that the clocks of"
for _name, _zone, _inside, _outside in (
    ("Berlin in spring", "Europe/Berlin", "2024-03-31 02:30:00", "2024-03-31 03:00:00"),
    ("New York in spring", "America/New_York", "2024-03-10 02:00:00", "2024-03-10 01:59:59"),
    ("Sydney in October", "Australia/Sydney", "2024-10-06 02:15", "2024-10-06 03:00"),
    ("Lord Howe, half an hour", "Australia/Lord_Howe", "2024-10-06 02:15:00", "2024-10-06 02:30:00"),
    ("Samoa, a whole day", "Pacific/Apia", "2011-12-30 12:00:00", "2011-12-31 12:00:00"),
):

    @kind("gaps", _name)
    def _(rng: random.Random, zone: str = _zone, inside: str = _inside, outside: str = _outside) -> Case:
        at = outside if outside.count(":") == 2 else outside + ":00"
        return _instants([inside, outside], [None, (at, False)], zone, SKIPPED)(rng)


kind("gaps", "with an offset there is none")(
    _instants(["2024-03-31 02:30:00Z"], [("2024-03-31 02:30:00", True)], "Europe/Berlin", SKIPPED)
)
kind("gaps", "a repeated hour is read")(
    _instants(["2024-10-27 02:30:00"], [("2024-10-27 02:30:00", False)], "Europe/Berlin", SKIPPED)
)
kind("gaps", "of another tenant's zone")(
    _instants(["2024-03-31 02:30:00"], [("2024-03-31 02:30:00", False)], "America/New_York", SKIPPED)
)

# missing currency

NOTE = "no currency column: the tenant's currency is used"
for _name, _content, _relation, _note in (
    ("sales", "sale_id,sold_at,product,quantity,unit_price\nS1,2024-01-31,p,1,1.5\n", "sales", NOTE),
    ("market shares", "measured_on,competitor,segment,revenue\n2024-01-31,a,b,1.5\n", "market_share", ""),
    ("the CRM's pipeline", "opportunity_id,deal_stage,engage_date,close_value\nO1,Won,2024-01-31,5\n", "deals", NOTE),
    (
        "subscription periods",
        "subscription_id,customer_id,start_date,monthly_amount\n1,2,2024-01-01,5\n",
        "subscriptions",
        NOTE,
    ),
    (
        "UCI retail",
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice\n1,a,1,2010-12-01 08:26:00,2.55\n",
        "sales",
        NOTE,
    ),
    ("products without one", "product_id,name,kind\nP1,a,usage\n", "products", ""),
    ("lines whose invoice has it", "line_id,invoice_id,net_amount\nL1,I1,1\n", "invoice_lines", ""),
):

    @kind("missing currency", _name)
    def _(rng: random.Random, content: str = _content, relation: str = _relation, note: str = _note) -> Case:
        told = Told("accepted", 1, data_set=relation, notes=(note,) if note else ())
        return Case(((File(content.encode(), told),),), {relation: [{"line": 2}]})


@kind("missing currency", "a blank one where the column is there")
def _(rng: random.Random) -> Case:
    return bad_cell(rng, "currency", "", "is required and blank")
