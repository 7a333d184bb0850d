"""Payments on the wire: amounts are decimals in text, in units of the payment's currency."""

from typing import Literal

from pydantic import Field

from transactional_api.kit.http import AmountText, Body, CurrencyCode, DayText, Id, Result, Words
from transactional_api.kit.money import to_text
from transactional_api.payments.tables import Payment


class PaymentIn(Body):
    payment_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    customer_id: Id
    received_on: DayText
    amount: AmountText
    currency: CurrencyCode
    status: Literal["pending", "succeeded", "failed"] = "succeeded"
    method: Words | None = None
    reference: Words | None = None


class Arrival(Body):
    received_on: DayText


class AllocationIn(Body):
    invoice_id: Id
    allocated_on: DayText
    amount: AmountText


class AllocationOut(Result):
    invoice_id: str
    allocated_on: DayText
    amount: str


class PaymentOut(Result):
    payment_id: str
    customer_id: str
    received_on: DayText
    amount: str
    currency: str
    status: str
    method: str | None
    reference: str | None
    unallocated: str
    allocations: list[AllocationOut]

    @classmethod
    def of(cls, payment: Payment) -> "PaymentOut":
        facts = {name: getattr(payment, name, None) for name in cls.model_fields if name != "allocations"}
        used = sum(row.amount_minor for row in payment.allocations)
        facts["amount"] = to_text(payment.amount_minor, payment.currency)
        facts["unallocated"] = to_text(payment.amount_minor - used, payment.currency)
        allocations = [
            AllocationOut(
                invoice_id=row.invoice_id,
                allocated_on=row.allocated_on,
                amount=to_text(row.amount_minor, payment.currency),
            )
            for row in payment.allocations
        ]
        return cls.model_validate(facts | {"allocations": allocations})
