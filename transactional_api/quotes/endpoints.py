"""Quotes and their approval over HTTP, under their deal."""

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.approvals import repository as approvals
from transactional_api.approvals.schemas import ApprovalOut, DecisionIn
from transactional_api.database import UnitOfWork
from transactional_api.deals.service import get_deal
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.http import Cursor, Limit, PageOf, listed
from transactional_api.quotes import repository, service
from transactional_api.quotes.schemas import QuoteIn, QuoteOut
from transactional_api.quotes.submission import submit_quote

router = APIRouter(prefix="/deals/{deal_id}", tags=["quotes"])


@router.post("/quote", status_code=201, **writes("deals:write"))
def make_quote(deal_id: str, body: QuoteIn, caller: CallerDep) -> QuoteOut:
    """Judged at once: approved within policy, waiting for approval, or blocked, with every reason. An earlier open
    quote of the deal is superseded."""

    def work(unit: UnitOfWork) -> QuoteOut:
        currency = body.currency or get_deal(unit, deal_id).currency
        if currency is None:
            raise ValueRefused("neither the quote nor the deal has a currency", "currency")
        lines = [line.line(currency, f"lines.{at}.") for at, line in enumerate(body.lines)]
        values = body.model_dump(exclude={"lines", "currency"})
        return QuoteOut.of(submit_quote(unit, deal_id, lines=lines, currency=currency, **values))

    return caller.perform(work)


@router.get("/quotes", **reads("deals:read"))
def list_quotes(deal_id: str, caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[QuoteOut]:
    """All of the deal's quotes, blocked and superseded ones too."""
    with caller.read() as unit:
        get_deal(unit, deal_id)
        page = repository.page(unit.session, deal_id, cursor, limit)
        return listed(page, QuoteOut.of)


@router.post("/approvals", **writes("deals:approve"))
def decide(deal_id: str, body: DecisionIn, caller: CallerDep) -> ApprovalOut:
    """The caller's decision on the open step that asks them. The last approval approves the quote."""
    return caller.perform(
        lambda unit: ApprovalOut.of(
            service.decide(unit, deal_id, caller.identity, body.decision, comment=body.comment, step_no=body.step_no)
        )
    )


@router.get("/approvals", **reads("deals:read"))
def list_approvals(deal_id: str, caller: CallerDep) -> PageOf[ApprovalOut]:
    """Every request about the deal's quotes with its steps and its history, the oldest first."""
    with caller.read() as unit:
        get_deal(unit, deal_id)
        ids = repository.ids_of_deal(unit.session, deal_id)
        found = approvals.of_subjects(unit.session, service.SUBJECT, ids)
        return PageOf(items=[ApprovalOut.of(row) for row in found], next_cursor=None)
