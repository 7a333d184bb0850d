"""What few companies have: entities, refunds that name their invoice, lines that name their product, a shop, deals,
filings, and money that a statement shows in other pieces than the books.

Draws from a generator of its own and comes last, so that nobody else's documents shift.
"""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.warehouse import companies

if TYPE_CHECKING:
    from tests.warehouse.companies import Company, Row

STAGES = ["Prospecting", "Qualified", "Proposal", "Won", "Won", "Closed Lost"]


def add_rare(company: Company, seed: int) -> None:
    rng = random.Random(f"{seed}-rare")
    _products_of_lines(company, rng)
    _places(company, rng)
    if rng.random() < 0.4:
        _entities(company, rng)
    _named_refunds(company, rng)
    if rng.random() < 0.5:
        _statement_in_pieces(company, rng)
    if rng.random() < 0.4:
        _shop(company, rng)
    if rng.random() < 0.4:
        _deals(company, rng)
    _filings(company, rng)


def _products_of_lines(company: Company, rng: random.Random) -> None:
    for line in company["invoice_lines"]:
        if rng.random() < 0.35:
            line["product_id"] = rng.choice(["P1", "P2", "PU", "PU", "PO", "missing"])


def _places(company: Company, rng: random.Random) -> None:
    """Provinces and cities that few ship to."""
    for invoice in company["invoices"]:
        if rng.random() < 0.05:
            invoice["ship_to_country"], invoice["ship_to_region"] = "CA", "British Columbia"


def _entities(company: Company, rng: random.Random) -> None:
    company["entities"].append({"entity_id": "root", "name": "Root", "currency": company.reporting_currency})
    names = ["child", "grandchild"][: rng.choice([1, 1, 2])]
    for parent, name in zip(["root", *names], names, strict=False):
        share = rng.choice([None, Decimal(100), Decimal(60)])
        company["entities"].append(
            {"entity_id": name, "name": name, "currency": "EUR", "parent_entity_id": parent, "ownership_percent": share}
        )
    for contract in company["contracts"]:
        contract["entity_id"] = rng.choice([None, "root", *names])
    for invoice in company["invoices"]:
        invoice["entity_id"] = rng.choice([None, "root", *names])
        if rng.random() < 0.2:
            invoice["contract_id"] = rng.choice(company["contracts"])["contract_id"]
    for bill in company["bills"]:
        bill["entity_id"] = rng.choice([None, "root", *names])


def _named_refunds(company: Company, rng: random.Random) -> None:
    """Of one payment: up to what it gave the invoice, and sometimes some of the rest, which names none."""
    refunded = {refund["payment_id"] for refund in company["refunds"]}
    payments = {payment["payment_id"]: payment for payment in company["payments"]}
    currencies = {invoice["invoice_id"]: invoice["currency"] for invoice in company["invoices"]}
    stated = {a["payment_id"]: (a["invoice_id"], a["amount"]) for a in company["payment_allocations"]}
    for name, payment in payments.items():
        invoice, given = stated.get(name, (payment["invoice_id"], payment["amount"]))
        given = min(given, payment["amount"])
        fits = invoice and given > 0 and currencies.get(invoice) == payment["currency"]
        if not fits or name in refunded or rng.random() < 0.85:
            continue
        last = max([payment["received_on"], *(i["issued_on"] for i in company["invoices"])]) + timedelta(days=30)
        unit = Decimal(1).scaleb(-companies.EXPONENTS[payment["currency"]])
        share = (given * Decimal(rng.choice(["0.25", "0.6", "1"]))).quantize(unit, rounding="ROUND_UP")
        _refund(company, rng, f"{name}-RN", payment, last, share, invoice)
        if payment["amount"] > share and rng.random() < 0.4:
            _refund(company, rng, f"{name}-RO", payment, last, min(payment["amount"] - share, 7 * unit), None)


def _refund(
    company: Company, rng: random.Random, name: str, payment: Row, last: date, amount: Decimal, invoice: str | None
) -> None:
    company["refunds"].append(
        {
            "refund_id": name,
            "payment_id": payment["payment_id"],
            "refunded_on": last + timedelta(days=rng.randint(0, 60)),
            "amount": amount,
            "kind": rng.choice(["refund", "chargeback"]),
            "invoice_id": invoice,
        }
    )


