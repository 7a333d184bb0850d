"""Deals over HTTP."""

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep
from transactional_api.deals import repository, service
from transactional_api.deals.schemas import Close, DealIn, DealOut, StageMove, Touch
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.http import Cursor, Limit, PageOf
from transactional_api.kit.money import to_minor

router = APIRouter(prefix="/deals", tags=["deals"])


@router.post("", status_code=201)
def create_deal(body: DealIn, caller: CallerDep) -> DealOut:
    amount_minor = None
    if body.amount is not None:
        if body.currency is None:
            raise ValueRefused("an amount has a currency", "currency")
        amount_minor = to_minor(body.amount, body.currency, "amount")
    with caller.write() as unit:
        values = body.model_dump(exclude={"amount"})
        return DealOut.of(service.create_deal(unit, amount_minor=amount_minor, **values))


@router.get("")
def list_deals(
    caller: CallerDep,
    stage: str | None = None,
    owner: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[DealOut]:
    with caller.read() as unit:
        page = repository.page(unit.session, stage, owner, cursor, limit)
        return PageOf(items=[DealOut.of(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/{deal_id}")
def get_deal(deal_id: str, caller: CallerDep) -> DealOut:
    with caller.read() as unit:
        return DealOut.of(service.get_deal(unit, deal_id))


@router.post("/{deal_id}/stage")
def move_to_stage(deal_id: str, body: StageMove, caller: CallerDep) -> DealOut:
    with caller.write() as unit:
        return DealOut.of(service.move_to_stage(unit, deal_id, body.stage, entered_at=body.entered_at))


@router.post("/{deal_id}/touch")
def touch(deal_id: str, body: Touch, caller: CallerDep) -> DealOut:
    with caller.write() as unit:
        return DealOut.of(service.touch(unit, deal_id, touched_at=body.touched_at))


@router.post("/{deal_id}/win")
def close_won(deal_id: str, body: Close, caller: CallerDep) -> DealOut:
    with caller.write() as unit:
        return DealOut.of(service.close_won(unit, deal_id, **body.model_dump()))


@router.post("/{deal_id}/lose")
def close_lost(deal_id: str, body: Close, caller: CallerDep) -> DealOut:
    with caller.write() as unit:
        return DealOut.of(service.close_lost(unit, deal_id, **body.model_dump()))
