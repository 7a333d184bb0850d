"""From the change log to deliveries: read by number from a cursor, and written together with it.

Deliveries and cursor are one transaction, so whoever is killed anywhere has either both or neither, and nothing is read
by time, since numbers stand in commit order and times do not.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite

from transactional_api.database import Database, UnitOfWork
from transactional_api.events import repository
from transactional_api.events.catalogue import ENTITIES, events_of, wants
from transactional_api.events.rules import message_id
from transactional_api.events.tables import Delivery, OutboxCursor, WebhookEndpoint, WebhookState
from transactional_api.kit.change_log import ChangeLogEntry
from transactional_api.kit.recording import RecordedSession

CHANGES_AT_ONCE = 5_000
_MOVE = text(
    "INSERT INTO outbox_cursors (tenant_id, change_no) VALUES (:tenant, :to)"
    " ON CONFLICT (tenant_id) DO UPDATE SET change_no = excluded.change_no"
    " WHERE outbox_cursors.change_no = :from"
)


@dataclass(frozen=True)
class Target:
    """An endpoint as the fan-out sees it."""

    endpoint_id: str
    event_types: str
    starts_after: int


def tenants(database: Database) -> list[str]:
    """Those that have somebody to tell."""
    with database.all_tenants(writes=False) as session:
        query = select(WebhookEndpoint.tenant_id).where(WebhookEndpoint.status == "active").distinct()
        return list(session.scalars(query))


def fan_out(database: Database, tenant_id: str) -> int:
    """One step of at most 5,000 changes. Returns by how many the cursor moved; 0 when there was nothing to read."""
    with database.read(tenant_id) as unit:
        targets = _targets(unit.session)
        if not targets:
            return 0
        at = unit.session.scalar(select(OutboxCursor.change_no).where(OutboxCursor.tenant_id == tenant_id)) or 0
        first = max(at, min(target.starts_after for target in targets))
        last = min(repository.head(unit.session), first + CHANGES_AT_ONCE)
        if last <= at:
            return 0
        events = list(_events(unit.session, first, last))
    rows = _rows(tenant_id, targets, events, database.clock.now())
    with database.all_tenants() as session:
        moved = session.execute(_MOVE, {"tenant": tenant_id, "from": at, "to": last}).rowcount  # type: ignore[attr-defined]
        if not moved:
            return 0  # another dispatcher was here
        if rows:
            session.execute(_insert(session).on_conflict_do_nothing(), rows)
    return last - first


def write_again(unit: UnitOfWork, endpoint: WebhookEndpoint, from_change_no: int, to_change_no: int) -> int:
    """Deliveries of a range, as if they had never been tried; those that were not there are there now."""
    target = Target(endpoint.endpoint_id, endpoint.event_types, 0)
    events = _events(unit.session, from_change_no - 1, to_change_no)
    rows = _rows(unit.tenant_id, [target], events, unit.now)
    if rows:
        inserted = _insert(unit.session)
        fresh = {name: inserted.excluded[name] for name in ("status", "attempts", "next_attempt_at", "delivered_at")}
        unit.session.execute(
            inserted.on_conflict_do_update(index_elements=["tenant_id", "message_id"], set_=fresh), rows
        )
    return len(rows)


def _targets(session: RecordedSession) -> list[Target]:
    query = (
        select(WebhookEndpoint.endpoint_id, WebhookEndpoint.event_types, WebhookState.starts_after)
        .join(
            WebhookState,
            (WebhookState.tenant_id == WebhookEndpoint.tenant_id)
            & (WebhookState.endpoint_id == WebhookEndpoint.endpoint_id),
        )
        .where(WebhookEndpoint.tenant_id == session.of_tenant, WebhookEndpoint.status == "active")
    )
    return [Target(*row) for row in session.execute(query)]


def _events(session: RecordedSession, after: int, to: int) -> Iterable[tuple[int, str]]:
    """Change number and type of every event of the changes after `after` up to `to`."""
    log = ChangeLogEntry
    query = (
        select(log.change_no, log.entity, log.before_json, log.after_json)
        .where(log.tenant_id == session.of_tenant, log.change_no > after, log.change_no <= to)
        .where(log.entity.in_(ENTITIES))
        .order_by(log.change_no)
    )
    for number, entity, before, after_image in session.execute(query):
        for event_type in events_of(entity, _image(before), _image(after_image)):
            yield number, event_type


def _rows(
    tenant_id: str, targets: list[Target], events: Iterable[tuple[int, str]], now: datetime
) -> list[dict[str, Any]]:
    return [
        {
            "tenant_id": tenant_id,
            "message_id": message_id(tenant_id, target.endpoint_id, number, event_type),
            "endpoint_id": target.endpoint_id,
            "change_no": number,
            "event_type": event_type,
            "status": "pending",
            "attempts": 0,
            "created_at": now,
            "next_attempt_at": now,
            "delivered_at": None,
        }
        for number, event_type in events
        for target in targets
        if number > target.starts_after and wants(target.event_types, event_type)
    ]


def _insert(session: RecordedSession) -> Any:
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert(Delivery) if is_postgresql else sqlite.insert(Delivery)


def _image(stored: str | None) -> Any:
    return None if stored is None else json.loads(stored)
