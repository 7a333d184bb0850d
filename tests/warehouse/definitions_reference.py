"""Each tool's figures once more, row by row and day by day, in exact fractions: nothing here knows of any line."""

from collections import defaultdict
from collections.abc import Callable, Container
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

from tests.warehouse.companies import Company, Row
from tests.warehouse.reference import Receivables, Recurring, add_months, half_up, month_end, snapshots

Cells = dict[tuple[str, str], Fraction]
Figures = dict[str, tuple[Fraction, Fraction]]
TOOLS = ("stripe", "chartmogul", "baremetrics", "naive_invoices")
ZERO = Fraction(0)


def moved(day: date, months: int) -> date:
    """The same day some months later, or that month's last."""
    first = add_months(day, months)
    return min(first + timedelta(days=day.day - 1), month_end(first))


class Tools:
    """`rated` says for which currency and month a rate is at hand when a running period's first month is looked up."""

    def __init__(self, company: Company, rated: Container[tuple[str, date]]) -> None:
        self.company = company
        self.recurring = Recurring(company)
        self.rates = self.recurring.rates
        self.receivables = Receivables(company)
        self.rated = rated
        starts = [r["started_on"] for r in company["subscriptions"]] + [i["issued_on"] for i in company["invoices"]]
        starts += [r["signed_on"] for r in company["subscriptions"] if r["signed_on"]]
        self.days = snapshots(min([*starts, company.as_of]), company.as_of)
        self.late: dict[date, set[str]] = {}

    def _is_usage(self, row: Row) -> bool:
        return self.recurring.kinds.get(row["product_id"], {}).get("kind") == "usage"

    def stripe(self, row: Row, day: date) -> Fraction:
        """Active, paused or past due; no usage, no trial, nothing told to end; coupons only without an end."""
        asked = row["cancel_requested_on"] is not None and row["cancel_requested_on"] <= day
        in_force = row["started_on"] <= day < row["_end"]
        if not in_force or asked or self._is_usage(row) or self.recurring._trial(row, day):
            return ZERO
        return self.recurring._price(row, day, discounted=row["discount_ends_on"] is None)

    def chartmogul(self, row: Row, day: date) -> Fraction:
        return ZERO if self._is_usage(row) else self.recurring.mrr(row, day)

    def baremetrics(self, row: Row, day: date) -> Fraction:
        return ZERO if row["subscription_id"] in self._delinquent(day) else self.recurring.mrr(row, day)

    def _delinquent(self, day: date) -> set[str]:
        if day not in self.late:
            parts, _ = self.receivables.on(day)
            invoices = self.receivables.invoices
            self.late[day] = {invoices[name]["subscription_id"] for name, due in parts if (day - due).days > 30}
        return self.late[day]

    @cached_property
    def cells(self) -> dict[str, dict[date, Cells]]:
        by_tool: dict[str, Callable[[Row, date], Fraction]] = {
            "stripe": self.stripe,
            "chartmogul": self.chartmogul,
            "baremetrics": self.baremetrics,
        }
        return {
            name: {day: self.recurring.by_customer(what, day) for day in self.days} for name, what in by_tool.items()
        }

    def _value(self, cells: Cells, day: date) -> Fraction:
        return sum((half_up(v * self.rates.to_reporting(c, day), 4) for (_, c), v in cells.items()), ZERO)

    def _exchange(self, day: date) -> Fraction:
        """What the rates of the running periods' first months make of foreign MRR."""
        groups: dict[tuple[str, str], dict[date, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        for row in self.recurring.rows:
            value = self.chartmogul(row, day)
            steps = {"month": 1, "quarter": 3, "year": 12}.get(row["billing_interval"])
            if value and steps and row["currency"] != self.company.reporting_currency:
                anchor = max(row["started_on"], row["trial_ends_on"] or row["started_on"])
                start = anchor
                while moved(anchor, (start.year - anchor.year) * 12 + start.month - anchor.month) <= day:
                    last = start
                    start = add_months(start, steps * (row["interval_count"] or 1))
                groups[row["customer_id"], row["currency"]][last.replace(day=1)] += value
        total = ZERO
        for (_, currency), months in groups.items():
            now = self.rates.to_reporting(currency, day)
            for month, value in months.items():
                known = (currency, month) in self.rated
                rate = self.rates.to_reporting(currency, min(month_end(month), self.company.as_of)) if known else now
                total += half_up(value * rate, 4)
            total -= half_up(sum(months.values()) * now, 4)
        return total

    def tool(self, name: str) -> dict[date, Figures]:
        found: dict[date, Figures] = {}
        cells = self.cells[name]
        before: Cells = {}
        ever: set[str] = set()
        for day in self.days:
            now = cells[day]
            opening_on = day.replace(day=1) - timedelta(days=1)
            figures = self._movements(before, now, opening_on, ever, name)
            figures["mrr"] = (self._value(now, day) + (self._exchange(day) if name == "chartmogul" else 0), Fraction(1))
            then_on = month_end(add_months(day.replace(day=1), -12))
            then = cells.get(then_on, {})
            old = {c for c, _ in then}
            kept = {k: v for k, v in now.items() if k[0] in old}
            figures["nrr_12m"] = (self._value(kept, then_on), self._value(then, then_on))
            found[day.replace(day=1)] = figures
            ever |= {c for c, _ in now}
            before = now
        return found

    def _movements(self, before: Cells, now: Cells, day: date, ever: set[str], name: str) -> Figures:
        had, has = {c for c, _ in before}, {c for c, _ in now}
        opening = self._value(before, day)
        risen = fallen = returned = ZERO
        for customer, currency in set(before) | set(now):
            change = now.get((customer, currency), ZERO) - before.get((customer, currency), ZERO)
            amount = half_up(abs(change) * self.rates.to_reporting(currency, day), 4) if change else ZERO
            if customer not in had:
                returned += amount if customer in ever else 0
            elif change > 0:
                risen += amount
            else:
                fallen += amount
        kept = opening + risen - fallen + (returned if name == "chartmogul" else 0)
        divisor = len(had | has) if name == "stripe" else len(had)
        return {
            "nrr_monthly": (kept, opening),
            "gross_mrr_churn_rate": (fallen, opening),
            "logo_churn_rate": (Fraction(len(had - has)), Fraction(divisor)),
        }

    def naive(self) -> dict[date, Figures]:
        invoiced: dict[date, Cells] = defaultdict(lambda: defaultdict(Fraction))
        for line in self.company["invoice_lines"]:
            invoice = self.receivables.invoices.get(line["invoice_id"])
            if invoice is None or invoice["issued_on"] > self.company.as_of:
                continue
            void_on = invoice["voided_on"] or (invoice["issued_on"] if invoice["status"] == "void" else None)
            if void_on is None or void_on > self.company.as_of:
                month = invoice["issued_on"].replace(day=1)
                invoiced[month][invoice["customer_id"], invoice["currency"]] += Fraction(line["net_amount"])
        sums: dict[date, dict[str, Fraction]] = {}
        totals: dict[date, Fraction] = {}
        for day in self.days:
            month = day.replace(day=1)
            customers: dict[str, Fraction] = defaultdict(Fraction)
            for (customer, currency), value in invoiced[month].items():
                customers[customer] += half_up(value * self.rates.to_reporting(currency, day), 4)
            totals[month] = sum(customers.values(), ZERO)
            sums[month] = {c: v for c, v in customers.items() if v > 0}
        found: dict[date, Figures] = {}
        for month, now in sums.items():
            last, year = sums.get(add_months(month, -1), {}), sums.get(add_months(month, -12), {})
            opening = sum(last.values(), ZERO)
            found[month] = {
                "mrr": (totals[month], Fraction(1)),
                "nrr_monthly": (sum((now.get(c, ZERO) for c in last), ZERO), opening),
                "gross_mrr_churn_rate": (
                    sum((max(v - now.get(c, ZERO), ZERO) for c, v in last.items()), ZERO),
                    opening,
                ),
                "logo_churn_rate": (Fraction(len(set(last) - set(now))), Fraction(len(last))),
                "nrr_12m": (sum((now.get(c, ZERO) for c in year), ZERO), sum(year.values(), ZERO)),
            }
        return found

    def figures(self, name: str) -> dict[date, Figures]:
        return self.naive() if name == "naive_invoices" else self.tool(name)
