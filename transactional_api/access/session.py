"""The dashboard's session: a signed cookie that names an account or a key, made after it proved itself once."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from pathlib import Path

from transactional_api.access.secrets import kept_secret

COOKIE = "revhouse_session"


class SessionSecret:
    """Signs cookies, with a secret of the home."""

    def __init__(self, home: Path) -> None:
        self._path = home / "session.secret"

    def sign(self, holder: str, until: datetime) -> str:
        payload = f"{holder}.{int(until.timestamp())}"
        return f"{payload}.{self._signature(payload)}"

    def read(self, cookie: str, now: datetime) -> str | None:
        """The holder; None for a forged, altered or expired cookie."""
        payload, _, signature = cookie.rpartition(".")
        holder, _, until = payload.rpartition(".")
        if not cookie.isascii() or not hmac.compare_digest(signature, self._signature(payload)):
            return None
        if not until.isdecimal() or int(until) <= now.timestamp():
            return None
        return holder

    def _signature(self, payload: str) -> str:
        digest = hmac.new(kept_secret(self._path), payload.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def expiry(now: datetime, hours: int) -> datetime:
    return now + timedelta(hours=hours)
