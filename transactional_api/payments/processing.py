"""Taking money through a provider, and undoing it. See `calls.py` for the three steps of a call."""

from datetime import date

from transactional_api.database import UnitOfWork
from transactional_api.invoices.errors import CustomerDiffers
from transactional_api.invoices.service import get_invoice
from transactional_api.payments import calls, closing, repository, rules
from transactional_api.payments.calls import CHARGE, VOID, Call
from transactional_api.payments.errors import RollbackDeclined, RollbackUnderWay
from transactional_api.payments.providers.port import PaymentProvider
from transactional_api.payments.rules import Debt
from transactional_api.payments.service import locked_payment, new_payment
from transactional_api.payments.tables import Payment


def open_payment(
    unit: UnitOfWork,
    provider: PaymentProvider,
    *,
    customer_id: str,
    amount_minor: int,
    currency: str,
    method: str,
    invoice_id: str | None = None,
    received_on: date | None = None,
    payment_id: str | None = None,
    reference: str | None = None,
) -> Payment:
    """A pending payment, before the provider knows of it. Without a day it is today's, in UTC."""
    payment = new_payment(
        unit,
        customer_id=customer_id,
        received_on=received_on or unit.now.date(),
        amount_minor=amount_minor,
        currency=currency,
        status=rules.PENDING,
        payment_id=payment_id,
        method=method,
        reference=reference,
        provider=provider.name,
        invoice_id=invoice_id,
    )
    if invoice_id is not None:
        invoice = get_invoice(unit, invoice_id)
        if invoice.customer_id != customer_id:
            raise CustomerDiffers(f"invoice {invoice_id!r} is of another customer", "invoice_id")
        rules.check_meant(currency, Debt(invoice_id, invoice.status, invoice.currency, 0))
    return payment


def charge_within(unit: UnitOfWork, provider: PaymentProvider, payment: Payment, system: str | None = None) -> Payment:
    """With the embedded provider: asked and answered in this transaction."""
    what = calls.what_of(unit, CHARGE, payment.payment_id, payment)
    call = Call(CHARGE, payment.payment_id, provider.name, what, is_sent=False)
    with unit.session.no_autoflush:  # so that the log shows one payment that was decided, not two steps of it
        answer = calls.ask(provider.within(unit), call)
    calls.hear_at_once(unit, payment, answer, system)
    return payment


def begin_rollback(unit: UnitOfWork, payment_id: str, system: str | None = None) -> tuple[Payment, Call | None]:
    """What a person recorded is undone at once. What a provider took is undone when the provider says so."""
    payment = locked_payment(unit, payment_id)
    rules.check_rollback(payment_id, payment.status, payment.refunded_minor)
    check_no_rollback(unit, payment_id)
    if repository.attempt(unit.session, VOID, payment_id) is not None:
        raise RollbackDeclined(payment_id)
    if payment.provider is not None:
        return payment, calls.begin(unit, VOID, payment_id, payment)
    closing.undo(unit, payment, rules.PERSON, system)
    return payment, None


def roll_back_within(
    unit: UnitOfWork, provider: PaymentProvider | None, payment_id: str, system: str | None = None
) -> Payment:
    """With the embedded provider, or none."""
    payment, call = begin_rollback(unit, payment_id, system)
    if call is not None and provider is not None:
        calls.hear(unit, VOID, payment_id, calls.ask(provider.within(unit), call), system)
    return payment


def check_no_rollback(unit: UnitOfWork, payment_id: str) -> None:
    """While it is not known whether a payment is undone, nothing else is done to it."""
    attempt = repository.attempt(unit.session, VOID, payment_id)
    if attempt is not None and attempt.next_attempt_at is not None:
        raise RollbackUnderWay(payment_id)
