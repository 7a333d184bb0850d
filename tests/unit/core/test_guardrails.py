"""Policies as decision tables: exact limits, every reason, and cells that can do no harm."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.access.permissions import ROLES
from transactional_api.policies import rules
from transactional_api.policies.rules import Approver, Compiled, Facts, Policy, Rule, Verdict
from transactional_api.policies.templates import BY_NAME, STANDARD, TEMPLATES

FINANCE = Approver("finance_review", "finance", 24, "admin")
EXECUTIVE = Approver("executive", "approver", 48)
LIMITS = {"low": 30, "medium": 20, "high": 10}


def facts(*lines: dict[str, Any], **quote: Any) -> Facts:
    told = {"risk": "low", "currency": "USD", "payment_terms_days": 30, "total_amount": Decimal(100)}
    line = {"discount_percent": Decimal(0), "product_id": "P", "list_price_percent": Decimal(100)}
    return Facts(told | quote, tuple(line | one for one in lines or ({},)))


def judged(policy: Policy, told: Facts) -> Verdict:
    assert rules.faults(policy, tuple(ROLES)) == []
    return rules.compiled(rules.write(policy)).evaluate(told)


def one_rule(cell: str, column: str = "discount_percent") -> Policy:
    return Policy((Rule("r", {column: cell}, "block", "no"),))


@pytest.mark.parametrize(("risk", "limit"), LIMITS.items())
def test_the_limit_itself_passes_and_a_millionth_more_does_not(risk: str, limit: int) -> None:
    policy = BY_NAME[STANDARD].policy
    at = judged(policy, facts({"discount_percent": Decimal(limit)}, risk=risk))
    above = judged(policy, facts({"discount_percent": Decimal(f"{limit}.000001")}, risk=risk))
    assert (at.outcome, above.outcome) == ("pass", "route")
    assert [violation.rule_id for violation in above.violations] == [f"discount-{risk}"]


@given(
    st.decimals(0, 100, places=6),
    st.decimals(0, 100, places=6),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
)
def test_comparisons_are_those_of_exact_decimals(fact: Decimal, limit: Decimal, sign: str) -> None:
    expected = {
        "<": fact < limit,
        "<=": fact <= limit,
        ">": fact > limit,
        ">=": fact >= limit,
        "==": fact == limit,
        "!=": fact != limit,
    }[sign]
    verdict = Compiled(one_rule(f"{sign} {limit:f}")).evaluate(facts({"discount_percent": fact}))
    assert (verdict.outcome == "block") == expected


def test_a_violation_names_every_reason_and_every_line() -> None:
    verdict = judged(
        BY_NAME["strict"].policy,
        facts(
            {"discount_percent": Decimal(50), "list_price_percent": Decimal("49.99999999")},
            {},
            {"product_id": "not-for-sale"},
            risk="high",
            payment_terms_days=61,
        ),
    )
    assert verdict.outcome == "block"
    assert [(one.rule_id, one.line_no) for one in verdict.violations] == [
        ("discount-high", 1),
        ("payment-terms", None),
        ("minimum-price", 1),
        ("excluded-products", 3),
    ]


def test_one_block_outweighs_every_route() -> None:
    told = facts({"discount_percent": Decimal(45), "product_id": "not-for-sale"})
    verdict = judged(BY_NAME[STANDARD].policy, told)
    assert (verdict.outcome, verdict.steps) == ("block", ())
    assert {one.outcome for one in verdict.violations} == {"block", "route"}


@pytest.mark.parametrize(("template", "positions"), [("standard", [1, 2]), ("parallel_review", [1, 1])])
def test_approvers_are_asked_once_in_the_order_of_the_policy(template: str, positions: list[int]) -> None:
    told = facts({"discount_percent": Decimal(41)}, {"discount_percent": Decimal(42)}, payment_terms_days=90)
    verdict = judged(BY_NAME[template].policy, told)
    assert [step.name for step in verdict.steps] == ["finance_review", "executive"]
    assert [step.position for step in verdict.steps] == positions


def test_a_fact_that_is_not_known_meets_no_comparison() -> None:
    policy = BY_NAME["strict"].policy
    assert judged(policy, facts({"list_price_percent": None, "product_id": None})).outcome == "pass"


@pytest.mark.parametrize(
    ("column", "cell", "hits", "passes"),
    [
        ("discount_percent", "> 30 and <= 40", Decimal(40), Decimal("40.1")),
        ("discount_percent", "[10..20]", Decimal(20), Decimal("20.000001")),
        ("discount_percent", "(10..20]", Decimal("10.5"), Decimal(10)),
        ("discount_percent", "10, 20", Decimal(20), Decimal(15)),
        ("discount_percent", "< 5 or > 90", Decimal(91), Decimal(50)),
        ("product_id", "'a', 'b'", "b", "c"),
        ("product_id", "!= 'a'", "b", "a"),
        ("product_id", "in ['a', 'b']", "a", "c"),
        ("product_id", "not in ['a', 'b']", "c", "a"),
        ("product_id", '"it\'s"', "it's", "its"),
        ("other_product_ids", "contains($, 'a')", ["x", "a"], ["x"]),
        ("other_product_ids", "not contains($, 'a')", [], ["a"]),
        ("segment", "'enterprise'", "enterprise", "smb"),
    ],
)
def test_a_cell_means_what_it_says(column: str, cell: str, hits: Any, passes: Any) -> None:
    def outcome(value: Any) -> str:
        told = facts(**{column: value}) if column in rules.QUOTE_FACTS else facts({column: value})
        return judged(one_rule(cell, column), told).outcome

    assert (outcome(hits), outcome(passes)) == ("block", "pass")


@pytest.mark.parametrize(
    "cell",
    [
        "len(map([1..1000000000], #)) > 0",
        "some([1..9], # > 1)",
        "`${x}`",
        "x * x > 1",
        "9^9^9^9 > 1",
        "> 30; 1",
        "foo(1)",
        "$nodes",
        "> risk",
        "true or true",
        "> 1e400",
        "> 99999999999999999999",
        "> 30 and",
        "contains($, 'a')",
        "'thirty'",
        "> 30" + " or > 30" * 100,
        "> 3\u0660",
    ],
)
def test_a_cell_that_does_more_than_compare_is_a_fault(cell: str) -> None:
    started = time.monotonic()
    (fault,) = rules.faults(one_rule(cell), tuple(ROLES))
    assert (fault.row, fault.column) == ("r", "discount_percent")
    assert time.monotonic() - started < 1


def test_every_fault_is_named_with_its_row_and_column() -> None:
    policy = Policy(
        (
            Rule("a", {"discount_percent": ">", "colour": "'red'"}, "route", "x", ("nobody",)),
            Rule("a", {}, "route", "x"),
            Rule("b", {"risk": "> 3"}, "block", "x", ("finance_review",)),
        ),
        (Approver("finance_review", "wizard", 24, "ghost"),),
    )
    assert {(fault.row, fault.column) for fault in rules.faults(policy, tuple(ROLES))} == {
        ("finance_review", "role"),
        ("finance_review", "escalation_role"),
        ("a", "rule_id"),
        ("a", "discount_percent"),
        ("a", "colour"),
        ("a", "approvers"),
        ("a", "when"),
        ("b", "risk"),
        ("b", "approvers"),
    }


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_templates_have_no_faults_and_survive_being_stored(template: Any) -> None:
    assert rules.faults(template.policy, tuple(ROLES)) == []
    assert rules.read(rules.write(template.policy)) == template.policy


def test_facts_cannot_break_out_of_their_place() -> None:
    hostile = '"}],"risk":"low","lines":[{"discount_percent":0'
    verdict = judged(one_rule("> 10"), facts({"discount_percent": Decimal(11), "product_id": hostile}))
    assert verdict.outcome == "block"


def test_many_threads_ask_one_policy_at_once() -> None:
    compiled = Compiled(one_rule("> 10"))
    told = [facts({"discount_percent": Decimal(percent)}) for percent in (5, 15)] * 200
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda one: compiled.evaluate(one).outcome, told))
    assert outcomes == ["pass", "block"] * 200


def test_the_largest_policy_over_the_largest_quote_ends_soon() -> None:
    many = tuple(
        Rule(f"r{n}", {"discount_percent": " or ".join([f"> {n}"] * 20), "product_id": "!= 'z'"}, "block", "x")
        for n in range(rules.MAX_RULES)
    )
    compiled = Compiled(Policy(many))
    verdict = compiled.evaluate(facts(*[{"discount_percent": Decimal(50)}] * 200))
    assert len(verdict.violations) == 50 * 200
    assert json.loads(rules.write(Policy(many)))["order"] == "sequential"
