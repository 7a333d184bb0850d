"""Whom a step asks, and what decisions make of a request."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.approvals import rules
from transactional_api.approvals.errors import ApprovesOwnRequest, NotAsked, StepNotFound, StepNotOpen
from transactional_api.approvals.rules import Person, StepState


def person(name: str, *roles: str) -> Person:
    return Person(f"account:{name}", frozenset(roles), name)


def step(number: int, position: int = 1, status: str = "open", **values: Any) -> StepState:
    return StepState(number, position, status, **({"role": "finance"} | values))


ADA, BEN, EVE = person("ada", "finance"), person("ben", "approver"), person("eve", "sales")


def test_the_first_open_step_that_asks_the_person_is_theirs() -> None:
    steps = [step(1, role="approver"), step(2), step(3)]
    assert rules.choose(steps, "account:eve", ADA, []).step_no == 2
    assert rules.choose(steps, "account:eve", ADA, [], 3).step_no == 3


def test_nobody_decides_on_their_own_request_in_any_way() -> None:
    steps = [step(1)]
    with pytest.raises(ApprovesOwnRequest):
        rules.choose(steps, "account:ada", ADA, [])
    with pytest.raises(ApprovesOwnRequest):
        rules.choose(steps, "account:ada", Person("account:ada", frozenset({"admin"})), [])
    with pytest.raises(ApprovesOwnRequest):
        rules.choose(steps, "account:ada", BEN, [ADA])
    with pytest.raises(ApprovesOwnRequest):
        rules.choose(steps, "account:ben", BEN, [ADA])


def test_a_delegate_decides_in_the_place_of_whoever_is_asked() -> None:
    assert rules.choose([step(1)], "account:eve", BEN, [ADA]) == rules.Choice(1, "ada")
    assert rules.choose([step(1)], "account:eve", ADA, [BEN]) == rules.Choice(1)


def test_an_account_asked_by_name_is_the_only_one_until_the_deadline() -> None:
    named = step(1, role=None, account_id="ben", escalation_role="admin")
    boss = person("root", "admin")
    assert rules.choose([named], "account:eve", BEN, []).step_no == 1
    with pytest.raises(NotAsked):
        rules.choose([named], "account:eve", boss, [])
    late = step(1, role=None, account_id="ben", escalation_role="admin", is_escalated=True)
    assert rules.choose([late], "account:eve", boss, []).step_no == 1


def test_the_escalation_role_is_asked_only_once_the_deadline_has_passed() -> None:
    with pytest.raises(NotAsked):
        rules.choose([step(1, escalation_role="approver")], "account:eve", BEN, [])
    assert rules.choose([step(1, escalation_role="approver", is_escalated=True)], "account:eve", BEN, [])


def test_a_step_is_decided_once_and_in_its_turn() -> None:
    steps = [step(1, status="approved"), step(2, 2), step(3, 3, status="waiting")]
    for number in (1, 3):
        with pytest.raises(StepNotOpen):
            rules.choose(steps, "account:eve", ADA, [], number)
    with pytest.raises(StepNotFound):
        rules.choose(steps, "account:eve", ADA, [], 4)


def test_the_next_position_opens_when_all_of_this_one_agree() -> None:
    steps = [step(1), step(2), step(3, 2, "waiting"), step(4, 2, "waiting"), step(5, 3, "waiting")]
    assert rules.after_decision(steps, 1, "approve") == ("pending", {1: "approved"})
    steps[0] = step(1, status="approved")
    assert rules.after_decision(steps, 2, "approve") == ("pending", {2: "approved", 3: "open", 4: "open"})


def test_a_reject_ends_all_of_it() -> None:
    steps = [step(1), step(2), step(3, 2, "waiting")]
    assert rules.after_decision(steps, 2, "reject") == ("rejected", {1: "skipped", 2: "rejected", 3: "skipped"})


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.data())
def test_whatever_the_order_all_agreeing_approves_and_one_rejecting_rejects(
    positions: list[int], data: st.DataObject
) -> None:
    first = min(positions)
    steps = [
        step(number, position, "open" if position == first else "waiting")
        for number, position in enumerate(positions, start=1)
    ]
    status, decided = "pending", 0
    while status == "pending":
        number = data.draw(st.sampled_from([one.step_no for one in steps if one.status == "open"]))
        decision = data.draw(st.sampled_from(["approve", "approve", "approve", "reject"]))
        open_positions = {one.position for one in steps if one.status == "open"}
        assert len(open_positions) == 1
        status, changed = rules.after_decision(steps, number, decision)  # type: ignore[arg-type]
        steps = [step(one.step_no, one.position, changed.get(one.step_no, one.status)) for one in steps]
        decided += 1
    assert not [one for one in steps if one.status in ("open", "waiting")]
    assert (status == "approved") == all(one.status == "approved" for one in steps)
    assert decided <= len(positions)
