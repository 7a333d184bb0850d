"""Payments over HTTP."""

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from transactional_api.access.boundary import Caller, CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.kit.http import Cursor, Limit, PageOf, listed
from transactional_api.kit.money import to_minor
from transactional_api.payments import answers, calls, processing, refunds, repository, service
from transactional_api.payments.answers import charged_out, payment_out
from transactional_api.payments.calls import Call
from transactional_api.payments.providers.port import Answer, PaymentProvider
from transactional_api.payments.providers.registry import provider_named
from transactional_api.payments.schemas import (
    AllocationIn,
    Arrival,
    ChargebackIn,
    ChargebackOut,
    PaymentIn,
    PaymentOut,
    ProcessIn,
    RefundIn,
    RefundOut,
    Resolution,
    Status,
)

router = APIRouter(prefix="/payments", tags=["payments"])


@router.post("/process", status_code=201, response_model=PaymentOut, **writes("payments:process", key="required"))
def process_payment(body: ProcessIn, caller: CallerDep, request: Request) -> Any:
    """Take money through a provider. `status` says what came of it: `unknown` and `pending` are asked for again until
    the provider has said what became of them."""
    settings = request.app.state.settings
    provider = provider_named(body.provider or settings.payment_provider, settings)
    order = body.model_dump(exclude={"amount", "provider"})
    order["amount_minor"] = to_minor(body.amount, body.currency, "amount")
    if provider.is_embedded:

        def work(unit: UnitOfWork) -> PaymentOut:
            payment = processing.open_payment(unit, provider, **order)
            return charged_out(unit, processing.charge_within(unit, provider, payment, settings.accounting_system))

        return caller.perform(work)

    def begin(unit: UnitOfWork) -> Call:
        payment = processing.open_payment(unit, provider, **order)
        return calls.begin(unit, calls.CHARGE, payment.payment_id, payment)

    return _through(caller, provider, begin, **_books(request))


@router.post("", status_code=201, response_model=PaymentOut, **writes("payments:write", key="required"))
def record_payment(body: PaymentIn, caller: CallerDep, request: Request) -> Any:
    """Money that came without a provider of ours."""
    amount_minor = to_minor(body.amount, body.currency, "amount")
    values = body.model_dump(exclude={"amount"}) | _books(request)
    return caller.perform(lambda unit: PaymentOut.of(service.record_payment(unit, amount_minor=amount_minor, **values)))


