"""The tenant's own accounts, and what is on its way to an accounting system."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.accounting.rules import KINDS, PURPOSES
from transactional_api.kit.tables import Base, currency_code, one_of


class GlMapping(Base):
    """The account of a purpose; `detail` is the product of revenue, the category of expenses, or `*` for all others."""

    __tablename__ = "gl_mappings"
    __table_args__ = (one_of("purpose", PURPOSES),)

    purpose: Mapped[str] = mapped_column(primary_key=True)
    detail: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str]
    account_name: Mapped[str]


class AccountingPosting(Base):
    """A journal and whether the accounting system has it. Not logged: the document that it comes from is.

    `reference` is ours, made of the document's identity, and what the system is asked for after a crash.
    `document_json` is what is sent, accounts included, as decided when the document was posted; a payment's when it is
    carried for the first time. `reverses` is the posting that this one takes back.
    """

    __tablename__ = "accounting_postings"
    __table_args__ = (
        one_of("document_kind", KINDS),
        one_of("status", ("pending", "posted", "failed")),
        currency_code(),
        UniqueConstraint("tenant_id", "document_id", "document_kind", "system", name="uq_accounting_postings_document"),
        CheckConstraint("(status = 'posted') = (external_id IS NOT NULL)", name="external_id_when_posted"),
        CheckConstraint("(status = 'posted') = (posted_at IS NOT NULL)", name="posted_at_when_posted"),
        CheckConstraint("(status = 'pending') = (next_attempt_at IS NOT NULL)", name="next_attempt_while_pending"),
        CheckConstraint("attempts >= 0", name="attempts_range"),
        Index(None, "next_attempt_at"),
    )
    is_logged = False

    posting_id: Mapped[str] = mapped_column(primary_key=True)
    document_kind: Mapped[str]
    document_id: Mapped[str]
    system: Mapped[str]
    reference: Mapped[str]
    reverses: Mapped[str | None]
    posted_on: Mapped[date]
    currency: Mapped[str]
    document_json: Mapped[str] = mapped_column(Text)
    status: Mapped[str]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    external_id: Mapped[str | None]
    created_at: Mapped[datetime]
    posted_at: Mapped[datetime | None]
