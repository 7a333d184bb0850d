"""Tax once more, document by document in exact fractions: slow, plain, and independent of the SQL."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.warehouse.companies import EXPONENTS, Company, Row
from tests.warehouse.reference import FOREVER, Receivables, half_up

NONE_BORNE = ("exempt", "zero_rated", "reverse_charge")
# The places of the random companies, however they are written, and what one bears there.
PROVINCES = {"ONTARIO": "ON", "CA-QC": "QC", "AB": "AB", "QUEBEC": "QC", "BRITISH COLUMBIA": "BC"}
KINDS = {"CA-ON": "HST", "CA-QC": "GST+QST", "CA-BC": "GST+PST", "CA-AB": "GST", "CA": "GST", "US": "US_SALES"}
STATES = {"CALIFORNIA": "CA", "NY": "NY"}


def place(country: str | None, region: str | None) -> tuple[str, str]:
    """Jurisdiction and kind of an undivided tax."""
    if country is None:
        return "unknown", "VAT"
    country, region = country.upper(), (region or "").upper()
    regions = {"CA": PROVINCES, "US": STATES}.get(country, {})
    jurisdiction = f"{country}-{regions[region]}" if region in regions else country
    return jurisdiction, KINDS.get(jurisdiction) or KINDS.get(country) or "VAT"


def split(total: int, weights: list[int]) -> list[int]:
    """By largest remainder, ties by place; a negative total like its opposite."""
    exact = [Fraction(abs(total) * weight, sum(weights)) for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(weights)), key=lambda at: (parts[at] - exact[at], at))
    for at in order[: abs(total) - sum(parts)]:
        parts[at] += 1
    return [part if total >= 0 else -part for part in parts]


@dataclass
class Charge:
    """One tax of one line, or one part of it."""

    invoice: str
    line: str
    jurisdiction: str
    kind: str
    rate: Fraction | None
    code: str
    on: date
    net: int
    tax: int


class Taxes:
    """`divided`: the taxes that the core keeps of a line, by line id."""

    def __init__(self, company: Company, divided: dict[str, list[Row]] | None = None) -> None:
        self.company, self.divided = company, divided or {}
        self.as_of = company.as_of
        self.books = Receivables(company)
        self.customers = {c["customer_id"]: c for c in company["customers"]}
        self.invoices = {
            name: invoice for name, invoice in self.books.invoices.items() if invoice["issued_on"] <= self.as_of
        }
        self.lines: dict[str, list[Row]] = defaultdict(list)
        for line in company["invoice_lines"]:
            self.lines[line["invoice_id"]].append(line)
        self.charges = [charge for name in self.invoices for charge in self._charges(name)]

    def minor(self, amount: Any, currency: str) -> int:
        value = Fraction(amount) * 10 ** EXPONENTS[currency]
        assert value.denominator == 1
        return int(value)

    def place_of(self, invoice: Row) -> tuple[str, str]:
        customer = self.customers.get(invoice["customer_id"], {})
        country, region = invoice.get("ship_to_country"), invoice.get("ship_to_region")
        home = customer.get("country")
        if region is None and (country is None or (home and country.upper() == home.upper())):
            region = customer.get("region")
        return place(country or home, region)

    def points(self, name: str) -> list[tuple[date, int]]:
        """Tax points with the part of the total that falls on each."""
        invoice = self.invoices[name]
        total = left = self.minor(self.books.totals[name], invoice["currency"])
        found: dict[date, int] = defaultdict(int)
        for day, amount in sorted(
            (self.books.payments[a["payment_id"]]["received_on"], self.minor(a["amount"], invoice["currency"]))
            for a in self.books.allocations
            if a["invoice_id"] == name and a["on"] <= self.as_of
        ):
            if day < invoice["issued_on"] and total > 0:
                part = max(min(amount, left), 0)
                found[day] += part
                left -= part
        if left > 0:
            found[invoice["issued_on"]] += left
        parts = sorted((day, part) for day, part in found.items() if part > 0)
        return parts if total > 0 and parts else [(invoice["issued_on"], 1)]

    def _charges(self, name: str) -> list[Charge]:
        invoice, found = self.invoices[name], []
        points = self.points(name)
        for line in self.lines[name]:
            for jurisdiction, kind, rate, code, net, tax in self.taxes_of(invoice, line):
                nets = split(net, [weight for _, weight in points])
                taxes = split(tax, [weight for _, weight in points])
                for (day, _), part, due in zip(points, nets, taxes, strict=True):
                    found.append(Charge(name, line["line_id"], jurisdiction, kind, rate, code, day, part, due))
        return found

    def taxes_of(self, invoice: Row, line: Row) -> list[tuple[str, str, Fraction | None, str, int, int]]:
        currency = invoice["currency"]
        net = self.minor(line["net_amount"], currency)
        stated, rate = line.get("tax_amount"), line.get("tax_rate")
        if stated is None:
            stated = half_up(Fraction(line["net_amount"]) * Fraction(rate or 0), EXPONENTS[currency])
        tax = self.minor(stated, currency)
        parts = self.divided.get(line["line_id"], [])
        if parts and sum(p["tax_minor"] for p in parts) == tax:
            return [
                (p["jurisdiction"], p["kind"], Fraction(p["rate"]), p["tax_code"], net, p["tax_minor"]) for p in parts
            ]
        known = Fraction(rate) if rate is not None else (Fraction(0) if tax == 0 else None)
        code = line.get("tax_code") or ("standard" if (rate or 0) > 0 or tax != 0 else "zero_rated")
        jurisdiction, kind = self.place_of(invoice)
        return [(jurisdiction, kind, known, code, net, tax)]

    def notes(self) -> list[tuple[Row, Row | None, int]]:
        """Credit notes in their order, with the invoice that they name, and their tax."""
        found = []
        for note in sorted(self.company["credit_notes"], key=lambda n: (n["issued_on"], n["credit_note_id"])):
            if note["issued_on"] > self.as_of:
                continue
            invoice = self.invoices.get(note["invoice_id"])
            if invoice is not None and invoice["currency"] != note["currency"]:
                invoice = None
            tax = Fraction(0)
            if note.get("tax_amount") is not None:
                tax = Fraction(note["tax_amount"])
            elif invoice is not None and self.books.totals[note["invoice_id"]] > 0:
                all_tax = sum(t[5] for line in self.lines[note["invoice_id"]] for t in self.taxes_of(invoice, line))
                share = Fraction(all_tax, 10 ** EXPONENTS[note["currency"]]) / self.books.totals[note["invoice_id"]]
                tax = half_up(Fraction(note["amount"]) * share, EXPONENTS[note["currency"]])
            found.append((note, invoice, self.minor(tax, note["currency"])))
        return found

    def _credits(self) -> list[tuple[Row, str, str, Fraction | None, int]]:
        """Each note's tax by jurisdiction, kind and rate: of what is left of each authority's, then of each rate's."""
        first: dict[str, dict[tuple[str, str, Fraction | None], int]] = {}
        for charge in self.charges:
            buckets = first.setdefault(charge.invoice, defaultdict(int))
            buckets[charge.jurisdiction, charge.kind, charge.rate] += charge.tax
        places_left: dict[str, dict[str, int]] = {}
        left = {name: dict(buckets) for name, buckets in first.items()}
        found: list[tuple[Row, str, str, Fraction | None, int]] = []
        for note, invoice, tax in self.notes():
            if tax == 0:
                continue
            if invoice is None or invoice["invoice_id"] not in first:
                customer = self.customers.get(note["customer_id"], {})
                where = self.place_of(invoice) if invoice else place(customer.get("country"), customer.get("region"))
                found.append((note, *where, None, tax))
                continue
            name = invoice["invoice_id"]
            order = sorted(first[name], key=lambda b: (b[0], b[1], b[2] is None, b[2] or 0))
            places = sorted({b[0] for b in order})
            original = {p: sum(t for b, t in first[name].items() if b[0] == p) for p in places}
            rest = places_left.setdefault(name, dict(original))
            shares = _take(tax, [rest[p] for p in places], [original[p] for p in places])
            for where, share in zip(places, shares, strict=True):
                rest[where] -= share
                mine = [b for b in order if b[0] == where]
                parts = _take(share, [left[name][b] for b in mine], [first[name][b] for b in mine])
                for bucket, part in zip(mine, parts, strict=True):
                    left[name][bucket] -= part
                    found.append((note, *bucket, part))
        return found

    def summary(self) -> dict[tuple[Any, ...], dict[str, Fraction]]:
        cells: dict[tuple[Any, ...], dict[str, Fraction]] = {}

        def add(key: tuple[Any, ...], column: str, minor: int, currency: str) -> None:
            row = cells.setdefault(
                key,
                dict.fromkeys(
                    (*("taxable", "exempt", "zero_rated", "reverse_charge"), "tax_charged", "tax_credited"), Fraction(0)
                ),
            )
            row[column] += Fraction(minor, 10 ** EXPONENTS[currency])

        for c in self.charges:
            invoice = self.invoices[c.invoice]
            currency = invoice["currency"]
            key = (c.jurisdiction, c.on.replace(day=1), currency, c.kind, c.rate)
            add(key, c.code if c.code in NONE_BORNE else "taxable", c.net, currency)
            add(key, "tax_charged", c.tax, currency)
            void_on = invoice["voided_on"] or (invoice["issued_on"] if invoice["status"] == "void" else FOREVER)
            if (void_on := max(void_on, invoice["issued_on"])) <= self.as_of:
                key = (c.jurisdiction, void_on.replace(day=1), currency, c.kind, c.rate)
                add(key, "tax_credited", c.tax, currency)
        for note, jurisdiction, kind, rate, part in self._credits():
            if part:
                key = (jurisdiction, note["issued_on"].replace(day=1), note["currency"], kind, rate)
                add(key, "tax_credited", part, note["currency"])
        return cells

    def payable(self, day: date) -> dict[str, Fraction]:
        """The balance of tax payable on a day, per currency, without looking at authorities or rates."""
        found: dict[str, Fraction] = defaultdict(Fraction)
        for c in self.charges:
            invoice = self.invoices[c.invoice]
            void_on = invoice["voided_on"] or (invoice["issued_on"] if invoice["status"] == "void" else FOREVER)
            sign = (c.on <= day) - (max(void_on, invoice["issued_on"]) <= day)
            found[invoice["currency"]] += Fraction(sign * c.tax, 10 ** EXPONENTS[invoice["currency"]])
        for note, _, tax in self.notes():
            if note["issued_on"] <= day:
                found[note["currency"]] -= Fraction(tax, 10 ** EXPONENTS[note["currency"]])
        return found

    def differences(self) -> dict[tuple[str, str, str], tuple[str, Fraction, Fraction]]:
        """Reason, charged and derived tax of the lines that the own rates do not give."""
        found = {}
        for name, invoice in self.invoices.items():
            points = self.points(name)
            day = points[0][0] if len(points) == 1 else invoice["issued_on"]
            for line in self.lines[name]:
                parts = self.divided.get(line["line_id"], [])
                for jurisdiction, kind, rate, code, net, tax in self.taxes_of(invoice, line):
                    verdict = self._verdict(jurisdiction, kind if parts else None, rate, code, net, tax, day)
                    if verdict is not None:
                        unit = 10 ** EXPONENTS[invoice["currency"]]
                        derived = Fraction(verdict[1], unit)
                        found[line["line_id"], jurisdiction, kind] = (verdict[0], Fraction(tax, unit), derived)
        return found

    def rates_on(self, jurisdiction: str, kind: str | None, category: str, day: date) -> list[Fraction] | None:
        """What holds there on that day; none where one of the place's kinds is missing."""
        wanted = {jurisdiction}
        if kind is None and jurisdiction.startswith(("CA-", "US-")) and jurisdiction != "CA-ON":
            wanted.add(jurisdiction[:2])
        found = []
        for one in {(r["jurisdiction"], r["kind"]) for r in self.company["tax_rates"]}:
            rows = [r for r in self.company["tax_rates"] if (r["jurisdiction"], r["kind"]) == one]
            rows = [r for r in rows if r["category"] == category and r["valid_from"] <= day]
            if one[0] in wanted and (kind is None or one[1] == kind) and rows:
                last = max(rows, key=lambda r: r["valid_from"])
                if day < (last["valid_until"] or FOREVER):
                    found.append(Fraction(last["rate"]))
        needed = 2 if kind is None and jurisdiction in ("CA-QC", "CA-BC") else 1
        return found if len(found) >= needed else None

    def _verdict(
        self, jurisdiction: str, kind: str | None, rate: Fraction | None, code: str, net: int, tax: int, day: date
    ) -> tuple[str, int] | None:
        known = {r["jurisdiction"] for r in self.company["tax_rates"]}
        country = jurisdiction[:2] if jurisdiction.startswith(("CA-", "US-")) and jurisdiction != "CA-ON" else None
        if jurisdiction not in known and country not in known:
            return None
        rates = [Fraction(0)] if code in NONE_BORNE else self.rates_on(jurisdiction, kind, code, day)
        if rates is None:
            return "no_rate_known", 0
        derived = sum(int(half_up(net * r, 0)) for r in rates)
        if derived == tax:
            return None
        usual = derived if rate is None or rate == sum(rates) else int(half_up(net * rate, 0))
        if usual != derived:
            other = {"standard": "reduced", "reduced": "standard"}.get(code)
            sums = [self.rates_on(jurisdiction, kind, c, day) for c in ("standard", "reduced") if c != code]
            wrong = code in NONE_BORNE or (other and any(s is not None and sum(s) == rate for s in sums))
            return ("wrong_code" if wrong else "rate_differs"), derived
        return ("rounding" if abs(tax - usual) <= len(rates) else "amount_differs"), derived


