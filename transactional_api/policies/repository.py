"""Queries for policies."""

from sqlalchemy import select

from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import find, find_locked
from transactional_api.policies.tables import Policy, PolicyActivation, PolicyVersion


def by_id(session: RecordedSession, policy_id: str) -> Policy | None:
    return find(session, Policy, policy_id)


def by_id_locked(session: RecordedSession, policy_id: str) -> Policy | None:
    """The lock of a policy covers the numbering of its versions."""
    return find_locked(session, Policy, policy_id)


def version(session: RecordedSession, policy_id: str, version_no: int) -> PolicyVersion | None:
    return find(session, PolicyVersion, policy_id, version_no)


def page(session: RecordedSession, cursor: str | None, limit: int) -> Page[Policy]:
    query = select(Policy).where(Policy.tenant_id == session.of_tenant)
    return page_by_key(session, query, (Policy.policy_id,), cursor, limit)


def versions_before(session: RecordedSession, policy_id: str, before: int | None, limit: int) -> list[PolicyVersion]:
    """The newest first."""
    query = select(PolicyVersion).where(
        PolicyVersion.tenant_id == session.of_tenant, PolicyVersion.policy_id == policy_id
    )
    if before is not None:
        query = query.where(PolicyVersion.version_no < before)
    return list(session.scalars(query.order_by(PolicyVersion.version_no.desc()).limit(limit)))


def active(session: RecordedSession, kind: str) -> PolicyActivation | None:
    query = (
        select(PolicyActivation)
        .where(PolicyActivation.tenant_id == session.of_tenant, PolicyActivation.kind == kind)
        .order_by(PolicyActivation.activation_no.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def activation(session: RecordedSession, kind: str, activation_no: int) -> PolicyActivation | None:
    return find(session, PolicyActivation, kind, activation_no)
