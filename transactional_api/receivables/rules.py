"""Which step of collection is next, what may be paid, and how much a payment looks like a line of the bank.

Amounts in minor units.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from transactional_api.kit.clock import shifted
from transactional_api.receivables.errors import (
    BillRefused,
    NoStepLeft,
    NothingOutstanding,
    PaidBeforeIssued,
    PaymentExceedsBill,
    StepNotDue,
    StepOutOfOrder,
    StepsRefused,
)


@dataclass(frozen=True)
class Step:
    """Due so many days after what is owed was due."""

    step_no: int
    days_overdue: int
    action: str


DEFAULT_STEPS = (
    Step(1, 1, "reminder"),
    Step(2, 14, "second_reminder"),
    Step(3, 30, "final_notice"),
    Step(4, 45, "collection_agency"),
)
WINDOW_DAYS = 7
_AMOUNT, _DATE, _REFERENCE, _NAME = 50, 20, 20, 10
_SHORTEST = 4


def check_steps(days: Sequence[int]) -> None:
    for at, (before, after) in enumerate(pairwise(days), start=1):
        if after <= before:
            raise StepsRefused("each step comes more days after the due date than the one before", f"steps.{at}")


def overdue_since(due_on: date, instalments: Sequence[tuple[date, int]], reduced_minor: int) -> date:
    """The due day of the first part that is open: whatever reduces an invoice closes its instalments in their order."""
    for day, amount_minor in sorted(instalments):
        if reduced_minor < amount_minor:
            return day
        reduced_minor -= amount_minor
    return due_on


def next_step(steps: Sequence[Step], last_taken: int) -> Step | None:
    return next((step for step in sorted(steps, key=lambda one: one.step_no) if step.step_no > last_taken), None)


def check_step(
    invoice_id: str,
    step: Step | None,
    outstanding_minor: int,
    due_since: date,
    last_taken_on: date | None,
    taken_on: date,
) -> Step:
    """The step that is taken. Raises the law that forbids it."""
    if outstanding_minor <= 0:
        raise NothingOutstanding(invoice_id)
    if step is None:
        raise NoStepLeft(invoice_id)
    if last_taken_on is not None and taken_on < last_taken_on:
        raise StepOutOfOrder(last_taken_on)
    due_on = shifted(due_since, step.days_overdue)
    if taken_on < due_on:
        raise StepNotDue(due_on)
    return step


def check_bill(amount_minor: int, tax_minor: int, issued_on: date, due_on: date) -> None:
    if amount_minor <= 0:
        raise BillRefused("the amount is more than 0", "amount")
    if not 0 <= tax_minor <= amount_minor:
        raise BillRefused("the tax is a part of the amount", "tax_amount")
    if due_on < issued_on:
        raise BillRefused("a bill is due on or after the day it is issued", "due_on")


def check_bill_payment(bill_id: str, open_minor: int, issued_on: date, asked_minor: int, paid_on: date) -> None:
    if asked_minor <= 0:
        raise BillRefused("the amount is more than 0", "amount")
    if asked_minor > open_minor:
        raise PaymentExceedsBill(bill_id)
    if paid_on < issued_on:
        raise PaidBeforeIssued(issued_on, paid_on)


@dataclass(frozen=True)
class Money:
    """What of a bank line is not matched, and its texts together."""

    bank_line_id: str
    booked_on: date
    left_minor: int
    currency: str
    text: str


@dataclass(frozen=True)
class Candidate:
    """What of a payment is not matched. `references` are what a payer may have written; `name` is the customer's."""

    payment_id: str
    received_on: date
    left_minor: int
    currency: str
    references: tuple[str, ...]
    name: str | None


@dataclass(frozen=True)
class Proposal:
    """`score` is from 0 to 100: 50 for the same amount, 20 for a reference, up to 20 for the date, 10 for the name."""

    bank_line_id: str
    payment_id: str
    amount_minor: int
    currency: str
    score: int
    reasons: tuple[str, ...]


def propose(money: Money, candidates: Sequence[Candidate], window_days: int = WINDOW_DAYS) -> list[Proposal]:
    """The best first. A payment of another amount is proposed only if the line refers to it."""
    found = [one for one in (_score(money, candidate, window_days) for candidate in candidates) if one is not None]
    return sorted(found, key=lambda one: (-one.score, one.payment_id))


def _score(money: Money, candidate: Candidate, window_days: int) -> Proposal | None:
    days = abs((money.booked_on - candidate.received_on).days)
    if candidate.currency != money.currency or days > window_days:
        return None
    text = _plain(money.text)
    is_same = money.left_minor == candidate.left_minor
    is_named = any(_plain(one) in text for one in candidate.references if len(_plain(one)) >= _SHORTEST)
    if not is_same and not is_named:
        return None
    of_date = _DATE * (window_days + 1 - days) // (window_days + 1)
    name = _plain(candidate.name or "")
    points = {
        "amount": _AMOUNT if is_same else 0,
        "reference": _REFERENCE if is_named else 0,
        "date": of_date,
        "name": _NAME if len(name) >= _SHORTEST and name in text else 0,
    }
    reasons = tuple(reason for reason, given in points.items() if given)
    amount = min(money.left_minor, candidate.left_minor)
    return Proposal(money.bank_line_id, candidate.payment_id, amount, money.currency, sum(points.values()), reasons)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
