"""Deals over HTTP."""

from typing import Literal

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.deals import repository, service
from transactional_api.deals.schemas import Close, DealChange, DealIn, DealOut, StageMove, Touch
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.http import Cursor, InstantText, Limit, PageOf, listed
from transactional_api.kit.money import to_minor, to_text

router = APIRouter(prefix="/deals", tags=["deals"])


@router.post("", status_code=201, **writes("deals:write"))
def create_deal(body: DealIn, caller: CallerDep) -> DealOut:
    def work(unit: UnitOfWork) -> DealOut:
        amount_minor = _minor(body.amount, body.currency)
        values = body.model_dump(exclude={"amount"})
        return DealOut.of(service.create_deal(unit, amount_minor=amount_minor, **values))

    return caller.perform(work)


@router.get("", **reads("deals:read"))
def list_deals(
    caller: CallerDep,
    stage: str | None = None,
    owner: str | None = None,
    risk: Literal["low", "medium", "high"] | None = None,
    created_from: InstantText | None = None,
    created_before: InstantText | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[DealOut]:
    """Created from one instant up to before another."""
    with caller.read() as unit:
        page = repository.page(
            unit.session,
            cursor,
            limit,
            stage=stage,
            owner=owner,
            risk=risk,
            created_from=created_from,
            created_before=created_before,
        )
        return listed(page, DealOut.of)


@router.get("/{deal_id}", **reads("deals:read"))
def get_deal(deal_id: str, caller: CallerDep) -> DealOut:
    """With the history of its stages."""
    with caller.read() as unit:
        return DealOut.of(service.get_deal(unit, deal_id))


@router.patch("/{deal_id}", **writes("deals:write"))
def change_deal(deal_id: str, body: DealChange, caller: CallerDep) -> DealOut:
    """Only what is named changes, and only while the deal is open."""

    def work(unit: UnitOfWork) -> DealOut:
        changes = body.model_dump(exclude_unset=True)
        if "amount" in changes or "currency" in changes:
            changes |= _amount(unit, deal_id, changes)
        changes.pop("amount", None)
        return DealOut.of(service.change_deal(unit, deal_id, changes))

    return caller.perform(work)


@router.post("/{deal_id}/stage", **writes("deals:write"))
def move_to_stage(deal_id: str, body: StageMove, caller: CallerDep) -> DealOut:
    return caller.perform(
        lambda unit: DealOut.of(service.move_to_stage(unit, deal_id, body.stage, entered_at=body.entered_at))
    )


@router.post("/{deal_id}/touch", **writes("deals:write"))
def touch(deal_id: str, body: Touch, caller: CallerDep) -> DealOut:
    return caller.perform(lambda unit: DealOut.of(service.touch(unit, deal_id, touched_at=body.touched_at)))


@router.post("/{deal_id}/win", **writes("deals:write"))
def close_won(deal_id: str, body: Close, caller: CallerDep) -> DealOut:
    return caller.perform(lambda unit: DealOut.of(service.close_won(unit, deal_id, **body.model_dump())))


@router.post("/{deal_id}/lose", **writes("deals:write"))
def close_lost(deal_id: str, body: Close, caller: CallerDep) -> DealOut:
    return caller.perform(lambda unit: DealOut.of(service.close_lost(unit, deal_id, **body.model_dump())))


def _amount(unit: UnitOfWork, deal_id: str, changes: dict[str, str | None]) -> dict[str, int | None]:
    """The amount in minor units of the currency that the deal will have; the same amount if only that changes."""
    deal = service.get_deal_locked(unit, deal_id)
    currency = changes.get("currency", deal.currency)
    if "amount" in changes:
        return {"amount_minor": _minor(changes["amount"], currency)}
    if deal.amount_minor is None or deal.currency is None:
        return {}
    return {"amount_minor": _minor(to_text(deal.amount_minor, deal.currency), currency)}


def _minor(amount: str | None, currency: str | None) -> int | None:
    if amount is None:
        return None
    if currency is None:
        raise ValueRefused("an amount has a currency", "currency")
    return to_minor(amount, currency, "amount")
