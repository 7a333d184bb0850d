"""What is signed and how it is checked. Pure: the key and the time are handed in."""

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from transactional_api.kit.clock import instant_text
from transactional_api.signatures.errors import AlreadySigned, LinkOver, SignatureRefused

CONSENT = "I have read the document and accept it; my name typed here is my signature."
REQUESTED, SENT, SIGNED = "requested", "sent", "signed"
DECLINED, EXPIRED, VOIDED, FAILED = "declined", "expired", "voided", "failed"
OPEN = (REQUESTED, SENT)


@dataclass(frozen=True)
class Signer:
    """Who signed, as they named themselves, from where and with what."""

    name: str
    email: str | None
    address: str | None
    agent: str | None


@dataclass(frozen=True)
class Statement:
    """What the signature is over. `signer_digest` is SHA-256 over a secret salt and the signer's values."""

    tenant_id: str
    envelope_id: str
    deal_id: str
    quote_id: str
    document_sha256: str
    signed_at: str
    signer_digest: str

    def text(self) -> bytes:
        """Canonical JSON: keys sorted, no spaces, UTF-8."""
        return _canonical(asdict(self))


def new_secret() -> str:
    """256 random bits as text that needs no escaping."""
    return secrets.token_urlsafe(32)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def signer_digest(salt: str, signer: Signer) -> str:
    return sha256(_canonical({"salt": salt, "consent": CONSENT, **asdict(signer)}))


def sign(key: Ed25519PrivateKey, statement: Statement) -> tuple[str, str]:
    """The signature and the public key that proves it, base64."""
    return _text(key.sign(statement.text())), _text(key.public_key().public_bytes_raw())


def is_signed(statement: Statement, signature: str, public_key: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key)).verify(
            base64.b64decode(signature), statement.text()
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def check_open(status: str, expires_at: datetime, now: datetime) -> None:
    """Signed once, and only while it is out."""
    if status == SIGNED:
        raise AlreadySigned
    if status != SENT:
        raise LinkOver(status)
    if now >= expires_at:
        raise LinkOver(EXPIRED)


def check_signer(name: str, has_consented: bool) -> None:
    if not 2 <= len(name) <= 200 or not name.isprintable():
        raise SignatureRefused("a signature is the signer's name, 2 to 200 characters", "name")
    if not has_consented:
        raise SignatureRefused("nobody signs without consent", "consent")


def subject(envelope_id: str) -> str:
    """The name under which a key waits for an envelope."""
    return f"envelope:{envelope_id}"


def statement_at(moment: datetime) -> str:
    return instant_text(moment)


def _canonical(values: dict[str, str | None]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
