"""Signatures on the wire."""

from pydantic import Field

from transactional_api.idempotency.service import Answer
from transactional_api.kit.http import Body, InstantText, Result, Words
from transactional_api.signatures.signing import Proof
from transactional_api.signatures.tables import Envelope


class SignIn(Body):
    provider: Words | None = Field(None, description="Absent: the one of the settings.")


class EnvelopeOut(Result):
    """`signing_address` is where the customer signs: a secret, shown in this answer only. Asking again for the same
    quote gives a new address, and the one before is good for nothing."""

    envelope_id: str
    deal_id: str
    quote_id: str
    provider: str
    status: str
    failure: str | None
    document_sha256: str
    created_at: InstantText
    expires_at: InstantText
    signing_address: str | None

    @classmethod
    def of(cls, envelope: Envelope, signing_address: str | None) -> "EnvelopeOut":
        facts = {name: getattr(envelope, name, None) for name in cls.model_fields}
        return cls.model_validate(facts | {"signing_address": signing_address})


class ProofOut(Result):
    """Recomputed for this answer. Null where there is nothing to prove it by."""

    is_document_unchanged: bool | None
    is_signer_unchanged: bool | None
    is_signature_valid: bool | None


class SignatureOut(Result):
    """`signature` is Ed25519 with `public_key` (both base64) over the canonical JSON of tenant_id, envelope_id,
    deal_id, quote_id, document_sha256, signed_at and signer_digest."""

    envelope_id: str
    deal_id: str
    quote_id: str
    provider: str
    status: str
    failure: str | None
    document: str | None
    document_sha256: str
    created_at: InstantText
    expires_at: InstantText
    signed_at: InstantText | None
    signer_name: str | None
    signer_email: str | None
    signer_address: str | None
    signer_agent: str | None
    signer_digest: str | None
    signature: str | None
    public_key: str | None
    proof: ProofOut

    @classmethod
    def of(cls, envelope: Envelope, document: str | None, proof: Proof) -> "SignatureOut":
        facts = {name: getattr(envelope, name, None) for name in cls.model_fields}
        return cls.model_validate(facts | {"document": document, "proof": proof})


class ReceivedOut(Result):
    """`has_changed` is false for a message that came before, or that changes nothing."""

    has_changed: bool


def answer_of(out: EnvelopeOut) -> Answer:
    """What is stored under a key whose request never got to its end."""
    return Answer(201, out.model_dump_json())
