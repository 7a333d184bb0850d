"""Queries for approvals."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from transactional_api.access.tables import Account, ApiKey
from transactional_api.approvals.tables import ApprovalDelegation, ApprovalRequest, ApprovalStep
from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked


def by_id(session: RecordedSession, request_id: str) -> ApprovalRequest | None:
    return find(session, ApprovalRequest, request_id)


def by_id_locked(session: RecordedSession, request_id: str) -> ApprovalRequest | None:
    """The lock of a request covers its steps and its history."""
    return find_locked(session, ApprovalRequest, request_id)


def of_subjects(session: RecordedSession, subject_kind: str, subject_ids: Sequence[str]) -> list[ApprovalRequest]:
    """With steps and history, the oldest first."""
    query = (
        select(ApprovalRequest)
        .where(
            ApprovalRequest.tenant_id == session.of_tenant,
            ApprovalRequest.subject_kind == subject_kind,
            ApprovalRequest.subject_id.in_(subject_ids),
        )
        .options(selectinload(ApprovalRequest.steps), selectinload(ApprovalRequest.history))
        .order_by(ApprovalRequest.requested_at, ApprovalRequest.request_id)
    )
    return list(session.scalars(query))


def overdue(session: RecordedSession, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Tenant and request of steps, of all tenants, whose deadline has passed and that were not escalated yet."""
    query = (
        select(ApprovalStep.tenant_id, ApprovalStep.request_id)
        .where(
            ApprovalStep.status == "open",
            ApprovalStep.due_at <= now,
            ApprovalStep.escalated_at.is_(None),
            ApprovalStep.escalation_role.is_not(None),
        )
        .order_by(ApprovalStep.due_at)
        .limit(limit)
    )
    return list(dict.fromkeys((str(row[0]), str(row[1])) for row in session.execute(query)))


def delegators(session: RecordedSession, to_account_id: str, on: date) -> list[Account]:
    """Active accounts for which the account stands in on that day."""
    query = (
        select(Account)
        .join(
            ApprovalDelegation,
            (ApprovalDelegation.tenant_id == Account.tenant_id)
            & (ApprovalDelegation.from_account_id == Account.account_id),
        )
        .where(
            ApprovalDelegation.tenant_id == session.of_tenant,
            ApprovalDelegation.to_account_id == to_account_id,
            ApprovalDelegation.starts_on <= on,
            ApprovalDelegation.ends_on > on,
            ApprovalDelegation.revoked_at.is_(None),
            Account.status == "active",
        )
        .order_by(Account.account_id)
    )
    return list(session.scalars(query).unique())


def delegation_locked(session: RecordedSession, delegation_id: str) -> ApprovalDelegation | None:
    return find_locked(session, ApprovalDelegation, delegation_id)


def delegations(
    session: RecordedSession, account_id: str | None, cursor: str | None, limit: int
) -> Page[ApprovalDelegation]:
    """All of the tenant, or those from or to an account."""
    query = select(ApprovalDelegation).where(ApprovalDelegation.tenant_id == session.of_tenant)
    if account_id is not None:
        query = query.where(
            (ApprovalDelegation.from_account_id == account_id) | (ApprovalDelegation.to_account_id == account_id)
        )
    return page_by_key(session, query, (ApprovalDelegation.delegation_id,), cursor, limit)


def key_named(session: RecordedSession, key_id: str) -> ApiKey | None:
    return find(session, ApiKey, key_id)
