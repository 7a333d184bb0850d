"""Policies on the wire."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints

from transactional_api.kit.http import Body, DayText, Id, InstantText, Result, Words
from transactional_api.policies.rules import MAX_RULES, Approver, Rule, read, write
from transactional_api.policies.rules import Policy as Guardrails
from transactional_api.policies.tables import Policy, PolicyActivation, PolicyVersion

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")]
Cell = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00-\x1f\x7f]+$")]
VersionNo = Annotated[StrictInt, Field(ge=1, le=10**9)]


class ApproverBody(Body):
    """`escalation_role` may decide as well once the deadline has passed."""

    name: Name
    role: Words
    deadline_hours: Annotated[StrictInt, Field(ge=1, le=8760)] = 24
    escalation_role: Words | None = None


class RuleBody(Body):
    """`when` maps facts to conditions on them; the rule is violated where all of them hold."""

    rule_id: Name
    when: dict[Name, Cell] = Field(max_length=20, examples=[{"risk": "'high'", "discount_percent": "> 10"}])
    outcome: Literal["route", "block"]
    message: Words
    approvers: list[Name] = Field([], max_length=20)


class PolicyBody(Body):
    rules: list[RuleBody] = Field(max_length=MAX_RULES)
    approvers: list[ApproverBody] = Field([], max_length=20)
    order: Literal["sequential", "parallel"] = "sequential"

    def policy(self) -> Guardrails:
        return Guardrails(
            tuple(
                Rule(**rule.model_dump(exclude={"approvers"}), approvers=tuple(rule.approvers)) for rule in self.rules
            ),
            tuple(Approver(**approver.model_dump()) for approver in self.approvers),
            self.order,
        )

    @classmethod
    def of(cls, policy: Guardrails) -> "PolicyBody":
        return cls.model_validate_json(write(policy))


class PolicyIn(Body):
    """Content of your own, or that of a template; without either, that of the standard template."""

    policy_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    name: Words
    kind: Literal["quote_guardrails"] = "quote_guardrails"
    template: Name | None = None
    content: PolicyBody | None = None


class PolicyChange(Body):
    """Other content becomes the next version, as a draft."""

    name: Words | None = None
    content: PolicyBody | None = None


class WhichVersion(Body):
    version: VersionNo | None = Field(None, description="Absent: the latest.")


class Draft(WhichVersion):
    content: PolicyBody | None = Field(None, description="Judged in place of a version; nothing of it is kept.")


class Window(WhichVersion):
    """Quotes and deals created from one day (UTC) up to before another."""

    created_from: DayText
    created_before: DayText


class PolicyOut(Result):
    """`content` is that of `version`; `active_version` is null while another policy, or none, is active."""

    policy_id: str
    kind: str
    name: str
    created_at: InstantText
    latest_version: int
    active_version: int | None
    version: int
    content: PolicyBody

    @classmethod
    def of(cls, policy: Policy, version: PolicyVersion, active: int | None) -> "PolicyOut":
        facts = {name: getattr(policy, name, None) for name in cls.model_fields}
        content = PolicyBody.of(read(version.content))
        return cls.model_validate(facts | {"active_version": active, "version": version.version_no, "content": content})


class PolicyRow(Result):
    policy_id: str
    kind: str
    name: str
    created_at: InstantText
    latest_version: int
    active_version: int | None


class VersionOut(Result):
    version_no: int
    content_sha256: str
    created_at: InstantText
    created_by: str
    is_active: bool


class ActivationOut(Result):
    kind: str
    activation_no: int
    action: str
    policy_id: str
    version_no: int
    activated_at: InstantText
    activated_by: str

    @classmethod
    def of(cls, row: PolicyActivation) -> "ActivationOut":
        return cls.model_validate(row)


class FaultOut(Result):
    """`row` is the rule's or approver's name, `column` the fact or field at fault."""

    row: str
    column: str
    message: str


class VerdictOnPolicy(Result):
    is_valid: bool
    faults: list[FaultOut]


class TemplateOut(Result):
    name: str
    description: str
    content: PolicyBody


class SimulatedOut(Result):
    """`happened` is what was decided then: pass, route or block; unguarded for a deal that never had a quote."""

    subject: Literal["quote", "deal"]
    subject_id: str
    deal_id: str
    happened: str
    would: str
    rule_ids: list[str]


class SimulationOut(Result):
    """Counts over all subjects of the window; `changed` lists those that would be decided otherwise."""

    policy_id: str
    version: int
    created_from: date
    created_before: date
    subjects: int
    would_pass: int
    would_route: int
    would_block: int
    newly_pass: int
    newly_route: int
    newly_block: int
    changed: list[SimulatedOut]
