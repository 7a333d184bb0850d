"""Money that goes back: refunds that we ask for, and charge-backs that the payer's bank takes."""

from datetime import date

from transactional_api.database import UnitOfWork
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.rows import add
from transactional_api.payments import calls, placing, repository, rules
from transactional_api.payments.calls import REFUND, Call
from transactional_api.payments.errors import ChargebackResolved, RefundNotFound, ResolvedBeforeOpened
from transactional_api.payments.processing import check_no_rollback
from transactional_api.payments.providers.port import PaymentProvider
from transactional_api.payments.service import locked_payment
from transactional_api.payments.tables import Payment, Refund

OPEN, WON, LOST = "open", "won", "lost"


def begin_refund(
    unit: UnitOfWork,
    payment_id: str,
    *,
    amount_minor: int,
    refunded_on: date | None = None,
    refund_id: str | None = None,
    invoice_id: str | None = None,
    reason: str | None = None,
    system: str | None = None,
) -> tuple[Refund, Call | None]:
    """The amount is set aside at once, so that two refunds never give back more than came. What a person recorded is
    given back by a person as well: it is done."""
    payment = locked_payment(unit, payment_id)
    check_no_rollback(unit, payment_id)
    refund = _new(unit, payment, "refund", "pending", amount_minor, refunded_on, refund_id, invoice_id, reason)
    if payment.provider is not None:
        unit.session.flush()
        return refund, calls.begin(unit, REFUND, refund.refund_id, payment)
    refund.status = "succeeded"
    placing.place(unit, payment, refund, system)
    return refund, None


def refund_within(
    unit: UnitOfWork, provider: PaymentProvider | None, begun: tuple[Refund, Call | None], system: str | None = None
) -> Refund:
    """With the embedded provider, or none."""
    refund, call = begun
    if call is not None and provider is not None:
        calls.hear(unit, REFUND, refund.refund_id, calls.ask(provider.within(unit), call), system)
    return refund


def open_chargeback(
    unit: UnitOfWork,
    payment_id: str,
    *,
    amount_minor: int,
    opened_on: date | None = None,
    chargeback_id: str | None = None,
    invoice_id: str | None = None,
    reason: str | None = None,
    system: str | None = None,
) -> Refund:
    """The bank took the money when it opened the case: from now on the invoice is open again."""
    payment = locked_payment(unit, payment_id)
    check_no_rollback(unit, payment_id)
    chargeback = _new(unit, payment, "chargeback", OPEN, amount_minor, opened_on, chargeback_id, invoice_id, reason)
    placing.place(unit, payment, chargeback, system)
    return chargeback


def resolve_chargeback(
    unit: UnitOfWork,
    payment_id: str,
    chargeback_id: str,
    *,
    outcome: str,
    resolved_on: date | None = None,
    system: str | None = None,
) -> Refund:
    """Lost: the money is gone. Won: it came back, and closes again what it had closed."""
    payment = locked_payment(unit, payment_id)
    chargeback = repository.refund_locked(unit.session, chargeback_id)
    if chargeback is None or chargeback.payment_id != payment_id or chargeback.kind != "chargeback":
        raise RefundNotFound(chargeback_id, "chargeback")
    if chargeback.status != OPEN:
        raise ChargebackResolved(chargeback_id, chargeback.status)
    resolved_on = resolved_on or unit.now.date()
    if resolved_on < chargeback.refunded_on:
        raise ResolvedBeforeOpened(chargeback.refunded_on, resolved_on)
    chargeback.status = outcome
    chargeback.resolved_on = resolved_on
    if outcome == WON:
        placing.close_again(unit, payment, chargeback, resolved_on, system)
    return chargeback


def _new(
    unit: UnitOfWork,
    payment: Payment,
    kind: str,
    status: str,
    amount_minor: int,
    on: date | None,
    refund_id: str | None,
    invoice_id: str | None,
    reason: str | None,
) -> Refund:
    refund_id = id_or_new(refund_id, "rf" if kind == "refund" else "cb", f"{kind}_id")
    rules.check_refund(payment.payment_id, payment.status, payment.amount_minor, payment.refunded_minor, amount_minor)
    if invoice_id is not None:
        placing.check_named(unit, payment, invoice_id, amount_minor)
    refund = Refund(
        tenant_id=unit.tenant_id,
        refund_id=refund_id,
        payment_id=payment.payment_id,
        invoice_id=invoice_id,
        kind=kind,
        amount_minor=amount_minor,
        currency=payment.currency,
        refunded_on=on or unit.now.date(),
        status=status,
        reason=reason,
        failure_code=None,
        resolved_on=None,
        from_unallocated_minor=0,
        reopenings=[],
    )
    add(unit.session, refund)
    payment.refunds.append(refund)
    payment.refunded_minor += amount_minor
    return refund
