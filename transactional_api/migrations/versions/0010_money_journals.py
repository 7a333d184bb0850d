"""Journals of payments, refunds and charge-backs, and the account of money that closes nothing."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """On SQLite the tables are written anew, since their checks change."""
    with op.batch_alter_table("gl_mappings") as mappings:
        mappings.drop_constraint("ck_gl_mappings_purpose_known", type_="check")
        mappings.create_check_constraint(
            "ck_gl_mappings_purpose_known",
            "purpose IN ('receivable', 'cash', 'contract_asset', 'payable', 'tax_payable',"
            " 'input_tax', 'deferred_revenue', 'revenue', 'refunds_and_credits',"
            " 'bad_debt', 'expense', 'unapplied_payments')",
        )
    with op.batch_alter_table("accounting_postings") as postings:
        postings.drop_constraint("ck_accounting_postings_document_kind_known", type_="check")
        postings.create_check_constraint(
            "ck_accounting_postings_document_kind_known",
            "document_kind IN ('invoice', 'invoice_void', 'credit_note', 'write_off', 'bill', 'bill_payment',"
            " 'recognition', 'payment', 'payment_rollback', 'allocation', 'refund', 'chargeback',"
            " 'chargeback_won', 'void_allocations')",
        )
