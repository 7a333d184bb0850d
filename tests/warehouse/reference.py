"""The figures once more, day by day and row by row, in exact fractions: slow, plain, and independent of the SQL."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from tests.warehouse.companies import EXPONENTS, Company, Row

FOREVER = date(9999, 12, 31)
PER_MONTH = {
    "day": Fraction(365, 12),
    "week": Fraction(52, 12),
    "month": Fraction(1),
    "quarter": Fraction(1, 3),
    "year": Fraction(1, 12),
}


def half_up(value: Fraction, decimals: int) -> Fraction:
    scaled = abs(value) * 10**decimals
    whole = (2 * scaled + 1) // 2
    return Fraction(whole if value >= 0 else -whole, 10**decimals)


def month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def add_months(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def snapshots(first: date, as_of: date) -> list[date]:
    days, day = [], month_end(first)
    while day < as_of:
        days.append(day)
        day = month_end(day + timedelta(days=1))
    return [*days, as_of]


def ratio(a: Fraction, b: Fraction) -> float | None:
    return None if b == 0 else float(Fraction(a) / Fraction(b))


class Rates:
    def __init__(self, company: Company) -> None:
        self.reporting = company.reporting_currency
        self.stored: dict[tuple[str, str], dict[date, Fraction]] = defaultdict(dict)
        for row in company["fx_rates"]:
            self.stored[row["base"], row["quote"]][row["rate_on"]] = Fraction(row["rate"])
        self.seen: dict[tuple[str, date], Fraction] = {}

    def _last(self, base: str, quote: str, day: date) -> Fraction | None:
        known = self.stored.get((base, quote), {})
        for age in range(8):
            if day - timedelta(days=age) in known:
                return known[day - timedelta(days=age)]
        return None

    def _leg(self, base: str, quote: str, day: date) -> Fraction | None:
        if (rate := self._last(base, quote, day)) is not None:
            return rate
        if (rate := self._last(quote, base, day)) is not None:
            return 1 / rate
        return None

    def to_reporting(self, currency: str, day: date) -> Fraction:
        if (currency, day) not in self.seen:
            self.seen[currency, day] = self._find(currency, day)
        return self.seen[currency, day]

    def _find(self, currency: str, day: date) -> Fraction:
        if currency == self.reporting:
            return Fraction(1)
        if (rate := self._leg(currency, self.reporting, day)) is not None:
            return rate
        for base in sorted({c for pair in self.stored for c in pair}):
            one, other = self._leg(base, currency, day), self._leg(base, self.reporting, day)
            if base not in (currency, self.reporting) and one is not None and other is not None:
                return other / one
        raise LookupError(f"{currency} on {day}")


class Recurring:
    """MRR of one company, a day at a time."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.rates = Rates(company)
        self.kinds = {p["product_id"]: p for p in company["products"]}
        items: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in company["subscriptions"]:
            items[row["subscription_id"], row["item_id"]].append(dict(row))
        self.rows: list[Row] = []
        for rows in items.values():
            starts = sorted(r["started_on"] for r in rows)
            for row in rows:
                later = [s for s in starts if s > row["started_on"]]
                row["_end"] = row["ended_on"] or (later[0] if later else FOREVER)
            for row in rows:
                clash = any(
                    other is not row and other["started_on"] < row["_end"] and row["started_on"] < other["_end"]
                    for other in rows
                )
                if not clash:
                    self.rows.append(row)

    def _price(self, row: Row, day: date, discounted: bool = True) -> Fraction:
        kind = self.kinds.get(row["product_id"], {}).get("kind", "subscription")
        if kind == "one_time":
            return Fraction(0)
        amount = Fraction(row["unit_amount"]) * Fraction(row["quantity"] or 1)
        if kind == "usage":
            amount = Fraction(row["minimum_commitment"] or 0)
        elif discounted and row["discount_percent"] and day < (row["discount_ends_on"] or FOREVER):
            amount *= 1 - Fraction(row["discount_percent"]) / 100
        return half_up(amount * PER_MONTH[row["billing_interval"]] / (row["interval_count"] or 1), 4)

    def _paused(self, row: Row, day: date) -> bool:
        return row["paused_from"] is not None and row["paused_from"] <= day < (row["paused_until"] or FOREVER)

    def _trial(self, row: Row, day: date) -> bool:
        return row["trial_ends_on"] is not None and day < row["trial_ends_on"]

    def mrr(self, row: Row, day: date) -> Fraction:
        if not row["started_on"] <= day < row["_end"] or self._paused(row, day) or self._trial(row, day):
            return Fraction(0)
        return self._price(row, day)

    def trial(self, row: Row, day: date) -> Fraction:
        if row["started_on"] <= day < row["_end"] and self._trial(row, day) and not self._paused(row, day):
            return self._price(row, day)
        return Fraction(0)

    def committed(self, row: Row, day: date) -> Fraction:
        cancelled = row["cancel_requested_on"] is not None and row["cancel_requested_on"] <= day < row["_end"]
        if cancelled or row["_end"] <= row["started_on"]:
            return Fraction(0)
        if day < row["started_on"]:
            signed = row["signed_on"] is not None and row["signed_on"] <= day
            return self.mrr(row, row["started_on"]) if signed else Fraction(0)
        return self.mrr(row, day)

    def by_customer(self, what: Any, day: date) -> dict[tuple[str, str], Fraction]:
        sums: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for row in self.rows:
            if (value := what(row, day)) != 0:
                sums[row["customer_id"], row["currency"]] += value
        return dict(sums)

    @cached_property
    def days(self) -> list[date]:
        starts = [min(r["started_on"], r["signed_on"] or FOREVER) for r in self.rows]
        starts = [s for s in starts if s <= self.company.as_of]
        return snapshots(min(starts), self.company.as_of) if starts else []

    @cached_property
    def closings(self) -> dict[date, dict[tuple[str, str], Fraction]]:
        return {day: self.by_customer(self.mrr, day) for day in self.days}

    def movements(self) -> dict[tuple[str, date, str], dict[str, Fraction]]:
        found: dict[tuple[str, date, str], dict[str, Fraction]] = {}
        ever: set[str] = set()
        before: dict[tuple[str, str], Fraction] = {}
        for day in self.days:
            now = self.closings[day]
            start = day.replace(day=1) - timedelta(days=1)
            had, has = {c for c, _ in before}, {c for c, _ in now}
            for customer, currency in set(before) | set(now):
                opening = before.get((customer, currency), Fraction(0))
                closing = now.get((customer, currency), Fraction(0))
                if customer not in had:
                    kind = "reactivation" if customer in ever else "new"
                elif customer not in has:
                    kind = "churned"
                else:
                    kind = "expansion" if closing > opening else "contraction"
                row = {k: Fraction(0) for k in ("new", "reactivation", "expansion", "contraction", "churned")}
                row[kind] = abs(closing - opening)
                row |= {"opening": opening, "closing": closing}
                rate = self.rates.to_reporting(currency, start)
                for name in list(row):
                    if name == "closing":
                        value = closing and closing * self.rates.to_reporting(currency, day)
                    else:
                        value = row[name] * rate
                    row[f"{name}_reporting"] = half_up(Fraction(value), 4)
                row["fx_reporting"] = (
                    row["closing_reporting"]
                    - row["opening_reporting"]
                    - row["new_reporting"]
                    - row["reactivation_reporting"]
                    - row["expansion_reporting"]
                    + row["contraction_reporting"]
                    + row["churned_reporting"]
                )
                found[customer, day.replace(day=1), currency] = row
            ever |= has
            before = now
        return found

    def valued(self, cells: dict[tuple[str, str], Fraction], day: date) -> dict[str, Fraction]:
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for (customer, currency), value in cells.items():
            sums[customer] += half_up(value * self.rates.to_reporting(currency, day), 4)
        return dict(sums)

    def metrics(self, overdue: dict[date, set[str]]) -> dict[date, dict[str, Any]]:
        found: dict[date, dict[str, Any]] = {}
        moves = self.movements()
        for day in self.days:
            month = day.replace(day=1)
            rows = [r for (_, m, _), r in moves.items() if m == month]

            def total(name: str, rows: list[dict[str, Fraction]] = rows) -> Fraction:
                return sum((r[f"{name}_reporting"] for r in rows), Fraction(0))

            now = self.closings[day]
            opening = {c for (c, m, _), r in moves.items() if m == month and r["opening"] > 0}
            customers = {c for c, _ in now}
            churned = opening - customers
            figures: dict[str, Any] = {
                "mrr": total("closing"),
                "fx_mrr": total("fx"),
                "customers": len(customers),
                "churned_customers": len(churned),
                "trial_mrr": sum(self.valued(self.by_customer(self.trial, day), day).values()),
                "committed_mrr": sum(self.valued(self.by_customer(self.committed, day), day).values()),
                "logo_churn_rate": ratio(Fraction(len(churned)), Fraction(len(opening))),
                "nrr_monthly": ratio(
                    total("opening") + total("expansion") - total("contraction") - total("churned"),
                    total("opening"),
                ),
                "quick_ratio": ratio(
                    total("new") + total("expansion") + total("reactivation"),
                    total("contraction") + total("churned"),
                ),
                "arpa": half_up(total("closing") / len(customers), 4) if customers else None,
            }
            named = overdue.get(day, set())
            at_risk = {k: Fraction(0) for k in now}
            for row in self.rows:
                if row["subscription_id"] in named and self.mrr(row, day) > 0:
                    at_risk[row["customer_id"], row["currency"]] += self.mrr(row, day)
            figures["at_risk_mrr"] = sum(self.valued(at_risk, day).values())
            then_day = month_end(add_months(month, -12))
            figures["nrr_12m"] = figures["grr_12m"] = None
            if then := self.closings.get(then_day):
                was = self.valued(then, then_day)
                is_now = self.valued({k: v for k, v in now.items() if k[0] in was}, then_day)
                kept = sum(min(is_now.get(c, Fraction(0)), was[c]) for c in was)
                figures["nrr_12m"] = ratio(sum(is_now.values()), sum(was.values()))
                figures["grr_12m"] = ratio(kept, sum(was.values()))
            found[month] = figures
        return found

    def cohorts(self) -> dict[tuple[date, int], dict[str, Any]]:
        values = {day: self.valued(self.closings[day], day) for day in self.days}
        first: dict[str, date] = {}
        for day in self.days:
            for customer in values[day]:
                first.setdefault(customer, day)
        found: dict[tuple[date, int], dict[str, Any]] = {}
        for start in set(first.values()):
            members = [c for c in first if first[c] == start]
            base = sum(values[start][c] for c in members)
            for period, day in enumerate(d for d in self.days if d >= start):
                left = {c: values[day][c] for c in members if c in values[day]}
                found[start.replace(day=1), period] = {
                    "customers": len(members),
                    "retained_customers": len(left),
                    "mrr": sum(left.values()),
                    "net_retention": ratio(Fraction(sum(left.values())), base),
                    "gross_retention": ratio(Fraction(sum(min(v, values[start][c]) for c, v in left.items())), base),
                }
        return found


