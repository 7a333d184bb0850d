"""Rewrites the database's files soon after an erasure."""

from transactional_api.database import Database
from transactional_api.kit.jobs import Job
from transactional_api.privacy.cleaning import clean
from transactional_api.settings import Settings


def _clean(database: Database, _settings: Settings) -> int:
    return clean(database)


JOBS = (Job("clean_after_erasure", 30, _clean),)
