"""Envelopes with the evidence of who signed, the documents in them, and what keeps links and messages unique."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.tables import Base, after, one_of, reference

STATUSES = ("requested", "sent", "signed", "declined", "expired", "voided", "failed")
OPEN = text("status IN ('requested', 'sent')")


class Envelope(Base):
    """One document sent out to be signed. `signer_digest` stands for the signer's personal values in the evidence, so
    that the signature over it can be checked after they were erased. `public_key` is Ed25519, base64."""

    __tablename__ = "envelopes"
    __table_args__ = (
        reference("deal_id", "deals"),
        reference("quote_id", "quotes"),
        reference("customer_id", "customers"),
        one_of("status", STATUSES),
        after("expires_at", "created_at"),
        CheckConstraint("length(document_sha256) = 64", name="document_sha256_length"),
        CheckConstraint("(status = 'signed') = (signed_at IS NOT NULL)", name="signed_at_when_signed"),
        CheckConstraint("(signature IS NULL) = (signer_digest IS NULL)", name="signature_whole"),
        CheckConstraint("(signature IS NULL) = (public_key IS NULL)", name="signature_has_key"),
        CheckConstraint("signature IS NULL OR status = 'signed'", name="signature_when_signed"),
        CheckConstraint("provider <> 'local' OR status <> 'signed' OR signature IS NOT NULL", name="local_is_proven"),
        Index(
            "uq_envelopes_tenant_id_deal_id_open",
            "tenant_id",
            "deal_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index(None, "status", "expires_at"),
    )
    personal_columns = ("signer_name", "signer_email", "signer_address", "signer_agent")

    envelope_id: Mapped[str] = mapped_column(primary_key=True)
    deal_id: Mapped[str]
    quote_id: Mapped[str]
    customer_id: Mapped[str | None]
    provider: Mapped[str]
    provider_reference: Mapped[str | None]
    status: Mapped[str]
    failure: Mapped[str | None]
    document_sha256: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    signer_digest: Mapped[str | None]
    signature: Mapped[str | None]
    public_key: Mapped[str | None]
    signer_name: Mapped[str | None]
    signer_email: Mapped[str | None]
    signer_address: Mapped[str | None]
    signer_agent: Mapped[str | None]


class EnvelopeDocument(Base):
    """What is signed, byte by byte. It names the customer, so it is personal as a whole; its hash is in the log."""

    __tablename__ = "envelope_documents"
    __table_args__ = (reference("envelope_id", "envelopes"),)
    is_logged = False
    personal_columns = ("content",)

    envelope_id: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    content: Mapped[str | None] = mapped_column(Text)


class EnvelopeLink(Base):
    """The hash of the token in an address of the embedded provider. `salt` keeps the signer's digest from being
    guessed, and goes with the signer's values."""

    __tablename__ = "envelope_links"
    __table_args__ = (reference("envelope_id", "envelopes"), UniqueConstraint("token_hash"))
    is_logged = False
    personal_columns = ("salt",)

    envelope_id: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str]
    expires_at: Mapped[datetime]
    salt: Mapped[str | None]


class WebhookReceipt(Base):
    """A message of a provider that was acted on; told again, it is answered and nothing else."""

    __tablename__ = "webhook_receipts"
    is_logged = False

    provider: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