def _statement_in_pieces(company: Company, rng: random.Random) -> None:
    """Two payments that the bank shows as one line, and one that it shows as two; each says which."""
    day = company.as_of - timedelta(days=rng.randint(5, 300))
    amounts = [Decimal(rng.randint(500, 90000)).scaleb(-2) for _ in range(3)]
    for number, amount in enumerate(amounts):
        company["payments"].append(
            {
                "payment_id": f"Z{number}",
                "customer_id": "C0",
                "received_on": day,
                "amount": amount,
                "currency": "EUR",
                "invoice_id": None,
                "status": "succeeded",
                "reference": f"RZ-{number}-7788",
            }
        )
    half = (amounts[2] / 3).quantize(Decimal("0.01"))
    lines = [(amounts[0] + amounts[1], "VARIOUS RZ-0-7788 RZ-1-7788"), (half, "PART RZ-2-7788")]
    for amount, text in [*lines, (amounts[2] - half, "PART RZ-2-7788")]:
        company["bank_statement"].append(
            {"posted_on": day + timedelta(days=1), "amount": amount, "currency": "EUR", "description": text}
        )


def _shop(company: Company, rng: random.Random) -> None:
    for number in range(rng.randint(3, 25)):
        day = company.as_of - timedelta(days=rng.randint(-3, 400))
        company["sales"].append(
            {
                "sale_id": f"R{number}",
                "sold_at": datetime.combine(day, time(rng.randint(0, 23), 15)),
                "sold_at_is_utc": rng.random() < 0.5,
                "product": rng.choice(["Tea", "Jam"]),
                "quantity": rng.choice([1, 3, Decimal("0.5"), -1]),
                "unit_price": Decimal(rng.randint(1, 9000)).scaleb(-rng.choice([2, 3])),
                "unit_cost": rng.choice([None, Decimal("1.25")]),
                "order_id": rng.choice([None, f"O{number // 3}"]),
                "customer_id": rng.choice([None, "C0", "C1"]),
                "currency": rng.choice(["EUR", "EUR", "JPY"]),
            }
        )


def _deals(company: Company, rng: random.Random) -> None:
    for number in range(rng.randint(2, 10)):
        created = datetime.combine(company.as_of - timedelta(days=rng.randint(-2, 400)), time(9, 30))
        closed = created.date() + timedelta(days=rng.randint(1, 90))
        stage = rng.choice(STAGES)
        company["deals"].append(
            {
                "deal_id": f"D{number}",
                "created_at": created,
                "created_at_is_utc": False,
                "stage": stage,
                "amount": rng.choice([None, Decimal(rng.randint(100, 9000))]),
                "currency": rng.choice(["USD", "EUR"]),
                "customer_id": rng.choice([None, "C0"]),
                "closed_on": closed if stage in ("Won", "Closed Lost") else None,
                "expected_close_on": rng.choice([None, closed]),
            }
        )
        for days, name in enumerate(("Prospecting", "Qualified", stage)):
            company["deal_stages"].append(
                {
                    "deal_id": f"D{number}",
                    "stage": name,
                    "entered_at": created + timedelta(days=days),
                    "entered_at_is_utc": False,
                }
            )


def _filings(company: Company, rng: random.Random) -> None:
    """Quarters that were put aside, handed in or paid; the core knows them."""
    for jurisdiction in ("DE", "FR", "CA-ON"):
        for first in (date(2022, 1, 1), date(2022, 4, 1), date(2022, 7, 1)):
            if rng.random() < 0.5:
                continue
            last = companies.months_later(first, 3) - timedelta(days=1)
            status = rng.choice(["open", "filed", "paid"])
            company.in_core.setdefault("tax_filings", []).append(
                {
                    "filing_id": f"{jurisdiction}-{first}",
                    "jurisdiction": jurisdiction,
                    "period_starts_on": first,
                    "period_ends_on": last,
                    "currency": "EUR",
                    "due_on": last + timedelta(days=20),
                    "status": status,
                    "filed_on": last + timedelta(days=15) if status != "open" else None,
                    "paid_on": last + timedelta(days=19) if status == "paid" else None,
                }
            )
