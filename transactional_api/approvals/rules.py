"""Which step is open, who may decide it, and what a decision makes of the request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from transactional_api.approvals.errors import ApprovesOwnRequest, NotAsked, RequestClosed, StepNotFound, StepNotOpen

Decision = Literal["approve", "reject"]
PENDING, APPROVED, REJECTED, WITHDRAWN = "pending", "approved", "rejected", "withdrawn"
WAITING, OPEN, SKIPPED = "waiting", "open", "skipped"
ADMIN = "admin"


@dataclass(frozen=True)
class Asked:
    """A step as it is asked for: of a role, or of one account. Steps of the same position are asked at once."""

    position: int
    name: str
    role: str | None = None
    account_id: str | None = None
    deadline_hours: int | None = None
    escalation_role: str | None = None


@dataclass(frozen=True)
class Person:
    """Somebody who can decide. `principal` is the same for an account and every key that acts for it."""

    principal: str
    roles: frozenset[str]
    account_id: str | None = None


@dataclass(frozen=True)
class StepState:
    step_no: int
    position: int
    status: str
    role: str | None = None
    account_id: str | None = None
    escalation_role: str | None = None
    is_escalated: bool = False


@dataclass(frozen=True)
class Choice:
    """The step that the caller decides; `for_account` is the one that they decide in place of, if any."""

    step_no: int
    for_account: str | None = None


def check_pending(status: str) -> None:
    if status != PENDING:
        raise RequestClosed(status)


def choose(
    steps: Sequence[StepState],
    requested_by: str,
    person: Person,
    delegators: Iterable[Person],
    step_no: int | None = None,
) -> Choice:
    """The first open step, or the one that is named, if it asks the person or somebody who delegated to them.

    `requested_by` is a principal. Raises ApprovesOwnRequest, StepNotOpen, NotAsked.
    """
    if person.principal == requested_by:
        raise ApprovesOwnRequest
    is_own = False
    for step in _candidates(steps, step_no):
        if asks(step, person):
            return Choice(step.step_no)
        for delegator in delegators:
            if asks(step, delegator):
                if delegator.principal != requested_by:
                    return Choice(step.step_no, delegator.account_id)
                is_own = True
    if is_own:
        raise ApprovesOwnRequest
    raise NotAsked(step_no)


def asks(step: StepState, person: Person) -> bool:
    """An admin may stand in for any role, but not for an account that is asked by name before its deadline."""
    if step.account_id is not None and step.account_id == person.account_id:
        return True
    roles = {step.role, step.escalation_role if step.is_escalated else None} - {None}
    return bool(roles) and bool(roles & person.roles or ADMIN in person.roles)


def after_decision(steps: Sequence[StepState], step_no: int, decision: Decision) -> tuple[str, dict[int, str]]:
    """The request's status and the statuses of steps that change, the decided one included.

    A reject ends all of it. The next position opens once every step of this one is approved.
    """
    if decision == "reject":
        changed = {step.step_no: SKIPPED for step in steps if step.status in (WAITING, OPEN)}
        return REJECTED, changed | {step_no: REJECTED}
    changed = {step_no: APPROVED}
    if any(step.status == OPEN and step.step_no != step_no for step in steps):
        return PENDING, changed
    waiting = [step for step in steps if step.status == WAITING]
    if not waiting:
        return APPROVED, changed
    following = min(step.position for step in waiting)
    return PENDING, changed | {step.step_no: OPEN for step in waiting if step.position == following}


def due_at(opened_at: datetime, deadline_hours: int | None) -> datetime | None:
    return None if deadline_hours is None else opened_at + timedelta(hours=deadline_hours)


def _candidates(steps: Sequence[StepState], step_no: int | None) -> list[StepState]:
    if step_no is None:
        return [step for step in steps if step.status == OPEN]
    named = next((step for step in steps if step.step_no == step_no), None)
    if named is None:
        raise StepNotFound(step_no)
    if named.status != OPEN:
        raise StepNotOpen(step_no, named.status)
    return [named]
