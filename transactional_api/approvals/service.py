"""What can be done with approvals: ask, decide, withdraw, escalate. What a decision means is its subject's affair: the
subject's own service calls `decide` and acts on the request that comes back, in the same transaction."""

from collections.abc import Sequence

from transactional_api.access.identity import Identity
from transactional_api.approvals import repository, rules
from transactional_api.approvals.errors import RequestNotFound
from transactional_api.approvals.rules import Asked, Decision, Person, StepState
from transactional_api.approvals.tables import ApprovalEvent, ApprovalRequest, ApprovalStep
from transactional_api.database import UnitOfWork
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.recording import RecordedSession
from transactional_api.kit.rows import add


def request_approval(
    unit: UnitOfWork, *, subject_kind: str, subject_id: str, steps: Sequence[Asked], customer_id: str | None = None
) -> ApprovalRequest:
    """Asks in the name of the transaction's actor. The steps of the lowest position are open at once."""
    assert steps, "an approval asks somebody"
    request = ApprovalRequest(
        tenant_id=unit.tenant_id,
        request_id=id_or_new(None, "appr", "request_id"),
        subject_kind=subject_kind,
        subject_id=subject_id,
        customer_id=customer_id,
        status=rules.PENDING,
        requested_by=unit.actor,
        requested_principal=principal_of(unit.session, unit.actor),
        requested_at=unit.now,
    )
    add(unit.session, request)
    _tell(unit, request, "requested")
    first = min(step.position for step in steps)
    for number, asked in enumerate(steps, start=1):
        step = ApprovalStep(
            tenant_id=unit.tenant_id,
            request_id=request.request_id,
            step_no=number,
            position=asked.position,
            name=asked.name,
            role=asked.role,
            account_id=asked.account_id,
            deadline_hours=asked.deadline_hours,
            escalation_role=asked.escalation_role,
            status=rules.WAITING,
        )
        request.steps.append(step)
        if asked.position == first:
            _open(unit, request, step)
    return request


def decide(
    unit: UnitOfWork,
    request_id: str,
    identity: Identity,
    decision: Decision,
    *,
    comment: str | None = None,
    step_no: int | None = None,
) -> ApprovalRequest:
    """The caller's decision on the open step that asks them, or on the one that they name. `status` of what comes back
    says whether the request goes on."""
    request = _locked(unit, request_id)
    rules.check_pending(request.status)
    states = [_state(step) for step in request.steps]
    principal = principal_of(unit.session, identity.actor)
    person = Person(principal, frozenset(identity.roles), identity.account_id)
    choice = rules.choose(states, request.requested_principal, person, _delegators(unit, identity), step_no)
    status, changed = rules.after_decision(states, choice.step_no, decision)
    decided = request.steps[choice.step_no - 1]
    decided.status = changed.pop(choice.step_no)
    decided.decided_at, decided.decided_by, decided.decided_for = unit.now, identity.actor, choice.for_account
    _tell(unit, request, decided.status, decided.step_no, choice.for_account, comment)
    for number, to in changed.items():
        step = request.steps[number - 1]
        if to == rules.OPEN:
            _open(unit, request, step)
        else:
            step.status = to
    if status != rules.PENDING:
        request.status, request.decided_at = status, unit.now
    return request


def withdraw(unit: UnitOfWork, request_id: str) -> ApprovalRequest:
    """What waited is not wanted any more. One that is decided stays as it is."""
    request = _locked(unit, request_id)
    if request.status != rules.PENDING:
        return request
    for step in request.steps:
        if step.status in (rules.WAITING, rules.OPEN):
            step.status = rules.SKIPPED
    request.status, request.decided_at = rules.WITHDRAWN, unit.now
    _tell(unit, request, "withdrawn")
    return request


def escalate(unit: UnitOfWork, request_id: str) -> int:
    """From now on the escalation role may decide overdue steps as well. Returns how many were escalated."""
    request = _locked(unit, request_id)
    overdue = [
        step
        for step in request.steps
        if step.status == rules.OPEN
        and step.due_at is not None
        and step.due_at <= unit.now
        and step.escalated_at is None
        and step.escalation_role is not None
    ]
    for step in overdue:
        step.escalated_at = unit.now
        _tell(unit, request, "escalated", step.step_no)
    return len(overdue)


def get_request(unit: UnitOfWork, request_id: str) -> ApprovalRequest:
    request = repository.by_id(unit.session, request_id)
    if request is None:
        raise RequestNotFound(request_id)
    return request


def principal_of(session: RecordedSession, actor: str) -> str:
    """Whoever is behind an actor: the account of a key, or the first key of a line of keys that made each other."""
    seen = set()
    while actor.startswith("key:") and actor not in seen:
        seen.add(actor)
        key = repository.key_named(session, actor.removeprefix("key:"))
        if key is None:
            break
        if key.account_id is not None:
            return f"account:{key.account_id}"
        if not key.created_by.startswith(("key:", "account:")):
            break
        actor = key.created_by
    return actor


def _locked(unit: UnitOfWork, request_id: str) -> ApprovalRequest:
    request = repository.by_id_locked(unit.session, request_id)
    if request is None:
        raise RequestNotFound(request_id)
    return request


def _delegators(unit: UnitOfWork, identity: Identity) -> list[Person]:
    if identity.account_id is None:
        return []
    rows = repository.delegators(unit.session, identity.account_id, unit.now.date())
    return [Person(f"account:{row.account_id}", frozenset(row.roles.split()), row.account_id) for row in rows]


def _open(unit: UnitOfWork, request: ApprovalRequest, step: ApprovalStep) -> None:
    step.status = rules.OPEN
    step.opened_at = unit.now
    step.due_at = rules.due_at(unit.now, step.deadline_hours)
    _tell(unit, request, "opened", step.step_no)


def _state(step: ApprovalStep) -> StepState:
    return StepState(
        step_no=step.step_no,
        position=step.position,
        status=step.status,
        role=step.role,
        account_id=step.account_id,
        escalation_role=step.escalation_role,
        is_escalated=step.escalated_at is not None,
    )


def _tell(
    unit: UnitOfWork,
    request: ApprovalRequest,
    happened: str,
    step_no: int | None = None,
    for_account: str | None = None,
    comment: str | None = None,
) -> None:
    request.history.append(
        ApprovalEvent(
            tenant_id=unit.tenant_id,
            request_id=request.request_id,
            event_no=len(request.history) + 1,
            happened=happened,
            step_no=step_no,
            actor=unit.actor,
            for_account_id=for_account,
            happened_at=unit.now,
            comment=comment,
        )
    )
