"""Tables of billing: approval and sources of invoices, their corrections, the ledger's door, contracts, periods,
collections, bills and the bank."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

exact = sa.Numeric().with_variant(sa.Text(), "sqlite")
instant = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    _revenue()
    _invoices()
    _corrections()
    _accounting()
    _receivables()


def _invoices() -> None:
    """On SQLite the tables are written anew, since their checks and references change."""
    with op.batch_alter_table("invoices") as invoices:
        for column in ("contract_id", "staged_from", "staged_by", "approved_by"):
            invoices.add_column(sa.Column(column, sa.Text(), nullable=True))
        invoices.add_column(sa.Column("approved_at", instant, nullable=True))
        invoices.add_column(sa.Column("posted_on", sa.Date(), nullable=True))
        invoices.drop_constraint("ck_invoices_status_known", type_="check")
        invoices.drop_constraint("ck_invoices_number_when_posted", type_="check")
        for name, condition in (
            ("status_known", "status IN ('draft', 'approved', 'posted', 'void')"),
            ("number_when_posted", "status IN ('draft', 'approved') OR number IS NOT NULL"),
            ("approved_by_when_approved", "status <> 'approved' OR approved_by IS NOT NULL"),
            ("approved_by_another", "approved_by <> staged_by"),
            ("approved_at_when_approved", "(approved_by IS NULL) = (approved_at IS NULL)"),
            ("posted_on_when_posted", "posted_on IS NULL OR status IN ('posted', 'void')"),
            ("posted_on_not_before_issued_on", "posted_on >= issued_on"),
        ):
            invoices.create_check_constraint(op.f(f"ck_invoices_{name}"), condition)
        invoices.create_foreign_key(
            "fk_invoices_tenant_id_contract_id",
            "contracts",
            ["tenant_id", "contract_id"],
            ["tenant_id", "contract_id"],
            deferrable=True,
            initially="DEFERRED",
        )
    op.create_index("ix_invoices_tenant_id_issued_on", "invoices", ["tenant_id", "issued_on"], unique=False)
    op.create_index(
        "uq_invoices_staged_from",
        "invoices",
        ["tenant_id", "staged_from"],
        unique=True,
        sqlite_where=sa.text("status <> 'void'"),
        postgresql_where=sa.text("status <> 'void'"),
    )
    with op.batch_alter_table("invoice_lines") as lines:
        lines.add_column(sa.Column("obligation_id", sa.Text(), nullable=True))
        lines.create_foreign_key(
            "fk_invoice_lines_tenant_id_obligation_id",
            "obligations",
            ["tenant_id", "obligation_id"],
            ["tenant_id", "obligation_id"],
            deferrable=True,
            initially="DEFERRED",
        )
    op.create_index(
        "ix_invoice_lines_tenant_id_obligation_id", "invoice_lines", ["tenant_id", "obligation_id"], unique=False
    )


def _revenue() -> None:
    op.create_table(
        "contracts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("total_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("cancellable_from", sa.Date(), nullable=True),
        sa.Column("entity_id", sa.Text(), nullable=True),
        sa.Column("billing_interval", sa.Text(), nullable=False),
        sa.Column("payment_terms_days", sa.BigInteger(), nullable=False),
        sa.Column("recognized_through", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "billing_interval IN ('once', 'month', 'quarter', 'year')", name="ck_contracts_billing_interval_known"
        ),
        sa.CheckConstraint("type IN ('subscription', 'usage', 'fixed_price', 'frame')", name="ck_contracts_type_known"),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_contracts_ends_on_not_before_starts_on"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_contracts_currency_code"),
        sa.CheckConstraint(
            "total_amount_minor BETWEEN 0 AND 999999999999999999", name="ck_contracts_total_amount_minor_range"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_contracts_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "contract_id", name="pk_contracts"),
    )
    op.create_index("ix_contracts_tenant_id_customer_id", "contracts", ["tenant_id", "customer_id"], unique=False)
    op.create_table(
        "obligations",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("obligation_id", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("standalone_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("recognition", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("transferred_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "recognition IN ('over_time', 'point_in_time', 'percent_complete')", name="ck_obligations_recognition_known"
        ),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_obligations_ends_on_not_before_starts_on"),
        sa.CheckConstraint("price_minor BETWEEN 0 AND 999999999999999999", name="ck_obligations_price_minor_range"),
        sa.CheckConstraint(
            "standalone_price_minor BETWEEN 0 AND 999999999999999999",
            name="ck_obligations_standalone_price_minor_range",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contracts.tenant_id", "contracts.contract_id"],
            name="fk_obligations_tenant_id_contract_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.product_id"],
            name="fk_obligations_tenant_id_product_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "obligation_id", name="pk_obligations"),
    )
    op.create_index("ix_obligations_tenant_id_contract_id", "obligations", ["tenant_id", "contract_id"], unique=False)
    op.create_table(
        "recognized_revenue",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("posted_month", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "source_kind IN ('obligation', 'modification')", name="ck_recognized_revenue_source_kind_known"
        ),
        sa.CheckConstraint(
            "amount_minor BETWEEN -999999999999999999 AND 999999999999999999",
            name="ck_recognized_revenue_amount_minor_range",
        ),
        sa.CheckConstraint("length(month) = 7 AND length(posted_month) = 7", name="ck_recognized_revenue_month_length"),
        sa.CheckConstraint("posted_month >= month", name="ck_recognized_revenue_posted_month_not_before_month"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contracts.tenant_id", "contracts.contract_id"],
            name="fk_recognized_revenue_tenant_id_contract_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "source_kind", "source_id", "month", "posted_month", name="pk_recognized_revenue"
        ),
    )
    op.create_index(
        "ix_recognized_revenue_tenant_id_contract_id", "recognized_revenue", ["tenant_id", "contract_id"], unique=False
    )
    op.create_table(
        "contract_modifications",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("modification_id", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("obligation_id", sa.Text(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("price_change_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_distinct", sa.BigInteger(), nullable=False),
        sa.Column("is_at_standalone_price", sa.BigInteger(), nullable=False),
        sa.Column("new_ends_on", sa.Date(), nullable=True),
        sa.Column("added_standalone_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("treatment", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "treatment IN ('separate_contract', 'prospective', 'cumulative_catch_up')",
            name="ck_contract_modifications_treatment_known",
        ),
        sa.CheckConstraint(
            "added_standalone_price_minor BETWEEN 0 AND 999999999999999999",
            name="ck_contract_modifications_added_standalone_price_minor_range",
        ),
        sa.CheckConstraint(
            "is_at_standalone_price IN (0, 1)", name="ck_contract_modifications_is_at_standalone_price_known"
        ),
        sa.CheckConstraint("is_distinct IN (0, 1)", name="ck_contract_modifications_is_distinct_known"),
        sa.CheckConstraint(
            "price_change_minor BETWEEN -999999999999999999 AND 999999999999999999",
            name="ck_contract_modifications_price_change_minor_range",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contracts.tenant_id", "contracts.contract_id"],
            name="fk_contract_modifications_tenant_id_contract_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "obligation_id"],
            ["obligations.tenant_id", "obligations.obligation_id"],
            name="fk_contract_modifications_tenant_id_obligation_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "modification_id", name="pk_contract_modifications"),
    )
    op.create_index(
        "ix_contract_modifications_tenant_id_contract_id",
        "contract_modifications",
        ["tenant_id", "contract_id"],
        unique=False,
    )
    op.create_table(
        "progress",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("obligation_id", sa.Text(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("percent_complete", exact, nullable=False),
        sa.CheckConstraint(
            "CAST(percent_complete AS NUMERIC) >= 0 AND CAST(percent_complete AS NUMERIC) <= 100",
            name="ck_progress_percent_complete_range",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "obligation_id"],
            ["obligations.tenant_id", "obligations.obligation_id"],
            name="fk_progress_tenant_id_obligation_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "obligation_id", "measured_on", name="pk_progress"),
    )


def _corrections() -> None:
    op.create_table(
        "credit_notes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("credit_note_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("amount_minor BETWEEN 1 AND 999999999999999999", name="ck_credit_notes_amount_minor_range"),
        sa.CheckConstraint("applied_on >= issued_on", name="ck_credit_notes_applied_on_not_before_issued_on"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_credit_notes_currency_code"),
        sa.CheckConstraint("posted_on >= issued_on", name="ck_credit_notes_posted_on_not_before_issued_on"),
        sa.CheckConstraint("tax_minor BETWEEN 0 AND amount_minor", name="ck_credit_notes_tax_minor_range"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_credit_notes_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.invoice_id"],
            name="fk_credit_notes_tenant_id_invoice_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "credit_note_id", name="pk_credit_notes"),
    )
    op.create_index("ix_credit_notes_tenant_id_invoice_id", "credit_notes", ["tenant_id", "invoice_id"], unique=False)
    op.create_table(
        "invoice_instalments",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount_minor BETWEEN 1 AND 999999999999999999", name="ck_invoice_instalments_amount_minor_range"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.invoice_id"],
            name="fk_invoice_instalments_tenant_id_invoice_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "invoice_id", "due_on", name="pk_invoice_instalments"),
    )
    op.create_table(
        "write_offs",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("write_off_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("written_off_on", sa.Date(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("amount_minor BETWEEN 1 AND 999999999999999999", name="ck_write_offs_amount_minor_range"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_write_offs_currency_code"),
        sa.CheckConstraint("posted_on >= written_off_on", name="ck_write_offs_posted_on_not_before_written_off_on"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.invoice_id"],
            name="fk_write_offs_tenant_id_invoice_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "write_off_id", name="pk_write_offs"),
    )
    op.create_index("ix_write_offs_tenant_id_invoice_id", "write_offs", ["tenant_id", "invoice_id"], unique=False)


def _accounting() -> None:
    op.create_table(
        "accounting_postings",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("posting_id", sa.Text(), nullable=False),
        sa.Column("document_kind", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reverses", sa.Text(), nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("document_json", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", instant, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("posted_at", instant, nullable=True),
        sa.CheckConstraint(
            "(status = 'pending') = (next_attempt_at IS NOT NULL)",
            name="ck_accounting_postings_next_attempt_while_pending",
        ),
        sa.CheckConstraint(
            "(status = 'posted') = (external_id IS NOT NULL)", name="ck_accounting_postings_external_id_when_posted"
        ),
        sa.CheckConstraint(
            "(status = 'posted') = (posted_at IS NOT NULL)", name="ck_accounting_postings_posted_at_when_posted"
        ),
        sa.CheckConstraint(
            "document_kind IN ('invoice', 'invoice_void', 'credit_note', 'write_off', 'bill', 'bill_payment',"
            " 'recognition')",
            name="ck_accounting_postings_document_kind_known",
        ),
        sa.CheckConstraint("status IN ('pending', 'posted', 'failed')", name="ck_accounting_postings_status_known"),
        sa.CheckConstraint("attempts >= 0", name="ck_accounting_postings_attempts_range"),
        sa.CheckConstraint(
            "length(currency) = 3 AND currency = upper(currency)", name="ck_accounting_postings_currency_code"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "posting_id", name="pk_accounting_postings"),
        sa.UniqueConstraint("tenant_id", "reference", name="uq_accounting_postings_tenant_id_reference"),
        sa.UniqueConstraint(
            "tenant_id", "system", "document_kind", "document_id", name="uq_accounting_postings_document"
        ),
    )
    op.create_index("ix_accounting_postings_next_attempt_at", "accounting_postings", ["next_attempt_at"], unique=False)
    op.create_index(
        "ix_accounting_postings_tenant_id_document_id",
        "accounting_postings",
        ["tenant_id", "document_id"],
        unique=False,
    )
    op.create_table(
        "gl_mappings",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('receivable', 'cash', 'contract_asset', 'payable', 'tax_payable',"
            " 'input_tax', 'deferred_revenue', 'revenue', 'refunds_and_credits',"
            " 'bad_debt', 'expense')",
            name="ck_gl_mappings_purpose_known",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "purpose", "detail", name="pk_gl_mappings"),
    )
    op.create_table(
        "periods",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("closed_at", instant, nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("reopened_at", instant, nullable=True),
        sa.Column("reopened_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'open') = (reopened_at IS NOT NULL)", name="ck_periods_reopened_at_when_open"),
        sa.CheckConstraint("status IN ('closed', 'open')", name="ck_periods_status_known"),
        sa.CheckConstraint("length(month) = 7", name="ck_periods_month_length"),
        sa.PrimaryKeyConstraint("tenant_id", "month", name="pk_periods"),
    )


def _receivables() -> None:
    op.create_table(
        "bills",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("department_id", sa.Text(), nullable=True),
        sa.Column("entity_id", sa.Text(), nullable=True),
        sa.Column("paid_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("amount_minor BETWEEN 1 AND 999999999999999999", name="ck_bills_amount_minor_range"),
        sa.CheckConstraint("due_on >= issued_on", name="ck_bills_due_on_not_before_issued_on"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_bills_currency_code"),
        sa.CheckConstraint("paid_minor BETWEEN 0 AND amount_minor", name="ck_bills_paid_minor_range"),
        sa.CheckConstraint("posted_on >= issued_on", name="ck_bills_posted_on_not_before_issued_on"),
        sa.CheckConstraint("tax_minor BETWEEN 0 AND amount_minor", name="ck_bills_tax_minor_range"),
        sa.PrimaryKeyConstraint("tenant_id", "bill_id", name="pk_bills"),
    )
    op.create_index("ix_bills_tenant_id_vendor_id", "bills", ["tenant_id", "vendor_id"], unique=False)
    op.create_table(
        "dunning_steps",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("step_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("days_overdue", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.CheckConstraint("days_overdue BETWEEN 0 AND 3650", name="ck_dunning_steps_days_overdue_range"),
        sa.CheckConstraint("step_no BETWEEN 1 AND 100", name="ck_dunning_steps_step_no_range"),
        sa.PrimaryKeyConstraint("tenant_id", "step_no", name="pk_dunning_steps"),
    )
    op.create_table(
        "bank_lines",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("bank_line_id", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("counterparty", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.CheckConstraint("amount_minor <> 0", name="ck_bank_lines_amount_minor_not_zero"),
        sa.CheckConstraint(
            "amount_minor BETWEEN -999999999999999999 AND 999999999999999999", name="ck_bank_lines_amount_minor_range"
        ),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_bank_lines_currency_code"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_bank_lines_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "bank_line_id", name="pk_bank_lines"),
    )
    op.create_index("ix_bank_lines_tenant_id_booked_on", "bank_lines", ["tenant_id", "booked_on"], unique=False)
    op.create_table(
        "bill_payments",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("bill_payment_id", sa.Text(), nullable=False),
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor BETWEEN 1 AND 999999999999999999", name="ck_bill_payments_amount_minor_range"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id"],
            ["bills.tenant_id", "bills.bill_id"],
            name="fk_bill_payments_tenant_id_bill_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "bill_payment_id", name="pk_bill_payments"),
    )
    op.create_index("ix_bill_payments_tenant_id_bill_id", "bill_payments", ["tenant_id", "bill_id"], unique=False)
    op.create_table(
        "collection_steps",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("step_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("days_overdue", sa.BigInteger(), nullable=False),
        sa.Column("outstanding_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "length(currency) = 3 AND currency = upper(currency)", name="ck_collection_steps_currency_code"
        ),
        sa.CheckConstraint(
            "outstanding_minor BETWEEN 1 AND 999999999999999999", name="ck_collection_steps_outstanding_minor_range"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.invoice_id"],
            name="fk_collection_steps_tenant_id_invoice_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "invoice_id", "step_no", name="pk_collection_steps"),
    )
    op.create_table(
        "bank_matches",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("match_id", sa.Text(), nullable=False),
        sa.Column("bank_line_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("confirmed_at", instant, nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("undone_at", instant, nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'undone') = (undone_at IS NOT NULL)", name="ck_bank_matches_undone_at_when_undone"
        ),
        sa.CheckConstraint("status IN ('confirmed', 'undone')", name="ck_bank_matches_status_known"),
        sa.CheckConstraint("amount_minor BETWEEN 1 AND 999999999999999999", name="ck_bank_matches_amount_minor_range"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_bank_matches_currency_code"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bank_line_id"],
            ["bank_lines.tenant_id", "bank_lines.bank_line_id"],
            name="fk_bank_matches_tenant_id_bank_line_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payments.tenant_id", "payments.payment_id"],
            name="fk_bank_matches_tenant_id_payment_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "match_id", name="pk_bank_matches"),
    )
    op.create_index("ix_bank_matches_tenant_id_payment_id", "bank_matches", ["tenant_id", "payment_id"], unique=False)
    op.create_index(
        "uq_bank_matches_confirmed",
        "bank_matches",
        ["tenant_id", "bank_line_id", "payment_id"],
        unique=True,
        sqlite_where=sa.text("status = 'confirmed'"),
        postgresql_where=sa.text("status = 'confirmed'"),
    )
