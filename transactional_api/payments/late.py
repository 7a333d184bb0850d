"""Answers that come after a refund, a rollback or a payment was over: money that moved is never lost."""

from decimal import Decimal

from transactional_api.database import UnitOfWork
from transactional_api.events.service import raise_alert
from transactional_api.kit.money import to_text
from transactional_api.payments import placing, rules
from transactional_api.payments.errors import RefundExceedsInvoice
from transactional_api.payments.providers.port import Succeeded
from transactional_api.payments.tables import Payment, PaymentAttempt, Refund


def is_news(attempt: PaymentAttempt) -> bool:
    """A success may be told any number of times; this is the first of them."""
    return attempt.last_answer != Succeeded.__name__


def refund_succeeded(
    unit: UnitOfWork, attempt: PaymentAttempt, payment: Payment, refund: Refund, system: str | None
) -> None:
    """A refund that had failed gave money back after all. Where another took its room meanwhile, more went back than
    came: no row can say so, a person is told."""
    if not rules.has_room(payment.status, payment.amount_minor, payment.refunded_minor, refund.amount_minor):
        if is_news(attempt):
            tell(unit, payment, refund.refund_id, refund.amount_minor, "a refund that had failed was paid out as well")
        return
    refund.status = "succeeded"
    refund.failure_code = None
    payment.refunded_minor += refund.amount_minor
    try:
        placing.place(unit, payment, refund, system)
    except RefundExceedsInvoice:  # others opened the invoice that it names; the money is gone all the same
        placing.place(unit, payment, refund, system, is_named=False)


def tell(unit: UnitOfWork, payment: Payment, subject_id: str, minor: int, what: str) -> None:
    """What the provider did and the payment cannot show is for a person to put right with the provider."""
    raise_alert(
        unit,
        kind="kpi.alert",
        severity="critical",
        subject_id=subject_id,
        customer_id=payment.customer_id,
        summary=f"Payment {payment.payment_id}: {what}",
        observed=Decimal(to_text(minor, payment.currency)),
    )
