"""Payments on the wire: amounts are decimals in text, in units of the payment's currency."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from transactional_api.kit.http import AmountText, Body, CurrencyCode, DayText, Id, Result, Words
from transactional_api.kit.money import to_text
from transactional_api.payments.closing import funds_of
from transactional_api.payments.rules import ROLLED_BACK, SUCCEEDED
from transactional_api.payments.tables import Payment, PaymentAttempt, Refund

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
# Logged for good, so a token: no words and no e-mail.
Method = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$")]
Status = Literal["pending", "succeeded", "failed", "rolled_back", "unknown"]


class PaymentIn(Body):
    payment_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    customer_id: Id
    received_on: DayText
    amount: AmountText
    currency: CurrencyCode
    status: Literal["pending", "succeeded", "failed"] = "succeeded"
    method: Method | None = None
    reference: Words | None = None


class ProcessIn(Body):
    payment_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    customer_id: Id
    amount: AmountText
    currency: CurrencyCode
    method: Method = Field(description="The provider's own word: a token of a card, a kind of a wallet.")
    invoice_id: Id | None = Field(None, description="Closed as far as the money goes, once it is there.")
    provider: Code | None = Field(None, description="Without one, that of the settings.")
    received_on: DayText | None = Field(None, description="Without one, today in UTC.")
    reference: Words | None = None


class Arrival(Body):
    received_on: DayText


class AllocationIn(Body):
    invoice_id: Id
    allocated_on: DayText
    amount: AmountText


class RefundIn(Body):
    refund_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    amount: AmountText
    refunded_on: DayText | None = Field(None, description="Without one, today in UTC.")
    invoice_id: Id | None = Field(
        None, description="Opened again. Without one, unallocated money goes first, then the latest allocations."
    )
    reason: Code | None = None


class ChargebackIn(Body):
    chargeback_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    amount: AmountText
    opened_on: DayText | None = Field(None, description="Without one, today in UTC.")
    invoice_id: Id | None = None
    reason: Code | None = None


class Resolution(Body):
    outcome: Literal["won", "lost"]
    resolved_on: DayText | None = Field(None, description="Without one, today in UTC.")


class AllocationOut(Result):
    invoice_id: str
    allocated_on: DayText
    amount: str


class PaymentOut(Result):
    """`rollback` and `action_url` are shown where one payment is answered, not in lists."""

    payment_id: str
    customer_id: str
    received_on: DayText
    amount: str
    currency: str
    status: Status
    method: str | None
    reference: str | None
    provider: str | None
    invoice_id: str | None
    failure_code: str | None
    refunded: str
    unallocated: str = Field(description="0 unless the payment succeeded.")
    action_url: str | None = Field(description="Where the payer has to go before the payment can go on.")
    rollback: Literal["pending", "declined", "done"] | None
    allocations: list[AllocationOut]

    @classmethod
    def of(
        cls, payment: Payment, charged: PaymentAttempt | None = None, voided: PaymentAttempt | None = None
    ) -> "PaymentOut":
        currency, funds = payment.currency, funds_of(payment)
        left = funds.amount_minor - funds.used_minor if payment.status == SUCCEEDED else 0
        return cls(
            payment_id=payment.payment_id,
            customer_id=payment.customer_id,
            received_on=payment.received_on,
            amount=to_text(payment.amount_minor, currency),
            currency=currency,
            status=payment.status,
            method=payment.method,
            reference=payment.reference,
            provider=payment.provider,
            invoice_id=payment.invoice_id,
            failure_code=payment.failure_code,
            refunded=to_text(payment.refunded_minor, currency),
            unallocated=to_text(left, currency),
            action_url=charged.action_url if charged else None,
            rollback=_rollback(payment, voided),
            allocations=[
                AllocationOut(
                    invoice_id=row.invoice_id,
                    allocated_on=row.allocated_on,
                    amount=to_text(row.amount_minor, currency),
                )
                for row in payment.allocations
            ],
        )


class ReopeningOut(Result):
    invoice_id: str
    amount: str


class RefundOut(Result):
    """`from_unallocated` and what is reopened make up the amount once the money is gone; before, both are 0."""

    refund_id: str
    payment_id: str
    invoice_id: str | None
    amount: str
    currency: str
    refunded_on: DayText
    status: Literal["pending", "succeeded", "failed"]
    reason: str | None
    failure_code: str | None
    from_unallocated: str
    reopened: list[ReopeningOut]

    @classmethod
    def of(cls, refund: Refund) -> "RefundOut":
        return cls.model_validate(_facts(refund))


class ChargebackOut(Result):
    chargeback_id: str
    payment_id: str
    invoice_id: str | None
    amount: str
    currency: str
    opened_on: DayText
    status: Literal["open", "won", "lost"]
    reason: str | None
    resolved_on: DayText | None
    from_unallocated: str
    reopened: list[ReopeningOut]

    @classmethod
    def of(cls, refund: Refund) -> "ChargebackOut":
        named = {"chargeback_id": refund.refund_id, "opened_on": refund.refunded_on}
        return cls.model_validate(_facts(refund) | named | {"resolved_on": refund.resolved_on})


def _rollback(payment: Payment, voided: PaymentAttempt | None) -> Literal["pending", "declined", "done"] | None:
    if voided is None:
        return "done" if payment.status == ROLLED_BACK else None
    if voided.next_attempt_at is not None:
        return "pending"
    return "done" if payment.status == ROLLED_BACK or voided.last_answer == "Succeeded" else "declined"


def _facts(refund: Refund) -> dict[str, object]:
    currency = refund.currency
    names = ("refund_id", "payment_id", "invoice_id", "currency", "refunded_on", "status", "reason", "failure_code")
    return {name: getattr(refund, name) for name in names} | {
        "amount": to_text(refund.amount_minor, currency),
        "from_unallocated": to_text(refund.from_unallocated_minor, currency),
        "reopened": [
            {"invoice_id": row.invoice_id, "amount": to_text(row.amount_minor, currency)} for row in refund.reopenings
        ],
    }
