"""A policy as a decision table: what its cells may say, how it is compiled, and what it says of a quote's facts.

Evaluated by zen-engine, exactly in decimals. A cell compares one fact with literals and can do nothing else: no
function, no loop, no arithmetic, so that the time of an evaluation is bounded by the sizes of table and quote, and no
comparison can fail half-way and pass for want of an answer. A fact that is not known meets no comparison.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import zen

from transactional_api.policies.errors import PolicyUnusable

QUOTE_GUARDRAILS = "quote_guardrails"
MAX_RULES = 200
MAX_CELL = 300

Kind = Literal["text", "number", "list"]
Outcome = Literal["pass", "route", "block"]

# What is known of a quote as a whole, and of each of its lines. Amounts are in units of the quote's currency.
QUOTE_FACTS: dict[str, Kind] = {
    "billing_interval": "text",
    "country": "text",
    "currency": "text",
    "highest_discount_percent": "number",
    "payment_terms_days": "number",
    "product_ids": "list",
    "risk": "text",
    "segment": "text",
    "total_amount": "number",
    "valid_for_days": "number",
}
LINE_FACTS: dict[str, Kind] = {
    "discount_percent": "number",
    "list_price_percent": "number",
    "net_amount": "number",
    "net_unit_amount": "number",
    "other_product_ids": "list",
    "product_id": "text",
    "product_kind": "text",
    "quantity": "number",
    "unit_amount": "number",
}
FACTS = QUOTE_FACTS | LINE_FACTS

_NUMBER = r"-?\d{1,18}(?:\.\d{1,12})?"
_TEXT = r"""(?:'[^'`\\]{1,200}'|"[^"`\\]{1,200}")"""
_TEXTS = rf"\[\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*\]"
_TERMS: dict[Kind, str] = {
    "number": rf"(?:(?:<=|>=|<|>|==|!=)?\s*{_NUMBER}|[\[(]\s*{_NUMBER}\s*\.\.\s*{_NUMBER}\s*[\])])",
    "text": rf"(?:(?:==|!=)?\s*{_TEXT}|(?:not\s+)?in\s*{_TEXTS})",
    "list": rf"(?:(?:not\s+)?contains\(\$,\s*{_TEXT}\))",
}
_CELLS = {
    kind: re.compile(rf"\s*{term}(?:(?:\s*,\s*|\s+and\s+|\s+or\s+){term})*\s*", re.ASCII)
    for kind, term in _TERMS.items()
}
_EXAMPLES: dict[Kind, str] = {
    "number": "> 30, [10..20] or > 5 and <= 10",
    "text": "'high', != 'low' or in ['a', 'b']",
    "list": "contains($, 'product')",
}


@dataclass(frozen=True)
class Approver:
    """Whom a rule routes to by `name`; `escalation_role` may decide as well once the deadline has passed."""

    name: str
    role: str
    deadline_hours: int = 24
    escalation_role: str | None = None


@dataclass(frozen=True)
class Rule:
    """A row: violated where every cell of `when` holds. A rule that reads facts of lines is asked for each line."""

    rule_id: str
    when: Mapping[str, str]
    outcome: Literal["route", "block"]
    message: str
    approvers: tuple[str, ...] = ()

    @property
    def of_lines(self) -> bool:
        return any(column in LINE_FACTS for column in self.when)


@dataclass(frozen=True)
class Policy:
    """`order` is how the approvers are asked: one after the other as listed, or all at once."""

    rules: tuple[Rule, ...]
    approvers: tuple[Approver, ...] = ()
    order: Literal["sequential", "parallel"] = "sequential"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a policy: `row` is the rule's or approver's name, `column` the cell or field."""

    row: str
    column: str
    message: str


@dataclass(frozen=True)
class Violation:
    """`line_no` is null for a rule about the quote as a whole."""

    rule_id: str
    outcome: str
    message: str
    line_no: int | None = None


@dataclass(frozen=True)
class Step:
    """Steps of the same position are asked at the same time."""

    position: int
    name: str
    role: str
    deadline_hours: int
    escalation_role: str | None


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    violations: tuple[Violation, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Facts:
    """`lines` are in the order of their numbers, from 1."""

    quote: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...] = field(default=())


def read(content: str) -> Policy:
    """A policy from the text under which it is stored."""
    found = json.loads(content)
    rules = tuple(Rule(**rule | {"approvers": tuple(rule["approvers"])}) for rule in found["rules"])
    return Policy(rules, tuple(Approver(**approver) for approver in found["approvers"]), found["order"])


def write(policy: Policy) -> str:
    """Canonical JSON: the same policy is always the same text."""
    return json.dumps(asdict(policy), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def faults(policy: Policy, roles: Sequence[str]) -> list[Fault]:
    """Everything that is wrong; `roles` are those that there are."""
    found = [*_faults_of_approvers(policy, roles), *_faults_of_names(policy)]
    names = {approver.name for approver in policy.approvers}
    for rule in policy.rules:
        found += _faults_of_rule(rule, names)
    return found


@lru_cache(maxsize=256)
def compiled(content: str) -> "Compiled":
    """Compiled once per stored text."""
    return Compiled(read(content))


class Compiled:
    """A policy that is ready to be asked. Asking has no effect and reads nothing but the facts."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._by_id = {rule.rule_id: rule for rule in policy.rules}
        self._decision = zen.ZenEngine().create_decision(json.dumps(_model(policy)))

    def evaluate(self, facts: Facts) -> Verdict:
        """Every violation in the order of the rules; a block outweighs a route."""
        quote = {name: facts.quote.get(name) for name in QUOTE_FACTS}
        lines = [quote | {name: line.get(name) for name in LINE_FACTS} for line in facts.lines]
        try:
            result = self._decision.evaluate(_json(quote | {"lines": lines}))["result"]
        except RuntimeError as error:
            raise PolicyUnusable from error
        hits: list[tuple[str, int | None]] = [(hit["rule"], None) for hit in result.get("quote_hits", ())]
        for line_no, found in enumerate(result.get("line_hits", ()), start=1):
            hits += [(hit["rule"], line_no) for hit in found]
        return self._verdict(hits)

    def _verdict(self, hits: Sequence[tuple[str, int | None]]) -> Verdict:
        order = {rule_id: at for at, rule_id in enumerate(self._by_id)}
        violations = tuple(
            Violation(rule_id, self._by_id[rule_id].outcome, self._by_id[rule_id].message, line_no)
            for rule_id, line_no in sorted(hits, key=lambda hit: (order[hit[0]], hit[1] or 0))
        )
        if not violations:
            return Verdict("pass")
        if any(violation.outcome == "block" for violation in violations):
            return Verdict("block", violations)
        asked = {name for violation in violations for name in self._by_id[violation.rule_id].approvers}
        return Verdict("route", violations, tuple(_steps(self.policy, asked)))