def _take(amount: int, left: list[int], first: list[int]) -> list[int]:
    """By what is left; where nothing is, by what there was first; where that is nothing either, the first takes all."""
    for weights in (left, first):
        positive = [max(weight, 0) for weight in weights]
        if sum(positive) > 0:
            return split(amount, positive)
    return [amount, *([0] * (len(left) - 1))]


def input_tax(company: Company) -> dict[tuple[date, str, str], tuple[int, Fraction, Fraction]]:
    """Documents, net and tax by month, currency and table."""
    found: dict[tuple[date, str, str], list[Row]] = defaultdict(list)
    for table, day in (("bills", "issued_on"), ("expenses", "spent_on")):
        for row in company[table]:
            unit = 10 ** EXPONENTS[row["currency"]]
            whole = all((Fraction(row[name] or 0) * unit).denominator == 1 for name in ("amount", "tax_amount"))
            if whole and row["tax_amount"] and row[day] <= company.as_of:
                found[row[day].replace(day=1), row["currency"], table].append(row)
    return {
        key: (
            len(rows),
            sum((Fraction(r["amount"]) - Fraction(r["tax_amount"]) for r in rows), Fraction(0)),
            sum((Fraction(r["tax_amount"]) for r in rows), Fraction(0)),
        )
        for key, rows in found.items()
    }


def last_days(as_of: date, count: int) -> list[date]:
    day, found = as_of, []
    for _ in range(count):
        found.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return found
