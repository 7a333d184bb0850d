"""The installation's key for signatures: Ed25519, made on first use, readable by its owner only."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from transactional_api.access.secrets import kept_secret
from transactional_api.signatures.errors import SignatureKeyGone

FILE = "signing.key"


def signing_key(home: Path) -> Ed25519PrivateKey:
    """Raises SignatureKeyGone when the file cannot be read or is not a key."""
    try:
        return Ed25519PrivateKey.from_private_bytes(kept_secret(home / "signatures" / FILE))
    except (OSError, ValueError) as error:
        raise SignatureKeyGone from error
