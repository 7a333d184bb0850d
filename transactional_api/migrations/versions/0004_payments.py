"""Payments through providers: more states, refunds and charge-backs, calls that wait for an answer, a local book."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

instant = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
MINOR = "BETWEEN 1 AND 999999999999999999"
CURRENCY = "length(currency) = 3 AND currency = upper(currency)"


def upgrade() -> None:
    _payments()
    op.create_table(
        "refunds",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("from_unallocated_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(f"amount_minor {MINOR}", name="ck_refunds_amount_minor_range"),
        sa.CheckConstraint(CURRENCY, name="ck_refunds_currency_code"),
        sa.CheckConstraint("kind IN ('refund', 'chargeback')", name="ck_refunds_kind_known"),
        sa.CheckConstraint(
            "status IN ('pending', 'succeeded', 'failed', 'open', 'won', 'lost')", name="ck_refunds_status_known"
        ),
        sa.CheckConstraint(
            "(kind = 'refund') = (status IN ('pending', 'succeeded', 'failed'))", name="ck_refunds_status_of_its_kind"
        ),
        sa.CheckConstraint(
            "from_unallocated_minor BETWEEN 0 AND amount_minor", name="ck_refunds_from_unallocated_minor_range"
        ),
        sa.CheckConstraint(
            "(resolved_on IS NOT NULL) = (status IN ('won', 'lost'))", name="ck_refunds_resolved_on_when_resolved"
        ),
        sa.CheckConstraint("resolved_on >= refunded_on", name="ck_refunds_resolved_on_not_before_refunded_on"),
        _reference("refunds", "payment_id", "payments"),
        _reference("refunds", "invoice_id", "invoices"),
        sa.PrimaryKeyConstraint("tenant_id", "refund_id", name="pk_refunds"),
    )
    op.create_index("ix_refunds_tenant_id_payment_id", "refunds", ["tenant_id", "payment_id"], unique=False)
    op.create_table(
        "refund_reopenings",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"amount_minor {MINOR}", name="ck_refund_reopenings_amount_minor_range"),
        _reference("refund_reopenings", "refund_id", "refunds"),
        _reference("refund_reopenings", "invoice_id", "invoices"),
        sa.PrimaryKeyConstraint("tenant_id", "refund_id", "invoice_id", name="pk_refund_reopenings"),
    )
    op.create_index(
        "ix_refund_reopenings_tenant_id_invoice_id", "refund_reopenings", ["tenant_id", "invoice_id"], unique=False
    )
    _calls()


def _payments() -> None:
    """On SQLite the table is written anew, since its checks change."""
    with op.batch_alter_table("payments") as payments:
        payments.add_column(sa.Column("provider", sa.Text(), nullable=True))
        payments.add_column(sa.Column("invoice_id", sa.Text(), nullable=True))
        payments.add_column(sa.Column("failure_code", sa.Text(), nullable=True))
        payments.add_column(sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False))
        payments.drop_constraint("ck_payments_status_known", type_="check")
        payments.create_check_constraint(
            "ck_payments_status_known", "status IN ('pending', 'succeeded', 'failed', 'rolled_back', 'unknown')"
        )
        payments.create_check_constraint(
            "ck_payments_refunded_minor_range", "refunded_minor BETWEEN 0 AND amount_minor"
        )
        payments.create_check_constraint(
            "ck_payments_refunded_when_succeeded", "refunded_minor = 0 OR status = 'succeeded'"
        )
        payments.create_check_constraint(
            "ck_payments_unknown_to_a_provider", "status <> 'unknown' OR provider IS NOT NULL"
        )
        payments.create_check_constraint(
            "ck_payments_failure_code_when_failed", "failure_code IS NULL OR status = 'failed'"
        )
        payments.create_foreign_key(
            "fk_payments_tenant_id_invoice_id",
            "invoices",
            ["tenant_id", "invoice_id"],
            ["tenant_id", "invoice_id"],
            deferrable=True,
            initially="DEFERRED",
        )


def _calls() -> None:
    op.create_table(
        "payment_attempts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.Column("is_sent", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("started_at", instant, nullable=False),
        sa.Column("next_attempt_at", instant, nullable=True),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.Column("action_url", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('charge', 'refund', 'void')", name="ck_payment_attempts_kind_known"),
        sa.CheckConstraint("is_sent IN (0, 1)", name="ck_payment_attempts_is_sent_known"),
        sa.CheckConstraint("attempts >= 0", name="ck_payment_attempts_attempts_range"),
        sa.UniqueConstraint("reference", name="uq_payment_attempts_reference"),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "subject_id", name="pk_payment_attempts"),
    )
    op.create_index("ix_payment_attempts_next_attempt_at", "payment_attempts", ["next_attempt_at"], unique=False)
    op.create_table(
        "local_charges",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("decided_at", instant, nullable=False),
        sa.CheckConstraint("kind IN ('charge', 'refund', 'void')", name="ck_local_charges_kind_known"),
        sa.CheckConstraint(f"amount_minor {MINOR}", name="ck_local_charges_amount_minor_range"),
        sa.CheckConstraint(
            "length(currency) = 3 AND currency = upper(currency)", name="ck_local_charges_currency_code"
        ),
        sa.CheckConstraint("outcome IN ('succeeded', 'declined', 'voided')", name="ck_local_charges_outcome_known"),
        sa.PrimaryKeyConstraint("tenant_id", "reference", name="pk_local_charges"),
    )


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.{column}"],
        name=f"fk_{table}_tenant_id_{column}",
        initially="DEFERRED",
        deferrable=True,
    )