@router.get("", **reads("payments:read"))
def list_payments(
    caller: CallerDep,
    customer_id: str | None = None,
    status: Status | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[PaymentOut]:
    with caller.read() as unit:
        page = repository.page(unit.session, customer_id, status, cursor, limit)
        return listed(page, PaymentOut.of)


@router.get("/{payment_id}", **reads("payments:read"))
def get_payment(payment_id: str, caller: CallerDep) -> PaymentOut:
    with caller.read() as unit:
        return payment_out(unit, payment_id)


@router.post("/{payment_id}/succeed", response_model=PaymentOut, **writes("payments:write", key="required"))
def mark_succeeded(payment_id: str, body: Arrival, caller: CallerDep, request: Request) -> Any:
    """For pending money that a person recorded; a provider's is settled by its answers."""
    return caller.perform(
        lambda unit: PaymentOut.of(
            service.mark_succeeded(unit, payment_id, received_on=body.received_on, **_books(request))
        )
    )


@router.post("/{payment_id}/fail", response_model=PaymentOut, **writes("payments:write", key="required"))
def mark_failed(payment_id: str, caller: CallerDep) -> Any:
    return caller.perform(lambda unit: PaymentOut.of(service.mark_failed(unit, payment_id)))


@router.post("/{payment_id}/rollback", response_model=PaymentOut, **writes("payments:process", key="required"))
def roll_back(payment_id: str, caller: CallerDep, request: Request) -> Any:
    """Undo a payment of which nothing went back yet, as a whole: it closes nothing any more. `rollback` says whether
    the provider has done it, is still being asked, or declined."""
    provider = _provider_of(caller, payment_id, request)
    if provider is None or provider.is_embedded:

        def work(unit: UnitOfWork) -> PaymentOut:
            processing.roll_back_within(unit, provider, payment_id, **_books(request))
            return payment_out(unit, payment_id)

        return caller.perform(work)

    def begin(unit: UnitOfWork) -> Call:
        call = processing.begin_rollback(unit, payment_id, **_books(request))[1]
        assert call is not None
        return call

    return _through(caller, provider, begin, **_books(request))


@router.post(
    "/{payment_id}/refunds", status_code=201, response_model=RefundOut, **writes("payments:refund", key="required")
)
def refund_payment(payment_id: str, body: RefundIn, caller: CallerDep, request: Request) -> Any:
    """Give money back, through the provider that took it."""
    provider = _provider_of(caller, payment_id, request)
    values = body.model_dump(exclude={"amount"}) | _books(request)

    def begun(unit: UnitOfWork) -> tuple[Any, Call | None]:
        amount_minor = _minor(unit, payment_id, body.amount)
        return refunds.begin_refund(unit, payment_id, amount_minor=amount_minor, **values)

    if provider is None or provider.is_embedded:
        return caller.perform(
            lambda unit: RefundOut.of(refunds.refund_within(unit, provider, begun(unit), **_books(request)))
        )

    def begin(unit: UnitOfWork) -> Call:
        call = begun(unit)[1]
        assert call is not None
        return call

    return _through(caller, provider, begin, **_books(request))


@router.get("/{payment_id}/refunds", **reads("payments:read"))
def list_refunds(payment_id: str, caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[RefundOut]:
    with caller.read() as unit:
        service.get_payment(unit, payment_id)
        page = repository.refund_page(unit.session, payment_id, "refund", cursor, limit)
        return listed(page, RefundOut.of)


@router.post(
    "/{payment_id}/chargebacks",
    status_code=201,
    response_model=ChargebackOut,
    **writes("payments:refund", key="required"),
)
def open_chargeback(payment_id: str, body: ChargebackIn, caller: CallerDep, request: Request) -> Any:
    """The payer's bank took money back: what it had closed is open again."""
    values = body.model_dump(exclude={"amount"}) | _books(request)

    def work(unit: UnitOfWork) -> ChargebackOut:
        amount_minor = _minor(unit, payment_id, body.amount)
        return ChargebackOut.of(refunds.open_chargeback(unit, payment_id, amount_minor=amount_minor, **values))

    return caller.perform(work)


@router.get("/{payment_id}/chargebacks", **reads("payments:read"))
def list_chargebacks(
    payment_id: str, caller: CallerDep, cursor: Cursor = None, limit: Limit = 50
) -> PageOf[ChargebackOut]:
    with caller.read() as unit:
        service.get_payment(unit, payment_id)
        page = repository.refund_page(unit.session, payment_id, "chargeback", cursor, limit)
        return listed(page, ChargebackOut.of)


@router.post(
    "/{payment_id}/chargebacks/{chargeback_id}/resolve",
    response_model=ChargebackOut,
    **writes("payments:refund", key="required"),
)
def resolve_chargeback(
    payment_id: str, chargeback_id: str, body: Resolution, caller: CallerDep, request: Request
) -> Any:
    """Lost: the money stays gone. Won: it closes again what it had closed, unless that was paid meanwhile."""
    values = body.model_dump() | _books(request)
    return caller.perform(
        lambda unit: ChargebackOut.of(refunds.resolve_chargeback(unit, payment_id, chargeback_id, **values))
    )


@router.post(
    "/{payment_id}/allocations",
    status_code=201,
    response_model=PaymentOut,
    **writes("payments:write", key="required"),
)
def allocate(payment_id: str, body: AllocationIn, caller: CallerDep, request: Request) -> Any:
    """Close a part of an invoice with a part of the payment."""

    def work(unit: UnitOfWork) -> PaymentOut:
        amount_minor = _minor(unit, payment_id, body.amount)
        return PaymentOut.of(
            service.allocate(
                unit,
                payment_id,
                body.invoice_id,
                allocated_on=body.allocated_on,
                amount_minor=amount_minor,
                **_books(request),
            )
        )

    return caller.perform(work)


@router.delete(
    "/{payment_id}/allocations/{invoice_id}/{allocated_on}", response_model=PaymentOut, **writes("payments:write")
)
def take_back_allocation(
    payment_id: str, invoice_id: str, allocated_on: date, caller: CallerDep, request: Request
) -> Any:
    return caller.perform(
        lambda unit: PaymentOut.of(
            service.take_back_allocation(unit, payment_id, invoice_id, allocated_on=allocated_on, **_books(request))
        )
    )


def _provider_of(caller: Caller, payment_id: str, request: Request) -> PaymentProvider | None:
    """Who took the money; none for money that a person recorded."""
    with caller.read() as unit:
        name = service.get_payment(unit, payment_id).provider
    return None if name is None else provider_named(name, request.app.state.settings)


def _books(request: Request) -> dict[str, str]:
    """Which accounting system the journal goes to; the job carries it there, so that the answer need not wait."""
    return {"system": request.app.state.settings.accounting_system}


def _minor(unit: UnitOfWork, payment_id: str, amount: str) -> int:
    return to_minor(amount, service.get_payment(unit, payment_id).currency, "amount")


def _through(caller: Caller, provider: PaymentProvider, begin: Callable[[UnitOfWork], Call], system: str) -> Any:
    """A call to a remote provider: written down, made outside of any transaction, then heard."""

    def begun(unit: UnitOfWork) -> tuple[str, Call]:
        call = begin(unit)
        return call.subject, call

    def made(call: Call) -> tuple[Call, Answer]:
        return call, calls.ask_outside(provider, call)

    def heard(unit: UnitOfWork, outcome: tuple[Call, Answer]) -> BaseModel:
        call, answer = outcome
        return answers.hear(unit, call.kind, call.subject_id, answer, system)

    return caller.perform_outside(begun, made, heard)
