"""Journals of documents: which purposes are debited and credited. Minor units of the document's one currency.

A purpose becomes an account by the tenant's mapping (see `service.accounts`). Every journal balances.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from transactional_api.accounting.errors import JournalDoesNotBalance
from transactional_api.kit.money import split_minor

RECEIVABLE = "receivable"
CASH = "cash"
CONTRACT_ASSET = "contract_asset"
PAYABLE = "payable"
TAX_PAYABLE = "tax_payable"
INPUT_TAX = "input_tax"
DEFERRED_REVENUE = "deferred_revenue"
REVENUE = "revenue"
REFUNDS_AND_CREDITS = "refunds_and_credits"
UNAPPLIED_PAYMENTS = "unapplied_payments"
BAD_DEBT = "bad_debt"
EXPENSE = "expense"
PURPOSES = (
    RECEIVABLE,
    CASH,
    CONTRACT_ASSET,
    PAYABLE,
    TAX_PAYABLE,
    INPUT_TAX,
    DEFERRED_REVENUE,
    REVENUE,
    REFUNDS_AND_CREDITS,
    BAD_DEBT,
    EXPENSE,
    UNAPPLIED_PAYMENTS,
)
KINDS = (
    "invoice",
    "invoice_void",
    "credit_note",
    "write_off",
    "bill",
    "bill_payment",
    "recognition",
    "payment",
    "payment_rollback",
    "allocation",
    "refund",
    "chargeback",
    "chargeback_won",
    "void_allocations",
)
ANY = "*"

# Account numbers of a common small chart; a tenant puts its own in their place.
DEFAULT_ACCOUNTS = {
    CASH: ("1000", "Cash"),
    RECEIVABLE: ("1100", "Accounts receivable"),
    CONTRACT_ASSET: ("1150", "Contract assets"),
    INPUT_TAX: ("1300", "Input tax"),
    PAYABLE: ("2000", "Accounts payable"),
    TAX_PAYABLE: ("2200", "Tax payable"),
    UNAPPLIED_PAYMENTS: ("2300", "Unapplied payments"),
    DEFERRED_REVENUE: ("2400", "Deferred revenue"),
    REVENUE: ("4000", "Revenue"),
    REFUNDS_AND_CREDITS: ("4900", "Refunds and credits"),
    EXPENSE: ("6000", "Expenses"),
    BAD_DEBT: ("6500", "Bad debt"),
}


@dataclass(frozen=True)
class Leg:
    """One side of one account. `detail` is the product of revenue or the category of expenses."""

    purpose: str
    debit_minor: int = 0
    credit_minor: int = 0
    detail: str | None = None


@dataclass(frozen=True)
class Journal:
    kind: str
    document_id: str
    posted_on: date
    currency: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Billed:
    """A line of an invoice. `from_asset_minor` of its net was earned before it was billed."""

    net_minor: int
    tax_minor: int
    product_id: str | None
    is_deferred: bool
    from_asset_minor: int = 0


def balanced(kind: str, document_id: str, posted_on: date, currency: str, legs: Iterable[Leg]) -> Journal:
    """The journal with legs of one account joined and empty ones left out. Raises JournalDoesNotBalance."""
    joined: dict[tuple[str, str | None, bool], Leg] = {}
    for leg in legs:
        if leg.debit_minor < 0 or leg.credit_minor < 0 or (leg.debit_minor and leg.credit_minor):
            raise JournalDoesNotBalance(kind, document_id)
        key = (leg.purpose, leg.detail, leg.debit_minor > 0)
        before = joined.get(key, Leg(leg.purpose, detail=leg.detail))
        joined[key] = replace(
            before,
            debit_minor=before.debit_minor + leg.debit_minor,
            credit_minor=before.credit_minor + leg.credit_minor,
        )
    kept = tuple(leg for leg in joined.values() if leg.debit_minor or leg.credit_minor)
    if sum(leg.debit_minor for leg in kept) != sum(leg.credit_minor for leg in kept):
        raise JournalDoesNotBalance(kind, document_id)
    return Journal(kind, document_id, posted_on, currency, kept)


def invoice(lines: Sequence[Billed]) -> list[Leg]:
    """What is earned on the day is revenue, what is served over days or by an obligation is deferred until it is."""
    total = sum(line.net_minor + line.tax_minor for line in lines)
    legs = [Leg(RECEIVABLE, debit_minor=total)]
    for line in lines:
        legs.append(Leg(CONTRACT_ASSET, credit_minor=line.from_asset_minor))
        rest = line.net_minor - line.from_asset_minor
        if line.is_deferred:
            legs.append(Leg(DEFERRED_REVENUE, credit_minor=rest))
        else:
            legs.append(Leg(REVENUE, credit_minor=rest, detail=line.product_id))
        legs.append(Leg(TAX_PAYABLE, credit_minor=line.tax_minor))
    return legs


def credit_note(amount_minor: int, tax_minor: int, lines: Sequence[Billed], paid_minor: int = 0) -> list[Leg]:
    """The net is taken off the lines by their net amounts; where they have none, it is a credit of its own.
    `paid_minor` of the amount was not owed any more: it is the customer's money now."""
    net = amount_minor - tax_minor
    legs = [
        Leg(TAX_PAYABLE, debit_minor=tax_minor),
        Leg(RECEIVABLE, credit_minor=amount_minor - paid_minor),
        Leg(UNAPPLIED_PAYMENTS, credit_minor=paid_minor),
    ]
    if not any(line.net_minor for line in lines):
        return [Leg(REFUNDS_AND_CREDITS, debit_minor=net), *legs]
    for part, line in zip(split_minor(net, [line.net_minor for line in lines]), lines, strict=True):
        purpose, detail = (DEFERRED_REVENUE, None) if line.is_deferred else (REVENUE, line.product_id)
        legs.append(Leg(purpose, debit_minor=part, detail=detail))
    return legs


