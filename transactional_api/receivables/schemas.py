"""Collections, bills and bank lines on the wire: amounts in units of the document's currency."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt

from transactional_api.invoices.schemas import LineIn
from transactional_api.kit.http import (
    AmountText,
    Body,
    Country,
    CurrencyCode,
    DayText,
    Id,
    InstantText,
    Result,
    Words,
)
from transactional_api.kit.money import to_minor, to_text
from transactional_api.receivables.collections import Standing
from transactional_api.receivables.reconciliation import NewBankLine
from transactional_api.receivables.rules import Proposal, Step
from transactional_api.receivables.tables import BankLine, BankMatch, Bill, CollectionStep

DaysOverdue = Annotated[StrictInt, Field(ge=0, le=3650)]


class ReceivableIn(Body):
    """An invoice that is posted at once."""

    invoice_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    number: Id | None = Field(None, description="Your own number; without one, the tenant's next is given.")
    customer_id: Id
    issued_on: DayText
    due_on: DayText
    currency: CurrencyCode
    lines: list[LineIn] = Field(min_length=1, max_length=1000)
    deal_id: Id | None = None
    contract_id: Id | None = None
    subscription_id: Id | None = None
    ship_to_country: Country | None = None
    ship_to_region: Words | None = None


class StepIn(Body):
    days_overdue: DaysOverdue
    action: Words


class StepsIn(Body):
    """In order; the days rise. An empty list brings the defaults back."""

    steps: list[StepIn] = Field(max_length=100)


class StepOut(Result):
    step_no: int
    days_overdue: int
    action: str


class StepsOut(Result):
    steps: list[StepOut]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "StepsOut":
        return cls(steps=[StepOut.model_validate(step) for step in steps])


class CollectIn(Body):
    taken_on: DayText
    note: Words | None = None


class TakenOut(Result):
    """`outstanding` is what was open when the step was taken."""

    step_no: int
    action: str
    taken_on: DayText
    days_overdue: int
    outstanding: str
    note: str | None

    @classmethod
    def of(cls, row: CollectionStep) -> "TakenOut":
        facts = {name: getattr(row, name, None) for name in cls.model_fields}
        return cls.model_validate(facts | {"outstanding": to_text(row.outstanding_minor, row.currency)})


class CollectionsOut(Result):
    """`due_since` is the due day of the first part that is open; `next_step` counts its days from there."""

    invoice_id: str
    status: str
    currency: str
    outstanding: str
    due_since: DayText
    is_disputed: bool
    taken: list[TakenOut]
    next_step: StepOut | None

    @classmethod
    def of(cls, now: Standing) -> "CollectionsOut":
        return cls(
            invoice_id=now.invoice.invoice_id,
            status=now.invoice.status,
            currency=now.invoice.currency,
            outstanding=to_text(now.outstanding_minor, now.invoice.currency),
            due_since=now.due_since,
            is_disputed=now.is_disputed,
            taken=[TakenOut.of(row) for row in now.taken],
            next_step=None if now.next_step is None else StepOut.model_validate(now.next_step),
        )


class BillIn(Body):
    bill_id: Id | None = None
    vendor_id: Id
    issued_on: DayText
    due_on: DayText
    amount: AmountText = Field(description="With tax.")
    tax_amount: AmountText = "0"
    currency: CurrencyCode
    category: Id | None = None
    department_id: Id | None = None
    entity_id: Id | None = None


class PayIn(Body):
    bill_payment_id: Id | None = None
    paid_on: DayText
    amount: AmountText | None = Field(None, description="Absent: all that is open.")


class BillPaymentOut(Result):
    bill_payment_id: str
    paid_on: DayText
    posted_on: DayText
    amount: str


class BillOut(Result):
    """`amount` is with tax; `posted_on` is the day in an open month on which it counts in the books."""

    bill_id: str
    vendor_id: str
    issued_on: DayText
    due_on: DayText
    posted_on: DayText
    amount: str
    tax_amount: str
    currency: str
    category: str | None
    department_id: str | None
    entity_id: str | None
    paid: str
    open: str
    payments: list[BillPaymentOut]

    @classmethod
    def of(cls, bill: Bill) -> "BillOut":
        facts: dict[str, Any] = {name: getattr(bill, name, None) for name in cls.model_fields}
        amounts = {
            "amount": bill.amount_minor,
            "tax_amount": bill.tax_minor,
            "paid": bill.paid_minor,
            "open": bill.amount_minor - bill.paid_minor,
        }
        facts |= {name: to_text(minor, bill.currency) for name, minor in amounts.items()}
        facts["payments"] = [
            BillPaymentOut(
                bill_payment_id=row.bill_payment_id,
                paid_on=row.paid_on,
                posted_on=row.posted_on,
                amount=to_text(row.amount_minor, bill.currency),
            )
            for row in bill.payments
        ]
        return cls.model_validate(facts)


class BankLineIn(Body):
    bank_line_id: Id | None = Field(None, description="Your own id, so that a statement that is sent again is refused.")
    booked_on: DayText
    amount: AmountText = Field(description="Negative for money that left.")
    currency: CurrencyCode
    counterparty: Words | None = None
    description: Words | None = None
    reference: Words | None = None

    def new(self, at: int) -> NewBankLine:
        amount = to_minor(self.amount, self.currency, f"lines.{at}.amount")
        return NewBankLine(amount_minor=amount, **self.model_dump(exclude={"amount"}))


class BankLinesIn(Body):
    lines: list[BankLineIn] = Field(min_length=1, max_length=1000)


class BankLineOut(Result):
    bank_line_id: str
    booked_on: DayText
    amount: str
    matched: str
    currency: str
    customer_id: str | None
    counterparty: str | None
    description: str | None
    reference: str | None

    @classmethod
    def of(cls, line: BankLine, matched_minor: int = 0) -> "BankLineOut":
        facts = {name: getattr(line, name, None) for name in cls.model_fields}
        facts["amount"] = to_text(line.amount_minor, line.currency)
        return cls.model_validate(facts | {"matched": to_text(matched_minor, line.currency)})


class BankLinesOut(Result):
    items: list[BankLineOut]


class PartIn(Body):
    payment_id: Id
    amount: AmountText | None = Field(None, description="Absent: as much as both have left.")


class ProposeIn(Body):
    """Which payments the lines could be; without ids, the oldest lines that are open."""

    action: Literal["propose"]
    bank_line_ids: list[Id] | None = Field(None, min_length=1, max_length=200)
    window_days: Annotated[StrictInt, Field(ge=0, le=365)] = 7


class ConfirmIn(Body):
    action: Literal["confirm"]
    bank_line_id: Id
    payments: list[PartIn] = Field(min_length=1, max_length=500)


class UndoIn(Body):
    action: Literal["undo"]
    match_id: Id


class ProposalOut(Result):
    """`score` is from 0 to 100."""

    bank_line_id: str
    payment_id: str
    amount: str
    currency: str
    score: int
    reasons: list[str]

    @classmethod
    def of(cls, one: Proposal) -> "ProposalOut":
        return cls(
            bank_line_id=one.bank_line_id,
            payment_id=one.payment_id,
            amount=to_text(one.amount_minor, one.currency),
            currency=one.currency,
            score=one.score,
            reasons=list(one.reasons),
        )


class MatchOut(Result):
    match_id: str
    bank_line_id: str
    payment_id: str
    amount: str
    currency: str
    status: Literal["confirmed", "undone"]
    confirmed_at: InstantText
    confirmed_by: str
    undone_at: InstantText | None
    undone_by: str | None

    @classmethod
    def of(cls, row: BankMatch) -> "MatchOut":
        facts = {name: getattr(row, name, None) for name in cls.model_fields}
        return cls.model_validate(facts | {"amount": to_text(row.amount_minor, row.currency)})


class MatchingOut(Result):
    """`proposals` of a propose, best first; `matches` that a confirm made or an undo took back."""

    action: Literal["propose", "confirm", "undo"]
    proposals: list[ProposalOut] = Field(default_factory=list)
    matches: list[MatchOut] = Field(default_factory=list)
