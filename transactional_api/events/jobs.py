"""Tells endpoints of what happened, and forgets deliveries and messages that nobody asks for any more."""

from datetime import timedelta

from sqlalchemy import delete

from transactional_api.database import Database
from transactional_api.events.dispatcher import dispatch
from transactional_api.events.tables import Delivery, InboundMessage
from transactional_api.kit.jobs import Job
from transactional_api.settings import Settings

KEPT = timedelta(days=30)


def _forget(database: Database, _settings: Settings) -> int:
    """Dead letters stay. A message can only be sent again within its window of five minutes."""
    before = database.clock.now() - KEPT
    with database.all_tenants() as session:
        old = session.execute(delete(Delivery).where(Delivery.delivered_at < before))
        older = session.execute(delete(InboundMessage).where(InboundMessage.received_at < before))
        return int(old.rowcount + older.rowcount)  # type: ignore[attr-defined]


JOBS = (Job("dispatch_events", 1, dispatch), Job("forget_deliveries", 3600, _forget))
