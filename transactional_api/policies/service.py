"""What can be done with policies: write a version, make it active, go back, and ask the active one."""

import hashlib
from dataclasses import dataclass

from transactional_api.access.permissions import ROLES
from transactional_api.database import UnitOfWork
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.rows import add
from transactional_api.policies import repository, rules
from transactional_api.policies.errors import (
    AlreadyActive,
    NothingBefore,
    PolicyFaulty,
    PolicyNotActive,
    PolicyNotFound,
    TemplateNotFound,
    VersionNotFound,
)
from transactional_api.policies.rules import Compiled, Fault
from transactional_api.policies.tables import Policy, PolicyActivation, PolicyVersion
from transactional_api.policies.templates import BY_NAME, STANDARD, Template


@dataclass(frozen=True)
class InForce:
    """The policy that holds now. Without one of the tenant's own the ids are null and the standard template holds."""

    policy_id: str | None
    version_no: int | None
    sha256: str
    compiled: Compiled


def create_policy(
    unit: UnitOfWork,
    *,
    name: str,
    policy: rules.Policy,
    kind: str = rules.QUOTE_GUARDRAILS,
    policy_id: str | None = None,
) -> Policy:
    """With its first version, which is not active yet."""
    row = Policy(
        tenant_id=unit.tenant_id,
        policy_id=id_or_new(policy_id, "policy", "policy_id"),
        kind=kind,
        name=name,
        latest_version=1,
        created_at=unit.now,
    )
    add(unit.session, row)
    _add_version(unit, row, policy)
    return row


def change_policy(
    unit: UnitOfWork, policy_id: str, *, name: str | None = None, policy: rules.Policy | None = None
) -> Policy:
    """Other content is a new version; what is active stays so. The same content again is no new version."""
    row = repository.by_id_locked(unit.session, policy_id)
    if row is None:
        raise PolicyNotFound(policy_id)
    if name is not None:
        row.name = name
    if policy is not None and rules.write(policy) != get_version(unit, row, row.latest_version).content:
        row.latest_version += 1
        _add_version(unit, row, policy)
    return row


def activate(unit: UnitOfWork, policy_id: str, version_no: int | None = None) -> PolicyActivation:
    """The version, or the latest one, judges every quote from now on, in place of any other policy of its kind."""
    row = get_policy(unit, policy_id)
    version = get_version(unit, row, version_no or row.latest_version)
    if found := faults_of(rules.read(version.content)):
        raise PolicyFaulty(len(found), f"{found[0].row}, {found[0].column}: {found[0].message}")
    unit.session.hold_tenant()
    current = repository.active(unit.session, row.kind)
    if current is not None and (current.policy_id, current.version_no) == (policy_id, version.version_no):
        raise AlreadyActive(policy_id, version.version_no)
    replaced = current.activation_no if current else None
    return _append(unit, row.kind, "activate", current, version.policy_id, version.version_no, replaced)


def roll_back(unit: UnitOfWork, policy_id: str) -> PolicyActivation:
    """What was active before the active version is active again, be it of this policy or of another one."""
    row = get_policy(unit, policy_id)
    unit.session.hold_tenant()
    current = repository.active(unit.session, row.kind)
    if current is None or current.policy_id != policy_id:
        raise PolicyNotActive(policy_id)
    if current.replaced_no is None:
        raise NothingBefore
    before = repository.activation(unit.session, row.kind, current.replaced_no)
    assert before is not None, "activations are never deleted"
    return _append(unit, row.kind, "rollback", current, before.policy_id, before.version_no, before.replaced_no)


def in_force(unit: UnitOfWork, kind: str = rules.QUOTE_GUARDRAILS) -> InForce:
    current = repository.active(unit.session, kind)
    if current is None:
        content = rules.write(BY_NAME[STANDARD].policy)
        return InForce(None, None, _sha256(content), rules.compiled(content))
    version = repository.version(unit.session, current.policy_id, current.version_no)
    assert version is not None, "an activation refers to its version"
    return InForce(version.policy_id, version.version_no, version.content_sha256, rules.compiled(version.content))


def active_version(unit: UnitOfWork, policy: Policy) -> int | None:
    current = repository.active(unit.session, policy.kind)
    return current.version_no if current is not None and current.policy_id == policy.policy_id else None


def faults_of(policy: rules.Policy) -> list[Fault]:
    return rules.faults(policy, tuple(ROLES))


def get_policy(unit: UnitOfWork, policy_id: str) -> Policy:
    row = repository.by_id(unit.session, policy_id)
    if row is None:
        raise PolicyNotFound(policy_id)
    return row


def get_version(unit: UnitOfWork, policy: Policy, version_no: int) -> PolicyVersion:
    row = repository.version(unit.session, policy.policy_id, version_no)
    if row is None:
        raise VersionNotFound(version_no)
    return row


def template_named(name: str) -> Template:
    if name not in BY_NAME:
        raise TemplateNotFound(name)
    return BY_NAME[name]


def _add_version(unit: UnitOfWork, row: Policy, policy: rules.Policy) -> None:
    content = rules.write(policy)
    version = PolicyVersion(
        tenant_id=unit.tenant_id,
        policy_id=row.policy_id,
        version_no=row.latest_version,
        content=content,
        content_sha256=_sha256(content),
        created_at=unit.now,
        created_by=unit.actor,
    )
    add(unit.session, version)


def _append(
    unit: UnitOfWork,
    kind: str,
    action: str,
    current: PolicyActivation | None,
    policy_id: str,
    version_no: int,
    replaced_no: int | None,
) -> PolicyActivation:
    row = PolicyActivation(
        tenant_id=unit.tenant_id,
        kind=kind,
        activation_no=current.activation_no + 1 if current else 1,
        action=action,
        policy_id=policy_id,
        version_no=version_no,
        replaced_no=replaced_no,
        activated_at=unit.now,
        activated_by=unit.actor,
    )
    add(unit.session, row)
    return row


def _sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
