"""Contracts and recognised revenue on the wire: amounts in units of the contract's currency, without tax."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from transactional_api.kit.http import AmountText, Body, CurrencyCode, DayText, Id, Percent, Result
from transactional_api.kit.money import to_minor, to_text
from transactional_api.revenue.reading import lines_of
from transactional_api.revenue.recognition import Earned
from transactional_api.revenue.service import NewObligation
from transactional_api.revenue.tables import Contract, RecognizedRevenue

Recognition = Literal["over_time", "point_in_time", "percent_complete"]


class ObligationIn(Body):
    obligation_id: Id | None = None
    standalone_price: AmountText
    recognition: Recognition
    product_id: Id | None = None
    starts_on: DayText | None = Field(None, description="Absent: the contract's.")
    ends_on: DayText | None = Field(None, description="Inclusive. Absent: the contract's.")
    transferred_on: DayText | None = None

    def new(self, currency: str, path: str) -> NewObligation:
        price = to_minor(self.standalone_price, currency, f"{path}standalone_price")
        return NewObligation(standalone_price_minor=price, **self.model_dump(exclude={"standalone_price"}))


class ContractIn(Body):
    contract_id: Id | None = None
    customer_id: Id
    signed_on: DayText
    starts_on: DayText
    ends_on: DayText = Field(description="Inclusive.")
    total_amount: AmountText = Field(description="The transaction price, without tax.")
    currency: CurrencyCode
    type: Literal["subscription", "usage", "fixed_price", "frame"] | None = None
    cancellable_from: DayText | None = None
    entity_id: Id | None = None
    billing_interval: Literal["once", "month", "quarter", "year"] = "once"
    payment_terms_days: Annotated[StrictInt, Field(ge=0, le=3650)] = 30
    obligations: list[ObligationIn] = Field(min_length=1, max_length=200)


class ModificationIn(Body):
    modification_id: Id | None = None
    effective_on: DayText
    price_change: AmountText
    is_distinct: bool
    is_at_standalone_price: bool
    obligation_id: Id | None = Field(None, description="Absent: split over the unfinished ones by stand-alone price.")
    new_ends_on: DayText | None = Field(None, description="Inclusive.")
    added_standalone_price: AmountText | None = None


class ProgressIn(Body):
    obligation_id: Id
    measured_on: DayText
    percent_complete: Percent = Field(description="Cumulative.")


class TransferIn(Body):
    obligation_id: Id
    transferred_on: DayText


class RecognizeIn(Body):
    through: DayText = Field(description="Inclusive.")


class ObligationOut(Result):
    """`price` is its share of the transaction price as signed; `recognized` is what is written so far."""

    obligation_id: str
    product_id: str | None
    recognition: Recognition
    starts_on: DayText
    ends_on: DayText
    transferred_on: DayText | None
    percent_complete: Percent | None
    standalone_price: str
    price: str
    billed: str
    recognized: str
    deferred: str
    contract_asset: str


class ModificationOut(Result):
    modification_id: str
    obligation_id: str | None
    effective_on: DayText
    price_change: str
    is_distinct: bool
    is_at_standalone_price: bool
    new_ends_on: DayText | None
    added_standalone_price: str | None
    treatment: Literal["separate_contract", "prospective", "cumulative_catch_up"]


class EarnedOut(Result):
    source_kind: Literal["obligation", "modification"]
    source_id: str
    month: str
    amount: str


class RecognizedOut(EarnedOut):
    """`posted_month` is the month of the books, which was open when it was written."""

    posted_month: str

    @classmethod
    def of(cls, row: RecognizedRevenue) -> "RecognizedOut":
        return cls(
            source_kind=row.source_kind,
            source_id=row.source_id,
            month=row.month,
            posted_month=row.posted_month,
            amount=to_text(row.amount_minor, row.currency),
        )


class ContractSummary(Result):
    """`price` is with all modifications."""

    contract_id: str
    customer_id: str
    signed_on: DayText
    starts_on: DayText
    ends_on: DayText
    currency: str
    total_amount: str
    price: str
    type: str | None
    cancellable_from: DayText | None
    entity_id: str | None
    billing_interval: str
    payment_terms_days: int
    recognized_through: DayText | None

    @classmethod
    def of(cls, contract: Contract) -> "ContractSummary":
        return cls.model_validate(summary(contract))


class ContractOut(ContractSummary):
    """`schedule` is what each month earns by what is known now; `recognized` is what is written."""

    obligations: list[ObligationOut]
    modifications: list[ModificationOut]
    schedule: list[EarnedOut]
    recognized: list[RecognizedOut]

    @classmethod
    def shown(
        cls, contract: Contract, planned: Sequence[Earned], rows: Sequence[RecognizedRevenue], billed: dict[str, int]
    ) -> "ContractOut":
        currency = contract.currency
        schedule = [
            {"source_kind": one.source_kind, "source_id": one.source_id, "month": one.month}
            | {"amount": to_text(one.amount_minor, currency)}
            for one in planned
        ]
        return cls.model_validate(
            summary(contract)
            | {
                "obligations": _obligations(contract, rows, billed),
                "modifications": _modifications(contract),
                "schedule": schedule,
                "recognized": [RecognizedOut.of(row) for row in rows],
            }
        )


class RecognitionOut(Result):
    """`added` are the months that this call wrote or changed, each with its amount so far; none the second time."""

    contract_id: str
    recognized_through: DayText
    added: list[RecognizedOut]


def summary(contract: Contract) -> dict[str, object]:
    price = contract.total_amount_minor + sum(row.price_change_minor for row in contract.modifications)
    facts = {name: getattr(contract, name, None) for name in ContractSummary.model_fields}
    return facts | {
        "total_amount": to_text(contract.total_amount_minor, contract.currency),
        "price": to_text(price, contract.currency),
    }


def _obligations(
    contract: Contract, rows: Sequence[RecognizedRevenue], billed: dict[str, int]
) -> list[dict[str, object]]:
    earned: dict[str, int] = {}
    for row in rows:
        if row.source_kind == "obligation":
            earned[row.source_id] = earned.get(row.source_id, 0) + row.amount_minor
    progress = {line.source_id: line.progress[-1][1] for line in lines_of(contract) if line.progress}
    found = []
    for one in contract.obligations:
        facts = {name: getattr(one, name, None) for name in ObligationOut.model_fields}
        asked, written = billed.get(one.obligation_id, 0), earned.get(one.obligation_id, 0)
        amounts = {
            "standalone_price": one.standalone_price_minor,
            "price": one.price_minor,
            "billed": asked,
            "recognized": written,
            "deferred": max(0, asked - written),
            "contract_asset": max(0, written - asked),
        }
        facts |= {name: to_text(minor, contract.currency) for name, minor in amounts.items()}
        found.append(facts | {"percent_complete": progress.get(one.obligation_id)})
    return found


def _modifications(contract: Contract) -> list[dict[str, object]]:
    found = []
    for row in contract.modifications:
        added = row.added_standalone_price_minor
        facts = {name: getattr(row, name, None) for name in ModificationOut.model_fields}
        found.append(
            facts
            | {
                "price_change": to_text(row.price_change_minor, contract.currency),
                "is_distinct": bool(row.is_distinct),
                "is_at_standalone_price": bool(row.is_at_standalone_price),
                "added_standalone_price": None if added is None else to_text(added, contract.currency),
            }
        )
    return found
