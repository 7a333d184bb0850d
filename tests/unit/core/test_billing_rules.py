"""Rules of corrections, closed months, dunning and matching."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.invoices import rules as invoices
from transactional_api.invoices.errors import CreditExceedsInvoice
from transactional_api.invoices.rules import Taken
from transactional_api.kit.money import divide_minor, split_minor
from transactional_api.periods import rules as periods
from transactional_api.periods.errors import PeriodClosed, PeriodNotClosed, PeriodNotOver, PeriodOutOfOrder
from transactional_api.receivables import rules as receivables
from transactional_api.receivables.errors import NoStepLeft, NothingOutstanding, StepNotDue
from transactional_api.receivables.rules import DEFAULT_STEPS, Candidate, Money

DAY = date(2026, 1, 31)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**9), min_size=1, max_size=9).filter(any))
def test_parts_of_a_split_sum_to_the_total(total: int, weights: list[int]) -> None:
    assert sum(split_minor(total, weights)) == total


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_division_rounds_half_away_from_zero(dividend: int, divisor: int) -> None:
    exact = Decimal(dividend) / divisor
    assert abs(divide_minor(dividend, divisor) - exact) <= Decimal("0.5")
    assert divide_minor(-dividend, divisor) == -divide_minor(dividend, divisor)
    assert (divide_minor(1, 2), divide_minor(-1, 2)) == (1, -1)


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.lists(st.integers(1, 10**9), max_size=6))
def test_crediting_an_invoice_in_parts_credits_exactly_its_tax(net: int, tax: int, parts: list[int]) -> None:
    total, taken = net + tax, Taken()
    for asked in [*parts, total]:
        amount = min(asked, total - taken.credited_minor)
        if amount:
            part = invoices.credited_tax("I1", amount, None, total, tax, taken)
            assert 0 <= part <= amount
            taken = Taken(taken.credited_minor + amount, taken.credited_tax_minor + part)
    assert (taken.credited_minor, taken.credited_tax_minor) == (total, tax)
    with pytest.raises(CreditExceedsInvoice):
        invoices.credited_tax("I1", 1, None, total, tax, taken)


@pytest.mark.parametrize(("amount", "tax"), [(101, None), (50, 20), (50, -1), (90, 5)])
def test_more_than_is_left_of_net_or_tax_is_not_credited(amount: int, tax: int | None) -> None:
    """An invoice of 84 and 16 tax, of which nothing is credited; 10 of 100 with a tax of 5 leave 85 of net."""
    with pytest.raises(CreditExceedsInvoice):
        invoices.credited_tax("I1", amount, tax, 100, 16, Taken())


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_document_never_counts_in_a_closed_month_nor_before_its_own_day(day: date, closed: date) -> None:
    counted = periods.posted_on(day, periods.month_of(closed))
    assert counted >= day
    assert periods.month_of(counted) > periods.month_of(closed)
    assert counted == day or counted.day == 1


def test_months_are_closed_in_order_and_reopened_backwards() -> None:
    today = date(2026, 3, 1)
    periods.check_close("2025-06", None, today)
    periods.check_close("2026-01", "2025-12", today)
    for month, closed, law in (
        ("2026-03", "2026-02", PeriodNotOver),
        ("2026-04", "2026-02", PeriodNotOver),
        ("2026-02", "2025-12", PeriodOutOfOrder),
        ("2025-11", "2025-12", PeriodClosed),
    ):
        with pytest.raises(law):
            periods.check_close(month, closed, today)
    periods.check_reopen("2026-01", "2026-01")
    for month, closed, other in (("2026-02", "2026-01", PeriodNotClosed), ("2025-12", "2026-01", PeriodOutOfOrder)):
        with pytest.raises(other):
            periods.check_reopen(month, closed)
    with pytest.raises(PeriodNotClosed):
        periods.check_reopen("2026-01", None)


def test_a_step_is_taken_when_it_is_due_and_something_is_open() -> None:
    assert [step.days_overdue for step in DEFAULT_STEPS] == [1, 14, 30, 45]
    step = receivables.next_step(DEFAULT_STEPS, 1)
    assert receivables.check_step("I1", step, 1, DAY, DAY, DAY + timedelta(days=14)) == DEFAULT_STEPS[1]
    with pytest.raises(StepNotDue):
        receivables.check_step("I1", step, 1, DAY, DAY, DAY + timedelta(days=13))
    with pytest.raises(NothingOutstanding):
        receivables.check_step("I1", step, 0, DAY, DAY, DAY + timedelta(days=99))
    with pytest.raises(NoStepLeft):
        receivables.check_step("I1", receivables.next_step(DEFAULT_STEPS, 4), 1, DAY, DAY, DAY + timedelta(days=99))


def test_what_is_paid_closes_instalments_in_order_of_their_due_days() -> None:
    parts = [(date(2026, 3, 1), 50), (date(2026, 2, 1), 50)]
    assert receivables.overdue_since(DAY, [], 10) == DAY
    assert [receivables.overdue_since(DAY, parts, minor) for minor in (0, 49, 50, 99)] == [
        date(2026, 2, 1),
        date(2026, 2, 1),
        date(2026, 3, 1),
        date(2026, 3, 1),
    ]


def test_a_payment_is_proposed_by_amount_or_reference_and_the_best_comes_first() -> None:
    money = Money("B1", DAY, 10_000, "USD", "ADA LOVELACE / inv-00 42, thanks")
    exact = Candidate("P1", DAY, 10_000, "USD", ("INV-0042",), "Ada Lovelace")
    same_amount = Candidate("P2", DAY - timedelta(days=7), 10_000, "USD", (), "Grace")
    part = Candidate("P3", DAY, 4_000, "USD", ("inv-0042",), None)
    no = [
        Candidate("P4", DAY, 9_999, "USD", (), "Ada Lovelace"),
        Candidate("P5", DAY, 10_000, "EUR", (), None),
        Candidate("P6", DAY - timedelta(days=8), 10_000, "USD", (), None),
    ]
    found = receivables.propose(money, [*no, same_amount, part, exact])
    assert [(one.payment_id, one.score, one.amount_minor) for one in found] == [
        ("P1", 100, 10_000),
        ("P2", 52, 10_000),
        ("P3", 40, 4_000),
    ]
    assert found[0].reasons == ("amount", "reference", "date", "name")
