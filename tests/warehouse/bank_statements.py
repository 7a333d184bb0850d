"""Statements of which the truth is known: made from payments, with fees, batches, typos and lines of nobody."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
AS_OF = date(2024, 6, 30)
FIRST = date(2024, 3, 1)
NAMES = ["Acme Widgets Ltd", "Müller & Söhne GmbH", "Boulangerie Petit", "Kiwi Robotics", "Norden Havn AS", "Ota Foods"]
PRICES = [Decimal("9.99"), Decimal("49.00"), Decimal("99.00"), Decimal("120.00")]


@dataclass
class Bank:
    """One tenant's documents and statement. `truth` says which (kind, id) each line, by its number, settles."""

    tenant_id: str
    rng: random.Random
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    truth: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    how: dict[int, str] = field(default_factory=dict)

    def line(self, how: str, day: date, amount: Decimal, text: str, settles: set[tuple[str, str]], **more: Any) -> None:
        number = len(self.rows["bank_statement"])
        self.rows["bank_statement"].append(
            {"posted_on": day, "amount": amount, "currency": "EUR", "description": text, **more}
        )
        self.truth[number] = settles
        self.how[number] = how


def make_bank(seed: int) -> Bank:
    rng = random.Random(f"{seed}-bank")
    bank = Bank(f"b{seed:03d}", rng)
    for number, name in enumerate(NAMES):
        bank.rows["customers"].append({"customer_id": f"C{number}", "name": name})
    for number in range(rng.randint(40, 70)):
        _one_payment(bank, number)
    for number in range(rng.randint(2, 5)):
        _named_batch(bank, number)
        _payout(bank, number)
        _in_parts(bank, number)
        _bill(bank, number)
    for number in range(rng.randint(3, 8)):
        day = FIRST + timedelta(days=rng.randint(0, 110))
        bank.line("nobody's", day, Decimal(rng.randint(-40000, -5000)).scaleb(-2), "RENT AND WAGES", set())
        bank.line("nobody's", day, Decimal(rng.randint(700000, 990000)).scaleb(-2), f"LOAN {number}", set())
    return bank


def _pay(bank: Bank, name: str, customer: int, day: date, amount: Decimal, **more: Any) -> tuple[str, str]:
    bank.rows["payments"].append(
        {
            "payment_id": name,
            "customer_id": f"C{customer}",
            "received_on": day,
            "amount": amount,
            "currency": "EUR",
            **more,
        }
    )
    return ("payment", name)


def _typo(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text))
    return text[:place] + rng.choice("ABCXYZ789") + text[place + 1 :]


def _one_payment(bank: Bank, number: int) -> None:
    rng = bank.rng
    customer = rng.randrange(len(NAMES))
    day = FIRST + timedelta(days=rng.randint(0, 110))
    amount = rng.choice(PRICES) if rng.random() < 0.5 else Decimal(rng.randint(500, 90000)).scaleb(-2)
    reference = f"RE-2024-{number:04d}"
    document = _pay(bank, f"P{number:04d}", customer, day, amount, reference=reference)
    booked = day + timedelta(days=rng.choice([0, 0, 0, 1, 1, 2, 3, 5]))
    kind = rng.choices(["reference", "typo", "name", "fee", "silent", "absent"], [6, 2, 4, 2, 1, 1])[0]
    if kind == "absent":
        return
    if kind == "fee":
        amount = (amount * Decimal("0.971")).quantize(Decimal("0.01"))
    text = {
        "reference": f"SEPA {NAMES[customer]} {reference}" if rng.random() < 0.5 else f"payment {reference.lower()}",
        "typo": f"{NAMES[customer].upper()} {_typo(rng, reference)}",
        "name": f"CREDIT {NAMES[customer].upper()}",
        "fee": f"CARD {NAMES[customer]} {reference}",
        "silent": "TRANSFER",
    }[kind]
    bank.line(kind, booked, amount, text, {document})


def _named_batch(bank: Bank, number: int) -> None:
    """A customer pays several invoices at once and says which."""
    rng = bank.rng
    customer, day = rng.randrange(len(NAMES)), FIRST + timedelta(days=rng.randint(0, 110))
    documents, total = set(), Decimal(0)
    references = []
    for part in range(rng.randint(2, 4)):
        amount = Decimal(rng.randint(500, 90000)).scaleb(-2)
        reference = f"RB-{number}-{part}-77"
        documents.add(_pay(bank, f"B{number}-{part}", customer, day, amount, reference=reference))
        references.append(reference)
        total += amount
    bank.line("named batch", day + timedelta(days=1), total, "VARIOUS " + " ".join(references), documents)


