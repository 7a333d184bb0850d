"""When a delivery is tried again, what a message is called, and how it is signed. Pure."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from standardwebhooks import Webhook

from transactional_api.kit.clock import instant_text

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=12)
LONGEST_RETRY_AFTER = timedelta(hours=24)
WINDOW = timedelta(minutes=5)
FAILURES_BEFORE_REST = 3
GONE = 410


def message_id(tenant_id: str, endpoint_id: str, change_no: int, event_type: str) -> str:
    """The same event for the same endpoint has the same id, however often it is sent; ids sort by change number."""
    name = "\x1f".join((tenant_id, endpoint_id, str(change_no), event_type))
    return f"evt_{change_no:012d}_{hashlib.sha256(name.encode()).hexdigest()[:20]}"


def wait_before_retry(message: str, attempts: int, retry_after: timedelta | None = None) -> timedelta:
    """5 s after the first failed attempt, then three times as long each time up to 12 h, give or take a fifth.

    The fifth depends on the message alone, so that it can be foretold. A longer `Retry-After` is honoured up to a day.
    """
    longest = LONGEST_WAIT.total_seconds()
    wait = min(FIRST_WAIT.total_seconds() * 3 ** min(attempts - 1, 20), longest)
    share = int.from_bytes(hashlib.sha256(f"{message}:{attempts}".encode()).digest()[:4]) / 2**32
    jittered = timedelta(seconds=wait * (0.8 + 0.4 * share))
    return max(jittered, min(retry_after or timedelta(), LONGEST_RETRY_AFTER))


def rest_after(failures_in_row: int) -> timedelta | None:
    """How long an endpoint that fails again and again is left alone: from the third failure on, 5 s to 5 min."""
    if failures_in_row < FAILURES_BEFORE_REST:
        return None
    return min(timedelta(seconds=5 * 2 ** min(failures_in_row - FAILURES_BEFORE_REST, 10)), timedelta(minutes=5))


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """A header in seconds or as a date; None for what is neither or is over."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit() and len(header.strip()) < 10:
        return timedelta(seconds=int(header))
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return until - now if until > now else None


def payload(event_type: str, changed_at: datetime, data: Any, tenant_id: str, change_no: int) -> str:
    """The body of a message. The same event always has the same bytes."""
    body = {
        "type": event_type,
        "timestamp": instant_text(changed_at),
        "data": data,
        "tenant": tenant_id,
        "change_no": change_no,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def new_secret() -> str:
    """192 random bits, in the form that Standard Webhooks gives secrets."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def signatures(given_secrets: list[str], message: str, at: datetime, body: str) -> str:
    """The header's value: a signature for every secret that holds."""
    return " ".join(Webhook(secret).sign(message, at, body) for secret in given_secrets)


def is_signed(given_secrets: list[str], message: str, timestamp: str, header: str, body: bytes, now: datetime) -> bool:
    """Whether one of the secrets signed exactly these bytes within five minutes of now."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(now - at) > WINDOW:
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    expected = [_raw(Webhook(secret).sign(message, at, text)) for secret in given_secrets]
    shown = [_raw(part) for part in header.split(" ")[:10]]
    return any(one and hmac.compare_digest(one, other) for one in shown for other in expected)


def _raw(signature: str) -> bytes:
    version, _, encoded = signature.partition(",")
    try:
        return base64.b64decode(encoded, validate=True) if version == "v1" else b""
    except (binascii.Error, ValueError):
        return b""
