"""What is answered about a payment or refund: the same whether a request, the worker or a webhook finds it out."""

from transactional_api.database import UnitOfWork
from transactional_api.idempotency import service as idempotency
from transactional_api.idempotency.service import Answer as StoredAnswer
from transactional_api.payments import calls, repository
from transactional_api.payments.calls import CHARGE, REFUND, VOID, Kind
from transactional_api.payments.providers.port import Answer
from transactional_api.payments.rules import FAILED, SUCCEEDED
from transactional_api.payments.schemas import PaymentOut, RefundOut
from transactional_api.payments.service import get_payment
from transactional_api.payments.tables import Payment


def hear(unit: UnitOfWork, kind: Kind, subject_id: str, answer: Answer, system: str | None) -> PaymentOut | RefundOut:
    """What the provider says becomes the state of the payment or refund; the answer shows it."""
    payment = calls.hear(unit, kind, subject_id, answer, system)
    if kind != REFUND:
        return payment_out(unit, payment.payment_id)
    refund = repository.refund(unit.session, subject_id)
    assert refund is not None
    return RefundOut.of(refund)


def hear_late(unit: UnitOfWork, kind: Kind, subject_id: str, answer: Answer, system: str | None) -> None:
    """As `hear`; and a request whose process died before it could answer has its answer now."""
    result = hear(unit, kind, subject_id, answer, system)
    stored = StoredAnswer(200 if kind == VOID else 201, result.model_dump_json())
    idempotency.settle(unit, f"{kind}:{subject_id}", stored)


def charged_out(unit: UnitOfWork, payment: Payment) -> PaymentOut:
    """A payment that was charged just now: only one that is not decided left a call behind."""
    is_decided = payment.status in (SUCCEEDED, FAILED)
    return PaymentOut.of(payment, None if is_decided else repository.attempt(unit.session, CHARGE, payment.payment_id))


def payment_out(unit: UnitOfWork, payment_id: str) -> PaymentOut:
    """With what only the calls know: where the payer has to act, and how far a rollback is."""
    payment = get_payment(unit, payment_id)
    if payment.provider is None:
        return PaymentOut.of(payment)
    charged = repository.attempt(unit.session, CHARGE, payment_id)
    voided = repository.attempt(unit.session, VOID, payment_id)
    return PaymentOut.of(payment, charged, voided)
