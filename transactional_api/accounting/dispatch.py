"""Carrying journals to the accounting system: claimed in one transaction, sent outside of any, noted in another.

A crash at any point leaves a pending posting whose time comes again; the system is then asked for our reference first.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from transactional_api.accounting import repository, service
from transactional_api.accounting.connectors.port import (
    AccountingConnector,
    AuthorisationExpired,
    Document,
    Refused,
    RetryLater,
)
from transactional_api.accounting.connectors.registry import connector_named
from transactional_api.accounting.errors import SystemUnknown
from transactional_api.accounting.tables import AccountingPosting
from transactional_api.database import Database, UnitOfWork
from transactional_api.settings import Settings

log = logging.getLogger(__name__)
ACTOR = "job:accounting"
ROUND = 200
ANSWERED_WITHIN = timedelta(seconds=120)
CONNECTED_AGAIN = timedelta(minutes=15)
_FIRST, _LONGEST = timedelta(seconds=5), timedelta(hours=1)


def dispatch_due(database: Database, settings: Settings) -> int:
    """One round over all tenants; returns how many postings were sent."""
    with database.all_tenants(writes=False) as session:
        due = repository.due(session, database.clock.now(), ROUND)
    return sum(dispatch(database, settings, row.tenant_id, row.posting_id) for row in due)


def dispatch_soon(
    database: Database, settings: Settings, tenant_id: str, find: Callable[[UnitOfWork], AccountingPosting | None]
) -> None:
    """Right after the commit, if the system answers at once; never an error of the request. Else the job does it."""
    try:
        with database.read(tenant_id) as unit:
            posting = find(unit)
        if posting is None or posting.status != "pending":
            return
        if connector_named(posting.system, settings).is_at_hand:
            dispatch(database, settings, tenant_id, posting.posting_id)
    except Exception as error:
        log.warning("a journal waits for the next round: %s", type(error).__name__)


def dispatch(database: Database, settings: Settings, tenant_id: str, posting_id: str) -> int:
    """Returns 1 if the posting was sent, whatever came of it."""
    with database.transaction(tenant_id, ACTOR) as unit:
        claimed = _claim(unit, posting_id)
    if claimed is None:
        return 0
    posting, reversed_id = claimed
    error: Exception | None = None
    external_id: str | None = None
    try:
        connector = connector_named(posting.system, settings)
        external_id = _send(connector, tenant_id, service.document_of(posting), posting.attempts, reversed_id)
    except Exception as raised:
        error = raised
    with database.transaction(tenant_id, ACTOR) as unit:
        _note(unit, posting_id, external_id, error)
    return 1


def _claim(unit: UnitOfWork, posting_id: str) -> tuple[AccountingPosting, str | None] | None:
    """The posting, ours for a while, with the external id of what it reverses. None when it is not its time."""
    posting = repository.posting_locked(unit.session, posting_id)
    if posting is None or posting.next_attempt_at is None or posting.next_attempt_at > unit.now:
        return None
    reversed_id = None
    if posting.reverses is not None:
        original = repository.posting(unit.session, posting.reverses)
        reversed_id = original.external_id if original is not None else None
        if reversed_id is None:
            posting.next_attempt_at = unit.now + timedelta(minutes=1)
            return None
    if posting.attempts == 0:
        service.settle_accounts(unit, posting)
    posting.attempts += 1
    posting.next_attempt_at = unit.now + ANSWERED_WITHIN
    return posting, reversed_id


def _send(
    connector: AccountingConnector, tenant_id: str, document: Document, attempts: int, reversed_id: str | None
) -> str:
    known = connector.find(tenant_id, document) if attempts > 1 else None
    if known is not None:
        return known
    if reversed_id is not None:
        return connector.reverse(tenant_id, reversed_id, document)
    return connector.post(tenant_id, document)


def _note(unit: UnitOfWork, posting_id: str, external_id: str | None, error: Exception | None) -> None:
    posting = repository.posting_locked(unit.session, posting_id)
    if posting is None or posting.status != "pending":
        return
    if external_id is not None:
        posting.status, posting.external_id, posting.posted_at = "posted", external_id, unit.now
        posting.next_attempt_at, posting.last_error = None, None
    elif isinstance(error, Refused | SystemUnknown):
        posting.status, posting.next_attempt_at = "failed", None
        posting.last_error = str(error)[:300]
    else:
        posting.next_attempt_at = unit.now + _delay(posting.attempts, error)
        posting.last_error = str(error)[:300] if isinstance(error, RetryLater) else type(error).__name__
        if not isinstance(error, RetryLater | AuthorisationExpired):
            log.error("a journal could not be sent: %s", type(error).__name__, exc_info=error)


def _delay(attempts: int, error: Exception | None) -> timedelta:
    """Doubles from 5 seconds to an hour; never sooner than the system asked for."""
    if isinstance(error, AuthorisationExpired):
        return CONNECTED_AGAIN
    delay = min(_FIRST * float(2 ** min(attempts - 1, 20)), _LONGEST)
    return max(delay, timedelta(seconds=error.after_seconds)) if isinstance(error, RetryLater) else delay
