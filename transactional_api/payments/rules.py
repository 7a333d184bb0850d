"""Which states of a payment follow which, and how much of it may close or open how much of an invoice.

Amounts in minor units of the one currency that a payment and its invoices have.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from transactional_api.payments.errors import (
    AllocationCrossesCurrencies,
    AllocationExceedsInvoice,
    AllocationExceedsPayment,
    AmountNotPositive,
    InvoiceNotOpen,
    PartlyRefunded,
    RefundExceedsInvoice,
    RefundExceedsPayment,
    SettledByProvider,
    WrongPaymentState,
)

PENDING = "pending"
SUCCEEDED = "succeeded"
FAILED = "failed"
ROLLED_BACK = "rolled_back"
UNKNOWN = "unknown"

# Who may bring a payment from one state to another: a person, or an answer of its provider (also one looked up later).
# What is unknown is only ended by an answer. What failed or was rolled back is over.
PERSON = "person"
PROVIDER = "provider"
TRANSITIONS: dict[tuple[str, str], frozenset[str]] = {
    (PENDING, SUCCEEDED): frozenset({PERSON, PROVIDER}),
    (PENDING, FAILED): frozenset({PERSON, PROVIDER}),
    (PENDING, ROLLED_BACK): frozenset({PERSON, PROVIDER}),
    (PENDING, UNKNOWN): frozenset({PROVIDER}),
    (UNKNOWN, SUCCEEDED): frozenset({PROVIDER}),
    (UNKNOWN, FAILED): frozenset({PROVIDER}),
    (UNKNOWN, ROLLED_BACK): frozenset({PROVIDER}),
    (SUCCEEDED, ROLLED_BACK): frozenset({PERSON, PROVIDER}),
}

# After this long without the provider ever having heard of a charge, it is given up. What gives money back is not: what
# is not found after a time-out may still have its effect, so it is made again, under its reference, until it is
# answered, and its amount stays set aside; unless for the provider "not there" is final (`is_not_there_final`).
GIVEN_UP_AFTER = timedelta(hours=1)
_FIRST_DELAY = timedelta(seconds=2)
_LONGEST_DELAY = timedelta(minutes=10)


@dataclass(frozen=True)
class Funds:
    """A payment, and what of it is used: by allocations, and by refunds that took unallocated money."""

    payment_id: str
    status: str
    currency: str
    amount_minor: int
    used_minor: int


@dataclass(frozen=True)
class Debt:
    """An invoice and what is outstanding on it."""

    invoice_id: str
    status: str
    currency: str
    outstanding_minor: int


@dataclass(frozen=True)
class Closed:
    """What one allocation of a payment closes."""

    invoice_id: str
    allocated_on: date
    amount_minor: int


@dataclass(frozen=True)
class Placement:
    """Where the money of a refund comes from: unallocated money, and invoices that it opens again."""

    from_unallocated_minor: int
    reopened: dict[str, int]


def move(payment_id: str, status: str, to: str, by: str) -> str:
    """The new state. Raises WrongPaymentState for a transition that is not in the table."""
    if by not in TRANSITIONS.get((status, to), frozenset()):
        raise WrongPaymentState(payment_id, status, to)
    return to


def check_by_hand(payment_id: str, provider: str | None) -> None:
    """Whether money of a provider came is for the provider to say."""
    if provider is not None:
        raise SettledByProvider(payment_id, provider)


def check_rollback(payment_id: str, status: str, refunded_minor: int) -> None:
    """What went back in part is not undone as a whole; an unknown payment may be asked to be undone."""
    if status not in (PENDING, SUCCEEDED, UNKNOWN):
        raise WrongPaymentState(payment_id, status, ROLLED_BACK)
    if refunded_minor:
        raise PartlyRefunded(payment_id)


def check_allocation(funds: Funds, debt: Debt, amount_minor: int) -> None:
    """Raises the law that the allocation would break."""
    if amount_minor <= 0:
        raise AmountNotPositive
    if funds.status != SUCCEEDED:
        raise WrongPaymentState(funds.payment_id, funds.status, SUCCEEDED)
    check_meant(funds.currency, debt)
    left = funds.amount_minor - funds.used_minor
    if amount_minor > left:
        raise AllocationExceedsPayment(funds.payment_id, left, amount_minor)
    if amount_minor > debt.outstanding_minor:
        raise AllocationExceedsInvoice(debt.invoice_id, debt.outstanding_minor, amount_minor)


def check_meant(currency: str, debt: Debt) -> None:
    """Money may be meant for a posted invoice in its own currency."""
    if debt.status != "posted":
        raise InvoiceNotOpen(debt.invoice_id, debt.status)
    if currency != debt.currency:
        raise AllocationCrossesCurrencies(currency, debt.currency)


def check_refund(payment_id: str, status: str, amount_minor: int, refunded_minor: int, asked_minor: int) -> None:
    if asked_minor <= 0:
        raise AmountNotPositive
    if status != SUCCEEDED:
        raise WrongPaymentState(payment_id, status, "refunded")
    if not has_room(status, amount_minor, refunded_minor, asked_minor):
        raise RefundExceedsPayment(payment_id)


def has_room(status: str, amount_minor: int, refunded_minor: int, asked_minor: int) -> bool:
    """Whether a refund of that much fits, beside those that are done or under way."""
    return status == SUCCEEDED and asked_minor <= amount_minor - refunded_minor


def place_refund(
    asked_minor: int, free_minor: int, closed: Sequence[Closed], opened: dict[str, int], named: str | None
) -> Placement:
    """Which invoices a refund opens again: the one that it names; else unallocated money goes first, then the latest
    allocations, of one day the larger invoice id first. `opened` is what earlier refunds of the payment opened."""
    left = _still_closed(closed, opened)
    if named is not None:
        if asked_minor > sum(minor for invoice_id, minor in left if invoice_id == named):
            raise RefundExceedsInvoice(named)
        return Placement(0, {named: asked_minor})
    from_free = min(free_minor, asked_minor)
    rest, reopened = asked_minor - from_free, dict[str, int]()
    for invoice_id, minor in left:
        taken = min(minor, rest)
        if taken:
            reopened[invoice_id] = reopened.get(invoice_id, 0) + taken
            rest -= taken
    assert rest == 0, "a refund within its payment is covered by what is free and what is closed"
    return Placement(from_free, reopened)


def _still_closed(closed: Iterable[Closed], opened: dict[str, int]) -> list[tuple[str, int]]:
    """Latest first, each less what of its invoice is open again already."""
    opened, left = dict(opened), []
    for one in sorted(closed, key=lambda one: (one.allocated_on, one.invoice_id), reverse=True):
        gone = min(opened.get(one.invoice_id, 0), one.amount_minor)
        opened[one.invoice_id] = opened.get(one.invoice_id, 0) - gone
        left.append((one.invoice_id, one.amount_minor - gone))
    return left


def reference_of(kind: str, tenant_id: str, subject_id: str) -> str:
    """What a provider knows a call by: the same for every repetition, and telling nothing about the tenant."""
    return hashlib.sha256(f"{kind}\x1f{tenant_id}\x1f{subject_id}".encode()).hexdigest()[:40]


def next_reference(reference: str) -> str:
    """For a call that has to be made once more although it was answered: to the provider it is another one."""
    return hashlib.sha256(f"again\x1f{reference}".encode()).hexdigest()[:40]


def next_delay(attempts: int, at_least_seconds: float = 0) -> timedelta:
    """Doubles from 2 seconds to 10 minutes; never sooner than the provider asked for."""
    delay = min(_FIRST_DELAY * float(2 ** min(attempts, 20)), _LONGEST_DELAY)
    return max(delay, timedelta(seconds=at_least_seconds))
