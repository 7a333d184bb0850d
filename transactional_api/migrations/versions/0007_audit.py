"""Finding the log's entries of one row; erasures of persons."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

instant = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_index(
        "ix_change_log_tenant_id_entity_entity_key", "change_log", ["tenant_id", "entity", "entity_key"], unique=False
    )
    op.create_table(
        "erasures",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("erasure_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("subject_token", sa.Text(), nullable=True),
        sa.Column("requested_at", instant, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('data_subject_request', 'consent_withdrawn', 'retention_ended', 'other')",
            name="ck_erasures_reason_known",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "erasure_id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_tenant_id_customer_id", "erasures", ["tenant_id", "customer_id"], unique=False)
    op.create_table(
        "erasure_cleanings",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("erasure_id", sa.Text(), nullable=False),
        sa.Column("cleaned_at", instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "erasure_id"],
            ["erasures.tenant_id", "erasures.erasure_id"],
            name="fk_erasure_cleanings_tenant_id_erasure_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "erasure_id", name="pk_erasure_cleanings"),
    )
