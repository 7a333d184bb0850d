"""What can be done with alerts and with the endpoints of webhooks. Other domains raise alerts through `raise_alert`."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.events import outbox, repository, rules
from transactional_api.events.addresses import Allowed, check_url
from transactional_api.events.catalogue import EVERY, TYPES
from transactional_api.events.errors import (
    AlertNotFound,
    AlreadyAcknowledged,
    DeadLetterNotFound,
    EndpointInactive,
    EndpointNotFound,
    EndpointRevoked,
    EventTypeUnknown,
    RangeRefused,
)
from transactional_api.events.tables import (
    Alert,
    Delivery,
    InboundEndpoint,
    WebhookEndpoint,
    WebhookSecret,
    WebhookState,
)
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.rows import add, find, find_locked, remove

MOST_REPLAYED = 10_000


def raise_alert(
    unit: UnitOfWork,
    *,
    kind: str,
    severity: str,
    subject_id: str,
    alert_id: str | None = None,
    customer_id: str | None = None,
    summary: str | None = None,
    observed: Decimal | None = None,
    threshold: Decimal | None = None,
) -> Alert:
    """A new open alert; it leaves the house by the outbox. The same `alert_id` twice is refused (KeyTaken)."""
    if customer_id is not None:
        get_customer(unit, customer_id)
    alert = Alert(
        alert_id=id_or_new(alert_id, "alt", "alert_id"),
        kind=kind,
        severity=severity,
        subject_id=subject_id,
        customer_id=customer_id,
        summary=summary,
        observed=observed,
        threshold=threshold,
        raised_at=unit.now,
        status="open",
    )
    add(unit.session, alert)
    unit.session.flush()
    return alert


def acknowledge(unit: UnitOfWork, alert_id: str) -> Alert:
    """Somebody has seen it."""
    alert = find_locked(unit.session, Alert, alert_id)
    if alert is None:
        raise AlertNotFound(alert_id)
    if alert.status == "acknowledged":
        raise AlreadyAcknowledged(alert_id)
    alert.status = "acknowledged"
    alert.acknowledged_at = unit.now
    alert.acknowledged_by = unit.actor
    return alert


def get_alert(unit: UnitOfWork, alert_id: str) -> Alert:
    alert = find(unit.session, Alert, alert_id)
    if alert is None:
        raise AlertNotFound(alert_id)
    return alert


def create_endpoint(
    unit: UnitOfWork, *, url: str, event_types: Sequence[str], allowed: Allowed
) -> tuple[WebhookEndpoint, str]:
    """The endpoint, which hears of what changes from now on, and the secret that its messages are signed with."""
    check_url(url, allowed)
    endpoint = WebhookEndpoint(
        endpoint_id=id_or_new(None, "we", "endpoint_id"),
        url=url,
        event_types=_known(event_types),
        status="active",
        created_at=unit.now,
    )
    unit.session.hold_tenant()
    add(unit.session, endpoint)
    add(
        unit.session,
        WebhookState(endpoint_id=endpoint.endpoint_id, starts_after=repository.head(unit.session), failures_in_row=0),
    )
    return endpoint, _give_secret(unit, endpoint.endpoint_id, 1)


def change_endpoint(
    unit: UnitOfWork, endpoint_id: str, changes: Mapping[str, Any], allowed: Allowed
) -> WebhookEndpoint:
    """Address, event types or status. Made active again, it hears of what changes from then on."""
    endpoint = _locked(unit, endpoint_id)
    if "url" in changes:
        check_url(changes["url"], allowed)
        endpoint.url = changes["url"]
    if "event_types" in changes:
        endpoint.event_types = _known(changes["event_types"])
    if "status" in changes and changes["status"] != endpoint.status:
        endpoint.status = changes["status"]
        _start_again(unit, endpoint)
    return endpoint


def delete_endpoint(unit: UnitOfWork, endpoint_id: str) -> None:
    """With its secrets, its deliveries and its dead letters. What was sent stays sent."""
    endpoint = _locked(unit, endpoint_id)
    repository.forget_endpoint(unit.session, endpoint_id)
    remove(unit.session, endpoint)


def get_endpoint(unit: UnitOfWork, endpoint_id: str) -> WebhookEndpoint:
    endpoint = find(unit.session, WebhookEndpoint, endpoint_id)
    if endpoint is None:
        raise EndpointNotFound(endpoint_id)
    return endpoint


def rotate_secret(unit: UnitOfWork, endpoint_id: str, overlap: timedelta) -> tuple[WebhookSecret, str]:
    """A new secret beside the one that is replaced, which holds until the overlap ends. Older ones end now."""
    _locked(unit, endpoint_id)
    rows = repository.secret_rows(unit.session, endpoint_id)
    old = rows[-1]
    for row in rows:
        if row.expires_at is None or row.expires_at > unit.now:
            row.expires_at = unit.now + overlap if row is old else unit.now
    return old, _give_secret(unit, endpoint_id, old.secret_no + 1)


def replay(unit: UnitOfWork, endpoint_id: str, from_change_no: int, to_change_no: int) -> int:
    """Send every wanted event of these changes again. Returns how many; their ids are the old ones."""
    endpoint = get_endpoint(unit, endpoint_id)
    if endpoint.status != "active":
        raise EndpointInactive(endpoint_id, endpoint.status)
    if to_change_no < from_change_no:
        raise RangeRefused("a range ends where it begins or after it", "to_change_no")
    if to_change_no - from_change_no >= MOST_REPLAYED:
        raise RangeRefused(f"at most {MOST_REPLAYED} changes at once", "to_change_no")
    if to_change_no > (head := repository.head(unit.session)):
        raise RangeRefused(f"the last change is {head}", "to_change_no")
    return outbox.write_again(unit, endpoint, from_change_no, to_change_no)


def retry_dead(unit: UnitOfWork, message_id: str) -> Delivery:
    """A dead letter is a delivery again, with all of its attempts."""
    delivery = find_locked(unit.session, Delivery, message_id)
    if delivery is None or delivery.status != "dead":
        raise DeadLetterNotFound(message_id)
    endpoint = get_endpoint(unit, delivery.endpoint_id)
    if endpoint.status != "active":
        raise EndpointInactive(endpoint.endpoint_id, endpoint.status)
    delivery.status = "pending"
    delivery.attempts = 0
    delivery.next_attempt_at = unit.now
    return delivery


def create_inbound(unit: UnitOfWork, sender: str) -> tuple[InboundEndpoint, str]:
    """An endpoint under which a sender gives commands, and the secret that it signs them with."""
    endpoint = InboundEndpoint(
        endpoint_id=id_or_new(None, "in", "endpoint_id"), sender=sender, status="active", created_at=unit.now
    )
    add(unit.session, endpoint)
    return endpoint, _give_secret(unit, endpoint.endpoint_id, 1)


def get_inbound(unit: UnitOfWork, endpoint_id: str) -> InboundEndpoint:
    endpoint = find(unit.session, InboundEndpoint, endpoint_id)
    if endpoint is None:
        raise EndpointNotFound(endpoint_id)
    return endpoint


def revoke_inbound(unit: UnitOfWork, endpoint_id: str) -> InboundEndpoint:
    """From the next message on nothing is taken from it; its row stays, since log entries name its sender."""
    endpoint = find_locked(unit.session, InboundEndpoint, endpoint_id)
    if endpoint is None:
        raise EndpointNotFound(endpoint_id)
    if endpoint.status == "revoked":
        raise EndpointRevoked(endpoint_id)
    endpoint.status = "revoked"
    repository.forget_endpoint(unit.session, endpoint_id)
    return endpoint


def _known(event_types: Sequence[str]) -> str:
    """As they are stored. Raises EventTypeUnknown."""
    for one in event_types:
        if one != EVERY and one not in TYPES:
            raise EventTypeUnknown(one)
    return EVERY if EVERY in event_types else " ".join(sorted(set(event_types)))


def _give_secret(unit: UnitOfWork, endpoint_id: str, secret_no: int) -> str:
    secret = rules.new_secret()
    unit.session.add(WebhookSecret(endpoint_id=endpoint_id, secret_no=secret_no, secret=secret, created_at=unit.now))
    return secret


def _start_again(unit: UnitOfWork, endpoint: WebhookEndpoint) -> None:
    """It is not told of what happened while it was paused, and its failures are forgotten."""
    if endpoint.status != "active":
        return
    unit.session.hold_tenant()
    state = find_locked(unit.session, WebhookState, endpoint.endpoint_id)
    assert state is not None
    state.starts_after = repository.head(unit.session)
    state.failures_in_row = 0
    state.resting_until = None


def _locked(unit: UnitOfWork, endpoint_id: str) -> WebhookEndpoint:
    endpoint = find_locked(unit.session, WebhookEndpoint, endpoint_id)
    if endpoint is None:
        raise EndpointNotFound(endpoint_id)
    return endpoint
