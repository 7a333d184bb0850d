"""The dashboard's session: a signed cookie that names a key, made after that key was shown once."""

import base64
import hashlib
import hmac
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

COOKIE = "revhouse_session"


class SessionSecret:
    """Signs cookies. The secret is made at random on first use, in a file of the home that only its owner may read."""

    def __init__(self, home: Path) -> None:
        self._path = home / "session.secret"

    def sign(self, key_id: str, until: datetime) -> str:
        payload = f"{key_id}.{int(until.timestamp())}"
        return f"{payload}.{self._signature(payload)}"

    def read(self, cookie: str, now: datetime) -> str | None:
        """The key's id; None for a forged, altered or expired cookie."""
        payload, _, signature = cookie.rpartition(".")
        key_id, _, until = payload.partition(".")
        if not cookie.isascii() or not hmac.compare_digest(signature, self._signature(payload)):
            return None
        if not until.isdecimal() or int(until) <= now.timestamp():
            return None
        return key_id

    def _signature(self, payload: str) -> str:
        digest = hmac.new(self._secret(), payload.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _secret(self) -> bytes:
        if not self._path.exists():
            self._make()
        return self._path.read_bytes()

    def _make(self) -> None:
        """Written whole under another name first: of two processes that start at once, both use the one that stays."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(6)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(draft, self._path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()


def expiry(now: datetime, hours: int) -> datetime:
    return now + timedelta(hours=hours)
