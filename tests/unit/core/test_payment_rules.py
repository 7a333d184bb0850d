"""Which states of a payment follow which, where refunded money comes from, and when a provider is asked again."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.kit.errors import DomainError
from transactional_api.payments import rules
from transactional_api.payments.errors import RefundExceedsInvoice, WrongPaymentState
from transactional_api.payments.rules import Closed, Placement, move, place_refund
from transactional_api.payments.tables import STATUSES

DAY = date(2026, 1, 1)
OVER = ("failed", "rolled_back")


@given(st.lists(st.tuples(st.sampled_from(STATUSES), st.sampled_from([rules.PERSON, rules.PROVIDER])), max_size=20))
def test_no_sequence_of_wishes_leaves_a_final_state_or_assumes_what_is_unknown(wishes: list[tuple[str, str]]) -> None:
    status = "pending"
    for wanted, by in wishes:
        try:
            new = move("P", status, wanted, by)
        except WrongPaymentState:
            continue
        assert status not in OVER
        assert new not in ("pending", status)
        if status == "unknown":
            assert by == rules.PROVIDER
        if status == "succeeded":
            assert new == "rolled_back"
        status = new


@pytest.mark.parametrize("status", OVER)
@pytest.mark.parametrize("by", [rules.PERSON, rules.PROVIDER])
def test_what_is_over_never_becomes_anything_else(status: str, by: str) -> None:
    for wanted in STATUSES:
        with pytest.raises(WrongPaymentState):
            move("P", status, wanted, by)


def test_a_refund_takes_unallocated_money_then_the_latest_allocations_and_of_one_day_the_larger_invoice_id() -> None:
    closed = [
        Closed("I0", DAY - timedelta(days=1), 10),
        Closed("I1", DAY, 40),
        Closed("I2", DAY, 50),
    ]
    assert place_refund(70, 10, closed, {}, None) == Placement(10, {"I2": 50, "I1": 10})
    assert place_refund(5, 10, closed, {}, None) == Placement(5, {})


def test_what_is_open_again_already_is_not_opened_twice() -> None:
    closed = [Closed("I1", DAY, 40), Closed("I2", DAY, 50)]
    assert place_refund(50, 0, closed, {"I2": 30}, None) == Placement(0, {"I2": 20, "I1": 30})
    assert place_refund(20, 9, closed, {"I2": 30}, "I2") == Placement(0, {"I2": 20})
    with pytest.raises(RefundExceedsInvoice):
        place_refund(21, 9, closed, {"I2": 30}, "I2")


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 3), st.integers(1, 50)), max_size=5),
    st.integers(0, 50),
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from([None, "A", "B", "C"])), max_size=6),
)
def test_refunds_one_after_another_place_every_unit_once(
    allocations: list[tuple[str, int, int]], free: int, asked: list[tuple[int, str | None]]
) -> None:
    closed = [Closed(name, DAY + timedelta(days=day), minor) for name, day, minor in allocations]
    per_invoice = {name: sum(one.amount_minor for one in closed if one.invoice_id == name) for name in "ABC"}
    total, gone, opened = free + sum(per_invoice.values()), 0, dict[str, int]()
    for minor, named in asked:
        try:
            rules.check_refund("P", "succeeded", total, gone, minor)
            placement = place_refund(minor, free, closed, opened, named)
        except DomainError:
            continue
        assert placement.from_unallocated_minor + sum(placement.reopened.values()) == minor
        gone, free = gone + minor, free - placement.from_unallocated_minor
        for name, part in placement.reopened.items():
            opened[name] = opened.get(name, 0) + part
        assert free >= 0
        assert all(opened.get(name, 0) <= per_invoice[name] for name in "ABC")


def test_a_provider_is_asked_ever_more_rarely_and_never_sooner_than_it_wishes() -> None:
    delays = [rules.next_delay(attempts) for attempts in range(30)]
    assert delays[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert delays == sorted(delays)
    assert delays[-1] == timedelta(minutes=10)
    assert rules.next_delay(0, 30) == timedelta(seconds=30)


def test_a_reference_is_the_same_again_and_differs_between_tenants_and_kinds() -> None:
    assert rules.reference_of("charge", "acme", "P1") == rules.reference_of("charge", "acme", "P1")
    others = {rules.reference_of(kind, tenant, "P1") for kind in ("charge", "void") for tenant in ("acme", "globex")}
    assert len(others) == 4
