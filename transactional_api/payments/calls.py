"""Calls to a provider: what is asked, how patiently, and what the answer makes of a payment.

A call has three steps: `begin` writes down that it is going to be made, `ask` makes it, `hear` writes its answer. For
the embedded provider all three are in one transaction; for a remote one `ask` is outside of any, so that a crash
between them leaves an attempt, which `reconciliation` takes up. `hear` may be told the same thing any number of times.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from transactional_api.database import UnitOfWork
from transactional_api.kit.rows import add
from transactional_api.payments import books, closing, late, placing, repository, rules
from transactional_api.payments.providers.port import (
    Answer,
    Charge,
    Declined,
    NotThere,
    PaymentProvider,
    Return,
    Succeeded,
    TimedOut,
    TryLater,
    Waiting,
)
from transactional_api.payments.service import locked_payment
from transactional_api.payments.tables import Payment, PaymentAttempt

Kind = Literal["charge", "refund", "void"]
CHARGE: Kind = "charge"
REFUND: Kind = "refund"
VOID: Kind = "void"
# A call that is not answered after this long is taken for lost: its process is gone. Providers time out sooner.
ANSWERED_WITHIN = timedelta(seconds=60)
PAUSES = (0.1, 0.4)


@dataclass(frozen=True)
class Call:
    """`is_sent`: an earlier one may have had its effect, so the provider is asked before it is made again."""

    kind: Kind
    subject_id: str
    provider: str
    what: Charge | Return
    is_sent: bool
    is_given_up: bool = False

    @property
    def subject(self) -> str:
        """For the idempotency key that waits for this call."""
        return f"{self.kind}:{self.subject_id}"


def begin(unit: UnitOfWork, kind: Kind, subject_id: str, payment: Payment) -> Call:
    """Written before the call is made: whoever finds it later asks the provider what became of it."""
    attempt = PaymentAttempt(
        tenant_id=unit.tenant_id,
        kind=kind,
        subject_id=subject_id,
        payment_id=payment.payment_id,
        provider=payment.provider,
        reference=rules.reference_of(kind, unit.tenant_id, subject_id),
        provider_reference=None,
        is_sent=1,
        attempts=1,
        started_at=unit.now,
        next_attempt_at=unit.now + ANSWERED_WITHIN,
        last_answer=None,
        action_url=None,
    )
    add(unit.session, attempt)
    return Call(kind, subject_id, attempt.provider, what_of(unit, kind, subject_id, payment), is_sent=False)


def what_of(
    unit: UnitOfWork, kind: Kind, subject_id: str, payment: Payment, repeated: PaymentAttempt | None = None
) -> Charge | Return:
    reference = repeated.reference if repeated else rules.reference_of(kind, unit.tenant_id, subject_id)
    if kind == CHARGE:
        is_repeated = repeated is not None
        return Charge(
            reference, payment.payment_id, payment.amount_minor, payment.currency, payment.method or "", is_repeated
        )
    refund = repository.refund(unit.session, subject_id) if kind == REFUND else None
    charged = repository.attempt(unit.session, CHARGE, payment.payment_id)
    return Return(
        kind="void" if kind == VOID else "refund",
        reference=reference,
        charge_reference=rules.reference_of(CHARGE, unit.tenant_id, payment.payment_id),
        charge_provider_reference=charged.provider_reference if charged else None,
        payment_id=payment.payment_id,
        amount_minor=refund.amount_minor if refund else payment.amount_minor,
        currency=payment.currency,
        method=payment.method or "",
    )


def ask(provider: PaymentProvider, call: Call, pause: Callable[[float], None] | None = None) -> Answer:
    """With `pause`, an answer that certainly had no effect is asked for again a little later, a few times. What gives
    money back is not taken for lost after a time-out (see `rules.GIVEN_UP_AFTER`)."""
    is_lost_for_good = not call.is_sent or call.kind == CHARGE or provider.is_not_there_final
    answer: Answer = provider.look_up(call.what.reference) if call.is_sent else NotThere()
    if not isinstance(answer, NotThere) or (call.is_given_up and is_lost_for_good):
        return answer
    for seconds in (*PAUSES, None):
        answer = _make(provider, call)
        if pause is None or seconds is None or not isinstance(answer, TryLater) or answer.after_seconds > 1:
            break
        pause(max(seconds, answer.after_seconds))
    return TimedOut() if isinstance(answer, NotThere) and not is_lost_for_good else answer


def ask_outside(provider: PaymentProvider, call: Call) -> Answer:
    return ask(provider, call, time.sleep)


def hear(unit: UnitOfWork, kind: Kind, subject_id: str, answer: Answer, system: str | None) -> Payment:
    """What the provider says becomes the state of the payment or refund. A state that is final stays. What it does to
    money is booked in the accounting system of that name, once."""
    found = _locked(unit, kind, subject_id)
    assert found is not None
    payment, attempt = found
    if kind == CHARGE:
        is_over = _hear_charge(unit, payment, answer, system, is_news=late.is_news(attempt))
    elif kind == VOID:
        is_over = _hear_void(unit, attempt, payment, answer, system)
    else:
        is_over = _hear_refund(unit, attempt, payment, answer, system)
    _note(unit, attempt, answer, is_over)
    return payment


def hear_at_once(unit: UnitOfWork, payment: Payment, answer: Answer, system: str | None) -> None:
    """An embedded charge that is decided leaves no attempt: nothing about it will ever be asked."""
    if isinstance(answer, Succeeded | Declined):
        _hear_charge(unit, payment, answer, system)
        return
    begin(unit, CHARGE, payment.payment_id, payment)
    hear(unit, CHARGE, payment.payment_id, answer, system)


def _locked(unit: UnitOfWork, kind: Kind, subject_id: str) -> tuple[Payment, PaymentAttempt] | None:
    """The payment is locked first, as everywhere, then its calls; whose payment a call is never changes."""
    found = repository.attempt(unit.session, kind, subject_id)
    if found is None:
        return None
    payment = locked_payment(unit, found.payment_id)
    attempt = repository.attempt_locked(unit.session, kind, subject_id)
    return None if attempt is None else (payment, attempt)


def _make(provider: PaymentProvider, call: Call) -> Answer:
    if isinstance(call.what, Charge):
        return provider.charge(call.what)
    return provider.void(call.what) if call.kind == VOID else provider.refund(call.what)


def _hear_charge(unit: UnitOfWork, payment: Payment, answer: Answer, system: str | None, is_news: bool = True) -> bool:
    if payment.status not in (rules.PENDING, rules.UNKNOWN):
        if is_news and isinstance(answer, Succeeded) and payment.status in (rules.FAILED, rules.ROLLED_BACK):
            _send_back(unit, payment)
        return True
    if isinstance(answer, Succeeded):
        payment.status = rules.move(payment.payment_id, payment.status, rules.SUCCEEDED, rules.PROVIDER)
        closed_minor = closing.close_meant(unit, payment)
        came = {"cash_minor": payment.amount_minor, "receivable_minor": -closed_minor}
        books.book(unit, system, "payment", payment.payment_id, payment, payment.received_on, **came)
        return True
    if isinstance(answer, Declined | NotThere):
        payment.status = rules.move(payment.payment_id, payment.status, rules.FAILED, rules.PROVIDER)
        payment.failure_code = answer.code if isinstance(answer, Declined) else "never_received"
        return True
    if isinstance(answer, TimedOut) and payment.status == rules.PENDING:
        payment.status = rules.move(payment.payment_id, payment.status, rules.UNKNOWN, rules.PROVIDER)
    return False


def _send_back(unit: UnitOfWork, payment: Payment) -> None:
    """Money that came for a payment that is over: the customer was told that it did not come. An earlier void may have
    been answered when nothing was taken, so it is made once more, as another call."""
    attempt = repository.attempt_locked(unit.session, VOID, payment.payment_id)
    if attempt is None:
        begin(unit, VOID, payment.payment_id, payment)
        return
    attempt.reference = rules.next_reference(attempt.reference)
    attempt.provider_reference = attempt.last_answer = None
    attempt.is_sent = attempt.attempts = 1
    attempt.started_at = attempt.next_attempt_at = unit.now


def _hear_void(unit: UnitOfWork, attempt: PaymentAttempt, payment: Payment, answer: Answer, system: str | None) -> bool:
    is_over = isinstance(answer, Succeeded | Declined | NotThere)
    if payment.status in (rules.FAILED, rules.ROLLED_BACK):
        charged = repository.attempt(unit.session, CHARGE, payment.payment_id)
        had_come = charged is not None and not late.is_news(charged)
        if had_come and attempt.next_attempt_at is not None and isinstance(answer, Declined | NotThere):
            what = "money that came after it was over is not sent back by the provider"
            late.tell(unit, payment, payment.payment_id, payment.amount_minor, what)
    elif isinstance(answer, Succeeded) and payment.refunded_minor:
        if late.is_news(attempt):
            what = "undone by the provider although a part had gone back"
            late.tell(unit, payment, payment.payment_id, payment.amount_minor, what)
    elif isinstance(answer, Succeeded):
        charged = repository.attempt_locked(unit.session, CHARGE, payment.payment_id)
        if charged is not None:
            charged.next_attempt_at = None
        closing.undo(unit, payment, rules.PROVIDER, system)
    return is_over


def _hear_refund(
    unit: UnitOfWork, attempt: PaymentAttempt, payment: Payment, answer: Answer, system: str | None
) -> bool:
    refund = repository.refund_locked(unit.session, attempt.subject_id)
    assert refund is not None
    if refund.status == "failed" and isinstance(answer, Succeeded):
        late.refund_succeeded(unit, attempt, payment, refund, system)
    if refund.status != "pending":
        return True
    if isinstance(answer, Succeeded):
        refund.status = "succeeded"
        placing.place(unit, payment, refund, system)
        return True
    if isinstance(answer, Declined | NotThere):
        refund.status = "failed"
        refund.failure_code = answer.code if isinstance(answer, Declined) else "never_received"
        payment.refunded_minor -= refund.amount_minor
        return True
    return False


def _note(unit: UnitOfWork, attempt: PaymentAttempt, answer: Answer, is_over: bool) -> None:
    attempt.last_answer = type(answer).__name__
    if isinstance(answer, Succeeded | Declined | Waiting) and answer.provider_reference:
        attempt.provider_reference = answer.provider_reference
    attempt.action_url = answer.address if isinstance(answer, Waiting) else None
    if isinstance(answer, TryLater) and attempt.attempts == 1:
        attempt.is_sent = 0
    elif not isinstance(answer, TryLater):
        attempt.is_sent = 1
    wait = answer.after_seconds if isinstance(answer, TryLater) else 0
    attempt.next_attempt_at = None if is_over else unit.now + rules.next_delay(attempt.attempts, wait)


def again(unit: UnitOfWork, kind: Kind, subject_id: str) -> Call | None:
    """The call of an attempt whose time has come, now ours for a while; None when somebody else was quicker."""
    found = _locked(unit, kind, subject_id)
    if found is None:
        return None
    payment, attempt = found
    if attempt.next_attempt_at is None or attempt.next_attempt_at > unit.now:
        return None
    attempt.attempts += 1
    attempt.next_attempt_at = unit.now + ANSWERED_WITHIN
    is_given_up = bool(attempt.is_sent) and unit.now - attempt.started_at > rules.GIVEN_UP_AFTER
    what = what_of(unit, kind, subject_id, payment, repeated=attempt)
    return Call(kind, subject_id, attempt.provider, what, bool(attempt.is_sent), is_given_up)
