"""Keys with their stored answers. Not logged: an answer may show personal values, which the log never holds."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.tables import Base

_WAITS = text("subject IS NOT NULL")


class IdempotencyKey(Base):
    """`status` is null while the request is not finished; `subject` names what it waits for (see `service.hold`)."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        CheckConstraint("(status IS NULL) = (body IS NULL)", name="answer_whole"),
        Index(None, "created_at"),
        Index(None, "tenant_id", "subject", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )
    is_logged = False

    caller: Mapped[str] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    created_at: Mapped[datetime]
    subject: Mapped[str | None]
    status: Mapped[int | None]
    body: Mapped[str | None]
