"""Whose key it is, remembered for a second: every request by key asks, and most come in a row.

A key that is revoked, or whose account is changed, is forgotten at once by the process that does it, and by all others
within a second. Access tokens are believed for minutes.
"""

import hashlib
import time
from collections.abc import Callable
from weakref import WeakSet

from sqlalchemy import event
from sqlalchemy.orm import object_session

from transactional_api.access.identity import Identity
from transactional_api.access.service import identify
from transactional_api.access.tables import Account, ApiKey
from transactional_api.database import Database

SECONDS = 1.0
MOST_KEYS = 10_000


class KeyRing:
    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[bytes, tuple[Identity, float]] = {}
        self._forgotten = 0
        _rings.add(self)

    def remembered(self, key: str) -> Identity | None:
        found = self._known.get(_name(key))
        return found[0] if found is not None and self._clock() - found[1] < SECONDS else None

    def identify(self, key: str) -> Identity:
        """Asks the database. Raises KeyRefused."""
        asked_at, forgotten = self._clock(), self._forgotten
        identity = identify(self._database, key)
        if len(self._known) >= MOST_KEYS:
            self._known.clear()
        if forgotten == self._forgotten:  # else the answer may be older than what was forgotten
            self._known[_name(key)] = (identity, asked_at)
        return identity

    def forget(self) -> None:
        self._forgotten += 1
        self._known.clear()


_rings: WeakSet[KeyRing] = WeakSet()


@event.listens_for(Account, "after_update")
@event.listens_for(Account, "after_delete")
@event.listens_for(ApiKey, "after_update")
@event.listens_for(ApiKey, "after_delete")
def _changed(_mapper: object, _connection: object, row: Account | ApiKey) -> None:
    """Forgotten once the transaction is committed."""
    session = object_session(row)
    if session is not None:
        event.listen(session, "after_commit", _forget_all, once=True)


def _forget_all(_session: object) -> None:
    for ring in list(_rings):
        ring.forget()


def _name(key: str) -> bytes:
    """The key itself is kept nowhere, so not in memory either."""
    return hashlib.sha256(key.encode()).digest()
