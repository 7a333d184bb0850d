"""The months that were closed at some time."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.tables import Base, one_of


class Period(Base):
    """A month as YYYY-MM. Up to the last closed one everything is closed, also months without a row."""

    __tablename__ = "periods"
    __table_args__ = (
        one_of("status", ("closed", "open")),
        CheckConstraint("length(month) = 7", name="month_length"),
        CheckConstraint("(status = 'open') = (reopened_at IS NOT NULL)", name="reopened_at_when_open"),
    )

    month: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[str | None]