class Receivables:
    """What is open on a day, from the documents dated up to it."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.totals: dict[str, Fraction] = {}
        self.invoices = {i["invoice_id"]: i for i in company["invoices"] if i["status"] != "draft"}
        for name, invoice in self.invoices.items():
            total = Fraction(0)
            for line in company["invoice_lines"]:
                if line["invoice_id"] == name:
                    net = Fraction(line["net_amount"])
                    tax = line["tax_amount"]
                    if tax is None:
                        tax = half_up(net * Fraction(line["tax_rate"] or 0), EXPONENTS[invoice["currency"]])
                    total += net + Fraction(tax)
            self.totals[name] = total
        self.payments = {p["payment_id"]: p for p in company["payments"] if p["status"] in (None, "succeeded")}
        self.allocations = self._allocations()

    def _allocations(self) -> list[Row]:
        stated = [dict(a) for a in self.company["payment_allocations"]]
        speaking = {a["payment_id"] for a in stated}
        for name, p in self.payments.items():
            if p["invoice_id"] and name not in speaking:
                stated.append(
                    {
                        "payment_id": name,
                        "invoice_id": p["invoice_id"],
                        "allocated_on": p["received_on"],
                        "amount": p["amount"],
                    }
                )
        good = []
        for a in stated:
            payment, invoice = self.payments.get(a["payment_id"]), self.invoices.get(a["invoice_id"])
            if payment and invoice and payment["currency"] == invoice["currency"]:
                a["on"] = max(a["allocated_on"], payment["received_on"], invoice["issued_on"])
                good.append(a)
        kept = []
        for a in good:
            together = sum(Fraction(b["amount"]) for b in good if b["payment_id"] == a["payment_id"])
            if together <= Fraction(self.payments[a["payment_id"]]["amount"]):
                kept.append(a)
        return kept

    def _money(self, day: date) -> tuple[list[Row], dict[str, Fraction], dict[str, Fraction]]:
        """What is left of each allocation after refunds, what payments never allocated, by currency, and what a refund
        opened of invoices to which its payment gave nothing."""
        opened: dict[str, Fraction] = defaultdict(Fraction)
        allocations = [{**a, "left": Fraction(a["amount"])} for a in self.allocations if a["on"] <= day]
        account: dict[str, Fraction] = defaultdict(Fraction)
        for name, payment in self.payments.items():
            if payment["received_on"] > day:
                continue
            free = Fraction(payment["amount"])
            free -= sum((a["left"] for a in allocations if a["payment_id"] == name), Fraction(0))
            refunds = [r for r in self.company["refunds"] if r["payment_id"] == name and r["refunded_on"] <= day]
            for refund in (r for r in refunds if r["invoice_id"] in self.invoices):
                mine = [a for a in allocations if (a["payment_id"], a["invoice_id"]) == (name, refund["invoice_id"])]
                if mine:
                    mine[0]["left"] -= Fraction(refund["amount"])
                else:
                    opened[refund["invoice_id"]] += Fraction(refund["amount"])
            unnamed = [r for r in refunds if r["invoice_id"] not in self.invoices]
            for refund in sorted(unnamed, key=lambda r: (r["refunded_on"], r["refund_id"])):
                wanted = Fraction(refund["amount"])
                taken = min(free, wanted)
                free, wanted = free - taken, wanted - taken
                mine = [a for a in allocations if a["payment_id"] == name and a["on"] <= refund["refunded_on"]]
                for a in sorted(mine, key=lambda a: (a["on"], a["invoice_id"]), reverse=True):
                    taken = min(a["left"], wanted)
                    a["left"], wanted = a["left"] - taken, wanted - taken
            account[payment["currency"]] -= free
        return allocations, account, opened

    def on(self, day: date) -> tuple[dict[tuple[str, date], Fraction], dict[str, Fraction]]:
        """Open parts by invoice and due date, and unapplied money by currency."""
        allocations, account, opened = self._money(day)
        balance: dict[str, Fraction] = {}
        for name, invoice in self.invoices.items():
            if invoice["issued_on"] > day:
                continue
            void_on = invoice["voided_on"] or (invoice["issued_on"] if invoice["status"] == "void" else FOREVER)
            balance[name] = Fraction(0) if void_on <= day else self.totals[name]
            balance[name] -= sum((a["left"] for a in allocations if a["invoice_id"] == name), Fraction(0))
            balance[name] += opened[name]
        for note in self.company["credit_notes"]:
            if note["issued_on"] > day:
                continue
            invoice = self.invoices.get(note["invoice_id"])
            applied = (note["applied_on"] or note["issued_on"]) <= day and invoice is not None
            if applied and invoice["currency"] == note["currency"] and invoice["issued_on"] <= day:
                balance[note["invoice_id"]] -= Fraction(note["amount"])
            else:
                account[note["currency"]] -= Fraction(note["amount"])
        for loss in self.company["write_offs"]:
            if loss["written_off_on"] <= day and loss["invoice_id"] in balance:
                balance[loss["invoice_id"]] -= Fraction(loss["amount"])
        parts: dict[tuple[str, date], Fraction] = {}
        for name, value in balance.items():
            if value < 0:
                account[self.invoices[name]["currency"]] += value
            elif value > 0:
                parts |= self._parts(name, value)
        return parts, dict(account)

    def _parts(self, name: str, value: Fraction) -> dict[tuple[str, date], Fraction]:
        plan = sorted(
            (i for i in self.company["invoice_instalments"] if i["invoice_id"] == name),
            key=lambda i: i["due_on"],
        )
        if not plan or sum(Fraction(i["amount"]) for i in plan) != self.totals[name]:
            return {(name, self.invoices[name]["due_on"]): value}
        paid = self.totals[name] - value
        parts = {}
        for instalment in plan:
            amount = Fraction(instalment["amount"])
            closed = min(amount, paid)
            paid -= closed
            if amount > closed:
                parts[name, instalment["due_on"]] = amount - closed
        return parts

    def overdue_subscriptions(self, day: date) -> set[str]:
        parts, _ = self.on(day)
        named = (self.invoices[name]["subscription_id"] for name, due in parts if due < day)
        return {s for s in named if s}

    def sales(self, currency: str, first: date, last: date, day: date) -> Fraction:
        total = Fraction(0)
        for name, invoice in self.invoices.items():
            void_on = invoice["voided_on"] or (invoice["issued_on"] if invoice["status"] == "void" else FOREVER)
            if invoice["currency"] == currency and first <= invoice["issued_on"] <= last and void_on > day:
                total += self.totals[name]
        return total

    def dso(self, currency: str, receivable: Fraction, day: date) -> tuple[float | None, float | None]:
        receivable = max(receivable, Fraction(0))
        simple = ratio(receivable * 90, self.sales(currency, day - timedelta(days=89), day, day))
        issued = [
            i["issued_on"]
            for i in self.invoices.values()
            if i["currency"] == currency
            and i["issued_on"] <= day < (i["voided_on"] or (i["issued_on"] if i["status"] == "void" else FOREVER))
        ]
        if not issued:
            return None, simple
        days, left, last = Fraction(0), receivable, day
        while left > 0 and last >= min(issued).replace(day=1):
            first = last.replace(day=1)
            sold, length = self.sales(currency, first, last, day), (last - first).days + 1
            if sold >= left:
                return float(days + left / sold * length), simple
            days, left, last = days + length, left - sold, first - timedelta(days=1)
        return float(days), simple


def bucket(due: date, day: date) -> str:
    late = (day - due).days
    for limit, name in ((0, "current"), (30, "1-30"), (60, "31-60"), (90, "61-90"), (120, "91-120")):
        if late <= limit:
            return name
    return "120+"
