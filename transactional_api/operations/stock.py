"""Figures that stand in the database: what waits to be sent, and payments by status, over all tenants together.

There is no tenant in any label: names of customers of this installation have no place in a monitoring system, and
thousands of them would be as many series.
"""

import time
from collections.abc import Iterable
from threading import Lock

from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select

from transactional_api.database import Database, DatabaseUnavailable
from transactional_api.events.tables import Delivery, OutboxCursor, WebhookEndpoint, WebhookState
from transactional_api.kit.change_log import ChangeLogHead
from transactional_api.kit.recording import RecordedSession
from transactional_api.operations.metrics import gauge
from transactional_api.payments.tables import Payment

FRESH_SECONDS = 15


class Stock(Collector):
    """Reads at most every 15 seconds, however often it is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._read_at = float("-inf")
        self._families: list[Metric] = []

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if time.monotonic() - self._read_at > FRESH_SECONDS:
                try:
                    with self._database.all_tenants(writes=False) as session:
                        self._families = _families(session)
                except DatabaseUnavailable:
                    self._families = []
                self._read_at = time.monotonic()
            return [
                *self._families,
                gauge("revhouse_database_up", "1 if it answered.", {"": float(bool(self._families))}),
            ]


def _families(session: RecordedSession) -> list[Metric]:
    deliveries = select(Delivery.status, func.count()).where(Delivery.status != "delivered").group_by(Delivery.status)
    waiting = {"pending": 0.0, "dead": 0.0} | {str(row[0]): float(row[1]) for row in session.execute(deliveries)}
    payments = select(Payment.status, func.count()).group_by(Payment.status)
    by_status = {str(row[0]): float(row[1]) for row in session.execute(payments)}
    return [
        gauge("revhouse_outbox_lag_changes", "Changes unread by the tenant furthest behind.", {"": _lag(session)}),
        gauge("revhouse_webhook_deliveries", "Deliveries that wait or are dead letters.", waiting, "status"),
        gauge("revhouse_payments", "Payments in each status.", by_status, "status"),
    ]


def _lag(session: RecordedSession) -> float:
    """Of tenants with an active endpoint: a tenant that tells nobody is not behind."""
    start = (
        select(WebhookEndpoint.tenant_id, func.min(WebhookState.starts_after).label("starts_after"))
        .join(
            WebhookState,
            (WebhookState.tenant_id == WebhookEndpoint.tenant_id)
            & (WebhookState.endpoint_id == WebhookEndpoint.endpoint_id),
        )
        .where(WebhookEndpoint.status == "active")
        .group_by(WebhookEndpoint.tenant_id)
        .subquery()
    )
    at = func.coalesce(OutboxCursor.change_no, 0)
    reached = case((at > start.c.starts_after, at), else_=start.c.starts_after)
    query = (
        select(func.coalesce(func.max(ChangeLogHead.last_change_no - reached), 0))
        .join(start, start.c.tenant_id == ChangeLogHead.tenant_id)
        .outerjoin(OutboxCursor, OutboxCursor.tenant_id == ChangeLogHead.tenant_id)
    )
    return float(session.scalar(query) or 0)
