"""Alerts, webhook endpoints and their secrets, deliveries, the outbox's cursors, received messages."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

exact = sa.Numeric().with_variant(sa.Text(), "sqlite")
instant = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "alerts",
        _text("tenant_id"),
        _text("alert_id"),
        _text("kind"),
        _text("severity"),
        _text("subject_id"),
        _text("customer_id", nullable=True),
        _text("summary", nullable=True),
        sa.Column("observed", exact, nullable=True),
        sa.Column("threshold", exact, nullable=True),
        sa.Column("raised_at", instant, nullable=False),
        _text("status"),
        sa.Column("acknowledged_at", instant, nullable=True),
        _text("acknowledged_by", nullable=True),
        sa.CheckConstraint("kind IN ('budget.alert', 'churn.at_risk', 'kpi.alert')", name="ck_alerts_kind_known"),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name="ck_alerts_severity_known"),
        sa.CheckConstraint("status IN ('open', 'acknowledged')", name="ck_alerts_status_known"),
        sa.CheckConstraint(
            "(status = 'acknowledged') = (acknowledged_at IS NOT NULL)", name="ck_alerts_acknowledged_at_once"
        ),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="ck_alerts_acknowledged_by_somebody"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_alerts_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "alert_id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_tenant_id_customer_id", "alerts", ["tenant_id", "customer_id"])
    op.create_table(
        "webhook_endpoints",
        _text("tenant_id"),
        _text("endpoint_id"),
        _text("url"),
        _text("event_types"),
        _text("status"),
        sa.Column("created_at", instant, nullable=False),
        sa.CheckConstraint("status IN ('active', 'paused', 'gone')", name="ck_webhook_endpoints_status_known"),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", name="pk_webhook_endpoints"),
    )
    op.create_table(
        "inbound_endpoints",
        _text("tenant_id"),
        _text("endpoint_id"),
        _text("sender"),
        _text("status"),
        sa.Column("created_at", instant, nullable=False),
        sa.CheckConstraint("status IN ('active', 'revoked')", name="ck_inbound_endpoints_status_known"),
        sa.UniqueConstraint("endpoint_id", name="uq_inbound_endpoints_endpoint_id"),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", name="pk_inbound_endpoints"),
    )
    op.create_table(
        "webhook_secrets",
        _text("tenant_id"),
        _text("endpoint_id"),
        sa.Column("secret_no", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("secret"),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("expires_at", instant, nullable=True),
        sa.CheckConstraint("secret_no >= 1", name="ck_webhook_secrets_secret_no_range"),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", "secret_no", name="pk_webhook_secrets"),
    )
    op.create_table(
        "webhook_states",
        _text("tenant_id"),
        _text("endpoint_id"),
        sa.Column("starts_after", sa.BigInteger(), nullable=False),
        sa.Column("failures_in_row", sa.BigInteger(), nullable=False),
        sa.Column("resting_until", instant, nullable=True),
        sa.CheckConstraint("failures_in_row >= 0", name="ck_webhook_states_failures_in_row_range"),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", name="pk_webhook_states"),
    )
    op.create_table(
        "outbox_cursors",
        _text("tenant_id"),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("change_no >= 0", name="ck_outbox_cursors_change_no_range"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_outbox_cursors"),
    )
    op.create_table(
        "webhook_deliveries",
        _text("tenant_id"),
        _text("message_id"),
        _text("endpoint_id"),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        _text("event_type"),
        _text("status"),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("next_attempt_at", instant, nullable=True),
        sa.Column("last_attempt_at", instant, nullable=True),
        _text("last_outcome", nullable=True),
        sa.Column("delivered_at", instant, nullable=True),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'dead')", name="ck_webhook_deliveries_status_known"),
        sa.CheckConstraint("attempts >= 0", name="ck_webhook_deliveries_attempts_range"),
        sa.CheckConstraint(
            "(status = 'pending') = (next_attempt_at IS NOT NULL)",
            name="ck_webhook_deliveries_next_attempt_when_pending",
        ),
        sa.UniqueConstraint("tenant_id", "endpoint_id", "change_no", "event_type", name="uq_webhook_deliveries_event"),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", name="pk_webhook_deliveries"),
    )
    op.create_index("ix_webhook_deliveries_status_next_attempt_at", "webhook_deliveries", ["status", "next_attempt_at"])
    op.create_table(
        "inbound_messages",
        _text("tenant_id"),
        _text("endpoint_id"),
        _text("message_id"),
        _text("fingerprint"),
        sa.Column("received_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", "message_id", name="pk_inbound_messages"),
    )
    op.create_index("ix_inbound_messages_received_at", "inbound_messages", ["received_at"])