def _steps(policy: Policy, asked: set[str]) -> Iterator[Step]:
    approvers = [approver for approver in policy.approvers if approver.name in asked]
    for at, one in enumerate(approvers, start=1):
        position = at if policy.order == "sequential" else 1
        yield Step(position, one.name, one.role, one.deadline_hours, one.escalation_role)


def _faults_of_approvers(policy: Policy, roles: Sequence[str]) -> Iterator[Fault]:
    for approver in policy.approvers:
        for column, role in (("role", approver.role), ("escalation_role", approver.escalation_role)):
            if role is not None and role not in roles:
                yield Fault(approver.name, column, f"{role!r} is not a role")


def _faults_of_names(policy: Policy) -> Iterator[Fault]:
    for column, names in (
        ("rule_id", [rule.rule_id for rule in policy.rules]),
        ("name", [approver.name for approver in policy.approvers]),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Fault(name, column, "there are two of this name")


def _faults_of_rule(rule: Rule, approvers: set[str]) -> Iterator[Fault]:
    if not rule.when:
        yield Fault(rule.rule_id, "when", "a rule without a condition would be violated by everything")
    for column, cell in rule.when.items():
        if (fault := _fault_of_cell(column, cell)) is not None:
            yield Fault(rule.rule_id, column, fault)
    if rule.outcome == "route" and not rule.approvers:
        yield Fault(rule.rule_id, "approvers", "a rule that routes names its approvers")
    if rule.outcome == "block" and rule.approvers:
        yield Fault(rule.rule_id, "approvers", "a rule that blocks asks nobody")
    for name in rule.approvers:
        if name not in approvers:
            yield Fault(rule.rule_id, "approvers", f"{name!r} is not an approver of this policy")


def _fault_of_cell(column: str, cell: str) -> str | None:
    kind = FACTS.get(column)
    if kind is None:
        return "there is no such fact"
    if len(cell) > MAX_CELL:
        return f"a cell has at most {MAX_CELL} characters"
    if not _CELLS[kind].fullmatch(cell):
        return f"a condition on a {kind} looks like {_EXAMPLES[kind]}"
    try:
        zen.compile_unary_expression(cell)
    except Exception:  # the engine has no error type of its own
        return "the rules engine does not understand it"
    return None


def _model(policy: Policy) -> dict[str, Any]:
    """A JSON decision model of two tables: one asked once, one asked for each line. They only answer with rule ids."""
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        _table("quote_hits", [rule for rule in policy.rules if not rule.of_lines], None),
        _table("line_hits", [rule for rule in policy.rules if rule.of_lines], "lines"),
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    pairs = [("in", "quote_hits"), ("in", "line_hits"), ("quote_hits", "out"), ("line_hits", "out")]
    edges = [{"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in pairs]
    return {"nodes": [node | {"position": {"x": 0, "y": 0}} for node in nodes], "edges": edges}


def _table(name: str, rules: Sequence[Rule], each: str | None) -> dict[str, Any]:
    columns = sorted({column for rule in rules for column in rule.when})
    content: dict[str, Any] = {
        "hitPolicy": "collect",
        "inputs": [{"id": column, "name": column, "field": column} for column in columns],
        "outputs": [{"id": ":rule", "name": "rule", "field": "rule"}],
        "rules": [{"_id": rule.rule_id, **rule.when, ":rule": json.dumps(rule.rule_id)} for rule in rules],
        "inputField": each,
        "outputPath": name,
        "executionMode": "loop" if each else "single",
    }
    return {"id": name, "name": name, "type": "decisionTableNode", "content": content}


def _json(value: Any) -> str:
    """Decimals as numbers with all of their digits, which the engine reads exactly."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value)
