"""Forgets keys that are too old to be asked for again."""

from transactional_api.database import Database
from transactional_api.idempotency.service import forget_old
from transactional_api.kit.jobs import Job
from transactional_api.settings import Settings


def _forget(database: Database, _settings: Settings) -> int:
    return forget_old(database)


JOBS = (Job("forget_idempotency_keys", 3600, _forget),)
