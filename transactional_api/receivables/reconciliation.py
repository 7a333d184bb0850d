"""Which payments a line of the bank is. The core proposes; what a person confirmed stands until a person undoes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from transactional_api.database import UnitOfWork
from transactional_api.kit.clock import shifted
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add
from transactional_api.payments import repository as payments
from transactional_api.payments.errors import PaymentNotFound
from transactional_api.payments.tables import Payment
from transactional_api.receivables import repository, rules
from transactional_api.receivables.errors import (
    BankLineNotFound,
    BankLineRefused,
    MatchExceeds,
    MatchNotFound,
    MatchRefused,
    MatchUndone,
)
from transactional_api.receivables.rules import Candidate, Money, Proposal
from transactional_api.receivables.tables import BankLine, BankMatch

LINES_AT_ONCE = 200
PAYMENTS_AT_ONCE = 20_000


@dataclass(frozen=True)
class NewBankLine:
    booked_on: date
    amount_minor: int
    currency: str
    bank_line_id: str | None = None
    counterparty: str | None = None
    description: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Part:
    """Without an amount: as much as both have left."""

    payment_id: str
    amount_minor: int | None = None


def add_bank_lines(unit: UnitOfWork, lines: Sequence[NewBankLine]) -> list[BankLine]:
    """A line that is there already is refused, and with it all of them."""
    rows = []
    for at, line in enumerate(lines):
        exponent(line.currency)
        if checked_minor(line.amount_minor, f"lines.{at}.amount") == 0:
            raise BankLineRefused("a line of the bank moves money", f"lines.{at}.amount")
        row = BankLine(
            bank_line_id=id_or_new(line.bank_line_id, "bl", f"lines.{at}.bank_line_id"),
            booked_on=line.booked_on,
            amount_minor=line.amount_minor,
            currency=line.currency,
            customer_id=None,
            counterparty=line.counterparty,
            description=line.description,
            reference=line.reference,
        )
        add(unit.session, row)
        rows.append(row)
    return rows


def propose(
    unit: UnitOfWork, bank_line_ids: Sequence[str] | None = None, window_days: int = rules.WINDOW_DAYS
) -> list[Proposal]:
    """For the given lines, else for the oldest that are open. Writes nothing; what was undone is not proposed."""
    lines = _asked(unit, bank_line_ids)
    if not lines:
        return []
    days = [line.booked_on for line in lines]
    first, last = shifted(min(days), -window_days), shifted(max(days), window_days)
    found = repository.payments_between(unit.session, first, last, PAYMENTS_AT_ONCE)
    matched = repository.matched_by_payment(unit.session, [payment.payment_id for payment in found])
    names = repository.names(unit.session, sorted({payment.customer_id for payment in found}))
    candidates = [_candidate(payment, matched, names) for payment in found]
    candidates = [one for one in candidates if one.left_minor > 0]
    ids = [line.bank_line_id for line in lines]
    taken, undone = repository.matched_by_line(unit.session, ids), repository.undone_pairs(unit.session, ids)
    proposals: list[Proposal] = []
    for line in lines:
        money = _money(line, taken.get(line.bank_line_id, 0))
        if money.left_minor > 0:
            proposals += rules.propose(money, candidates, window_days)
    return [one for one in proposals if (one.bank_line_id, one.payment_id) not in undone]


def confirm(unit: UnitOfWork, bank_line_id: str, parts: Sequence[Part], *, by: str) -> list[BankMatch]:
    """A person says which payments the money is: several for one line, or one for several lines."""
    line = repository.bank_line_locked(unit.session, bank_line_id)
    if line is None:
        raise BankLineNotFound(bank_line_id)
    if line.amount_minor < 0:
        raise MatchRefused("money that left is no payment of a customer", "bank_line_id")
    places = {part.payment_id: at for at, part in enumerate(parts)}
    locked = {payment_id: _payment(unit, payment_id, places[payment_id]) for payment_id in sorted(places)}
    left = line.amount_minor - repository.matched_by_line(unit.session, [bank_line_id]).get(bank_line_id, 0)
    used = repository.matched_by_payment(unit.session, list(locked))
    rows = []
    for at, part in enumerate(parts):
        payment, field = locked[part.payment_id], f"payments.{at}"
        if payment.status != "succeeded" or payment.currency != line.currency:
            raise MatchRefused(f"payment {part.payment_id!r} did not come in as {line.currency}", f"{field}.payment_id")
        free = payment.amount_minor - used.get(part.payment_id, 0)
        amount = min(left, free) if part.amount_minor is None else part.amount_minor
        if amount > left:
            raise MatchExceeds(f"bank line {bank_line_id!r}", f"{field}.amount")
        if amount > free or amount <= 0:
            raise MatchExceeds(f"payment {part.payment_id!r} or the line", f"{field}.amount")
        left -= amount
        used[part.payment_id] = used.get(part.payment_id, 0) + amount
        rows.append(_match(unit, line, part.payment_id, amount, by))
    customers = {payment.customer_id for payment in locked.values()}
    if line.customer_id is None and len(customers) == 1:
        line.customer_id = customers.pop()
    return rows


def undo(unit: UnitOfWork, match_id: str, *, by: str) -> BankMatch:
    """The money is open again, and the pair is not proposed any more."""
    row = repository.match_locked(unit.session, match_id)
    if row is None:
        raise MatchNotFound(match_id)
    if row.status != repository.CONFIRMED:
        raise MatchUndone(match_id)
    row.status, row.undone_at, row.undone_by = "undone", unit.now, by
    unit.session.flush()
    line = repository.bank_line_locked(unit.session, row.bank_line_id)
    if line is not None and not repository.matched_by_line(unit.session, [line.bank_line_id]):
        line.customer_id = None
    return row


def get_bank_line(unit: UnitOfWork, bank_line_id: str) -> BankLine:
    found = repository.bank_lines(unit.session, [bank_line_id])
    if not found:
        raise BankLineNotFound(bank_line_id)
    return found[0]


def _asked(unit: UnitOfWork, bank_line_ids: Sequence[str] | None) -> list[BankLine]:
    if bank_line_ids is None:
        return repository.open_lines(unit.session, LINES_AT_ONCE)
    lines = repository.bank_lines(unit.session, bank_line_ids)
    known = {line.bank_line_id for line in lines}
    for at, asked in enumerate(bank_line_ids):
        if asked not in known:
            raise BankLineNotFound(asked, f"bank_line_ids.{at}")
    return lines


def _payment(unit: UnitOfWork, payment_id: str, at: int) -> Payment:
    payment = payments.by_id_locked(unit.session, payment_id)
    if payment is None:
        raise PaymentNotFound(payment_id, f"payments.{at}.payment_id")
    return payment


def _match(unit: UnitOfWork, line: BankLine, payment_id: str, amount_minor: int, by: str) -> BankMatch:
    row = BankMatch(
        match_id=id_or_new(None, "mat", "match_id"),
        bank_line_id=line.bank_line_id,
        payment_id=payment_id,
        amount_minor=amount_minor,
        currency=line.currency,
        status=repository.CONFIRMED,
        confirmed_at=unit.now,
        confirmed_by=by,
        undone_at=None,
        undone_by=None,
    )
    add(unit.session, row)
    return row


def _money(line: BankLine, matched_minor: int) -> Money:
    text = " ".join(part for part in (line.counterparty, line.description, line.reference) if part)
    return Money(line.bank_line_id, line.booked_on, line.amount_minor - matched_minor, line.currency, text)


def _candidate(payment: Payment, matched: dict[str, int], names: dict[str, str]) -> Candidate:
    references = (payment.payment_id, payment.reference, payment.invoice_id)
    return Candidate(
        payment.payment_id,
        payment.received_on,
        payment.amount_minor - matched.get(payment.payment_id, 0),
        payment.currency,
        tuple(one for one in references if one),
        names.get(payment.customer_id),
    )
