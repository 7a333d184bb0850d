"""Forgets refresh tokens that nobody can use any more."""

from sqlalchemy import delete

from transactional_api.access.tables import RefreshToken
from transactional_api.database import Database
from transactional_api.kit.jobs import Job
from transactional_api.settings import Settings


def _forget(database: Database, _settings: Settings) -> int:
    with database.all_tenants() as session:
        old = delete(RefreshToken).where(RefreshToken.expires_at < database.clock.now())
        return int(session.execute(old).rowcount)  # type: ignore[attr-defined]


JOBS = (Job("forget_refresh_tokens", 3600, _forget),)
