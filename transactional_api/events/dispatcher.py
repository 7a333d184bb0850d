"""Sends what the outbox wrote down: at least once, in order of change per endpoint, each endpoint on its own.

A delivery is claimed before it is sent: its next attempt is moved a minute away. A dispatcher that dies leaves claims
that run out, so its messages are sent again, under the same ids. No transaction is open while anything is sent.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, update

from transactional_api.database import Database
from transactional_api.events import outbox, repository, rules
from transactional_api.events.addresses import Allowed
from transactional_api.events.sending import Outcome, Sender
from transactional_api.events.tables import Delivery, WebhookEndpoint, WebhookState
from transactional_api.kit.change_log import ChangeLogEntry
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find_locked
from transactional_api.operations.metrics import WEBHOOKS
from transactional_api.settings import Settings

CLAIM = timedelta(seconds=60)
BATCH = 50
ENDPOINTS_AT_ONCE = 8
# Other jobs wait for a round to end: it starts nothing new after this, and one message has its own limit.
ROUND_SECONDS = 5.0


@dataclass(frozen=True)
class Due:
    """An endpoint with something to send now."""

    tenant_id: str
    endpoint_id: str
    url: str
    failures_in_row: int


@dataclass(frozen=True)
class Message:
    """A claimed delivery with its payload. `claimed_until` is what makes it ours."""

    message_id: str
    attempts: int
    body: str
    claimed_until: datetime


def dispatch(database: Database, settings: Settings) -> int:
    """One round: new deliveries for what changed, then what is due. Returns the number of changes and messages."""
    until = time.monotonic() + ROUND_SECONDS
    read = 0
    for tenant_id in outbox.tenants(database):
        while time.monotonic() < until and (step := outbox.fan_out(database, tenant_id)):
            read += step
    if not (due := _due(database)):
        return read
    with ThreadPoolExecutor(min(ENDPOINTS_AT_ONCE, len(due)), "webhooks") as pool:
        return read + sum(pool.map(partial(_send_due, database, settings, until), due))


def _due(database: Database) -> list[Due]:
    """Endpoints that have waited longest first."""
    now = database.clock.now()
    of_endpoint = and_(
        WebhookState.tenant_id == WebhookEndpoint.tenant_id, WebhookState.endpoint_id == WebhookEndpoint.endpoint_id
    )
    waiting = (
        select(Delivery.tenant_id, Delivery.endpoint_id, func.min(Delivery.next_attempt_at).label("since"))
        .where(Delivery.status == "pending", Delivery.next_attempt_at <= now)
        .group_by(Delivery.tenant_id, Delivery.endpoint_id)
        .subquery()
    )
    query = (
        select(
            WebhookEndpoint.tenant_id, WebhookEndpoint.endpoint_id, WebhookEndpoint.url, WebhookState.failures_in_row
        )
        .join(WebhookState, of_endpoint)
        .join(
            waiting,
            and_(
                waiting.c.tenant_id == WebhookEndpoint.tenant_id,
                waiting.c.endpoint_id == WebhookEndpoint.endpoint_id,
            ),
        )
        .where(WebhookEndpoint.status == "active")
        .where(or_(WebhookState.resting_until.is_(None), WebhookState.resting_until <= now))
        .order_by(waiting.c.since)
    )
    with database.all_tenants(writes=False) as session:
        return [Due(*row) for row in session.execute(query)]


def _send_due(database: Database, settings: Settings, until: float, due: Due) -> int:
    """Batch by batch until nothing is due, the time is over, or the endpoint has to rest."""
    sent, failures = 0, due.failures_in_row
    allowed = Allowed.parse(settings.allow_private_webhooks)
    with Sender(allowed, settings.webhook_timeout_seconds) as sender:
        while time.monotonic() < until:
            messages, given_secrets = _claim(database, due)
            outcomes: list[tuple[Message, Outcome]] = []
            for message in messages:
                if time.monotonic() >= until:
                    break
                outcome = _post(database, sender, due, message, given_secrets)
                outcomes.append((message, outcome))
                failures = 0 if outcome.is_delivered else failures + 1
                if outcome.status == rules.GONE or rules.rest_after(failures) is not None:
                    break
            _record(database, settings, due, outcomes, messages[len(outcomes) :], failures)
            sent += len(outcomes)
            if len(outcomes) < BATCH:
                break
    return sent


def _claim(database: Database, due: Due) -> tuple[list[Message], list[str]]:
    """The next due messages in order of change, which are ours for a minute, and the secrets that hold."""
    now = database.clock.now()
    claimed_until = now + CLAIM
    query = (
        select(Delivery.message_id, Delivery.attempts, Delivery.change_no, Delivery.event_type)
        .where(Delivery.tenant_id == due.tenant_id, Delivery.endpoint_id == due.endpoint_id)
        .where(Delivery.status == "pending", Delivery.next_attempt_at <= now)
        .order_by(Delivery.change_no, Delivery.event_type)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    with database.all_tenants() as session:
        rows = session.execute(query).all()
        given_secrets = repository.secrets(session, due.tenant_id, due.endpoint_id, now)
        bodies = _bodies(session, due.tenant_id, [(row.change_no, row.event_type) for row in rows])
        session.execute(
            update(Delivery)
            .where(Delivery.tenant_id == due.tenant_id, Delivery.message_id.in_([row.message_id for row in rows]))
            .values(next_attempt_at=claimed_until, attempts=Delivery.attempts + 1, last_attempt_at=now)
        )
    messages = [
        Message(row.message_id, row.attempts + 1, body, claimed_until) for row, body in zip(rows, bodies, strict=True)
    ]
    return messages, given_secrets


def _bodies(session: RecordedSession, tenant_id: str, events: list[tuple[int, str]]) -> list[str]:
    log = ChangeLogEntry
    query = select(log.change_no, log.changed_at, log.before_json, log.after_json).where(
        log.tenant_id == tenant_id, log.change_no.in_([number for number, _ in events])
    )
    entries = {row.change_no: row for row in session.execute(query)}
    bodies = []
    for number, event_type in events:
        entry = entries[number]
        data = json.loads(entry.after_json or entry.before_json)
        bodies.append(rules.payload(event_type, entry.changed_at, data, tenant_id, number))
    return bodies


def _post(database: Database, sender: Sender, due: Due, message: Message, given_secrets: list[str]) -> Outcome:
    now = database.clock.now()
    headers = {
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": rules.signatures(given_secrets, message.message_id, now, message.body),
    }
    outcome = sender.post(due.url, headers, message.body)
    WEBHOOKS.labels("delivered" if outcome.is_delivered else "failed").inc()
    return outcome


def _record(
    database: Database,
    settings: Settings,
    due: Due,
    outcomes: list[tuple[Message, Outcome]],
    unsent: list[Message],
    failures: int,
) -> None:
    """What came of a batch, in one transaction. What is no longer ours (replayed meanwhile, deleted) is left alone."""
    now = database.clock.now()
    values = [_after(message, outcome, now, settings.webhook_attempts) for message, outcome in outcomes]
    with database.all_tenants() as session:
        if values:
            session.connection().execute(_finish(due), values)
        if unsent:
            freed = [{"of_message": one.message_id, "claimed": one.claimed_until, "now": now} for one in unsent]
            session.connection().execute(_free(due), freed)
        if outcomes:
            rest = rules.rest_after(failures)
            session.execute(
                update(WebhookState)
                .where(WebhookState.tenant_id == due.tenant_id, WebhookState.endpoint_id == due.endpoint_id)
                .values(failures_in_row=failures, resting_until=now + rest if rest else None)
            )
    if any(outcome.status == rules.GONE for _, outcome in outcomes):
        _disable(database, due)


def _after(message: Message, outcome: Outcome, now: datetime, most_attempts: int) -> dict[str, Any]:
    """The delivery's columns after an attempt."""
    status, next_attempt_at = "delivered", None
    if not outcome.is_delivered:
        status = "dead" if message.attempts >= most_attempts else "pending"
    if status == "pending":
        asked = rules.retry_after(outcome.retry_after, now)
        next_attempt_at = now + rules.wait_before_retry(message.message_id, message.attempts, asked)
    return {
        "of_message": message.message_id,
        "claimed": message.claimed_until,
        "to_status": status,
        "to_next": next_attempt_at,
        "to_outcome": outcome.word,
        "to_delivered": now if outcome.is_delivered else None,
    }


def _finish(due: Due) -> Any:
    return _ours(due).values(
        status=bindparam("to_status"),
        next_attempt_at=bindparam("to_next"),
        last_outcome=bindparam("to_outcome"),
        delivered_at=bindparam("to_delivered"),
    )


def _free(due: Due) -> Any:
    return _ours(due).values(next_attempt_at=bindparam("now"), attempts=Delivery.attempts - 1)


def _ours(due: Due) -> Any:
    return (
        update(Delivery)
        .where(Delivery.tenant_id == due.tenant_id, Delivery.message_id == bindparam("of_message"))
        .where(Delivery.status == "pending", Delivery.next_attempt_at == bindparam("claimed"))
    )


def _disable(database: Database, due: Due) -> None:
    """The address said 410: it is not asked again until somebody makes it active."""
    with database.transaction(due.tenant_id, "dispatcher") as unit:
        endpoint = find_locked(unit.session, WebhookEndpoint, due.endpoint_id)
        if endpoint is not None and endpoint.status == "active" and endpoint.url == due.url:
            endpoint.status = "gone"
