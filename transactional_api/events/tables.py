"""Alerts, where events go to and come from, and how far their dispatching has come.

Alerts and endpoints are logged. Secrets, cursors, deliveries and received messages are not: the first have no place in
the log, the others say again what it says.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.tables import Base, one_of, reference

KINDS = ("budget.alert", "churn.at_risk", "kpi.alert")
SEVERITIES = ("info", "warning", "critical")
ENDPOINT_STATUSES = ("active", "paused", "gone")
DELIVERY_STATUSES = ("pending", "delivered", "dead")


class Alert(Base):
    """Something that a person should look at. `subject_id` is the budget, the customer or the figure that it is about.

    `observed` and `threshold` are in the unit of that figure.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        reference("customer_id", "customers"),
        one_of("kind", KINDS),
        one_of("severity", SEVERITIES),
        one_of("status", ("open", "acknowledged")),
        CheckConstraint("(status = 'acknowledged') = (acknowledged_at IS NOT NULL)", name="acknowledged_at_once"),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged_by_somebody"),
        Index(None, "tenant_id", "customer_id"),
    )
    personal_columns = ("summary",)

    alert_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    severity: Mapped[str]
    subject_id: Mapped[str]
    customer_id: Mapped[str | None]
    summary: Mapped[str | None]
    observed: Mapped[Decimal | None]
    threshold: Mapped[Decimal | None]
    raised_at: Mapped[datetime]
    status: Mapped[str]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]


class WebhookEndpoint(Base):
    """An address that is told of events. `event_types` are names separated by blanks; `*` is every one.

    `gone`: the address answered that it does not want any more (410).
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (one_of("status", ENDPOINT_STATUSES),)

    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    event_types: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]


class InboundEndpoint(Base):
    """A sender that may give commands. `endpoint_id` is random and unique over all tenants: it finds the tenant."""

    __tablename__ = "inbound_endpoints"
    __table_args__ = (UniqueConstraint("endpoint_id"), one_of("status", ("active", "revoked")))

    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    sender: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]


class WebhookSecret(Base):
    """What an endpoint's messages are signed with, for either direction. Until `expires_at` the older one holds too."""

    __tablename__ = "webhook_secrets"
    __table_args__ = (CheckConstraint("secret_no >= 1", name="secret_no_range"),)
    is_logged = False

    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    secret_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    secret: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class WebhookState(Base):
    """How an endpoint fares. It hears of changes after `starts_after`; until `resting_until` nothing is sent to it."""

    __tablename__ = "webhook_states"
    __table_args__ = (CheckConstraint("failures_in_row >= 0", name="failures_in_row_range"),)
    is_logged = False

    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    starts_after: Mapped[int]
    failures_in_row: Mapped[int]
    resting_until: Mapped[datetime | None]


class OutboxCursor(Base):
    """The last change number of the tenant whose deliveries are written down."""

    __tablename__ = "outbox_cursors"
    __table_args__ = (CheckConstraint("change_no >= 0", name="change_no_range"),)
    is_logged = False

    change_no: Mapped[int]


class Delivery(Base):
    """One event for one endpoint: what `message_id` stands for, for ever, also when it is sent again.

    It holds no payload: that is read from the log when it is sent. While it is being sent `next_attempt_at` is the
    moment from which on another dispatcher may take it for lost.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        one_of("status", DELIVERY_STATUSES),
        CheckConstraint("attempts >= 0", name="attempts_range"),
        CheckConstraint("(status = 'pending') = (next_attempt_at IS NOT NULL)", name="next_attempt_when_pending"),
        UniqueConstraint("tenant_id", "endpoint_id", "change_no", "event_type", name="uq_webhook_deliveries_event"),
        Index(None, "status", "next_attempt_at"),
    )
    is_logged = False

    message_id: Mapped[str] = mapped_column(primary_key=True)
    endpoint_id: Mapped[str]
    change_no: Mapped[int]
    event_type: Mapped[str]
    status: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None]
    last_attempt_at: Mapped[datetime | None]
    last_outcome: Mapped[str | None]
    delivered_at: Mapped[datetime | None]


class InboundMessage(Base):
    """A message that was carried out, so that it is carried out once. `fingerprint` is the SHA-256 of its bytes."""

    __tablename__ = "inbound_messages"
    __table_args__ = (Index(None, "received_at"),)
    is_logged = False

    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    received_at: Mapped[datetime]
