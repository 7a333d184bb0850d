"""Taking back what was sent out. Apart from the rest, since making a quote needs only this of signatures."""

from transactional_api.database import UnitOfWork
from transactional_api.deals.tables import Deal
from transactional_api.signatures import repository
from transactional_api.signatures.rules import VOIDED


def void_open(unit: UnitOfWork, deal: Deal) -> int:
    """Nobody can sign what was sent out for the deal so far. Its lock is the caller's. Returns how many there were."""
    envelopes = repository.open_of(unit.session, deal.deal_id)
    for envelope in envelopes:
        envelope.status = VOIDED
    return len(envelopes)
