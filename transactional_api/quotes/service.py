"""What happens to a quote once it is there: decided, superseded, signed. `submission.py` says how one comes to be."""

from datetime import datetime

from transactional_api.access.identity import Identity
from transactional_api.approvals import service as approvals
from transactional_api.approvals.errors import NothingToDecide
from transactional_api.approvals.rules import Decision
from transactional_api.approvals.tables import ApprovalRequest
from transactional_api.database import UnitOfWork
from transactional_api.deals import service as deals
from transactional_api.deals.rules import LOST
from transactional_api.quotes import repository, rules
from transactional_api.quotes.errors import DealLost, NothingApproved, QuoteNotFound
from transactional_api.quotes.tables import Quote

SUBJECT = "quote"


def decide(
    unit: UnitOfWork,
    deal_id: str,
    identity: Identity,
    decision: Decision,
    *,
    comment: str | None = None,
    step_no: int | None = None,
) -> ApprovalRequest:
    """The caller's decision on the deal's quote that waits. The last approval approves it; a reject rejects it."""
    deal = deals.get_deal_locked(unit, deal_id)
    quote = repository.open_of(unit.session, deal_id)
    if quote is None or quote.status != rules.PENDING or quote.approval_request_id is None:
        raise NothingToDecide("deal", deal_id)
    if deal.stage == LOST:
        raise DealLost(deal_id)
    request = approvals.decide(unit, quote.approval_request_id, identity, decision, comment=comment, step_no=step_no)
    if request.status == "approved":
        quote.status, quote.approved_at = rules.APPROVED, unit.now
        deal.quote_sent_at = unit.now
    elif request.status == "rejected":
        quote.status = rules.REJECTED
    return request


def supersede(unit: UnitOfWork, quote: Quote) -> None:
    """A later quote takes its place. What waited for approval is withdrawn."""
    quote.status = rules.SUPERSEDED
    if quote.approval_request_id is not None:
        approvals.withdraw(unit, quote.approval_request_id)


def signable(unit: UnitOfWork, deal_id: str) -> Quote:
    """The deal's approved quote, if it can still be signed today (UTC)."""
    deal = deals.get_deal_locked(unit, deal_id)
    if deal.stage == LOST:
        raise DealLost(deal_id)
    quote = repository.open_of(unit.session, deal_id)
    if quote is None or quote.status != rules.APPROVED:
        raise NothingApproved(deal_id)
    rules.check_signable(quote.quote_id, quote.status, quote.valid_until, unit.now.date())
    return quote


def mark_signed(unit: UnitOfWork, quote_id: str, signed_at: datetime | None = None) -> Quote:
    """The customer has accepted it, now or when a provider says: the deal is signed, and won if it was open."""
    signed_at = signed_at or unit.now
    quote = get_quote(unit, quote_id)
    deal = deals.get_deal_locked(unit, quote.deal_id)
    if deal.stage == LOST:
        raise DealLost(deal.deal_id)
    rules.check_signable(quote_id, quote.status, quote.valid_until, signed_at.date())
    quote.status = rules.SIGNED
    deals.mark_signed(deal, signed_at)
    return quote


def get_quote(unit: UnitOfWork, quote_id: str) -> Quote:
    quote = repository.by_id_locked(unit.session, quote_id)
    if quote is None:
        raise QuoteNotFound(quote_id)
    return quote
