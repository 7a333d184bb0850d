"""Closing months over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.kit.http import Cursor, Limit
from transactional_api.periods import repository, service
from transactional_api.periods.schemas import PeriodOut, PeriodsOut

router = APIRouter(prefix="/api/v1/revenue-ops/periods", tags=["periods"])
Month = Annotated[str, Path(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="YYYY-MM.")]


@router.get("", **reads("periods:read"))
def list_periods(caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PeriodsOut:
    with caller.read() as unit:
        page = repository.page(unit.session, cursor, limit)
        return PeriodsOut(
            items=[PeriodOut.model_validate(row) for row in page.items],
            next_cursor=page.next_cursor,
            closed_through=repository.closed_through(unit.session),
        )


@router.post("/{month}/close", **writes("periods:close"))
def close_period(month: Month, caller: CallerDep) -> PeriodOut:
    """The month after the last closed one; the first close names any month that is over. Late documents get a day in
    the first open month."""
    return caller.perform(lambda unit: PeriodOut.model_validate(service.close(unit, month, by=caller.identity.actor)))


@router.post("/{month}/reopen", **writes("periods:close"))
def reopen_period(month: Month, caller: CallerDep) -> PeriodOut:
    """The last closed month only."""
    return caller.perform(lambda unit: PeriodOut.model_validate(service.reopen(unit, month, by=caller.identity.actor)))
