"""Policies in versions, quotes, approvals, signatures; deals name their last envelope."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

exact = sa.Numeric().with_variant(sa.Text(), "sqlite")
instant = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

# INSERT OR REPLACE deletes without firing delete triggers, hence the third.
SQLITE_TRIGGERS = (
    """CREATE TRIGGER policy_versions_stay BEFORE DELETE ON policy_versions
       BEGIN SELECT RAISE(ABORT, 'versions of policies are kept'); END""",
    """CREATE TRIGGER policy_versions_keep_content BEFORE UPDATE ON policy_versions
       BEGIN SELECT RAISE(ABORT, 'versions of policies are kept'); END""",
    """CREATE TRIGGER policy_versions_replace_nothing BEFORE INSERT ON policy_versions
       WHEN EXISTS (SELECT 1 FROM policy_versions WHERE tenant_id = NEW.tenant_id
                    AND policy_id = NEW.policy_id AND version_no = NEW.version_no)
       BEGIN SELECT RAISE(ABORT, 'versions of policies are kept'); END""",
)
POSTGRESQL_TRIGGER = """CREATE TRIGGER policy_versions_stay BEFORE UPDATE OR DELETE ON policy_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change()"""


def upgrade() -> None:
    _policies()
    _approvals()
    _quotes()
    _signatures()
    op.add_column("deals", _text("envelope_id", nullable=True))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if is_sqlite else (POSTGRESQL_TRIGGER,):
        op.execute(statement)


def _policies() -> None:
    op.create_table(
        "policies",
        _text("tenant_id"),
        _text("policy_id"),
        _text("kind"),
        _text("name"),
        sa.Column("latest_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.CheckConstraint("kind IN ('quote_guardrails')", name="ck_policies_kind_known"),
        sa.CheckConstraint("latest_version >= 1", name="ck_policies_latest_version_range"),
        sa.PrimaryKeyConstraint("tenant_id", "policy_id", name="pk_policies"),
    )
    op.create_table(
        "policy_versions",
        _text("tenant_id"),
        _text("policy_id"),
        sa.Column("version_no", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("content"),
        _text("content_sha256"),
        sa.Column("created_at", instant, nullable=False),
        _text("created_by"),
        sa.CheckConstraint("length(content_sha256) = 64", name="ck_policy_versions_content_sha256_length"),
        sa.CheckConstraint("version_no >= 1", name="ck_policy_versions_version_no_range"),
        _reference("policy_versions", "policy_id", "policies"),
        sa.PrimaryKeyConstraint("tenant_id", "policy_id", "version_no", name="pk_policy_versions"),
    )
    op.create_table(
        "policy_activations",
        _text("tenant_id"),
        _text("kind"),
        sa.Column("activation_no", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("action"),
        _text("policy_id"),
        sa.Column("version_no", sa.BigInteger(), nullable=False),
        sa.Column("replaced_no", sa.BigInteger(), nullable=True),
        sa.Column("activated_at", instant, nullable=False),
        _text("activated_by"),
        sa.CheckConstraint("action IN ('activate', 'rollback')", name="ck_policy_activations_action_known"),
        sa.CheckConstraint("kind IN ('quote_guardrails')", name="ck_policy_activations_kind_known"),
        sa.CheckConstraint("activation_no >= 1", name="ck_policy_activations_activation_no_range"),
        sa.CheckConstraint("replaced_no < activation_no", name="ck_policy_activations_replaced_no_before"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "policy_id", "version_no"],
            ["policy_versions.tenant_id", "policy_versions.policy_id", "policy_versions.version_no"],
            name="fk_policy_activations_tenant_id_policy_id_version_no",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "activation_no", name="pk_policy_activations"),
    )


def _approvals() -> None:
    op.create_table(
        "approval_requests",
        _text("tenant_id"),
        _text("request_id"),
        _text("subject_kind"),
        _text("subject_id"),
        _text("customer_id", nullable=True),
        _text("status"),
        _text("requested_by"),
        _text("requested_principal"),
        sa.Column("requested_at", instant, nullable=False),
        sa.Column("decided_at", instant, nullable=True),
        sa.CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)", name="ck_approval_requests_decided_at_when_decided"
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'approved', 'rejected', 'withdrawn')", name="ck_approval_requests_status_known"
        ),
        _reference("approval_requests", "customer_id", "customers"),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", name="pk_approval_requests"),
    )
    op.create_index(
        "ix_approval_requests_tenant_id_subject_kind_subject_id",
        "approval_requests",
        ["tenant_id", "subject_kind", "subject_id"],
    )
    op.create_table(
        "approval_steps",
        _text("tenant_id"),
        _text("request_id"),
        sa.Column("step_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _text("name"),
        _text("role", nullable=True),
        _text("account_id", nullable=True),
        sa.Column("deadline_hours", sa.BigInteger(), nullable=True),
        _text("escalation_role", nullable=True),
        _text("status"),
        sa.Column("opened_at", instant, nullable=True),
        sa.Column("due_at", instant, nullable=True),
        sa.Column("escalated_at", instant, nullable=True),
        sa.Column("decided_at", instant, nullable=True),
        _text("decided_by", nullable=True),
        _text("decided_for", nullable=True),
        sa.CheckConstraint(
            "(status IN ('approved', 'rejected')) = (decided_by IS NOT NULL)",
            name="ck_approval_steps_decided_by_somebody",
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'open', 'approved', 'rejected', 'skipped')", name="ck_approval_steps_status_known"
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'skipped') OR opened_at IS NOT NULL", name="ck_approval_steps_opened_before_decided"
        ),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="ck_approval_steps_decided_at_once"),
        sa.CheckConstraint("position >= 1 AND step_no >= 1", name="ck_approval_steps_position_range"),
        sa.CheckConstraint("role IS NOT NULL OR account_id IS NOT NULL", name="ck_approval_steps_asks_somebody"),
        _reference("approval_steps", "account_id", "accounts"),
        _reference("approval_steps", "request_id", "approval_requests"),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", "step_no", name="pk_approval_steps"),
    )
    op.create_index("ix_approval_steps_status_due_at", "approval_steps", ["status", "due_at"])
    op.create_table(
        "approval_events",
        _text("tenant_id"),
        _text("request_id"),
        sa.Column("event_no", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("happened"),
        sa.Column("step_no", sa.BigInteger(), nullable=True),
        _text("actor"),
        _text("for_account_id", nullable=True),
        sa.Column("happened_at", instant, nullable=False),
        _text("comment", nullable=True),
        sa.CheckConstraint(
            "happened IN ('requested', 'opened', 'approved', 'rejected', 'escalated', 'withdrawn')",
            name="ck_approval_events_happened_known",
        ),
        sa.CheckConstraint("event_no >= 1", name="ck_approval_events_event_no_range"),
        _reference("approval_events", "request_id", "approval_requests"),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", "event_no", name="pk_approval_events"),
    )
    op.create_table(
        "approval_delegations",
        _text("tenant_id"),
        _text("delegation_id"),
        _text("from_account_id"),
        _text("to_account_id"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        _text("created_by"),
        sa.Column("revoked_at", instant, nullable=True),
        sa.CheckConstraint("ends_on > starts_on", name="ck_approval_delegations_ends_on_after_starts_on"),
        sa.CheckConstraint("from_account_id <> to_account_id", name="ck_approval_delegations_to_somebody_else"),
        _reference("approval_delegations", "from_account_id", "accounts", "account_id"),
        _reference("approval_delegations", "to_account_id", "accounts", "account_id"),
        sa.PrimaryKeyConstraint("tenant_id", "delegation_id", name="pk_approval_delegations"),
    )
    op.create_index(
        "ix_approval_delegations_tenant_id_to_account_id", "approval_delegations", ["tenant_id", "to_account_id"]
    )


def _quotes() -> None:
    op.create_table(
        "quotes",
        _text("tenant_id"),
        _text("quote_id"),
        _text("deal_id"),
        sa.Column("quote_no", sa.BigInteger(), nullable=False),
        _text("customer_id", nullable=True),
        _text("status"),
        _text("verdict"),
        _text("currency"),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("payment_terms_days", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        _text("billing_interval", nullable=True),
        _text("policy_id", nullable=True),
        sa.Column("policy_version", sa.BigInteger(), nullable=True),
        _text("policy_sha256"),
        _text("facts"),
        _text("approval_request_id", nullable=True),
        sa.Column("created_at", instant, nullable=False),
        _text("created_by"),
        sa.Column("approved_at", instant, nullable=True),
        sa.CheckConstraint("(verdict = 'block') = (status = 'blocked')", name="ck_quotes_blocked_when_judged_so"),
        sa.CheckConstraint(
            "(verdict = 'route') = (approval_request_id IS NOT NULL)", name="ck_quotes_asked_when_routed"
        ),
        sa.CheckConstraint(
            "billing_interval IN ('day', 'week', 'month', 'quarter', 'year')", name="ck_quotes_billing_interval_known"
        ),
        sa.CheckConstraint(
            "status <> 'approved' OR approved_at IS NOT NULL", name="ck_quotes_approved_at_when_approved"
        ),
        sa.CheckConstraint(
            "status IN ('approved', 'pending_approval', 'blocked', 'rejected', 'superseded', 'signed')",
            name="ck_quotes_status_known",
        ),
        sa.CheckConstraint("verdict IN ('pass', 'route', 'block')", name="ck_quotes_verdict_known"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_quotes_currency_code"),
        sa.CheckConstraint("payment_terms_days BETWEEN 0 AND 3650", name="ck_quotes_payment_terms_days_range"),
        sa.CheckConstraint("quote_no >= 1", name="ck_quotes_quote_no_range"),
        sa.CheckConstraint("total_minor BETWEEN 0 AND 999999999999999999", name="ck_quotes_total_minor_range"),
        _reference("quotes", "approval_request_id", "approval_requests", "request_id"),
        _reference("quotes", "customer_id", "customers"),
        _reference("quotes", "deal_id", "deals"),
        _reference("quotes", "policy_id", "policies"),
        sa.PrimaryKeyConstraint("tenant_id", "quote_id", name="pk_quotes"),
        sa.UniqueConstraint("tenant_id", "deal_id", "quote_no", name="uq_quotes_tenant_id_deal_id_quote_no"),
    )
    op.create_index(
        "uq_quotes_tenant_id_deal_id_open",
        "quotes",
        ["tenant_id", "deal_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('approved', 'pending_approval', 'signed')"),
        postgresql_where=sa.text("status IN ('approved', 'pending_approval', 'signed')"),
    )
    op.create_table(
        "quote_lines",
        _text("tenant_id"),
        _text("quote_id"),
        sa.Column("line_no", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("product_id", nullable=True),
        _text("description", nullable=True),
        sa.Column("quantity", exact, nullable=False),
        sa.Column("unit_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_percent", exact, nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("service_starts_on", sa.Date(), nullable=True),
        sa.Column("service_ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(service_starts_on IS NULL) = (service_ends_on IS NULL)", name="ck_quote_lines_service_has_both_days"
        ),
        sa.CheckConstraint(
            "CAST(discount_percent AS NUMERIC) >= 0 AND CAST(discount_percent AS NUMERIC) <= 100",
            name="ck_quote_lines_discount_percent_range",
        ),
        sa.CheckConstraint(
            "CAST(quantity AS NUMERIC) >= 0 AND CAST(quantity AS NUMERIC) <= 1000000000000",
            name="ck_quote_lines_quantity_range",
        ),
        sa.CheckConstraint(
            "discount_minor BETWEEN 0 AND 999999999999999999", name="ck_quote_lines_discount_minor_range"
        ),
        sa.CheckConstraint("line_no >= 1", name="ck_quote_lines_line_no_range"),
        sa.CheckConstraint("net_minor BETWEEN 0 AND 999999999999999999", name="ck_quote_lines_net_minor_range"),
        sa.CheckConstraint(
            "service_ends_on >= service_starts_on", name="ck_quote_lines_service_ends_on_not_before_service_starts_on"
        ),
        sa.CheckConstraint(
            "unit_amount_minor BETWEEN 0 AND 999999999999999999", name="ck_quote_lines_unit_amount_minor_range"
        ),
        _reference("quote_lines", "product_id", "products"),
        _reference("quote_lines", "quote_id", "quotes"),
        sa.PrimaryKeyConstraint("tenant_id", "quote_id", "line_no", name="pk_quote_lines"),
    )
    op.create_table(
        "quote_violations",
        _text("tenant_id"),
        _text("quote_id"),
        sa.Column("violation_no", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("rule_id"),
        _text("outcome"),
        sa.Column("line_no", sa.BigInteger(), nullable=True),
        _text("message"),
        sa.CheckConstraint("outcome IN ('route', 'block')", name="ck_quote_violations_outcome_known"),
        sa.CheckConstraint("violation_no >= 1", name="ck_quote_violations_violation_no_range"),
        _reference("quote_violations", "quote_id", "quotes"),
        sa.PrimaryKeyConstraint("tenant_id", "quote_id", "violation_no", name="pk_quote_violations"),
    )


def _signatures() -> None:
    op.create_table(
        "envelopes",
        _text("tenant_id"),
        _text("envelope_id"),
        _text("deal_id"),
        _text("quote_id"),
        _text("customer_id", nullable=True),
        _text("provider"),
        _text("provider_reference", nullable=True),
        _text("status"),
        _text("failure", nullable=True),
        _text("document_sha256"),
        sa.Column("created_at", instant, nullable=False),
        _text("created_by"),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("signed_at", instant, nullable=True),
        _text("signer_digest", nullable=True),
        _text("signature", nullable=True),
        _text("public_key", nullable=True),
        _text("signer_name", nullable=True),
        _text("signer_email", nullable=True),
        _text("signer_address", nullable=True),
        _text("signer_agent", nullable=True),
        sa.CheckConstraint("(status = 'signed') = (signed_at IS NOT NULL)", name="ck_envelopes_signed_at_when_signed"),
        sa.CheckConstraint(
            "provider <> 'local' OR status <> 'signed' OR signature IS NOT NULL", name="ck_envelopes_local_is_proven"
        ),
        sa.CheckConstraint("signature IS NULL OR status = 'signed'", name="ck_envelopes_signature_when_signed"),
        sa.CheckConstraint(
            "status IN ('requested', 'sent', 'signed', 'declined', 'expired', 'voided', 'failed')",
            name="ck_envelopes_status_known",
        ),
        sa.CheckConstraint("(signature IS NULL) = (public_key IS NULL)", name="ck_envelopes_signature_has_key"),
        sa.CheckConstraint("(signature IS NULL) = (signer_digest IS NULL)", name="ck_envelopes_signature_whole"),
        sa.CheckConstraint("expires_at > created_at", name="ck_envelopes_expires_at_after_created_at"),
        sa.CheckConstraint("length(document_sha256) = 64", name="ck_envelopes_document_sha256_length"),
        _reference("envelopes", "customer_id", "customers"),
        _reference("envelopes", "deal_id", "deals"),
        _reference("envelopes", "quote_id", "quotes"),
        sa.PrimaryKeyConstraint("tenant_id", "envelope_id", name="pk_envelopes"),
    )
    op.create_index("ix_envelopes_status_expires_at", "envelopes", ["status", "expires_at"])
    op.create_index(
        "uq_envelopes_tenant_id_deal_id_open",
        "envelopes",
        ["tenant_id", "deal_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('requested', 'sent')"),
        postgresql_where=sa.text("status IN ('requested', 'sent')"),
    )
    op.create_table(
        "envelope_documents",
        _text("tenant_id"),
        _text("envelope_id"),
        _text("media_type"),
        _text("content", nullable=True),
        _reference("envelope_documents", "envelope_id", "envelopes"),
        sa.PrimaryKeyConstraint("tenant_id", "envelope_id", name="pk_envelope_documents"),
    )
    op.create_table(
        "envelope_links",
        _text("tenant_id"),
        _text("envelope_id"),
        _text("token_hash"),
        sa.Column("expires_at", instant, nullable=False),
        _text("salt", nullable=True),
        _reference("envelope_links", "envelope_id", "envelopes"),
        sa.PrimaryKeyConstraint("tenant_id", "envelope_id", name="pk_envelope_links"),
        sa.UniqueConstraint("token_hash", name="uq_envelope_links_token_hash"),
    )
    op.create_table(
        "webhook_receipts",
        _text("tenant_id"),
        _text("provider"),
        _text("event_id"),
        sa.Column("received_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "provider", "event_id", name="pk_webhook_receipts"),
    )


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _reference(table: str, column: str, target: str, target_column: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.{target_column or column}"],
        name=f"fk_{table}_tenant_id_{column}",
        initially="DEFERRED",
        deferrable=True,
    )
