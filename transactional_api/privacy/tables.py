"""Erasures. The log keeps that a customer was erased, when and why; what was erased stands nowhere."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.tables import Base, one_of, reference

REASONS = ("data_subject_request", "consent_withdrawn", "retention_ended", "other")


class Erasure(Base):
    """A customer may be erased again, when new values have come in. `subject_token` is null for a customer that only
    dropped files know, for whom there is no row to refer to."""

    __tablename__ = "erasures"
    __table_args__ = (one_of("reason", REASONS), Index(None, "tenant_id", "customer_id"))

    erasure_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    subject_token: Mapped[str | None]
    requested_at: Mapped[datetime]
    reason: Mapped[str]


class ErasureCleaning(Base):
    """The database's files were rewritten after the erasure, so that no old page holds a value any more."""

    __tablename__ = "erasure_cleanings"
    __table_args__ = (reference("erasure_id", "erasures"),)
    is_logged = False

    erasure_id: Mapped[str] = mapped_column(primary_key=True)
    cleaned_at: Mapped[datetime]
