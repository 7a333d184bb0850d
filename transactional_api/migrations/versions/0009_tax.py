"""The tenant's own tax rates, its registrations and its filings; the kinds of tax on invoice lines."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

exact = sa.Numeric().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "tax_rates",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("rate_id", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("rate", exact, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("CAST(rate AS NUMERIC) >= 0 AND CAST(rate AS NUMERIC) <= 1", name="ck_tax_rates_rate_range"),
        sa.CheckConstraint("valid_until > valid_from", name="ck_tax_rates_valid_until_after_valid_from"),
        sa.PrimaryKeyConstraint("tenant_id", "rate_id", name="pk_tax_rates"),
        sa.UniqueConstraint(
            "tenant_id",
            "jurisdiction",
            "kind",
            "category",
            "valid_from",
            name="uq_tax_rates_tenant_id_jurisdiction_kind_category_valid_from",
        ),
    )
    op.create_table(
        "tax_registrations",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("is_home", sa.BigInteger(), nullable=False),
        sa.Column("registered_from", sa.Date(), nullable=False),
        sa.Column("registered_until", sa.Date(), nullable=True),
        sa.CheckConstraint("is_home IN (0, 1)", name="ck_tax_registrations_is_home_known"),
        sa.CheckConstraint(
            "registered_until > registered_from", name="ck_tax_registrations_registered_until_after_registered_from"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "jurisdiction", name="pk_tax_registrations"),
    )
    op.create_index(
        "uq_tax_registrations_home",
        "tax_registrations",
        ["tenant_id"],
        unique=True,
        sqlite_where=sa.text("is_home = 1"),
        postgresql_where=sa.text("is_home = 1"),
    )
    op.create_table(
        "tax_filings",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("filing_id", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("period_starts_on", sa.Date(), nullable=False),
        sa.Column("period_ends_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("taxable_minor", sa.BigInteger(), nullable=False),
        sa.Column("exempt_minor", sa.BigInteger(), nullable=False),
        sa.Column("zero_rated_minor", sa.BigInteger(), nullable=False),
        sa.Column("reverse_charge_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_charged_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_credited_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_due_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_derived", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(status = 'open') = (filed_on IS NULL)", name="ck_tax_filings_filed_on_when_filed"),
        sa.CheckConstraint("(status = 'paid') = (paid_on IS NOT NULL)", name="ck_tax_filings_paid_on_when_paid"),
        sa.CheckConstraint("status IN ('open', 'filed', 'paid')", name="ck_tax_filings_status_known"),
        sa.CheckConstraint("due_on >= period_ends_on", name="ck_tax_filings_due_on_not_before_period_ends_on"),
        sa.CheckConstraint(
            "exempt_minor BETWEEN -999999999999999999 AND 999999999999999999", name="ck_tax_filings_exempt_minor_range"
        ),
        sa.CheckConstraint("filed_on > period_ends_on", name="ck_tax_filings_filed_on_after_period_ends_on"),
        sa.CheckConstraint("is_derived IN (0, 1)", name="ck_tax_filings_is_derived_known"),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_tax_filings_currency_code"),
        sa.CheckConstraint("net_due_minor = tax_charged_minor - tax_credited_minor", name="ck_tax_filings_net_due"),
        sa.CheckConstraint("paid_on >= filed_on", name="ck_tax_filings_paid_on_not_before_filed_on"),
        sa.CheckConstraint(
            "period_ends_on >= period_starts_on", name="ck_tax_filings_period_ends_on_not_before_period_starts_on"
        ),
        sa.CheckConstraint(
            "reverse_charge_minor BETWEEN -999999999999999999 AND 999999999999999999",
            name="ck_tax_filings_reverse_charge_minor_range",
        ),
        sa.CheckConstraint(
            "tax_charged_minor BETWEEN 0 AND 999999999999999999", name="ck_tax_filings_tax_charged_minor_range"
        ),
        sa.CheckConstraint(
            "tax_credited_minor BETWEEN 0 AND 999999999999999999", name="ck_tax_filings_tax_credited_minor_range"
        ),
        sa.CheckConstraint(
            "taxable_minor BETWEEN -999999999999999999 AND 999999999999999999",
            name="ck_tax_filings_taxable_minor_range",
        ),
        sa.CheckConstraint(
            "zero_rated_minor BETWEEN -999999999999999999 AND 999999999999999999",
            name="ck_tax_filings_zero_rated_minor_range",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "filing_id", name="pk_tax_filings"),
        sa.UniqueConstraint(
            "tenant_id",
            "jurisdiction",
            "period_starts_on",
            name="uq_tax_filings_tenant_id_jurisdiction_period_starts_on",
        ),
    )
    op.create_table(
        "invoice_line_taxes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rate", exact, nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "CAST(rate AS NUMERIC) >= 0 AND CAST(rate AS NUMERIC) <= 1", name="ck_invoice_line_taxes_rate_range"
        ),
        sa.CheckConstraint("tax_minor BETWEEN 0 AND 999999999999999999", name="ck_invoice_line_taxes_tax_minor_range"),
        sa.CheckConstraint(
            "tax_code IN ('standard', 'reduced', 'exempt', 'zero_rated', 'reverse_charge')",
            name="ck_invoice_line_taxes_tax_code_known",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["invoice_lines.tenant_id", "invoice_lines.line_id"],
            name="fk_invoice_line_taxes_tenant_id_line_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "line_id", "jurisdiction", "kind", name="pk_invoice_line_taxes"),
    )
    # With its check in one statement, SQLite need not write the table anew.
    op.execute(
        "ALTER TABLE invoices ADD COLUMN void_posted_on DATE"
        " CONSTRAINT ck_invoices_void_posted_on_not_before_voided_on CHECK (void_posted_on >= voided_on)"
    )