def write_off(amount_minor: int) -> list[Leg]:
    return [Leg(BAD_DEBT, debit_minor=amount_minor), Leg(RECEIVABLE, credit_minor=amount_minor)]


def money(cash_minor: int, receivable_minor: int) -> list[Leg]:
    """Cash that came (or, negative, went), and by how much it changes what is owed; the rest is money of customers
    that closes nothing."""
    return [
        _signed(CASH, cash_minor),
        _signed(RECEIVABLE, receivable_minor),
        _signed(UNAPPLIED_PAYMENTS, -cash_minor - receivable_minor),
    ]


def bill(amount_minor: int, tax_minor: int, category: str | None) -> list[Leg]:
    return [
        Leg(EXPENSE, debit_minor=amount_minor - tax_minor, detail=category),
        Leg(INPUT_TAX, debit_minor=tax_minor),
        Leg(PAYABLE, credit_minor=amount_minor),
    ]


def bill_payment(amount_minor: int) -> list[Leg]:
    return [Leg(PAYABLE, debit_minor=amount_minor), Leg(CASH, credit_minor=amount_minor)]


def recognition(amount_minor: int, before_minor: int, billed_minor: int, product_id: str | None) -> list[Leg]:
    """Earning takes deferred revenue first; what is earned beyond what was billed is a contract asset.

    `before_minor` was earned before. A negative amount (a catch-up) goes the same way back.
    """
    after = before_minor + amount_minor
    deferred = max(0, billed_minor - before_minor) - max(0, billed_minor - after)
    asset = max(0, after - billed_minor) - max(0, before_minor - billed_minor)
    return [
        _signed(DEFERRED_REVENUE, deferred),
        _signed(CONTRACT_ASSET, asset),
        _signed(REVENUE, -amount_minor, product_id),
    ]


def taken_back(legs: Iterable[Leg]) -> list[Leg]:
    """The same with its sides exchanged."""
    return [replace(leg, debit_minor=leg.credit_minor, credit_minor=leg.debit_minor) for leg in legs]


def from_asset(net_minor: int, billed_before_minor: int, earned_minor: int) -> int:
    """How much of a line's net was a contract asset: earned, and not billed before."""
    return min(net_minor, max(0, earned_minor - billed_before_minor))


def _signed(purpose: str, minor: int, detail: str | None = None) -> Leg:
    return Leg(purpose, debit_minor=max(minor, 0), credit_minor=max(-minor, 0), detail=detail)
