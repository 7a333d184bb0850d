"""What of a contract is earned by a day: textbook cases, and sums that hold whatever happens."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.revenue import rules
from transactional_api.revenue.errors import ContractRefused, ProgressGoesBack
from transactional_api.revenue.recognition import schedule
from transactional_api.revenue.rules import Change, Line, Modification, earned_minor

START = date(2026, 1, 1)
END = date(2026, 12, 31)
DAYS = st.integers(0, 720).map(lambda days: START + timedelta(days=days))


def line(price: int = 36500, **values: object) -> Line:
    facts: dict[str, object] = {"recognition": "over_time", "starts_on": START, "ends_on": END}
    return Line("obligation", "O1", None, price, price, **(facts | values))  # type: ignore[arg-type]


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(any))
def test_the_price_is_shared_out_exactly(total: int, prices: list[int]) -> None:
    parts = rules.allocate(total, prices)
    assert sum(parts) == total
    assert all(abs(part * sum(prices) - total * price) < sum(prices) for part, price in zip(parts, prices, strict=True))


def test_a_price_that_does_not_divide_goes_to_the_first_id_on_a_tie() -> None:
    assert rules.allocate(100, [1, 1, 1]) == [34, 33, 33]
    with pytest.raises(ContractRefused):
        rules.allocate(100, [0, 0])


def test_over_time_is_straight_line_by_day_with_both_days_counted() -> None:
    assert [earned_minor(line(), day) for day in (date(2025, 12, 31), START, date(2026, 1, 31), END)] == [
        0,
        100,
        3100,
        36500,
    ]


def test_a_point_in_time_is_earned_on_its_day_and_not_before_it_is_known() -> None:
    sold = line(recognition="point_in_time")
    assert earned_minor(sold, END) == 0
    sold = line(recognition="point_in_time", transferred_on=date(2026, 3, 5))
    assert (earned_minor(sold, date(2026, 3, 4)), earned_minor(sold, date(2026, 3, 5))) == (0, 36500)


def test_percent_complete_is_the_progress_times_the_price() -> None:
    done = line(1000, recognition="percent_complete", progress=((START, Decimal("12.5")), (END, Decimal(100))))
    assert [earned_minor(done, day) for day in (START, date(2026, 6, 1), END)] == [125, 125, 1000]


def test_progress_never_goes_back() -> None:
    known = [(START, Decimal(10)), (END, Decimal(50))]
    rules.check_progress(known, date(2026, 6, 1), Decimal(30))
    for day, percent in ((date(2026, 6, 1), 5), (date(2026, 6, 1), 60), (date(2027, 1, 1), 40)):
        with pytest.raises(ProgressGoesBack):
            rules.check_progress(known, day, Decimal(percent))


def test_a_prospective_change_spreads_the_rest_from_its_day_on() -> None:
    """Half a year earned 181 days of 365; the rest and 1,840 more run over the 184 days that are left."""
    change = Change(date(2026, 7, 1), 18400, rules.PROSPECTIVE)
    changed = line(changes=(change,))
    assert earned_minor(changed, date(2026, 6, 30)) == 18100
    assert earned_minor(changed, date(2026, 7, 1)) == 18100 + 200
    assert earned_minor(changed, END) == 36500 + 18400


def test_a_catch_up_corrects_what_was_earned_on_its_day() -> None:
    change = Change(date(2026, 7, 1), 36500, rules.CATCH_UP)
    changed = line(changes=(change,))
    assert earned_minor(changed, date(2026, 6, 30)) == 18100
    assert earned_minor(changed, date(2026, 7, 1)) == 2 * 18200
    assert earned_minor(changed, END) == 2 * 36500


def test_a_longer_term_stretches_what_is_left() -> None:
    changed = line(changes=(Change(date(2027, 1, 1), 100, rules.PROSPECTIVE, date(2027, 1, 10)),))
    assert earned_minor(changed, END) == 36500
    assert [earned_minor(changed, date(2027, 1, day)) for day in (1, 10)] == [36510, 36600]


def test_a_distinct_change_at_its_price_is_a_contract_of_its_own() -> None:
    change = Modification("M1", date(2026, 7, 1), 18400, rules.SEPARATE, "O1", None)
    old, own = rules.modified([line()], [change], END)
    assert (old.full_price_minor, own.source_kind, own.source_id) == (36500, "modification", "M1")
    assert (earned_minor(own, date(2026, 7, 1)), earned_minor(own, END)) == (100, 18400)


def test_a_change_without_obligation_goes_to_the_unfinished_ones_by_stand_alone_price() -> None:
    over = Line("obligation", "A", None, 10, 100, "point_in_time", START, END, transferred_on=START)
    left = [
        Line("obligation", one, None, 10, price, "over_time", START, END) for one, price in (("B", 100), ("C", 300))
    ]
    change = Modification("M1", date(2026, 7, 1), 40, rules.PROSPECTIVE, None, None)
    assert [one.full_price_minor for one in rules.modified([over, *left], [change], END)] == [10, 20, 40]


@pytest.mark.parametrize(
    ("is_distinct", "is_at_price", "treatment"),
    [(True, True, "separate_contract"), (True, False, "prospective"), (False, True, "cumulative_catch_up")],
)
def test_the_kind_of_a_change_decides_its_treatment(is_distinct: bool, is_at_price: bool, treatment: str) -> None:
    assert rules.treatment_of(is_distinct, is_at_price) == treatment


@given(
    st.integers(0, 10**9),
    st.lists(st.builds(Change, DAYS, st.integers(0, 10**6), st.sampled_from([rules.PROSPECTIVE, rules.CATCH_UP]))),
    DAYS,
)
def test_months_sum_to_what_is_earned_and_in_the_end_to_the_price(price: int, changes: list[Change], day: date) -> None:
    changed = line(price, changes=tuple(sorted(changes, key=lambda one: one.effective_on)))
    assert sum(one.amount_minor for one in schedule([changed], day)) == earned_minor(changed, day)
    assert sum(one.amount_minor for one in schedule([changed], date(2030, 1, 1))) == changed.full_price_minor


@given(st.integers(0, 10**9), st.integers(1, 900), st.sampled_from(["once", "month", "quarter", "year"]))
def test_billing_periods_cover_the_contract_once_and_their_parts_sum_to_the_price(
    price: int, days: int, interval: str
) -> None:
    start = date(2026, 1, 31)
    periods = rules.billing_periods(start, start + timedelta(days=days), interval)
    assert (periods[0][0], periods[-1][1]) == (start, start + timedelta(days=days))
    assert all(after[0] - before[1] == timedelta(days=1) for before, after in itertools.pairwise(periods))
    assert sum(rules.billed_in(price, len(periods), at) for at in range(len(periods))) == price


def test_a_month_that_is_too_short_bills_on_its_last_day() -> None:
    starts = [start for start, _ in rules.billing_periods(date(2026, 1, 31), date(2026, 4, 30), "month")]
    assert starts == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
