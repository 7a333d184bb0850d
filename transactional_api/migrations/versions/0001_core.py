"""The core's first tables, and the triggers that keep the change log append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

exact = sa.Numeric().with_variant(sa.Text(), "sqlite")
instant = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

# INSERT OR REPLACE deletes without firing delete triggers, hence the third.
SQLITE_TRIGGERS = (
    """CREATE TRIGGER change_log_keeps_entries BEFORE DELETE ON change_log
       BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END""",
    """CREATE TRIGGER change_log_keeps_content BEFORE UPDATE ON change_log
       BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END""",
    """CREATE TRIGGER change_log_replaces_nothing BEFORE INSERT ON change_log
       WHEN EXISTS (SELECT 1 FROM change_log WHERE tenant_id = NEW.tenant_id AND change_no = NEW.change_no)
       BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END""",
    """CREATE TRIGGER change_log_heads_stay BEFORE DELETE ON change_log_heads
       BEGIN SELECT RAISE(ABORT, 'the head of the change log only moves forward'); END""",
    """CREATE TRIGGER change_log_heads_move_forward BEFORE UPDATE ON change_log_heads
       WHEN NEW.last_change_no < OLD.last_change_no
       BEGIN SELECT RAISE(ABORT, 'the head of the change log only moves forward'); END""",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only',
       ERRCODE = 'restrict_violation'; END$$""",
    """CREATE TRIGGER change_log_keeps_entries BEFORE UPDATE OR DELETE ON change_log
       FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER change_log_is_not_emptied BEFORE TRUNCATE ON change_log
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER change_log_heads_stay BEFORE DELETE ON change_log_heads
       FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER change_log_heads_are_not_emptied BEFORE TRUNCATE ON change_log_heads
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER change_log_heads_move_forward BEFORE UPDATE ON change_log_heads
       FOR EACH ROW WHEN (NEW.last_change_no < OLD.last_change_no) EXECUTE FUNCTION refuse_change()""",
)


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", instant, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "key_id", name="pk_api_keys"),
        sa.UniqueConstraint("key_id", name="uq_api_keys_key_id"),
    )
    op.create_table(
        "change_log",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("change_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_key", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("before_json", sa.Text(), nullable=True),
        sa.Column("after_json", sa.Text(), nullable=True),
        sa.Column("personal_fields", sa.Text(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("entry_hash", sa.Text(), nullable=False),
        sa.CheckConstraint("operation IN ('insert', 'update', 'delete')", name="ck_change_log_operation_known"),
        sa.CheckConstraint("change_no >= 1", name="ck_change_log_change_no_range"),
        sa.CheckConstraint("length(entry_hash) = 64 AND length(previous_hash) = 64", name="ck_change_log_hash_length"),
        sa.PrimaryKeyConstraint("tenant_id", "change_no", name="pk_change_log"),
    )
    op.create_table(
        "change_log_heads",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("last_change_no", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.Text(), nullable=False),
        sa.CheckConstraint("last_change_no >= 0", name="ck_change_log_heads_last_change_no_range"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_change_log_heads"),
    )
    op.create_table(
        "customers",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("subject_token", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("segment", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("acquisition_channel", sa.Text(), nullable=True),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("parent_customer_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_customers_currency_code"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_customers_tenant_id_parent_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name="pk_customers"),
    )
    op.create_table(
        "products",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("standalone_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("tax_category", sa.Text(), nullable=True),
        sa.Column("recognition", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('subscription', 'one_time', 'usage', 'service')", name="ck_products_kind_known"),
        sa.CheckConstraint(
            "recognition IN ('over_time', 'point_in_time', 'percent_complete')", name="ck_products_recognition_known"
        ),
        sa.CheckConstraint(
            "currency IS NOT NULL OR (standalone_price_minor IS NULL AND unit_cost_minor IS NULL)",
            name="ck_products_amounts_have_currency",
        ),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_products_currency_code"),
        sa.CheckConstraint(
            "standalone_price_minor BETWEEN 0 AND 999999999999999999", name="ck_products_standalone_price_minor_range"
        ),
        sa.CheckConstraint(
            "unit_cost_minor BETWEEN 0 AND 999999999999999999", name="ck_products_unit_cost_minor_range"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "product_id", name="pk_products"),
    )
    op.create_table(
        "customer_profiles",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("subject_token", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("vat_number", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_customer_profiles_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name="pk_customer_profiles"),
    )
    op.create_table(
        "deals",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("risk", sa.Text(), nullable=True),
        sa.Column("discount_percent", exact, nullable=True),
        sa.Column("payment_terms_days", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("competitor", sa.Text(), nullable=True),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("first_touch_at", instant, nullable=True),
        sa.Column("quote_sent_at", instant, nullable=True),
        sa.Column("signed_at", instant, nullable=True),
        sa.Column("paid_at", instant, nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("expected_close_on", sa.Date(), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(stage IN ('won', 'lost')) = (closed_on IS NOT NULL)", name="ck_deals_closed_on_when_closed"
        ),
        sa.CheckConstraint("risk IN ('low', 'medium', 'high')", name="ck_deals_risk_known"),
        sa.CheckConstraint(
            "CAST(discount_percent AS NUMERIC) >= 0 AND CAST(discount_percent AS NUMERIC) <= 100",
            name="ck_deals_discount_percent_range",
        ),
        sa.CheckConstraint("amount_minor BETWEEN 0 AND 999999999999999999", name="ck_deals_amount_minor_range"),
        sa.CheckConstraint("currency IS NOT NULL OR amount_minor IS NULL", name="ck_deals_amount_has_currency"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_deals_currency_code"),
        sa.CheckConstraint("payment_terms_days BETWEEN 0 AND 3650", name="ck_deals_payment_terms_days_range"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_deals_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.product_id"],
            name="fk_deals_tenant_id_product_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "deal_id", name="pk_deals"),
    )
    op.create_index("ix_deals_tenant_id_stage", "deals", ["tenant_id", "stage"], unique=False)
    op.create_table(
        "payments",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name="ck_payments_status_known"),
        sa.CheckConstraint("amount_minor BETWEEN 1 AND 999999999999999999", name="ck_payments_amount_minor_range"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_payments_currency_code"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_payments_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "payment_id", name="pk_payments"),
    )
    op.create_index("ix_payments_tenant_id_customer_id", "payments", ["tenant_id", "customer_id"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("cancel_requested_on", sa.Date(), nullable=True),
        sa.Column("churn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("churn_reason IN ('voluntary', 'involuntary')", name="ck_subscriptions_churn_reason_known"),
        sa.CheckConstraint(
            "length(currency) = 3 AND currency = upper(currency)", name="ck_subscriptions_currency_code"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_subscriptions_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "subscription_id", name="pk_subscriptions"),
    )
    op.create_index(
        "ix_subscriptions_tenant_id_customer_id", "subscriptions", ["tenant_id", "customer_id"], unique=False
    )
    op.create_table(
        "deal_stages",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("stage_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("entered_at", instant, nullable=False),
        sa.CheckConstraint("stage_no >= 1", name="ck_deal_stages_stage_no_range"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "deal_id"],
            ["deals.tenant_id", "deals.deal_id"],
            name="fk_deal_stages_tenant_id_deal_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "deal_id", "stage_no", name="pk_deal_stages"),
    )
    op.create_table(
        "invoices",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=True),
        sa.Column("subscription_id", sa.Text(), nullable=True),
        sa.Column("voided_on", sa.Date(), nullable=True),
        sa.Column("ship_to_country", sa.Text(), nullable=True),
        sa.Column("ship_to_region", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'void') = (voided_on IS NOT NULL)", name="ck_invoices_voided_on_when_void"),
        sa.CheckConstraint("status = 'draft' OR number IS NOT NULL", name="ck_invoices_number_when_posted"),
        sa.CheckConstraint("status IN ('draft', 'posted', 'void')", name="ck_invoices_status_known"),
        sa.CheckConstraint("due_on >= issued_on", name="ck_invoices_due_on_not_before_issued_on"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_invoices_currency_code"),
        sa.CheckConstraint("voided_on >= issued_on", name="ck_invoices_voided_on_not_before_issued_on"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_invoices_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "deal_id"],
            ["deals.tenant_id", "deals.deal_id"],
            name="fk_invoices_tenant_id_deal_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subscription_id"],
            ["subscriptions.tenant_id", "subscriptions.subscription_id"],
            name="fk_invoices_tenant_id_subscription_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "invoice_id", name="pk_invoices"),
        sa.UniqueConstraint("tenant_id", "number", name="uq_invoices_tenant_id_number"),
    )
    op.create_index("ix_invoices_tenant_id_customer_id", "invoices", ["tenant_id", "customer_id"], unique=False)
    op.create_table(
        "subscription_periods",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("billing_interval", sa.Text(), nullable=False),
        sa.Column("interval_count", sa.BigInteger(), nullable=False),
        sa.Column("unit_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("quantity", exact, nullable=False),
        sa.Column("discount_percent", exact, nullable=True),
        sa.Column("discount_ends_on", sa.Date(), nullable=True),
        sa.Column("trial_ends_on", sa.Date(), nullable=True),
        sa.Column("paused_from", sa.Date(), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("minimum_commitment_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "billing_interval IN ('day', 'week', 'month', 'quarter', 'year')",
            name="ck_subscription_periods_billing_interval_known",
        ),
        sa.CheckConstraint(
            "CAST(discount_percent AS NUMERIC) >= 0 AND CAST(discount_percent AS NUMERIC) <= 100",
            name="ck_subscription_periods_discount_percent_range",
        ),
        sa.CheckConstraint(
            "CAST(quantity AS NUMERIC) >= 0 AND CAST(quantity AS NUMERIC) <= 1000000000000",
            name="ck_subscription_periods_quantity_range",
        ),
        sa.CheckConstraint("ended_on > started_on", name="ck_subscription_periods_ended_on_after_started_on"),
        sa.CheckConstraint("interval_count BETWEEN 1 AND 1000", name="ck_subscription_periods_interval_count_range"),
        sa.CheckConstraint(
            "minimum_commitment_minor BETWEEN 0 AND 999999999999999999",
            name="ck_subscription_periods_minimum_commitment_minor_range",
        ),
        sa.CheckConstraint("paused_until > paused_from", name="ck_subscription_periods_paused_until_after_paused_from"),
        sa.CheckConstraint(
            "paused_until IS NULL OR paused_from IS NOT NULL",
            name="ck_subscription_periods_paused_until_needs_paused_from",
        ),
        sa.CheckConstraint(
            "unit_amount_minor BETWEEN 0 AND 999999999999999999", name="ck_subscription_periods_unit_amount_minor_range"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.product_id"],
            name="fk_subscription_periods_tenant_id_product_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subscription_id"],
            ["subscriptions.tenant_id", "subscriptions.subscription_id"],
            name="fk_subscription_periods_tenant_id_subscription_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "subscription_id", "item_id", "started_on", name="pk_subscription_periods"
        ),
    )
    op.create_table(
        "invoice_lines",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("quantity", exact, nullable=False),
        sa.Column("unit_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", exact, nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("service_starts_on", sa.Date(), nullable=True),
        sa.Column("service_ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "tax_code IN ('standard', 'reduced', 'exempt', 'zero_rated', 'reverse_charge')",
            name="ck_invoice_lines_tax_code_known",
        ),
        sa.CheckConstraint(
            "CAST(quantity AS NUMERIC) >= 0 AND CAST(quantity AS NUMERIC) <= 1000000000000",
            name="ck_invoice_lines_quantity_range",
        ),
        sa.CheckConstraint(
            "CAST(tax_rate AS NUMERIC) >= 0 AND CAST(tax_rate AS NUMERIC) <= 1", name="ck_invoice_lines_tax_rate_range"
        ),
        sa.CheckConstraint(
            "discount_minor BETWEEN 0 AND 999999999999999999", name="ck_invoice_lines_discount_minor_range"
        ),
        sa.CheckConstraint("net_minor BETWEEN 0 AND 999999999999999999", name="ck_invoice_lines_net_minor_range"),
        sa.CheckConstraint(
            "service_ends_on >= service_starts_on", name="ck_invoice_lines_service_ends_on_not_before_service_starts_on"
        ),
        sa.CheckConstraint("tax_minor BETWEEN 0 AND 999999999999999999", name="ck_invoice_lines_tax_minor_range"),
        sa.CheckConstraint(
            "unit_amount_minor BETWEEN 0 AND 999999999999999999", name="ck_invoice_lines_unit_amount_minor_range"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.invoice_id"],
            name="fk_invoice_lines_tenant_id_invoice_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.product_id"],
            name="fk_invoice_lines_tenant_id_product_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "line_id", name="pk_invoice_lines"),
    )
    op.create_index("ix_invoice_lines_tenant_id_invoice_id", "invoice_lines", ["tenant_id", "invoice_id"], unique=False)
    op.create_table(
        "payment_allocations",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("allocated_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount_minor BETWEEN 1 AND 999999999999999999", name="ck_payment_allocations_amount_minor_range"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.invoice_id"],
            name="fk_payment_allocations_tenant_id_invoice_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payments.tenant_id", "payments.payment_id"],
            name="fk_payment_allocations_tenant_id_payment_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "payment_id", "invoice_id", "allocated_on", name="pk_payment_allocations"),
    )
    op.create_index(
        "ix_payment_allocations_tenant_id_invoice_id", "payment_allocations", ["tenant_id", "invoice_id"], unique=False
    )

    triggers = SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS
    for trigger in triggers:
        op.execute(trigger)
