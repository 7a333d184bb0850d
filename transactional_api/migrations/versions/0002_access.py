"""Accounts, tokens, roles of keys, idempotency keys, and the lease of the jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

instant = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("password_changed_at", instant, nullable=False),
        sa.CheckConstraint("status IN ('active', 'disabled')", name="ck_accounts_status_known"),
        sa.UniqueConstraint("tenant_id", "login", name="uq_accounts_tenant_id_login"),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", name="pk_accounts"),
    )
    op.create_table(
        "account_secrets",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_one_time", sa.BigInteger(), nullable=False),
        sa.Column("failed_attempts", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", instant, nullable=True),
        sa.CheckConstraint("is_one_time IN (0, 1)", name="ck_account_secrets_is_one_time_known"),
        _of_account("account_secrets"),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", name="pk_account_secrets"),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("family_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("used_at", instant, nullable=True),
        sa.Column("revoked_at", instant, nullable=True),
        _of_account("refresh_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_refresh_tokens_token_hash"),
        sa.PrimaryKeyConstraint("tenant_id", "token_hash", name="pk_refresh_tokens"),
    )
    op.create_index("ix_refresh_tokens_tenant_id_family_id", "refresh_tokens", ["tenant_id", "family_id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.CheckConstraint("(status IS NULL) = (body IS NULL)", name="ck_idempotency_keys_answer_whole"),
        sa.PrimaryKeyConstraint("tenant_id", "caller", "idempotency_key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.create_index("ix_idempotency_keys_tenant_id_subject", "idempotency_keys", ["tenant_id", "subject"])
    op.create_table(
        "job_leases",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("held_until", instant, nullable=False),
        sa.CheckConstraint("tenant_id = '*'", name="ck_job_leases_of_all_tenants"),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_job_leases"),
    )
    # Keys that were made before there were roles could do everything, and go on to.
    op.add_column("api_keys", sa.Column("roles", sa.Text(), nullable=False, server_default="admin"))
    op.add_column("api_keys", sa.Column("account_id", sa.Text(), nullable=True))


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "account_id"],
        ["accounts.tenant_id", "accounts.account_id"],
        name=f"fk_{table}_tenant_id_account_id",
        initially="DEFERRED",
        deferrable=True,
    )
