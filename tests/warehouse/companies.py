"""Small random companies, as rows of the raw relations. Every branch of the definitions turns up among a few dozen."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.warehouse import bank_statements, rare_documents, revenue_documents, tax_documents
from tests.warehouse.world import World

Row = dict[str, Any]
EXPONENTS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3}
FIRST_RATE = date(2021, 11, 20)


@dataclass
class Company:
    tenant_id: str
    as_of: date
    reporting_currency: str
    gross_margin: Decimal
    rows: dict[str, list[Row]] = field(default_factory=dict)
    in_core: dict[str, list[Row]] = field(default_factory=dict)
    """Rows of tables that only the core has, beside the files' `rows`."""

    def put(self, world: World, rows: dict[str, list[Row]] | None = None, as_of: date | None = None) -> None:
        """Makes the company a tenant; with other rows or another day where a test says so."""
        world.tenant(
            self.tenant_id,
            as_of or self.as_of,
            reporting_currency=self.reporting_currency,
            gross_margin=self.gross_margin,
        )
        for data_set, facts in (self.rows if rows is None else rows).items():
            world.csv(self.tenant_id, data_set, facts)
        for table, facts in self.in_core.items():
            world.app(self.tenant_id, table, facts)

    def __getitem__(self, data_set: str) -> list[Row]:
        return self.rows.setdefault(data_set, [])


def money(rng: random.Random, low: int, high: int, currency: str) -> Decimal:
    exponent = EXPONENTS[currency]
    return Decimal(rng.randint(low * 10**exponent, high * 10**exponent)).scaleb(-exponent)


