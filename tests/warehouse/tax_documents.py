"""What the random companies need to be taxed and to owe: places, codes, credited tax, rates of their own, bills.

Rows that other figures read get columns that these do not look at; bills and rates are rows of their own.
"""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.warehouse.companies import Company

CODES = ["standard", "reduced", "exempt", "zero_rated", "reverse_charge", None, None]
PLACES = [
    ("DE", None),
    ("FR", None),
    ("FR", "Occitanie"),
    ("de", None),
    ("CA", "Ontario"),
    ("CA", "CA-QC"),
    ("CA", "ab"),
    ("CA", None),
    ("US", "California"),
    ("US", "NY"),
    ("US", "Avalon"),
    (None, None),
]
_MONEY = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3}


def add_tax(company: "Company", seed: int) -> None:
    rng = random.Random(f"{seed}-tax")
    for customer in company["customers"]:
        customer["country"], customer["region"] = rng.choice(PLACES)
    for invoice in company["invoices"]:
        if rng.random() < 0.4:
            invoice["ship_to_country"], invoice["ship_to_region"] = rng.choice(PLACES)
        elif rng.random() < 0.1:
            invoice["ship_to_region"] = "Quebec"
    for line in company["invoice_lines"]:
        line["tax_code"] = rng.choice(CODES)
    for note in company["credit_notes"]:
        if rng.random() < 0.4:
            share = _amount(rng, 0, 1, note["currency"]) * note["amount"] / 4
            note.setdefault("tax_amount", round(share, _MONEY[note["currency"]]))
    _rates(company, rng)
    for number in range(rng.randint(0, 12)):
        _bill(company, rng, f"B{number}")
    for number in range(rng.randint(0, 6)):
        _expense(company, rng, f"E{number}")


def _amount(rng: random.Random, low: int, high: int, currency: str) -> Decimal:
    exponent = _MONEY[currency]
    return Decimal(rng.randint(low * 10**exponent, high * 10**exponent)).scaleb(-exponent)


def _rates(company: "Company", rng: random.Random) -> None:
    """Own rates of some places, some with a gap, with an end, or with two that overlap."""
    for jurisdiction, kinds in (("DE", ["VAT"]), ("CA", ["GST"]), ("CA-QC", ["QST"]), ("CA-ON", ["HST"])):
        if rng.random() < 0.4:
            continue
        for kind in kinds:
            for category in ("standard", "reduced"):
                start = date(2021, 12, 1)
                for _ in range(rng.randint(0, 3)):
                    length = rng.choice([60, 200, 400])
                    company["tax_rates"].append(
                        {
                            "jurisdiction": jurisdiction,
                            "kind": kind,
                            "category": category,
                            "rate": rng.choice(
                                [Decimal("0.19"), Decimal("0.07"), Decimal("0.09975"), Decimal("0.0825")]
                            ),
                            "valid_from": start,
                            "valid_until": start + timedelta(days=length + 20) if rng.random() < 0.6 else None,
                        }
                    )
                    start += timedelta(days=length + rng.choice([0, 0, 20, 60]))


def _bill(company: "Company", rng: random.Random, name: str) -> None:
    currency = rng.choice(["USD", "EUR", "JPY", "KWD"])
    issued = date(2022, 1, 1) + timedelta(days=rng.randint(0, max(1, (company.as_of - date(2022, 1, 1)).days + 20)))
    if rng.random() < 0.15:
        issued = rng.choice([company.as_of, company.as_of + timedelta(days=1), issued.replace(day=1)])
    amount = _amount(rng, -50, 900, currency)
    tax: Any = rng.choice([None, Decimal(0), _amount(rng, 0, 40, currency)])
    broken = rng.random() < 0.06
    company["bills"].append(
        {
            "bill_id": name,
            "vendor_id": rng.choice(["V1", "V1", "V2"]),
            "issued_on": issued,
            "due_on": issued + timedelta(days=rng.choice([0, 14, 30, 30, 90])),
            "amount": amount if not broken else amount + Decimal("0.0005"),
            "currency": currency,
            "tax_amount": tax,
            "category": rng.choice([None, "rent"]),
        }
    )
    for number in range(rng.choice([0, 1, 1, 2])):
        company["bill_payments"].append(
            {
                "bill_payment_id": f"{name}-P{number}",
                "bill_id": name if rng.random() < 0.95 else "missing",
                "paid_on": issued + timedelta(days=rng.randint(-40, 150)),
                "amount": rng.choice([amount, _amount(rng, 1, 500, currency), Decimal("1.0005")])
                if amount > 0
                else _amount(rng, 1, 20, currency),
            }
        )


def _expense(company: "Company", rng: random.Random, name: str) -> None:
    currency = rng.choice(["USD", "EUR"])
    company["expenses"].append(
        {
            "expense_id": name,
            "spent_on": company.as_of - timedelta(days=rng.randint(-10, 400)),
            "amount": _amount(rng, 20, 300, currency),
            "currency": currency,
            "category": "travel",
            "tax_amount": rng.choice([None, Decimal(0), *[_amount(rng, 1, 19, currency)] * 3, Decimal("1.0005")]),
        }
    )
