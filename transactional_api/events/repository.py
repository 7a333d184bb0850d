"""Queries for alerts and webhooks of one tenant."""

from datetime import datetime

from sqlalchemy import delete, or_, select

from transactional_api.events.tables import (
    Alert,
    Delivery,
    InboundEndpoint,
    InboundMessage,
    WebhookEndpoint,
    WebhookSecret,
    WebhookState,
)
from transactional_api.kit.change_log import ChangeLogHead
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession


def alerts(
    session: RecordedSession, kind: str | None, status: str | None, cursor: str | None, limit: int
) -> Page[Alert]:
    query = select(Alert).where(Alert.tenant_id == session.of_tenant)
    if kind is not None:
        query = query.where(Alert.kind == kind)
    if status is not None:
        query = query.where(Alert.status == status)
    return page_by_key(session, query, (Alert.alert_id,), cursor, limit)


def endpoints(session: RecordedSession, cursor: str | None, limit: int) -> Page[WebhookEndpoint]:
    query = select(WebhookEndpoint).where(WebhookEndpoint.tenant_id == session.of_tenant)
    return page_by_key(session, query, (WebhookEndpoint.endpoint_id,), cursor, limit)


def inbound_endpoints(session: RecordedSession, cursor: str | None, limit: int) -> Page[InboundEndpoint]:
    query = select(InboundEndpoint).where(InboundEndpoint.tenant_id == session.of_tenant)
    return page_by_key(session, query, (InboundEndpoint.endpoint_id,), cursor, limit)


def deliveries(
    session: RecordedSession, endpoint_id: str | None, status: str | None, cursor: str | None, limit: int
) -> Page[Delivery]:
    """By change number, the oldest first."""
    query = select(Delivery).where(Delivery.tenant_id == session.of_tenant)
    if endpoint_id is not None:
        query = query.where(Delivery.endpoint_id == endpoint_id)
    if status is not None:
        query = query.where(Delivery.status == status)
    return page_by_key(session, query, (Delivery.message_id,), cursor, limit)


def secrets(session: RecordedSession, tenant_id: str, endpoint_id: str, now: datetime) -> list[str]:
    """Those that hold now, the newest first."""
    query = (
        select(WebhookSecret.secret)
        .where(
            WebhookSecret.tenant_id == tenant_id,
            WebhookSecret.endpoint_id == endpoint_id,
            or_(WebhookSecret.expires_at.is_(None), WebhookSecret.expires_at > now),
        )
        .order_by(WebhookSecret.secret_no.desc())
    )
    return list(session.scalars(query))


def secret_rows(session: RecordedSession, endpoint_id: str) -> list[WebhookSecret]:
    query = (
        select(WebhookSecret)
        .where(WebhookSecret.tenant_id == session.of_tenant, WebhookSecret.endpoint_id == endpoint_id)
        .order_by(WebhookSecret.secret_no)
    )
    return list(session.scalars(query))


def head(session: RecordedSession) -> int:
    query = select(ChangeLogHead.last_change_no).where(ChangeLogHead.tenant_id == session.of_tenant)
    return session.scalar(query) or 0


def inbound_of_any_tenant(session: RecordedSession, endpoint_id: str) -> InboundEndpoint | None:
    """For a message that comes without a token: its tenant is the endpoint's. `session` sees all tenants."""
    query = select(InboundEndpoint).where(
        InboundEndpoint.endpoint_id == endpoint_id, InboundEndpoint.status == "active"
    )
    return session.scalars(query).one_or_none()


def forget_endpoint(session: RecordedSession, endpoint_id: str) -> None:
    """Whatever is kept of an endpoint beside its own row."""
    for table in (Delivery, WebhookSecret, WebhookState, InboundMessage):
        session.execute(delete(table).where(table.tenant_id == session.of_tenant, table.endpoint_id == endpoint_id))
