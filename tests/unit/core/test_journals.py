"""Journals balance whatever the amounts, and land on the accounts that they should."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.accounting import rules
from transactional_api.accounting.errors import JournalDoesNotBalance
from transactional_api.accounting.rules import Billed, Leg, balanced

DAY = date(2026, 1, 31)
MINOR = st.integers(0, 10**12)
LINES = st.lists(
    st.builds(Billed, MINOR, MINOR, st.sampled_from([None, "P1", "P2"]), st.booleans()), min_size=1, max_size=6
)


def journal(legs: list[Leg]) -> dict[tuple[str, str | None], int]:
    """Debit positive, credit negative, by account."""
    made = balanced("invoice", "I1", DAY, "USD", legs)
    return {(leg.purpose, leg.detail): leg.debit_minor - leg.credit_minor for leg in made.legs}


@given(LINES)
def test_an_invoice_balances_and_the_customer_owes_its_total(lines: list[Billed]) -> None:
    found = journal(rules.invoice(lines))
    assert sum(found.values()) == 0
    assert found.get((rules.RECEIVABLE, None), 0) == sum(line.net_minor + line.tax_minor for line in lines)


@given(LINES, MINOR, MINOR)
def test_a_credit_note_balances_however_its_net_is_split(lines: list[Billed], net: int, tax: int) -> None:
    found = journal(rules.credit_note(net + tax, tax, lines))
    assert sum(found.values()) == 0
    assert found.get((rules.RECEIVABLE, None), 0) == -(net + tax)


@given(LINES)
def test_taking_a_journal_back_leaves_nothing(lines: list[Billed]) -> None:
    legs = rules.invoice(lines)
    there, back = journal(legs), journal(rules.taken_back(legs))
    assert {key: there.get(key, 0) + back.get(key, 0) for key in there | back} == dict.fromkeys(there | back, 0)


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_recognition_balances_and_moves_deferred_and_asset_to_where_they_should_be(
    amount: int, before: int, billed: int
) -> None:
    found = journal(rules.recognition(amount, before, billed, "P1"))
    after = before + amount
    assert sum(found.values()) == 0
    assert found.get((rules.REVENUE, "P1"), 0) == -amount
    assert found.get((rules.DEFERRED_REVENUE, None), 0) == max(0, billed - before) - max(0, billed - after)
    assert found.get((rules.CONTRACT_ASSET, None), 0) == max(0, after - billed) - max(0, before - billed)


def test_what_is_served_over_days_is_deferred_and_what_was_earned_before_comes_off_the_asset() -> None:
    lines = [Billed(1000, 190, "P1", is_deferred=False), Billed(500, 0, None, is_deferred=True, from_asset_minor=200)]
    assert journal(rules.invoice(lines)) == {
        ("receivable", None): 1690,
        ("revenue", "P1"): -1000,
        ("tax_payable", None): -190,
        ("contract_asset", None): -200,
        ("deferred_revenue", None): -300,
    }


def test_bills_their_payment_and_a_write_off_use_the_accounts_of_their_kind() -> None:
    assert journal(rules.bill(119, 19, "rent")) == {
        ("expense", "rent"): 100,
        ("input_tax", None): 19,
        ("payable", None): -119,
    }
    assert journal(rules.bill_payment(119)) == {("payable", None): 119, ("cash", None): -119}
    assert journal(rules.write_off(5)) == {("bad_debt", None): 5, ("receivable", None): -5}


@pytest.mark.parametrize("legs", [[Leg("cash", 1)], [Leg("cash", -1), Leg("revenue", 0, -1)], [Leg("cash", 1, 1)]])
def test_a_journal_that_does_not_balance_is_refused(legs: list[Leg]) -> None:
    with pytest.raises(JournalDoesNotBalance):
        balanced("invoice", "I1", DAY, "USD", legs)
