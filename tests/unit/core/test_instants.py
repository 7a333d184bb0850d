"""Instants as text: one width, so that text sorts as time."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from transactional_api.kit.clock import as_utc, instant_text

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=offsets)  # noqa: DTZ001


@given(instants, instants)
def test_text_of_any_year_has_one_width_sorts_as_time_and_reads_back(one: datetime, other: datetime) -> None:
    text = instant_text(one)
    assert len(text) == len("2026-01-31T09:00:00.000000Z")
    assert datetime.fromisoformat(text) == one
    assert (text < instant_text(other)) == (as_utc(one) < as_utc(other))


def test_a_year_before_1000_keeps_its_zeros() -> None:
    assert instant_text(datetime(83, 12, 26, 19, 16, tzinfo=UTC)) == "0083-12-26T19:16:00.000000Z"