def make_company(seed: int) -> Company:
    rng = random.Random(seed)
    as_of = date(2023, 5, 1) + timedelta(days=rng.randint(0, 420))
    if rng.random() < 0.4:
        as_of = (as_of.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    company = Company(
        f"t{seed:03d}",
        as_of,
        rng.choice(["USD", "EUR", "JPY", "GBP"]),
        Decimal(rng.randint(20, 95)).scaleb(-2),
    )
    _rates(company, rng)
    _products(company, rng)
    for number in range(rng.randint(1, 6)):
        customer = f"C{number}"
        if rng.random() < 0.9:
            company["customers"].append({"customer_id": customer, "name": f"Customer {number}"})
        currencies = rng.sample(["USD", "EUR", "GBP", "JPY"], rng.choice([1, 1, 1, 2]))
        for s in range(rng.randint(0, 3)):
            _subscription(company, rng, customer, f"{customer}-S{s}", rng.choice(currencies))
        for i in range(rng.randint(0, 5)):
            _invoice(company, rng, customer, f"{customer}-I{i}", rng.choice(currencies))
        for p in range(rng.randint(0, 2)):
            _payment(company, rng, customer, f"{customer}-X{p}", rng.choice([*currencies, "KWD"]), [])
    revenue_documents.add_revenue(company, seed)
    tax_documents.add_tax(company, seed)
    bank_statements.add_bank(company, seed)
    rare_documents.add_rare(company, seed)
    return company


def months_later(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _day(rng: random.Random, company: Company, first: date = date(2022, 1, 1), beyond: int = 40) -> date:
    day = first + timedelta(days=rng.randint(0, max(1, (company.as_of - first).days + beyond)))
    if rng.random() < 0.15:
        # Edges: the first and the last day of a month, the as-of date and the day after it.
        month = day.replace(day=1)
        return rng.choice([month, month - timedelta(days=1), company.as_of, company.as_of + timedelta(days=1)])
    return day


def _maybe(rng: random.Random, chance: float, value: Any) -> Any:
    return value if rng.random() < chance else None


def _rates(company: Company, rng: random.Random) -> None:
    levels = {"USD": 1.09, "GBP": 0.86, "JPY": 155.0}
    direct = rng.random() < 0.5
    day = FIRST_RATE
    while day <= company.as_of:
        if day.weekday() < 5:
            for quote, level in levels.items():
                rate = Decimal(str(round(level * rng.uniform(0.95, 1.05), 4)))
                company["fx_rates"].append({"rate_on": day, "base": "EUR", "quote": quote, "rate": rate})
            if direct and day.weekday() == 2:
                rate = Decimal(str(round(1.27 * rng.uniform(0.95, 1.05), 6)))
                company["fx_rates"].append({"rate_on": day, "base": "GBP", "quote": "USD", "rate": rate})
        day += timedelta(days=1)


def _products(company: Company, rng: random.Random) -> None:
    for product_id, kind in (("P1", "subscription"), ("P2", "subscription"), ("PU", "usage"), ("PO", "one_time")):
        priced = rng.random() < 0.5
        company["products"].append(
            {
                "product_id": product_id,
                "name": product_id,
                "kind": kind,
                "currency": "USD",
                "standalone_price": Decimal(rng.randint(50, 200)) if priced else None,
                "unit_cost": Decimal(rng.randint(5, 60)) if priced else None,
            }
        )


def _subscription(company: Company, rng: random.Random, customer: str, name: str, currency: str) -> None:
    for item in range(rng.choice([1, 1, 2])):
        start = _day(rng, company)
        for _ in range(rng.randint(1, 4)):
            length = rng.choice([5, 20, 31, 45, 90, 200, 365])
            end: date | None = start + timedelta(days=length)
            following = start + timedelta(days=length + rng.choice([0, 0, 0, 3, 40, 90]))
            if rng.random() < 0.05:
                following = start + timedelta(days=length // 2)
            if rng.random() < 0.25:
                end = None
            elif rng.random() < 0.1 and start < company.as_of:
                end = following = company.as_of
            pause = start + timedelta(days=rng.randint(0, length))
            company["subscriptions"].append(
                {
                    "subscription_id": name,
                    "customer_id": customer,
                    "item_id": _maybe(rng, 0.95, f"i{item}") or f"i{item}",
                    "product_id": rng.choice(["P1", "P1", "P2", "PU", "PO", None, "missing"]),
                    "started_on": start,
                    "ended_on": end,
                    "unit_amount": Decimal(rng.randint(0, 3_000_000)).scaleb(-rng.choice([2, 2, 4, 6])),
                    "currency": currency,
                    "billing_interval": rng.choice(["day", "week", "month", "month", "month", "quarter", "year"]),
                    "interval_count": rng.choice([None, 1, 1, 2, 3, 6]),
                    "quantity": rng.choice([None, Decimal(1), Decimal(7), Decimal("2.5")]),
                    "discount_percent": _maybe(rng, 0.3, Decimal(rng.choice(["10", "33.333333", "100", "50"]))),
                    "discount_ends_on": _maybe(rng, 0.6, start + timedelta(days=rng.randint(0, length))),
                    "trial_ends_on": _maybe(rng, 0.2, start + timedelta(days=rng.randint(1, 40))),
                    "signed_on": _maybe(rng, 0.4, start - timedelta(days=rng.randint(-3, 70))),
                    "cancel_requested_on": _maybe(rng, 0.3, start + timedelta(days=rng.randint(0, length))),
                    "churn_reason": _maybe(rng, 0.3, rng.choice(["voluntary", "involuntary", "too expensive"])),
                    "paused_from": (paused := _maybe(rng, 0.2, pause)),
                    "paused_until": _maybe(rng, 0.8, pause + timedelta(days=rng.randint(1, 80))) if paused else None,
                    "minimum_commitment": _maybe(rng, 0.7, Decimal(rng.randint(1, 900))),
                }
            )
            start = following


def _invoice(company: Company, rng: random.Random, customer: str, name: str, currency: str) -> None:
    issued = _day(rng, company, beyond=20)
    status = rng.choice(["posted"] * 8 + ["draft", "void"])
    subscriptions = [r["subscription_id"] for r in company["subscriptions"] if r["customer_id"] == customer]
    invoice = {
        "invoice_id": name,
        "customer_id": customer,
        "issued_on": issued,
        "due_on": issued + timedelta(days=rng.choice([0, 14, 30, 60])),
        "currency": currency,
        "status": status,
        "subscription_id": rng.choice([None, *subscriptions]),
        "voided_on": issued + timedelta(days=rng.randint(0, 90)) if status == "void" else None,
    }
    company["invoices"].append(invoice)
    total = Decimal(0)
    for line in range(rng.randint(0, 3)):
        net = money(rng, 1, 900, currency)
        rate = rng.choice([None, Decimal("0"), Decimal("0.19"), Decimal("0.0825")])
        tax = _maybe(rng, 0.3, money(rng, 0, 90, currency))
        company["invoice_lines"].append(
            {
                "line_id": f"{name}-L{line}",
                "invoice_id": name,
                "net_amount": net,
                "tax_rate": rate,
                "tax_amount": tax,
            }
        )
        unit = Decimal(1).scaleb(-EXPONENTS[currency])
        derived = (net * (rate or 0)).quantize(unit, rounding="ROUND_HALF_UP")
        total += net + (derived if tax is None else tax)
    if total > 3 and rng.random() < 0.2:
        first = money(rng, 1, 1, currency)
        wrong = Decimal(1) if rng.random() < 0.3 else Decimal(0)
        for days, amount in ((10, first), (50, total - first + wrong)):
            company["invoice_instalments"].append(
                {"invoice_id": name, "due_on": issued + timedelta(days=days), "amount": amount}
            )
    for p in range(rng.choice([0, 1, 1, 2])):
        _payment(company, rng, customer, f"{name}-P{p}", currency, [name])
    if rng.random() < 0.2:
        applied = issued + timedelta(days=rng.randint(-5, 60))
        company["credit_notes"].append(
            {
                "credit_note_id": f"{name}-N",
                "customer_id": customer,
                "issued_on": issued + timedelta(days=rng.randint(-5, 40)),
                "applied_on": _maybe(rng, 0.5, applied),
                "amount": money(rng, 1, 400, currency),
                "currency": currency if rng.random() < 0.9 else "KWD",
                "invoice_id": _maybe(rng, 0.8, name),
            }
        )
    if rng.random() < 0.1:
        company["write_offs"].append(
            {
                "write_off_id": f"{name}-W",
                "invoice_id": name,
                "written_off_on": issued + timedelta(days=rng.randint(0, 120)),
                "amount": money(rng, 1, 300, currency),
            }
        )


def _payment(
    company: Company, rng: random.Random, customer: str, name: str, currency: str, invoices: list[str]
) -> None:
    received = _day(rng, company)
    paid = currency if rng.random() < 0.95 else "KWD"
    amount = money(rng, 2, 900, paid)
    whole = bool(invoices) and rng.random() < 0.5
    company["payments"].append(
        {
            "payment_id": name,
            "customer_id": customer,
            "received_on": received,
            "amount": amount,
            "currency": paid,
            "invoice_id": invoices[0] if whole else None,
            "status": rng.choice([None] + ["succeeded"] * 7 + ["failed", "pending"]),
        }
    )
    known = [r["invoice_id"] for r in company["invoices"]]
    if not whole and known and rng.random() < 0.8:
        rest = amount
        for invoice in rng.sample(known, min(len(known), rng.randint(1, 3))):
            share = min(rest, money(rng, 0, 400, paid))
            if rng.random() < 0.04:
                share = amount + 1
            rest -= min(rest, share)
            company["payment_allocations"].append(
                {
                    "payment_id": name,
                    "invoice_id": invoice,
                    "allocated_on": received + timedelta(days=rng.randint(-10, 30)),
                    "amount": share,
                }
            )
    if rng.random() < 0.15:
        # Refunds come after the last allocation: what was paid back cannot be allocated any more.
        last = max([received, *(i["issued_on"] for i in company["invoices"])]) + timedelta(days=30)
        left = amount
        for n in range(rng.choice([1, 2])):
            share = min(left, money(rng, 1, 500, paid))
            left -= share
            if share > 0:
                company["refunds"].append(
                    {
                        "refund_id": f"{name}-R{n}",
                        "payment_id": name,
                        "refunded_on": last + timedelta(days=rng.randint(0, 60)),
                        "amount": share,
                        "kind": rng.choice([None, "refund", "chargeback"]),
                        "invoice_id": None,
                    }
                )
