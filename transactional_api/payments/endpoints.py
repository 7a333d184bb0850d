"""Payments over HTTP."""

from datetime import date
from typing import Literal

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep
from transactional_api.kit.http import Cursor, Limit, PageOf
from transactional_api.kit.money import to_minor
from transactional_api.payments import repository, service
from transactional_api.payments.schemas import AllocationIn, Arrival, PaymentIn, PaymentOut

router = APIRouter(prefix="/payments", tags=["payments"])


@router.post("", status_code=201)
def record_payment(body: PaymentIn, caller: CallerDep) -> PaymentOut:
    amount_minor = to_minor(body.amount, body.currency, "amount")
    with caller.write() as unit:
        values = body.model_dump(exclude={"amount"})
        return PaymentOut.of(service.record_payment(unit, amount_minor=amount_minor, **values))


@router.get("")
def list_payments(
    caller: CallerDep,
    customer_id: str | None = None,
    status: Literal["pending", "succeeded", "failed"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[PaymentOut]:
    with caller.read() as unit:
        page = repository.page(unit.session, customer_id, status, cursor, limit)
        return PageOf(items=[PaymentOut.of(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/{payment_id}")
def get_payment(payment_id: str, caller: CallerDep) -> PaymentOut:
    with caller.read() as unit:
        return PaymentOut.of(service.get_payment(unit, payment_id))


@router.post("/{payment_id}/succeed")
def mark_succeeded(payment_id: str, body: Arrival, caller: CallerDep) -> PaymentOut:
    with caller.write() as unit:
        return PaymentOut.of(service.mark_succeeded(unit, payment_id, received_on=body.received_on))


@router.post("/{payment_id}/fail")
def mark_failed(payment_id: str, caller: CallerDep) -> PaymentOut:
    with caller.write() as unit:
        return PaymentOut.of(service.mark_failed(unit, payment_id))


@router.post("/{payment_id}/allocations", status_code=201)
def allocate(payment_id: str, body: AllocationIn, caller: CallerDep) -> PaymentOut:
    with caller.write() as unit:
        payment = service.get_payment(unit, payment_id)
        service.allocate(
            unit,
            payment_id,
            body.invoice_id,
            allocated_on=body.allocated_on,
            amount_minor=to_minor(body.amount, payment.currency, "amount"),
        )
        return PaymentOut.of(payment)


@router.delete("/{payment_id}/allocations/{invoice_id}/{allocated_on}")
def take_back_allocation(payment_id: str, invoice_id: str, allocated_on: date, caller: CallerDep) -> PaymentOut:
    with caller.write() as unit:
        service.take_back_allocation(unit, payment_id, invoice_id, allocated_on=allocated_on)
        return PaymentOut.of(service.get_payment(unit, payment_id))
