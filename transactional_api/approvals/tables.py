"""Requests for approval, their steps, everything that happened to them, and who stands in for whom."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.kit.tables import Base, after, one_of, reference

REQUEST_STATUSES = ("pending", "approved", "rejected", "withdrawn")
STEP_STATUSES = ("waiting", "open", "approved", "rejected", "skipped")
HAPPENED = ("requested", "opened", "approved", "rejected", "escalated", "withdrawn")


class ApprovalRequest(Base):
    """`subject_kind` and `subject_id` name what waits. `requested_principal` is the account, or the key without one,
    behind `requested_by`; `customer_id` is whom the subject is about."""

    __tablename__ = "approval_requests"
    __table_args__ = (
        reference("customer_id", "customers"),
        one_of("status", REQUEST_STATUSES),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name="decided_at_when_decided"),
        Index(None, "tenant_id", "subject_kind", "subject_id"),
    )

    request_id: Mapped[str] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    customer_id: Mapped[str | None]
    status: Mapped[str]
    requested_by: Mapped[str]
    requested_principal: Mapped[str]
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]

    steps: Mapped[list["ApprovalStep"]] = relationship(order_by="ApprovalStep.step_no", cascade="all, delete-orphan")
    history: Mapped[list["ApprovalEvent"]] = relationship(
        order_by="ApprovalEvent.event_no", cascade="all, delete-orphan"
    )


class ApprovalStep(Base):
    """One question to a role or an account. `due_at` runs from when the step opened; `decided_for` is the account in
    whose place a delegate decided."""

    __tablename__ = "approval_steps"
    __table_args__ = (
        reference("request_id", "approval_requests"),
        reference("account_id", "accounts"),
        one_of("status", STEP_STATUSES),
        CheckConstraint("position >= 1 AND step_no >= 1", name="position_range"),
        CheckConstraint("role IS NOT NULL OR account_id IS NOT NULL", name="asks_somebody"),
        CheckConstraint("(status IN ('approved', 'rejected')) = (decided_by IS NOT NULL)", name="decided_by_somebody"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_at_once"),
        CheckConstraint("status IN ('waiting', 'skipped') OR opened_at IS NOT NULL", name="opened_before_decided"),
        Index(None, "status", "due_at"),
    )

    request_id: Mapped[str] = mapped_column(primary_key=True)
    step_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    name: Mapped[str]
    role: Mapped[str | None]
    account_id: Mapped[str | None]
    deadline_hours: Mapped[int | None]
    escalation_role: Mapped[str | None]
    status: Mapped[str]
    opened_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decided_for: Mapped[str | None]


class ApprovalEvent(Base):
    """What happened, in order. Only ever added to."""

    __tablename__ = "approval_events"
    __table_args__ = (
        reference("request_id", "approval_requests"),
        one_of("happened", HAPPENED),
        CheckConstraint("event_no >= 1", name="event_no_range"),
    )
    personal_columns = ("comment",)

    request_id: Mapped[str] = mapped_column(primary_key=True)
    event_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    happened: Mapped[str]
    step_no: Mapped[int | None]
    actor: Mapped[str]
    for_account_id: Mapped[str | None]
    happened_at: Mapped[datetime]
    comment: Mapped[str | None]


class ApprovalDelegation(Base):
    """From `starts_on` up to before `ends_on` (UTC) one account may decide what another one is asked."""

    __tablename__ = "approval_delegations"
    __table_args__ = (
        reference("from_account_id", "accounts", "account_id"),
        reference("to_account_id", "accounts", "account_id"),
        CheckConstraint("from_account_id <> to_account_id", name="to_somebody_else"),
        after("ends_on", "starts_on"),
        Index(None, "tenant_id", "to_account_id"),
    )

    delegation_id: Mapped[str] = mapped_column(primary_key=True)
    from_account_id: Mapped[str]
    to_account_id: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
