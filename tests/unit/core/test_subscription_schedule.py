"""The schedule of a subscription as pure arithmetic of days."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.kit.errors import DomainError
from transactional_api.subscriptions import rules
from transactional_api.subscriptions.errors import (
    AlreadyPaused,
    EndedBeforeItStarts,
    ItemNotRunning,
    LastItem,
    NothingRunsThen,
    NotPaused,
    PeriodRefused,
    PeriodsOverlap,
)
from transactional_api.subscriptions.rules import Period, Schedule


def day(month: int, number: int = 1) -> date:
    return date(2026, month, number)


def period(item: str = "a", start: date = date(2026, 1, 1), **values: object) -> Period:
    return Period(item, start, "month", 1000, **values)  # type: ignore[arg-type]


def spans(schedule: Schedule) -> list[tuple[str, date, date | None]]:
    return [(each.item_id, each.started_on, each.ended_on) for each in schedule]


def test_a_change_ends_the_period_and_starts_the_next_to_the_same_end() -> None:
    schedule = rules.change_terms((period(ended_on=day(9)),), "a", day(3), {"quantity": Decimal(4)})
    assert spans(schedule) == [("a", day(1), day(3)), ("a", day(3), day(9))]
    assert [each.quantity for each in schedule] == [1, 4]


def test_a_change_on_the_first_day_needs_no_second_period() -> None:
    schedule = rules.change_terms((period(),), "a", day(1), {"unit_amount_minor": 5})
    assert [(each.started_on, each.unit_amount_minor) for each in schedule] == [(day(1), 5)]


def test_a_change_when_the_item_does_not_run_is_refused() -> None:
    for when in (day(1) - timedelta(days=1), day(3)):
        with pytest.raises(ItemNotRunning):
            rules.change_terms((period(ended_on=day(3)),), "a", when, {})


def test_a_trial_that_is_over_does_not_follow_into_the_next_period() -> None:
    schedule = rules.change_terms((period(trial_ends_on=day(2)),), "a", day(3), {})
    assert [each.trial_ends_on for each in schedule] == [day(2), None]


def test_a_pause_stays_with_the_days_that_it_covers() -> None:
    paused = rules.pause((period(),), day(4), day(6))
    before, after = rules.change_terms(paused, "a", day(3), {})
    assert (before.paused_from, after.paused_from) == (None, day(4))
    before, after = rules.change_terms(paused, "a", day(7), {})
    assert (before.paused_from, after.paused_from) == (day(4), None)


def test_a_second_pause_splits_the_period() -> None:
    schedule = rules.pause(rules.pause((period(),), day(2), day(3)), day(5), day(6))
    assert [(each.started_on, each.paused_from) for each in schedule] == [(day(1), day(2)), (day(5), day(5))]
    earlier = rules.pause(rules.pause((period(),), day(5), day(6)), day(2), day(3))
    assert [(each.started_on, each.paused_from) for each in earlier] == [(day(1), day(2)), (day(3), day(5))]


def test_pauses_do_not_overlap_and_need_something_that_runs() -> None:
    with pytest.raises(AlreadyPaused):
        rules.pause(rules.pause((period(),), day(2), None), day(5), day(6))
    with pytest.raises(NothingRunsThen):
        rules.pause((period(ended_on=day(2)),), day(3), day(4))
    with pytest.raises(PeriodRefused):
        rules.pause((period(),), day(3), day(3))


def test_resuming_ends_the_pause_and_on_its_first_day_undoes_it() -> None:
    paused = rules.pause((period(),), day(2), None)
    assert rules.resume(paused, day(4))[0].paused_until == day(4)
    assert rules.resume(paused, day(2)) == (period(),)
    with pytest.raises(NotPaused):
        rules.resume(paused, day(1))


def test_cancelling_cuts_what_runs_and_removes_what_never_starts() -> None:
    schedule = (period(ended_on=day(3)), period(start=day(3)), period("b", day(8)))
    assert spans(rules.cancel(schedule, day(5))) == [("a", day(1), day(3)), ("a", day(3), day(5))]
    with pytest.raises(EndedBeforeItStarts):
        rules.cancel(schedule, day(1))
    with pytest.raises(NothingRunsThen):
        rules.cancel((period(ended_on=day(3)),), day(3))


def test_an_item_ends_while_another_one_goes_on() -> None:
    assert spans(rules.end_item((period(), period("b")), "a", day(4)))[0] == ("a", day(1), day(4))
    with pytest.raises(LastItem):
        rules.end_item((period(), period("b", ended_on=day(4))), "a", day(4))


def test_periods_of_one_item_never_overlap() -> None:
    with pytest.raises(PeriodsOverlap):
        rules.checked([period(), period(start=day(5))])
    assert len(rules.checked([period(ended_on=day(5)), period(start=day(5)), period("b")])) == 3


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
verbs = st.one_of(
    st.tuples(st.just("change"), days, st.none()),
    st.tuples(st.just("pause"), days, st.one_of(st.none(), days)),
    st.tuples(st.just("resume"), days, st.none()),
    st.tuples(st.just("cancel"), days, st.none()),
)


@given(st.lists(verbs, max_size=12))
def test_no_sequence_of_verbs_leaves_a_day_with_two_periods_or_a_hole(
    steps: list[tuple[str, date, date | None]],
) -> None:
    schedule: Schedule = (period(start=date(2026, 1, 15)),)
    for verb, on, until in steps:
        try:
            if verb == "change":
                schedule = rules.change_terms(schedule, "a", on, {"unit_amount_minor": on.toordinal()})
            elif verb == "pause":
                schedule = rules.pause(schedule, on, until)
            elif verb == "resume":
                schedule = rules.resume(schedule, on)
            else:
                schedule = rules.cancel(schedule, on)
        except DomainError:
            continue
    assert schedule[0].started_on == date(2026, 1, 15)
    for earlier, later in pairwise(schedule):
        assert earlier.ended_on == later.started_on
    for each in schedule:
        assert each.ended_on is None or each.ended_on > each.started_on
        assert each.paused_until is None or (each.paused_from is not None and each.paused_from < each.paused_until)
