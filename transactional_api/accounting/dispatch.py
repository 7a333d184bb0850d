"""Carrying journals to the accounting system: claimed in one transaction, sent outside of any, noted in another.

A crash at any point leaves a pending posting whose time comes again; the system is then asked for our reference first.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, literal_column, null, update

from transactional_api.accounting import repository, service
from transactional_api.accounting.connectors.port import (
    AuthorisationExpired,
    Document,
    Refused,
    RetryLater,
    TakesMany,
)
from transactional_api.accounting.connectors.registry import connector_named
from transactional_api.accounting.errors import SystemUnknown
from transactional_api.accounting.tables import AccountingPosting
from transactional_api.database import Database, UnitOfWork
from transactional_api.kit.statements import Prepared
from transactional_api.settings import Settings

log = logging.getLogger(__name__)
ACTOR = "job:accounting"
ROUND = 200
ROUND_SECONDS = 5
ANSWERED_WITHIN = timedelta(seconds=120)
CONNECTED_AGAIN = timedelta(minutes=15)
_FIRST, _LONGEST = timedelta(seconds=5), timedelta(hours=1)

_postings = AccountingPosting.__table__.c
_change = update(cast(Table, AccountingPosting.__table__)).where(
    _postings.tenant_id == bindparam("of_tenant"),
    _postings.posting_id == bindparam("of_posting"),
    _postings.status == literal_column("'pending'"),
)
_CLAIM = Prepared(
    _change.values(
        attempts=bindparam("to_attempts"), next_attempt_at=bindparam("until"), document_json=bindparam("facts")
    )
)
_POSTED = Prepared(
    _change.values(
        status=literal_column("'posted'"),
        external_id=bindparam("external"),
        posted_at=bindparam("at"),
        next_attempt_at=null(),
        last_error=null(),
    )
)


@dataclass(frozen=True)
class _Claimed:
    """`attempts` counts this one; `reversed_id` is the system's own id of what the document takes back."""

    posting_id: str
    system: str
    document: Document
    attempts: int
    reversed_id: str | None


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
    """Claims together those whose time it is, sends them, notes together what came of them. Returns how many were sent,
    whatever came of it. More than one at a time is for systems that answer at once."""
    with database.transaction(tenant_id, ACTOR) as unit:
        claimed = _claim(unit, posting_ids)
    outcomes: dict[str, str | Exception] = {}
    fresh = [one for one in claimed if one.attempts == 1 and one.reversed_id is None]
    if len(fresh) > 1:
        outcomes = _send_all(settings, tenant_id, fresh)
    for one in claimed:
        if one.posting_id not in outcomes:
            outcomes[one.posting_id] = _send(settings, tenant_id, one)
    if outcomes:
        with database.transaction(tenant_id, ACTOR) as unit:
            _note(unit, outcomes)
    return len(outcomes)


def _is_at_hand(system: str, settings: Settings) -> bool:
    try:
        return connector_named(system, settings).is_at_hand
    except SystemUnknown:
        return False


def _claim(unit: UnitOfWork, posting_ids: Sequence[str]) -> list[_Claimed]:
    """The postings whose time it is, ours for a while, each with the external id of what it reverses."""
    claimed, changes = [], []
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
        attempts = posting.attempts + 1
        facts = service.with_accounts(unit, posting) if attempts == 1 else posting.document_json
        until = unit.now + ANSWERED_WITHIN
        changes.append(_of(unit, posting.posting_id) | {"to_attempts": attempts, "until": until, "facts": facts})
        document = service.document_of(posting, document_json=facts)
        claimed.append(_Claimed(posting.posting_id, posting.system, document, attempts, reversed_id))
    if changes:
        _CLAIM.write(unit.session.connection(), *changes)
    return claimed


def _send_all(settings: Settings, tenant_id: str, fresh: Sequence[_Claimed]) -> dict[str, str | Exception]:
    """In one call, if the system takes many; else nothing is sent yet."""
    try:
        connector = connector_named(fresh[0].system, settings)
        if not isinstance(connector, TakesMany):
            return {}
        sent = connector.post_all(tenant_id, [one.document for one in fresh])
        return {one.posting_id: external_id for one, external_id in zip(fresh, sent, strict=True)}
    except Exception as raised:
        return {one.posting_id: raised for one in fresh}


def _send(settings: Settings, tenant_id: str, one: _Claimed) -> str | Exception:
    try:
        connector = connector_named(one.system, settings)
        known = connector.find(tenant_id, one.document) if one.attempts > 1 else None
        if known is not None:
            return known
        if one.reversed_id is not None:
            return connector.reverse(tenant_id, one.reversed_id, one.document)
        return connector.post(tenant_id, one.document)
    except Exception as raised:
        return raised


def _note(unit: UnitOfWork, outcomes: Mapping[str, str | Exception]) -> None:
    posted = [
        _of(unit, posting_id) | {"external": outcome, "at": unit.now}
        for posting_id, outcome in outcomes.items()
        if isinstance(outcome, str)
    ]
    if posted:
        _POSTED.write(unit.session.connection(), *posted)
    failed = [posting_id for posting_id, outcome in outcomes.items() if isinstance(outcome, Exception)]
    for posting in repository.postings_locked(unit.session, failed):
        outcome = outcomes[posting.posting_id]
        if posting.status == "pending" and isinstance(outcome, Exception):
            _note_failure(unit, posting, outcome)


def _note_failure(unit: UnitOfWork, posting: AccountingPosting, error: Exception) -> None:
    if isinstance(error, Refused | SystemUnknown):
        posting.status, posting.next_attempt_at = "failed", None
        posting.last_error = str(error)[:300]
        return
    posting.next_attempt_at = unit.now + _delay(posting.attempts, error)
    posting.last_error = str(error)[:300] if isinstance(error, RetryLater) else type(error).__name__
    if not isinstance(error, RetryLater | AuthorisationExpired):
        log.error("a journal could not be sent: %s", type(error).__name__, exc_info=error)


def _of(unit: UnitOfWork, posting_id: str) -> dict[str, Any]:
    return {"of_tenant": unit.tenant_id, "of_posting": posting_id}


def _delay(attempts: int, error: Exception) -> timedelta:
    """Doubles from 5 seconds to an hour; never sooner than the system asked for."""
    if isinstance(error, AuthorisationExpired):
        return CONNECTED_AGAIN
    delay = min(_FIRST * float(2 ** min(attempts - 1, 20)), _LONGEST)
    return max(delay, timedelta(seconds=error.after_seconds)) if isinstance(error, RetryLater) else delay
