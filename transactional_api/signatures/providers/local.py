"""The embedded provider: a page of the core's own where the customer signs (see `signing.py`)."""

from collections.abc import Mapping
from datetime import datetime

from transactional_api.access.secrets import hash_token
from transactional_api.database import UnitOfWork
from transactional_api.kit.rows import add, find
from transactional_api.settings import Settings
from transactional_api.signatures.providers.port import Failed, Heard, Made, Order, Unknown, WebhookRefused
from transactional_api.signatures.rules import new_secret
from transactional_api.signatures.tables import EnvelopeLink

# The port's arguments keep their names, so they stay in signatures that do not use them.
# ruff: noqa: ARG002


class LocalProvider:
    """Gives an address with 256 random bits, of which only the hash is kept; a new one replaces the one before."""

    name = "local"
    is_embedded = True

    def __init__(self, settings: Settings, unit: UnitOfWork | None = None) -> None:
        self._settings = settings
        self._unit = unit

    def within(self, unit: UnitOfWork) -> "LocalProvider":
        return LocalProvider(self._settings, unit)

    def create(self, order: Order) -> Made | Failed | Unknown:
        link = EnvelopeLink(
            tenant_id=self._in().tenant_id, envelope_id=order.reference, expires_at=order.expires_at, salt=new_secret()
        )
        address = self._renew(link)
        add(self._in().session, link)
        return Made(order.reference, address)

    def signing_address(self, reference: str, provider_reference: str) -> str | None:
        link = find(self._in().session, EnvelopeLink, reference)
        return None if link is None else self._renew(link)

    def look_up(self, reference: str, provider_reference: str | None) -> Heard | None:
        """There is nothing to ask: the core's own rows say it."""
        return None

    def void(self, reference: str, provider_reference: str) -> None:
        """The envelope's own state is asked before anybody signs."""

    def read_webhook(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Heard:
        raise WebhookRefused

    def _renew(self, link: EnvelopeLink) -> str:
        token = new_secret()
        link.token_hash = hash_token(token)
        return f"{self._settings.public_url.rstrip('/')}/sign/{token}"

    def _in(self) -> UnitOfWork:
        assert self._unit is not None, "the embedded provider is asked within a transaction"
        return self._unit