def _payout(bank: Bank, number: int) -> None:
    """A provider pays out a weekend's card payments in one sum, sometimes less its fee."""
    rng = bank.rng
    first = date(2024, 3, 1) + timedelta(days=21 * number + rng.randint(0, 10))
    documents, total = set(), Decimal(0)
    for part in range(rng.randint(3, 9)):
        amount = rng.choice(PRICES) + Decimal(rng.randint(0, 3000)).scaleb(-2)
        day = first + timedelta(days=rng.randint(0, 2))
        documents.add(_pay(bank, f"K{number}-{part}", rng.randrange(len(NAMES)), day, amount, method=f"cards{number}"))
        total += amount
    last = max(p["received_on"] for p in bank.rows["payments"] if p["payment_id"].startswith(f"K{number}-"))
    fee = rng.random() < 0.4
    paid = (total * Decimal("0.981")).quantize(Decimal("0.01")) if fee else total
    bank.line("payout less fee" if fee else "payout", last + timedelta(days=1), paid, "PAYOUT", documents)


def _in_parts(bank: Bank, number: int) -> None:
    """One payment that the bank shows as two lines, each naming it."""
    rng = bank.rng
    day = FIRST + timedelta(days=rng.randint(0, 110))
    amount = Decimal(rng.randint(20000, 90000)).scaleb(-2)
    document = _pay(bank, f"S{number}", rng.randrange(len(NAMES)), day, amount, reference=f"RS-00{number}")
    first = (amount / 3).quantize(Decimal("0.01"))
    for part, share in enumerate((first, amount - first)):
        bank.line("in parts", day + timedelta(days=part), share, f"PART RS-00{number}", {document})


def _bill(bank: Bank, number: int) -> None:
    """Money that leaves: a bill that is paid, and a refund of the same amount on the same day that is another's."""
    rng = bank.rng
    day = FIRST + timedelta(days=rng.randint(0, 110))
    amount = Decimal(rng.randint(1000, 60000)).scaleb(-2)
    bill = {"bill_id": f"VB-{number}00", "vendor_id": "V1", "issued_on": day - timedelta(days=20), "due_on": day}
    bank.rows["bills"].append({**bill, "amount": amount, "currency": "EUR"})
    bank.rows["bill_payments"].append(
        {"bill_payment_id": f"VP-{number}", "bill_id": bill["bill_id"], "paid_on": day, "amount": amount}
    )
    bank.line("bill", day, -amount, f"TRANSFER VB-{number}00", {("bill_payment", f"VP-{number}")})
    customer = rng.randrange(len(NAMES))
    earlier = day - timedelta(days=30)
    _pay(bank, f"F{number}", customer, earlier, amount, reference=f"RF-100{number}")
    bank.line("reference", earlier, amount, f"RF-100{number}", {("payment", f"F{number}")})
    bank.rows["refunds"].append(
        {"refund_id": f"G{number}", "payment_id": f"F{number}", "refunded_on": day, "amount": amount}
    )
    bank.line("refund", day + timedelta(days=1), -amount, f"REFUND {NAMES[customer]}", {("refund", f"G{number}")})


def add_bank(company: Any, seed: int) -> None:
    """A statement for a random company: most of its payments, some refunds, and lines of nobody, some unreadable."""
    rng = random.Random(f"{seed}-bank")
    names = {c["customer_id"]: c["name"] for c in company["customers"]}
    currencies = {p["payment_id"]: p["currency"] for p in company["payments"]}
    moves = [(p["received_on"], p["amount"], p["currency"], p["customer_id"]) for p in company["payments"]]
    moves += [(r["refunded_on"], -r["amount"], currencies[r["payment_id"]], None) for r in company["refunds"]]
    for day, amount, currency, customer in moves:
        if rng.random() < 0.7:
            text = rng.choice([names.get(customer), "TRANSFER", None])
            booked = day + timedelta(days=rng.choice([0, 0, 1, 2, 12]))
            company["bank_statement"].append(
                {"posted_on": booked, "amount": amount, "currency": currency, "description": text}
            )
    for _ in range(rng.randint(0, 3)):
        amount = Decimal(rng.randint(-90000, 90000)).scaleb(-rng.choice([0, 2, 3]))
        day = company.as_of - timedelta(days=rng.randint(-5, 300))
        company["bank_statement"].append(
            {"posted_on": day, "amount": amount, "currency": rng.choice(["EUR", "JPY", None]), "description": "OTHER"}
        )
