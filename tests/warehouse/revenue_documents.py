"""Random contracts, service days and what corrects them, on top of a random company's invoices.

Draws from a generator of its own, so that nobody else's documents shift.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.warehouse import companies

if TYPE_CHECKING:
    from tests.warehouse.companies import Company, Row

METHODS = ["over_time", "over_time", "over_time", "point_in_time", "percent_complete"]


def add_revenue(company: Company, seed: int) -> None:
    rng = random.Random(f"{seed}-revenue")
    for number in range(rng.randint(1, 4)):
        _contract(company, rng, f"K{number}")
    for number in range(rng.randint(0, 2)):
        _corrected_invoice(company, rng, f"RI{number}")
    _bill(company, rng)
    for line in company["invoice_lines"]:
        _service_days(company, rng, line)
    for note in company["credit_notes"]:
        if rng.random() < 0.5:
            note.setdefault("tax_amount", companies.money(rng, 0, 1, note["currency"]))


def _on(rng: random.Random, first: date, days: int) -> date:
    day = first + timedelta(days=rng.randint(0, days))
    month = day.replace(day=1)
    return rng.choice([day, day, day, month, month - timedelta(days=1)])


def _contract(company: Company, rng: random.Random, name: str) -> None:
    currency = rng.choice(["USD", "EUR", "JPY"])
    starts = date(2022, 1, 1) + timedelta(days=rng.randint(0, 600))
    length = rng.choice([0, 20, 89, 364, 364, 730])
    ends = starts + timedelta(days=length)
    total = companies.money(rng, 0, 9000, currency) if rng.random() < 0.95 else Decimal("10.005")
    company["contracts"].append(
        {
            "contract_id": name,
            "customer_id": f"C{rng.randint(0, 3)}",
            "signed_on": starts - timedelta(days=rng.randint(-10, 40)),
            "starts_on": starts,
            "ends_on": ends,
            "total_amount": total,
            "currency": currency,
            "cancellable_from": _on(rng, starts, length + 30) if rng.random() < 0.3 else None,
        }
    )
    free = rng.random() < 0.05
    for number in range(rng.randint(1, 4)):
        own = rng.random() < 0.4
        first = starts + timedelta(days=rng.randint(-10, length + 5))
        method = rng.choice(METHODS)
        company["obligations"].append(
            {
                "obligation_id": f"{name}-O{number}",
                "contract_id": name,
                "standalone_price": Decimal(0)
                if free
                else Decimal(rng.choice([0, 1, 3, 100, 250])) / rng.choice([1, 8]),
                "recognition": method,
                "product_id": rng.choice([None, "P1", "P2"]),
                "starts_on": first if own else None,
                "ends_on": first + timedelta(days=rng.randint(0, 400)) if own and rng.random() < 0.8 else None,
                "transferred_on": _on(rng, starts, length + 60) if rng.random() < 0.6 else None,
            }
        )
        if method == "percent_complete" or rng.random() < 0.05:
            _progress(company, rng, f"{name}-O{number}", starts, length)
    for number in range(rng.choice([0, 1, 1, 2, 4])):
        _modification(company, rng, f"{name}-M{number}", name, starts, length, currency)


def _progress(company: Company, rng: random.Random, name: str, starts: date, length: int) -> None:
    days = sorted({_on(rng, starts, length + 60) for _ in range(rng.randint(0, 5))})
    percents = sorted(Decimal(rng.randint(0, 10**6)).scaleb(-4) for _ in days)
    if percents and rng.random() < 0.5:
        percents[-1] = Decimal(100)
    if rng.random() < 0.25:
        rng.shuffle(percents)
    for day, percent in zip(days, percents, strict=True):
        company["progress"].append({"obligation_id": name, "measured_on": day, "percent_complete": percent})


def _modification(
    company: Company, rng: random.Random, name: str, contract: str, starts: date, length: int, currency: str
) -> None:
    effective = _on(rng, starts - timedelta(days=20), length + 60)
    if rng.random() < 0.2:
        effective = starts + timedelta(days=length + rng.choice([0, 1]))
    earlier = [m["effective_on"] for m in company["contract_modifications"] if m["contract_id"] == contract]
    if earlier and rng.random() < 0.3:
        effective = earlier[-1]
    change = companies.money(rng, 0, 2000, currency) * rng.choice([1, 1, -1])
    named = [o["obligation_id"] for o in company["obligations"] if o["contract_id"] == contract]
    company["contract_modifications"].append(
        {
            "modification_id": name,
            "contract_id": contract,
            "effective_on": effective,
            "price_change": change if rng.random() < 0.97 else Decimal("0.001"),
            "is_distinct": rng.random() < 0.6,
            "is_at_standalone_price": rng.random() < 0.4,
            "obligation_id": rng.choice([None, None, *named, *named, "elsewhere"]),
            "new_ends_on": effective + timedelta(days=rng.randint(-3, 400)) if rng.random() < 0.5 else None,
        }
    )


def _corrected_invoice(company: Company, rng: random.Random, name: str) -> None:
    """Lines that may be negative by themselves, credited several times or void."""
    currency = rng.choice(["USD", "JPY"])
    issued = date(2022, 1, 1) + timedelta(days=rng.randint(0, 500))
    void = rng.random() < 0.3
    company["invoices"].append(
        {
            "invoice_id": name,
            "customer_id": "C0",
            "issued_on": issued,
            "due_on": issued + timedelta(days=30),
            "currency": currency,
            "status": "void" if void else "posted",
            "subscription_id": None,
            "voided_on": issued + timedelta(days=rng.choice([0, 10, 30, 45, 90])) if void else None,
        }
    )
    for number in range(rng.randint(1, 4)):
        net = companies.money(rng, 50, 900, currency)
        if number and rng.random() < 0.4:
            net = -companies.money(rng, 0, 40, currency)
        company["invoice_lines"].append(
            {
                "line_id": f"{name}-L{number}",
                "invoice_id": name,
                "net_amount": net,
                "tax_rate": rng.choice([None, Decimal("0.19")]),
                "tax_amount": None,
            }
        )
    for number in range(rng.choice([0, 1, 2, 3])):
        company["credit_notes"].append(
            {
                "credit_note_id": f"{name}-N{number}",
                "customer_id": "C0",
                "issued_on": issued + timedelta(days=rng.choice([-3, 0, 10, 10, 30, 31, 90, 300])),
                "applied_on": None,
                "amount": companies.money(rng, 1, 500, currency),
                "currency": currency,
                "invoice_id": name,
            }
        )


def _bill(company: Company, rng: random.Random) -> None:
    """Lines that name what a contract sells; some in another currency, some naming what nobody has."""
    names = [o["obligation_id"] for o in company["obligations"]] + [
        m["modification_id"] for m in company["contract_modifications"]
    ]
    currency_of = {k["contract_id"]: k["currency"] for k in company["contracts"]}
    currencies = {i["invoice_id"]: i["currency"] for i in company["invoices"]}
    for line in company["invoice_lines"]:
        fitting = [n for n in names if currency_of[n.split("-")[0]] == currencies[line["invoice_id"]]]
        if fitting and rng.random() < 0.4:
            line["obligation_id"] = rng.choice(fitting)
        elif rng.random() < 0.05:
            line["obligation_id"] = rng.choice([*names, "nobody's"])


def _service_days(company: Company, rng: random.Random, line: Row) -> None:
    issued = next(i["issued_on"] for i in company["invoices"] if i["invoice_id"] == line["invoice_id"])
    starts = issued + timedelta(days=rng.choice([-40, -30, -1, 0, 0, 0, 1, 33, 70]))
    ends = starts + timedelta(days=rng.choice([0, 6, 29, 30, 89, 364]))
    if rng.random() < 0.8:
        line["service_starts_on"] = starts
    if rng.random() < 0.8:
        line["service_ends_on"] = ends
