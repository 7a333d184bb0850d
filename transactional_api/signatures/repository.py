"""Queries for envelopes."""

from datetime import datetime

from sqlalchemy import select

from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.signatures.rules import OPEN
from transactional_api.signatures.tables import Envelope, EnvelopeDocument, EnvelopeLink, WebhookReceipt


def by_id(session: RecordedSession, envelope_id: str) -> Envelope | None:
    return find(session, Envelope, envelope_id)


def by_id_locked(session: RecordedSession, envelope_id: str) -> Envelope | None:
    return find_locked(session, Envelope, envelope_id)


def document_of(session: RecordedSession, envelope_id: str) -> EnvelopeDocument | None:
    return find(session, EnvelopeDocument, envelope_id)


def link_of(session: RecordedSession, envelope_id: str) -> EnvelopeLink | None:
    return find(session, EnvelopeLink, envelope_id)


def by_token_hash(session: RecordedSession, token_hash: str) -> EnvelopeLink | None:
    """Of any tenant: the address is all that a signer has."""
    return session.scalars(select(EnvelopeLink).where(EnvelopeLink.token_hash == token_hash)).one_or_none()


def tenant_of(session: RecordedSession, envelope_id: str, provider: str) -> str | None:
    """Of any tenant: a provider knows our reference only. Null when two tenants use the same id."""
    query = select(Envelope.tenant_id).where(Envelope.envelope_id == envelope_id, Envelope.provider == provider)
    found = session.scalars(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


def open_of(session: RecordedSession, deal_id: str) -> list[Envelope]:
    query = select(Envelope).where(
        Envelope.tenant_id == session.of_tenant, Envelope.deal_id == deal_id, Envelope.status.in_(OPEN)
    )
    return list(session.scalars(query.order_by(Envelope.envelope_id)))


def expired(session: RecordedSession, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Tenant and id of envelopes, of all tenants, that nobody signed in time."""
    query = select(Envelope.tenant_id, Envelope.envelope_id).where(
        Envelope.status == "sent", Envelope.expires_at <= now
    )
    return [(row[0], row[1]) for row in session.execute(query.order_by(Envelope.expires_at).limit(limit))]


def unanswered(session: RecordedSession, before: datetime, limit: int) -> list[tuple[str, str]]:
    """Tenant and id of envelopes, of all tenants, of which no provider said whether they were made."""
    query = select(Envelope.tenant_id, Envelope.envelope_id).where(
        Envelope.status == "requested", Envelope.created_at <= before
    )
    return [(row[0], row[1]) for row in session.execute(query.order_by(Envelope.created_at).limit(limit))]


def receipt(session: RecordedSession, provider: str, event_id: str) -> WebhookReceipt | None:
    return find(session, WebhookReceipt, provider, event_id)
