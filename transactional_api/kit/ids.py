"""Ids: the caller's own where given, else ones that grow with time. They are text, exact and case-sensitive."""

import re
import secrets
import time

from transactional_api.kit.errors import ValueRefused

ID_PATTERN = r"^[^\x00-\x20\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{0,198}[^\x00-\x20\x7f-\x9f])?$"
_ID = re.compile(ID_PATTERN)


class IdRefused(ValueRefused):
    """1 to 200 characters, no control characters (they separate the parts of a key in the log), no outer spaces."""


def id_or_new(given: str | None, prefix: str, field: str) -> str:
    """The caller's id after a check, or a new one: the millisecond, for indexes that grow at their end instead of
    everywhere, and 64 random bits. Nothing reads the time out of it."""
    if given is None:
        return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"
    return checked_id(given, field)


def checked_id(given: str, field: str) -> str:
    if not _ID.fullmatch(given):
        raise IdRefused("an id has 1 to 200 characters without control characters or outer spaces", field)
    return given
