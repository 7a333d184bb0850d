"""Signing on the core's own page: the address is the authority, and what is kept proves who signed which bytes when."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from transactional_api.access.secrets import hash_token
from transactional_api.database import Database, UnitOfWork
from transactional_api.deals import service as deals
from transactional_api.quotes.errors import DealLost, QuoteOver, WrongQuoteState
from transactional_api.quotes.service import mark_signed
from transactional_api.signatures import repository, rules, service
from transactional_api.signatures.errors import LinkOver, LinkUnknown
from transactional_api.signatures.rules import Signer, Statement
from transactional_api.signatures.tables import Envelope


@dataclass(frozen=True)
class Shown:
    """What stands behind an address."""

    envelope: Envelope
    document: str


@dataclass(frozen=True)
class Proof:
    """What can be proven of a signature. Null where there is nothing to prove it by: another provider's envelope, or
    values that were erased."""

    is_document_unchanged: bool | None
    is_signer_unchanged: bool | None
    is_signature_valid: bool | None


def show(database: Database, token: str) -> Shown:
    """Raises LinkUnknown, LinkOver, DocumentChanged. What is signed is shown still."""
    tenant_id, envelope_id = _behind(database, token)
    with database.read(tenant_id) as unit:
        envelope = repository.by_id(unit.session, envelope_id)
        assert envelope is not None, "a link refers to its envelope"
        if envelope.status != rules.SIGNED:
            rules.check_open(envelope.status, envelope.expires_at, unit.now)
        return Shown(envelope, service.checked_document(unit, envelope))


def sign(database: Database, token: str, signer: Signer, *, has_consented: bool, key: Ed25519PrivateKey) -> Envelope:
    """Signs, and accepts the quote, in one transaction. Nothing of it stays if any of it is refused."""
    tenant_id, envelope_id = _behind(database, token)
    with database.transaction(tenant_id, f"signer:{envelope_id}") as unit:
        known = repository.by_id(unit.session, envelope_id)
        assert known is not None, "a link refers to its envelope"
        deals.get_deal_locked(unit, known.deal_id)
        envelope = service.get_envelope_locked(unit, envelope_id)
        rules.check_open(envelope.status, envelope.expires_at, unit.now)
        service.checked_document(unit, envelope)
        rules.check_signer(signer.name, has_consented)
        try:
            mark_signed(unit, envelope.quote_id)
        except (DealLost, QuoteOver, WrongQuoteState) as error:
            raise LinkOver(rules.VOIDED) from error
        _keep(unit, envelope, signer, key)
        return envelope


def prove(unit: UnitOfWork, envelope: Envelope) -> Proof:
    """Everything that was kept, recomputed."""
    kept = repository.document_of(unit.session, envelope.envelope_id)
    content = None if kept is None else kept.content
    unchanged = None if content is None else rules.sha256(content.encode()) == envelope.document_sha256
    if envelope.signature is None or envelope.public_key is None or envelope.signer_digest is None:
        return Proof(unchanged, None, None)
    link = repository.link_of(unit.session, envelope.envelope_id)
    is_signer = None
    if link is not None and link.salt and envelope.signer_name is not None:
        is_signer = rules.signer_digest(link.salt, _signer(envelope)) == envelope.signer_digest
    statement = _statement(envelope, envelope.signer_digest)
    return Proof(unchanged, is_signer, rules.is_signed(statement, envelope.signature, envelope.public_key))


def _keep(unit: UnitOfWork, envelope: Envelope, signer: Signer, key: Ed25519PrivateKey) -> None:
    link = repository.link_of(unit.session, envelope.envelope_id)
    assert link is not None and link.salt, "the signer came by the link"
    envelope.status, envelope.signed_at = rules.SIGNED, unit.now
    envelope.signer_name, envelope.signer_email = signer.name, signer.email
    envelope.signer_address, envelope.signer_agent = signer.address, signer.agent
    envelope.signer_digest = rules.signer_digest(link.salt, signer)
    envelope.signature, envelope.public_key = rules.sign(key, _statement(envelope, envelope.signer_digest))


def _statement(envelope: Envelope, digest: str) -> Statement:
    assert envelope.signed_at is not None, "only what is signed makes a statement"
    return Statement(
        tenant_id=envelope.tenant_id,
        envelope_id=envelope.envelope_id,
        deal_id=envelope.deal_id,
        quote_id=envelope.quote_id,
        document_sha256=envelope.document_sha256,
        signed_at=rules.statement_at(envelope.signed_at),
        signer_digest=digest,
    )


def _signer(envelope: Envelope) -> Signer:
    return Signer(envelope.signer_name or "", envelope.signer_email, envelope.signer_address, envelope.signer_agent)


def _behind(database: Database, token: str) -> tuple[str, str]:
    with database.all_tenants(writes=False) as session:
        link = repository.by_token_hash(session, hash_token(token))
        if link is None:
            raise LinkUnknown
        return link.tenant_id, link.envelope_id
