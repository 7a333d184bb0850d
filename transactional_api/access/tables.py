"""API keys. Not logged: their own columns say who made and who revoked them, and a hash has no place in the log."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.tables import Base


class ApiKey(Base):
    """`key_hash` is the SHA-256 of 256 random bits; the key itself is shown once and kept nowhere."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_id"),)
    is_logged = False

    key_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    key_hash: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
