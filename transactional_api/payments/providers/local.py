"""The embedded provider: moves no money, answers by script, and keeps a book in which a double would be seen.

The script is the payment's `method`:

| method | answer to the charge | later |
|---|---|---|
| `card_declined`, `insufficient_funds`, `expired_card` | declined, with that code | |
| `time_out_then_success` | none, but it is booked | look-up: succeeded |
| `time_out_then_failure` | none | look-up: declined, `card_declined` |
| `time_out_never_booked` | none, every time | look-up: not there, until the core gives up |
| `late_success`, `late_failure` | accepted | look-up: decided after 5 seconds |
| `action_needed` | the payer has to act at an address | look-up: waiting; a webhook decides |
| `flaky` | try later, once | booked when it is called again |
| `refund_declined` | succeeded | its refunds are declined |
| `void_timed_out` | succeeded | its void is not answered, but booked |
| any other | succeeded | |
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from transactional_api.database import UnitOfWork
from transactional_api.kit.statements import insert_into
from transactional_api.payments.providers.port import (
    Answer,
    Charge,
    Declined,
    Event,
    NotThere,
    Return,
    Succeeded,
    TimedOut,
    TryLater,
    Waiting,
    WebhookRefused,
)
from transactional_api.payments.tables import LocalCharge
from transactional_api.settings import Settings

DECLINES = frozenset({"card_declined", "insufficient_funds", "expired_card"})
LATE = timedelta(seconds=5)
WEBHOOK_WINDOW = timedelta(minutes=5)
SIGNATURE, SENT_AT = "revhouse-signature", "revhouse-sent-at"
ADDRESS = "https://local.invalid/authenticate/"


class LocalProvider:
    """Names itself for webhooks; whatever needs the book is asked of `within(unit)`."""

    name = "local"
    is_embedded = True
    is_not_there_final = True

    def __init__(self, settings: Settings, unit: UnitOfWork | None = None) -> None:
        self._settings = settings
        self._unit = unit

    def within(self, unit: UnitOfWork) -> "LocalProvider":
        return LocalProvider(self._settings, unit)

    def charge(self, charge: Charge) -> Answer:
        """A reference that is in the book is answered from the book."""
        booked = self._booked(charge.reference) if charge.is_repeated else None
        if booked is not None:
            return self._told(booked)
        method = charge.method
        if (unbooked := _without_booking(charge)) is not None:
            return unbooked
        if method in DECLINES:
            self._book(charge, "declined", method)
            return Declined(method, charge.reference)
        if method in ("late_success", "late_failure"):
            self._book(charge, *_outcome(method), after=LATE)
            return Waiting(provider_reference=charge.reference)
        self._book(charge, *_outcome(method))
        return TimedOut() if method.startswith("time_out_then_") else Succeeded(charge.reference)

    def look_up(self, reference: str) -> Answer:
        booked = self._booked(reference)
        return NotThere() if booked is None else self._told(booked)

    def refund(self, order: Return) -> Answer:
        if (booked := self._booked(order.reference)) is not None:
            return self._told(booked)
        if order.method == "refund_declined":
            self._book(order, "declined", "refund_declined")
            return Declined("refund_declined", order.reference)
        self._book(order, "succeeded")
        return Succeeded(order.reference)

    def void(self, order: Return) -> Answer:
        if (booked := self._booked(order.reference)) is not None:
            return self._told(booked)
        self._book(order, "voided")
        return TimedOut() if order.method == "void_timed_out" else Succeeded(order.reference)

    def verify_webhook(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Event:
        """HMAC-SHA-256 over the time of sending and the body; refused without a secret in the settings."""
        sent_at, given = headers.get(SENT_AT, ""), headers.get(SIGNATURE, "")
        secret = self._settings.local_payment_webhook_secret
        if not secret or not hmac.compare_digest(given.encode(), webhook_signature(secret, sent_at, raw).encode()):
            raise WebhookRefused
        if not sent_at.isdecimal() or abs(now.timestamp() - int(sent_at)) > WEBHOOK_WINDOW.total_seconds():
            raise WebhookRefused
        message = json.loads(raw)
        reference = str(message["reference"])
        if message["outcome"] == "succeeded":
            return Event(reference, Succeeded(reference))
        return Event(reference, Declined(str(message.get("code", "declined")), reference))

    def _booked(self, reference: str) -> LocalCharge | None:
        unit = self._in()
        query = select(LocalCharge).where(LocalCharge.tenant_id == unit.tenant_id, LocalCharge.reference == reference)
        return unit.session.scalars(query).one_or_none()

    def _told(self, booked: LocalCharge) -> Answer:
        if booked.decided_at > self._in().now:
            return Waiting(provider_reference=booked.reference)
        if booked.outcome == "declined":
            return Declined(str(booked.code), booked.reference)
        return Succeeded(booked.reference)

    def _book(
        self, call: Charge | Return, outcome: str, code: str | None = None, after: timedelta = timedelta(0)
    ) -> None:
        unit = self._in()
        row = {
            "tenant_id": unit.tenant_id,
            "reference": call.reference,
            "payment_id": call.payment_id,
            "kind": "charge" if isinstance(call, Charge) else call.kind,
            "amount_minor": call.amount_minor,
            "currency": call.currency,
            "outcome": outcome,
            "code": code,
            "decided_at": unit.now + after,
        }
        insert_into(LocalCharge).write(unit.session.connection(), row)

    def _in(self) -> UnitOfWork:
        assert self._unit is not None, "the embedded provider is asked within a transaction"
        return self._unit


def webhook_signature(secret: str, sent_at: str, raw: bytes) -> str:
    """`sent_at` is in whole seconds since 1970, as text."""
    return hmac.new(secret.encode(), f"{sent_at}.".encode() + raw, hashlib.sha256).hexdigest()


def _without_booking(charge: Charge) -> Answer | None:
    if charge.method == "time_out_never_booked":
        return TimedOut()
    if charge.method == "flaky" and not charge.is_repeated:
        return TryLater()
    if charge.method == "action_needed":
        return Waiting(f"{ADDRESS}{charge.reference}", charge.reference)
    return None


def _outcome(method: str) -> tuple[str, str | None]:
    return ("declined", "card_declined") if method.endswith("_failure") else ("succeeded", None)
