"""Indexes that every payment had to keep and nobody asked: one of postings serves where four stood, and keys that wait
for nothing are not listed by what they wait for."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_WAITS = sa.text("subject IS NOT NULL")


def upgrade() -> None:
    """On SQLite the table of postings is written anew, since its constraints change."""
    op.drop_index("ix_accounting_postings_tenant_id_document_id", "accounting_postings")
    with op.batch_alter_table("accounting_postings") as postings:
        postings.drop_constraint("uq_accounting_postings_tenant_id_reference", type_="unique")
        postings.drop_constraint("uq_accounting_postings_document", type_="unique")
        postings.create_unique_constraint(
            "uq_accounting_postings_document", ["tenant_id", "document_id", "document_kind", "system"]
        )
    op.drop_index("ix_idempotency_keys_tenant_id_subject", "idempotency_keys")
    op.create_index(
        "ix_idempotency_keys_tenant_id_subject",
        "idempotency_keys",
        ["tenant_id", "subject"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
