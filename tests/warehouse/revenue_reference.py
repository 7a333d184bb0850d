"""Revenue once more, from the documents, a day at a time and in exact fractions: slow, plain, independent of the SQL.

Amounts are fractions of currency units. A source is an invoice line, an obligation, or a change that is a contract.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from tests.warehouse.companies import EXPONENTS, Company, Row
from tests.warehouse.reference import FOREVER, half_up, month_end

DAY = timedelta(days=1)
ZERO = Fraction(0)
Key = tuple[str, str]


def split(total: Fraction, weights: dict[str, Fraction], exponent: int) -> dict[str, Fraction]:
    """Largest remainder in the smallest unit of the currency, ties by name."""
    unit = Fraction(1, 10**exponent)
    sign = -1 if total < 0 else 1
    whole = sum(weights.values())
    exact = {name: abs(total) * weight / whole / unit for name, weight in weights.items()}
    parts = {name: value.numerator // value.denominator for name, value in exact.items()}
    left = int(abs(total) / unit) - sum(parts.values())
    for name in sorted(exact, key=lambda name: (parts[name] - exact[name], name))[:left]:
        parts[name] += 1
    return {name: sign * part * unit for name, part in parts.items()}


def fits(amount: Any, currency: str) -> bool:
    return (Fraction(amount) * 10 ** EXPONENTS[currency]).denominator == 1


@dataclass
class Spread:
    """`rest` is earned evenly over the days (or the percent above `above`), after `base`."""

    base: Fraction
    rest: Fraction
    first: date
    last: date
    above: Fraction = ZERO


Plan = tuple[Fraction, Spread]


@dataclass
class Unit:
    """An obligation, or a change that is a contract of its own, as it stands after the changes so far."""

    kind: str
    name: str
    contract: Row
    product: str | None
    method: str
    first: date
    last: date
    price: Fraction
    weight: Fraction = ZERO
    transferred: date | None = None
    progress: list[tuple[date, Fraction]] = field(default_factory=list)
    known_from: date = date(1, 1, 1)
    plans: list[tuple[date, Fraction, Spread]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plans.append((date(1, 1, 1), self.price, Spread(ZERO, self.price, self.first, self.last)))

    @property
    def currency(self) -> str:
        return str(self.contract["currency"])

    def plan(self, day: date) -> Plan:
        return [(price, spread) for known, price, spread in self.plans if known <= day][-1]

    def percent(self, day: date) -> Fraction:
        return max((done for on, done in self.progress if on <= day), default=ZERO)

    def earned(self, day: date) -> Fraction:
        return self.along(*self.plan(day), day)

    def along(self, price: Fraction, spread: Spread, day: date) -> Fraction:
        if self.method == "point_in_time":
            return price if self.transferred is not None and self.transferred <= day else ZERO
        if self.method == "percent_complete":
            whole, done = 100 - spread.above, self.percent(day) - spread.above
        else:
            days = 0
            while days < 1 or spread.first + days * DAY <= spread.last:
                days += 1
            whole, done = Fraction(days), Fraction((day - spread.first).days + 1)
        if whole <= 0 or done >= whole:
            return spread.base + spread.rest
        return spread.base + half_up(spread.rest * max(done, ZERO) / whole, EXPONENTS[self.currency])

    def finished(self, day: date) -> bool:
        if self.method == "point_in_time":
            return self.transferred is not None and self.transferred <= day
        if self.method == "percent_complete":
            return self.percent(day) >= 100
        return self.last <= day


@dataclass
class Line:
    """A line of an invoice that is billed for itself."""

    row: Row
    invoice: Row
    net: Fraction
    first: date
    last: date


class Revenue:
    """What one company has earned, billed and still owes its customers."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.as_of = company.as_of
        self.set_aside: list[tuple[str, str]] = []
        self.outcomes: dict[str, dict[str, Any]] = {}
        self.corrections: dict[Key, list[tuple[date, Fraction]]] = defaultdict(list)
        self.units = self._units()
        self.bills: dict[Key, list[tuple[date, Fraction]]] = defaultdict(list)
        self.credits: dict[Key, list[tuple[date, Fraction]]] = defaultdict(list)
        self.lines: dict[str, Line] = {}
        self.voids: dict[str, date] = {}
        self._documents()

    # Contracts

    def _units(self) -> dict[Key, Unit]:
        units: dict[Key, Unit] = {}
        for contract in self.company["contracts"]:
            if contract["signed_on"] > self.as_of:
                continue
            if not fits(contract["total_amount"], contract["currency"]):
                self.set_aside.append(("contracts", contract["contract_id"]))
                for row in self._rows("obligations", contract) + self._changes(contract):
                    self.set_aside.append(("x", row.get("modification_id") or row["obligation_id"]))
                continue
            for unit in self._change(contract, self._obligations(contract)):
                units[unit.kind, unit.name] = unit
        return units

    def _rows(self, data_set: str, contract: Row) -> list[Row]:
        return [r for r in self.company[data_set] if r["contract_id"] == contract["contract_id"]]

    def _changes(self, contract: Row) -> list[Row]:
        rows = [m for m in self._rows("contract_modifications", contract) if m["effective_on"] <= self.as_of]
        return sorted(rows, key=lambda m: (m["effective_on"], m["modification_id"]))

    def _obligations(self, contract: Row) -> dict[str, Unit]:
        good = []
        for row in self._rows("obligations", contract):
            first, last = row["starts_on"] or contract["starts_on"], row["ends_on"] or contract["ends_on"]
            if last < first:
                self.set_aside.append(("x", row["obligation_id"]))
            else:
                good.append((row, first, last))
        weights = {row["obligation_id"]: Fraction(row["standalone_price"]) for row, _, _ in good}
        if not any(weights.values()):
            self.set_aside += [("x", name) for name in weights]
            return {}
        exponent = EXPONENTS[contract["currency"]]
        prices = split(Fraction(contract["total_amount"]), weights, exponent)
        return {
            row["obligation_id"]: Unit(
                "obligation",
                row["obligation_id"],
                contract,
                row["product_id"],
                row["recognition"],
                first,
                last,
                prices[row["obligation_id"]],
                weights[row["obligation_id"]],
                row["transferred_on"],
                self._progress(row) if row["recognition"] == "percent_complete" else self._unmeasured(row),
                contract["signed_on"],
            )
            for row, first, last in good
        }

    def _measures(self, row: Row) -> list[Row]:
        mine = [p for p in self.company["progress"] if p["obligation_id"] == row["obligation_id"]]
        return sorted((p for p in mine if p["measured_on"] <= self.as_of), key=lambda p: p["measured_on"])

    def _unmeasured(self, row: Row) -> list[tuple[date, Fraction]]:
        self.set_aside += [("progress", row["obligation_id"]) for _ in self._measures(row)]
        return []

    def _progress(self, row: Row) -> list[tuple[date, Fraction]]:
        kept: list[tuple[date, Fraction]] = []
        highest = ZERO
        for measure in self._measures(row):
            percent = Fraction(measure["percent_complete"])
            if percent < highest:
                self.set_aside.append(("progress", row["obligation_id"]))
            else:
                kept.append((measure["measured_on"], percent))
            highest = max(highest, percent)
        return kept

    def _stands(self, change: Row, contract: Row, found: dict[str, Unit]) -> bool:
        separate = change["is_distinct"] and change["is_at_standalone_price"]
        price = change["price_change"]
        return not (
            not fits(price, contract["currency"])
            or change["effective_on"] < contract["signed_on"]
            or (change["new_ends_on"] or FOREVER) < change["effective_on"]
            or (not found and not separate)
            or (change["obligation_id"] and change["obligation_id"] not in found)
            or (separate and price <= 0)
        )

    def _change(self, contract: Row, found: dict[str, Unit]) -> list[Unit]:
        own: list[Unit] = []
        for change in self._changes(contract):
            name, on = change["modification_id"], change["effective_on"]
            if not self._stands(change, contract, found):
                self.set_aside.append(("x", name))
                continue
            amount = Fraction(change["price_change"])
            kind = "cumulative_catch_up"
            if change["is_distinct"]:
                kind = "separate_contract" if change["is_at_standalone_price"] else "prospective"
            reached = self._reached(change, found)
            weights = {unit.name: unit.weight for unit in reached}
            if not any(weights.values()):
                weights = dict.fromkeys(weights, Fraction(1))
            shares = split(amount, weights, EXPONENTS[contract["currency"]]) if weights else {}
            if kind != "separate_contract" and any(u.plan(FOREVER)[0] + shares[u.name] < 0 for u in reached):
                self.set_aside.append(("x", name))
                continue
            sold = found.get(change["obligation_id"] or "")
            last = max(change["new_ends_on"] or (sold.last if sold else contract["ends_on"]), on)
            new = Unit("modification", name, contract, sold.product if sold else None, "over_time", on, last, amount)
            new.known_from = on
            made: dict[str, Fraction] = {
                "price": amount + sum((u.plan(FOREVER)[0] for u in reached), ZERO),
                "separate_contract": new.earned(on) + sum((u.along(*u.plan(FOREVER), on) for u in reached), ZERO),
            }
            plans = {way: self._plans(way, change, reached, shares) for way in ("prospective", "cumulative_catch_up")}
            for way, planned in plans.items():
                made[way] = sum((u.along(p, s, on) for u, (p, s) in zip(reached, planned, strict=True)), ZERO)
            self.outcomes[name] = {"kind": kind, "on": on, "contract": contract["contract_id"], **made}
            if kind == "separate_contract":
                own.append(new)
                continue
            for unit, (price, spread) in zip(reached, plans[kind], strict=True):
                if kind == "cumulative_catch_up":
                    before = unit.along(*unit.plan(FOREVER), on - DAY)
                    step = unit.along(price, spread, on - DAY) - before
                    self.corrections["obligation", unit.name].append((on, step))
                unit.plans.append((on, price, spread))
                unit.last = spread.last
        return [*found.values(), *own]

    def _reached(self, change: Row, found: dict[str, Unit]) -> list[Unit]:
        if change["obligation_id"]:
            return [found[change["obligation_id"]]]
        left = [unit for unit in found.values() if not unit.finished(change["effective_on"] - DAY)]
        return left or list(found.values())

    @staticmethod
    def _plans(
        way: str, change: Row, reached: list[Unit], shares: dict[str, Fraction]
    ) -> list[tuple[Fraction, Spread]]:
        on, planned = change["effective_on"], []
        for unit in reached:
            old, spread = unit.plan(FOREVER)
            price, last = old + shares[unit.name], change["new_ends_on"] or spread.last
            if way == "cumulative_catch_up":
                planned.append((price, Spread(ZERO, price, unit.first, last)))
            else:
                done = unit.along(old, spread, on - DAY)
                first = max(on, unit.first)
                planned.append((price, Spread(done, price - done, first, last, unit.percent(on - DAY))))
        return planned

    # Invoices

    def _documents(self) -> None:
        invoices = {
            i["invoice_id"]: i
            for i in self.company["invoices"]
            if i["status"] != "draft" and i["issued_on"] <= self.as_of
        }
        by_invoice: dict[str, list[Row]] = defaultdict(list)
        for row in self.company["invoice_lines"]:
            by_invoice[row["invoice_id"]].append(row)
        for name, invoice in invoices.items():
            rows = {r["line_id"]: r for r in by_invoice[name]}
            void = invoice["voided_on"] or (invoice["issued_on"] if invoice["status"] == "void" else FOREVER)
            if void <= self.as_of:
                self.voids[name] = void
            taken = self._taken(invoice, rows, void)
            for line, row in rows.items():
                net = Fraction(row["net_amount"])
                key = self._billed(row, invoice)
                self.bills[key].append((invoice["issued_on"], net))
                for on, part in taken[line]:
                    self.credits[key].append((on, part))
                if void <= self.as_of:
                    left = net - sum((part for _, part in taken[line]), ZERO)
                    self.credits[key].append((void, left))
                if key[0] == "invoice_line":
                    first, last = row.get("service_starts_on"), row.get("service_ends_on")
                    first = first or last or invoice["issued_on"]
                    self.lines[line] = Line(row, invoice, net, first, last or first)

    def _billed(self, row: Row, invoice: Row) -> Key:
        for kind in ("obligation", "modification"):
            unit = self.units.get((kind, row.get("obligation_id") or ""))
            if unit is not None and unit.currency == invoice["currency"]:
                return kind, unit.name
        return "invoice_line", row["line_id"]

    def _taken(self, invoice: Row, rows: dict[str, Row], void: date) -> dict[str, list[tuple[date, Fraction]]]:
        exponent = EXPONENTS[invoice["currency"]]
        nets = {name: Fraction(row["net_amount"]) for name, row in rows.items()}
        taxes = ZERO
        for name, row in rows.items():
            stated = row["tax_amount"]
            taxes += (
                half_up(nets[name] * Fraction(row["tax_rate"] or 0), exponent) if stated is None else Fraction(stated)
            )
        net = sum(nets.values(), ZERO)
        taken: dict[str, list[tuple[date, Fraction]]] = defaultdict(list)
        for note in self.company["credit_notes"]:
            on = max(note["issued_on"], invoice["issued_on"])
            mine = note["invoice_id"] == invoice["invoice_id"] and note["currency"] == invoice["currency"]
            if not mine or note["issued_on"] > self.as_of or on >= void or net <= 0:
                continue
            amount = Fraction(note["amount"])
            tax = note.get("tax_amount")
            tax = half_up(amount * taxes / (net + taxes), exponent) if tax is None else Fraction(tax)
            for name, part in self._shares(amount - tax, nets, exponent).items():
                taken[name].append((on, part))
        return taken

    @staticmethod
    def _shares(amount: Fraction, nets: dict[str, Fraction], exponent: int) -> dict[str, Fraction]:
        """By net amount; a line that is negative by itself takes a negative part."""
        unit, whole = Fraction(1, 10**exponent), sum(nets.values())
        exact = {name: amount * net / whole / unit for name, net in nets.items()}
        parts = {name: value.numerator // value.denominator for name, value in exact.items()}
        left = int(amount / unit) - sum(parts.values())
        for name in sorted(exact, key=lambda name: (parts[name] - exact[name], name))[:left]:
            parts[name] += 1
        return {name: part * unit for name, part in parts.items()}

    def line_earned(self, name: str, day: date) -> Fraction:
        """Day by day: what a credit note takes first is what was not earned through the day before it."""
        line = self.lines[name]
        exponent = EXPONENTS[line.invoice["currency"]]
        base, rest, first = ZERO, line.net, line.first

        def through(on: date) -> Fraction:
            if on >= line.last:
                return base + (rest if on >= first or line.last < first else ZERO)
            days = Fraction((line.last - first).days + 1)
            return base + half_up(rest * max((on - first).days + 1, 0) / days, exponent)

        taken: dict[date, Fraction] = defaultdict(Fraction)
        for on, part in self.credits["invoice_line", name]:
            taken[on] += part
        for on in sorted(taken):
            if on > day:
                break
            if self.voids.get(line.invoice["invoice_id"]) == on:
                return ZERO
            done = through(on - DAY)
            open_before = base + rest - done
            price = base + rest - taken[on]
            rest = price - done if (price - done) * open_before > 0 else ZERO
            base, first = price - rest, max(on, line.first)
        return through(day)

    # Figures

    @cached_property
    def keys(self) -> list[Key]:
        return [*self.units, *(("invoice_line", name) for name in self.lines)]

    def currency(self, key: Key) -> str:
        return str(self.lines[key[1]].invoice["currency"]) if key[0] == "invoice_line" else self.units[key].currency

    def customer(self, key: Key) -> str:
        document = self.lines[key[1]].invoice if key[0] == "invoice_line" else self.units[key].contract
        return str(document["customer_id"])

    def earned(self, key: Key, day: date) -> Fraction:
        return self.line_earned(key[1], day) if key[0] == "invoice_line" else self._unit_earned(key, day)

    def _unit_earned(self, key: Key, day: date) -> Fraction:
        return self.units[key].earned(day)

    def billed(self, key: Key, day: date, since: date = date(1, 1, 1)) -> Fraction:
        return sum((amount for on, amount in self.bills[key] if since <= on <= day), ZERO)

    def credited(self, key: Key, day: date, since: date = date(1, 1, 1)) -> Fraction:
        return sum((amount for on, amount in self.credits[key] if since <= on <= day), ZERO)

    def months(self) -> dict[tuple[str, str, date], dict[str, Fraction]]:
        found: dict[tuple[str, str, date], dict[str, Fraction]] = {}
        for key in self.keys:
            day, before = date(2021, 1, 31), ZERO
            while True:
                on, first = min(day, self.as_of), day.replace(day=1)
                earned = self.earned(key, on)
                moved = {
                    "billed": self.billed(key, on, first),
                    "credited": self.credited(key, on, first),
                    "recognized": earned - before,
                    "modified": sum((v for d, v in self.corrections[key] if first <= d <= on), ZERO),
                }
                still = self.billed(key, on) - self.credited(key, on) - earned
                if still or any(moved.values()):
                    found[*key, first] = {
                        **moved,
                        "to_date": earned,
                        "deferred": max(still, ZERO),
                        "asset": max(-still, ZERO),
                        "deferred_modified": max(still, ZERO) - max(still + moved["modified"], ZERO),
                    }
                before = earned
                if on == self.as_of:
                    break
                day = month_end(day + DAY)
        return found

    def remaining(self, key: Key, day: date) -> tuple[Fraction, Fraction]:
        """What is promised and not earned, and what of it falls in the next twelve months."""
        unit = self.units[key]
        price, spread = unit.plan(day)
        until = unit.contract["cancellable_from"] or FOREVER
        done = unit.earned(day)
        month = day.replace(day=1)
        horizon = min(month_end(month.replace(year=day.year + 1)), month.replace(year=day.year + 1) + (day - month))
        if until <= day:
            return ZERO, ZERO
        if unit.method == "over_time":
            left = unit.along(price, spread, until - DAY) - done
            return left, unit.along(price, spread, min(horizon, until - DAY)) - done
        left = price - done
        if unit.method == "point_in_time":
            return left, left if (unit.transferred or spread.last) <= horizon else ZERO
        days = (spread.last - day).days
        if days <= 0 or spread.last <= horizon:
            return left, left
        return left, half_up(left * Fraction((horizon - day).days, days), EXPONENTS[unit.currency])
