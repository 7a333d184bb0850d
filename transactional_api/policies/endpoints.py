"""Policies over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.kit.http import Cursor, Limit, PageOf
from transactional_api.kit.pagination import CursorRefused
from transactional_api.policies import repository, rules, service
from transactional_api.policies.schemas import (
    ActivationOut,
    Draft,
    FaultOut,
    PolicyBody,
    PolicyChange,
    PolicyIn,
    PolicyOut,
    PolicyRow,
    SimulatedOut,
    SimulationOut,
    TemplateOut,
    VerdictOnPolicy,
    VersionOut,
    WhichVersion,
    Window,
)
from transactional_api.policies.simulation import simulate
from transactional_api.policies.tables import KINDS, Policy
from transactional_api.policies.templates import STANDARD, TEMPLATES

router = APIRouter(tags=["policies"])
Version = Annotated[int | None, Query(ge=1, le=10**9, description="Absent: the latest.")]


@router.get("/policy-templates", **reads("policies:read"))
def list_templates() -> PageOf[TemplateOut]:
    """What to begin with. `standard` holds wherever no policy is active."""
    items = [
        TemplateOut(name=one.name, description=one.description, content=PolicyBody.of(one.policy)) for one in TEMPLATES
    ]
    return PageOf(items=items, next_cursor=None)


@router.post("/policies", status_code=201, **writes("policies:write"))
def create_policy(body: PolicyIn, caller: CallerDep) -> PolicyOut:
    """With its first version. It judges nothing before it is activated."""

    def work(unit: UnitOfWork) -> PolicyOut:
        template = service.template_named(body.template or STANDARD)
        policy = body.content.policy() if body.content else template.policy
        row = service.create_policy(unit, name=body.name, policy=policy, kind=body.kind, policy_id=body.policy_id)
        return _shown(unit, row)

    return caller.perform(work)


@router.get("/policies", **reads("policies:read"))
def list_policies(caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[PolicyRow]:
    with caller.read() as unit:
        page = repository.page(unit.session, cursor, limit)
        active = {kind: repository.active(unit.session, kind) for kind in KINDS}
        items = []
        for row in page.items:
            current = active[row.kind]
            number = current.version_no if current and current.policy_id == row.policy_id else None
            facts = {name: getattr(row, name, None) for name in PolicyRow.model_fields}
            items.append(PolicyRow.model_validate(facts | {"active_version": number}))
        return PageOf(items=items, next_cursor=page.next_cursor)


@router.get("/policies/{policy_id}", **reads("policies:read"))
def get_policy(policy_id: str, caller: CallerDep, version: Version = None) -> PolicyOut:
    with caller.read() as unit:
        return _shown(unit, service.get_policy(unit, policy_id), version)


@router.patch("/policies/{policy_id}", **writes("policies:write"))
def change_policy(policy_id: str, body: PolicyChange, caller: CallerDep) -> PolicyOut:
    """Other content is a new version; the active one stays active."""
    policy = body.content.policy() if body.content else None
    return caller.perform(
        lambda unit: _shown(unit, service.change_policy(unit, policy_id, name=body.name, policy=policy))
    )


@router.get("/policies/{policy_id}/versions", **reads("policies:read"))
def list_versions(policy_id: str, caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[VersionOut]:
    """The newest first."""
    if cursor is not None and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise CursorRefused
    with caller.read() as unit:
        policy = service.get_policy(unit, policy_id)
        active = service.active_version(unit, policy)
        before = int(cursor) if cursor else None
        rows = repository.versions_before(unit.session, policy_id, before, limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        items = []
        for row in rows:
            facts = {name: getattr(row, name, None) for name in VersionOut.model_fields}
            items.append(VersionOut.model_validate(facts | {"is_active": row.version_no == active}))
        return PageOf(items=items, next_cursor=str(rows[-1].version_no) if more else None)


@router.post("/policies/{policy_id}/validate", **writes("policies:read"))
def validate_policy(policy_id: str, body: Draft, caller: CallerDep) -> VerdictOnPolicy:
    """Every fault of a version, or of content that is only being thought of."""

    def work(unit: UnitOfWork) -> VerdictOnPolicy:
        row = service.get_policy(unit, policy_id)
        if body.content is not None:
            policy = body.content.policy()
        else:
            policy = rules.read(service.get_version(unit, row, body.version or row.latest_version).content)
        found = [FaultOut.model_validate(fault) for fault in service.faults_of(policy)]
        return VerdictOnPolicy(is_valid=not found, faults=found)

    return caller.perform(work)


@router.post("/policies/{policy_id}/activate", **writes("policies:activate"))
def activate_policy(policy_id: str, body: WhichVersion, caller: CallerDep) -> ActivationOut:
    """From now on it judges every quote, in place of whatever did before."""
    return caller.perform(lambda unit: ActivationOut.of(service.activate(unit, policy_id, body.version)))


@router.post("/policies/{policy_id}/rollback", **writes("policies:activate"))
def roll_back_policy(policy_id: str, caller: CallerDep) -> ActivationOut:
    """What was active before is active again."""
    return caller.perform(lambda unit: ActivationOut.of(service.roll_back(unit, policy_id)))


@router.post("/policies/{policy_id}/simulate", **writes("policies:read"))
def simulate_policy(policy_id: str, body: Window, caller: CallerDep) -> SimulationOut:
    """What the version would have decided over past quotes and deals, against what was decided."""

    def work(unit: UnitOfWork) -> SimulationOut:
        found = simulate(unit, policy_id, body.version, body.created_from, body.created_before)
        would, newly = found.would, found.newly
        return SimulationOut(
            policy_id=policy_id,
            version=found.version_no,
            created_from=body.created_from,
            created_before=body.created_before,
            subjects=len(found.results),
            would_pass=would["pass"],
            would_route=would["route"],
            would_block=would["block"],
            newly_pass=newly["pass"],
            newly_route=newly["route"],
            newly_block=newly["block"],
            changed=[SimulatedOut.model_validate(one) for one in found.changed],
        )

    return caller.perform(work)


def _shown(unit: UnitOfWork, row: Policy, version_no: int | None = None) -> PolicyOut:
    version = service.get_version(unit, row, version_no or row.latest_version)
    return PolicyOut.of(row, version, service.active_version(unit, row))
