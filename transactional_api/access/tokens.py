"""Access tokens: short-lived JWTs, signed with the core's own secret (HS256), believed without asking the database.

Whoever loses a role or the account keeps what a token says until it expires; that is why they are short.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import jwt

from transactional_api.access.errors import TokenRefused
from transactional_api.access.identity import Identity
from transactional_api.access.secrets import kept_secret

ALGORITHM = "HS256"
ISSUER = "revhouse"
_CLAIMS = ["exp", "iat", "iss", "jti", "sub", "ten"]


@dataclass(frozen=True)
class AccessTokens:
    """Makes and reads tokens. Without a secret from the settings one is kept in the home."""

    home: Path
    minutes: int
    given_secret: str = ""

    @cached_property
    def _secret(self) -> bytes:
        return self.given_secret.encode() or kept_secret(self.home / "token.secret")

    def make(self, tenant_id: str, account_id: str, roles: tuple[str, ...], now: datetime) -> str:
        claims = {
            "iss": ISSUER,
            "sub": account_id,
            "ten": tenant_id,
            "rol": list(roles),
            "iat": now,
            "exp": now + timedelta(minutes=self.minutes),
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, token: str, now: datetime) -> Identity:
        """Raises TokenRefused for whatever this core did not sign, or signed for a time that is over."""
        try:
            options: Any = {"require": _CLAIMS, "verify_exp": False, "verify_iat": False}
            claims = jwt.decode(token, self._secret, [ALGORITHM], issuer=ISSUER, options=options)
        except jwt.PyJWTError as error:
            raise TokenRefused from error
        if not isinstance(claims["exp"], int) or claims["exp"] <= now.timestamp():
            raise TokenRefused
        roles = claims.get("rol")
        if not isinstance(roles, list) or not all(isinstance(one, str) for one in (*roles, claims["ten"])):
            raise TokenRefused
        account_id = str(claims["sub"])
        return Identity.of(claims["ten"], f"account:{account_id}", roles, account_id)
