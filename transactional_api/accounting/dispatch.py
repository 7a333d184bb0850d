"""Carrying journals to the accounting system: claimed in one transaction, sent outside of any, noted in another.

A crash at any point leaves a pending posting whose time comes again; the system is then asked for our reference first.
"""

import logging
import time
from collections.abc import Callable, Sequence
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
ROUND_SECONDS = 5
ANSWERED_WITHIN = timedelta(seconds=120)
CONNECTED_AGAIN = timedelta(minutes=15)
_FIRST, _LONGEST = timedelta(seconds=5), timedelta(hours=1)


def dispatch_due(database: Database, settings: Settings) -> int:
    """Whatever is due of all tenants, as far as it goes in one round's time; returns how many postings were sent."""
    sent, until = 0, time.monotonic() + ROUND_SECONDS
    while time.monotonic() < until:
        with database.all_tenants(writes=False) as session:
            due = repository.due(session, database.clock.now(), ROUND)
        by_tenant: dict[tuple[str, str], list[str]] = {}
        for tenant_id, posting_id, system in due:
            by_tenant.setdefault((tenant_id, system), []).append(posting_id)
        for (tenant_id, system), posting_ids in by_tenant.items():
            size = ROUND if _is_at_hand(system, settings) else 1
            for start in range(0, len(posting_ids), size):
                sent += dispatch(database, settings, tenant_id, posting_ids[start : start + size])
        if len(due) < ROUND:
            break
    return sent


def dispatch_soon(
    database: Database, settings: Settings, tenant_id: str, find: Callable[[UnitOfWork], AccountingPosting | None]
) -> None:
    """Right after the commit, if the system answers at once; never an error of the request. Else the job does it."""
    try:
        with database.read(tenant_id) as unit:
            posting = find(unit)
        if posting is not None and posting.status == "pending" and _is_at_hand(posting.system, settings):
            dispatch(database, settings, tenant_id, [posting.posting_id])
    except Exception as error:
        log.warning("a journal waits for the next round: %s", type(error).__name__)


def dispatch(database: Database, settings: Settings, tenant_id: str, posting_ids: Sequence[str]) -> int:
    """Claims together those whose time it is, sends one after the other, notes together what came of them. Returns how
    many were sent, whatever came of it. More than one at a time is for systems that answer at once."""
    with database.transaction(tenant_id, ACTOR) as unit:
        claimed = _claim(unit, posting_ids)
    outcomes: dict[str, str | Exception] = {}
    for posting, reversed_id in claimed:
        try:
            connector = connector_named(posting.system, settings)
            sent = _send(connector, tenant_id, service.document_of(posting), posting.attempts, reversed_id)
            outcomes[posting.posting_id] = sent
        except Exception as raised:
            outcomes[posting.posting_id] = raised
    if outcomes:
        with database.transaction(tenant_id, ACTOR) as unit:
            for posting in repository.postings_locked(unit.session, list(outcomes)):
                _note(unit, posting, outcomes[posting.posting_id])
    return len(outcomes)


def _is_at_hand(system: str, settings: Settings) -> bool:
    try:
        return connector_named(system, settings).is_at_hand
    except SystemUnknown:
        return False


def _claim(unit: UnitOfWork, posting_ids: Sequence[str]) -> list[tuple[AccountingPosting, str | None]]:
    """The postings whose time it is, ours for a while, each with the external id of what it reverses."""
    claimed = []
    for posting in repository.postings_locked(unit.session, posting_ids):
        if posting.next_attempt_at is None or posting.next_attempt_at > unit.now:
            continue
        reversed_id = None
        if posting.reverses is not None:
            original = repository.posting(unit.session, posting.reverses)
            reversed_id = original.external_id if original is not None else None
            if reversed_id is None:
                posting.next_attempt_at = unit.now + timedelta(minutes=1)
                continue
        if posting.attempts == 0:
            service.settle_accounts(unit, posting)
        posting.attempts += 1
        posting.next_attempt_at = unit.now + ANSWERED_WITHIN
        claimed.append((posting, reversed_id))
    return claimed


def _send(
    connector: AccountingConnector, tenant_id: str, document: Document, attempts: int, reversed_id: str | None
) -> str:
    known = connector.find(tenant_id, document) if attempts > 1 else None
    if known is not None:
        return known
    if reversed_id is not None:
        return connector.reverse(tenant_id, reversed_id, document)
    return connector.post(tenant_id, document)


def _note(unit: UnitOfWork, posting: AccountingPosting, outcome: str | Exception) -> None:
    if posting.status != "pending":
        return
    if isinstance(outcome, str):
        posting.status, posting.external_id, posting.posted_at = "posted", outcome, unit.now
        posting.next_attempt_at, posting.last_error = None, None
    elif isinstance(outcome, Refused | SystemUnknown):
        posting.status, posting.next_attempt_at = "failed", None
        posting.last_error = str(outcome)[:300]
    else:
        posting.next_attempt_at = unit.now + _delay(posting.attempts, outcome)
        posting.last_error = str(outcome)[:300] if isinstance(outcome, RetryLater) else type(outcome).__name__
        if not isinstance(outcome, RetryLater | AuthorisationExpired):
            log.error("a journal could not be sent: %s", type(outcome).__name__, exc_info=outcome)


def _delay(attempts: int, error: Exception) -> timedelta:
    """Doubles from 5 seconds to an hour; never sooner than the system asked for."""
    if isinstance(error, AuthorisationExpired):
        return CONNECTED_AGAIN
    delay = min(_FIRST * float(2 ** min(attempts - 1, 20)), _LONGEST)
    return max(delay, timedelta(seconds=error.after_seconds)) if isinstance(error, RetryLater) else delay
