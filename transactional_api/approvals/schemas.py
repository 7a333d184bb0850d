"""Approvals on the wire."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from transactional_api.approvals.tables import ApprovalDelegation, ApprovalRequest
from transactional_api.kit.http import Body, DayText, Id, InstantText, Result, Words


class DecisionIn(Body):
    """Without `step_no` it is the first open step that asks the caller."""

    decision: Literal["approve", "reject"]
    comment: Words | None = None
    step_no: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None


class StepOut(Result):
    """`decided_for` is the account in whose place a delegate decided."""

    step_no: int
    position: int
    name: str
    role: str | None
    account_id: str | None
    status: str
    opened_at: InstantText | None
    due_at: InstantText | None
    escalation_role: str | None
    escalated_at: InstantText | None
    decided_at: InstantText | None
    decided_by: str | None
    decided_for: str | None


class ApprovalEventOut(Result):
    event_no: int
    happened: str
    step_no: int | None
    actor: str
    for_account_id: str | None
    happened_at: InstantText
    comment: str | None


class ApprovalOut(Result):
    request_id: str
    subject_kind: str
    subject_id: str
    status: str
    requested_by: str
    requested_at: InstantText
    decided_at: InstantText | None
    steps: list[StepOut]
    history: list[ApprovalEventOut]

    @classmethod
    def of(cls, request: ApprovalRequest) -> "ApprovalOut":
        facts = {name: getattr(request, name, None) for name in cls.model_fields}
        steps = [_values(StepOut, row) for row in request.steps]
        history = [_values(ApprovalEventOut, row) for row in request.history]
        return cls.model_validate(facts | {"steps": steps, "history": history})


class DelegationIn(Body):
    """From `starts_on` up to before `ends_on`, in UTC."""

    delegation_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    from_account_id: Id | None = Field(None, description="Absent: the caller's own account.")
    to_account_id: Id
    starts_on: DayText
    ends_on: DayText


class DelegationOut(Result):
    delegation_id: str
    from_account_id: str
    to_account_id: str
    starts_on: DayText
    ends_on: DayText
    created_at: InstantText
    created_by: str
    revoked_at: InstantText | None

    @classmethod
    def of(cls, row: ApprovalDelegation) -> "DelegationOut":
        return cls.model_validate(_values(cls, row))


def _values(shape: type[Result], row: object) -> dict[str, object]:
    """Columns of a row that was never read back are null, not missing."""
    return {name: getattr(row, name, None) for name in shape.model_fields}
