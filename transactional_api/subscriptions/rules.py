"""The schedule of a subscription: pure functions from its periods, and what is wanted, to its new periods.

Every range is half-open: `started_on` counts, `ended_on` and `paused_until` do not; None is open-ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

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


@dataclass(frozen=True)
class Period:
    """One item at one price. Amounts in minor units of the subscription's currency."""

    item_id: str
    started_on: date
    billing_interval: str
    unit_amount_minor: int
    quantity: Decimal = Decimal(1)
    interval_count: int = 1
    product_id: str | None = None
    ended_on: date | None = None
    discount_percent: Decimal | None = None
    discount_ends_on: date | None = None
    trial_ends_on: date | None = None
    paused_from: date | None = None
    paused_until: date | None = None
    minimum_commitment_minor: int | None = None

    def covers(self, day: date) -> bool:
        return self.started_on <= day < (self.ended_on or date.max)


Schedule = tuple[Period, ...]
TERMS = frozenset(
    {
        "product_id",
        "unit_amount_minor",
        "quantity",
        "discount_percent",
        "discount_ends_on",
        "minimum_commitment_minor",
        "billing_interval",
        "interval_count",
    }
)


def checked(schedule: Sequence[Period]) -> Schedule:
    """In order of item and day, with no two periods of an item overlapping."""
    ordered = tuple(sorted(schedule, key=lambda period: (period.item_id, period.started_on)))
    for period in ordered:
        _check_period(period)
    for earlier, later in pairwise(ordered):
        if earlier.item_id == later.item_id and (earlier.ended_on or date.max) > later.started_on:
            raise PeriodsOverlap(later.item_id, later.started_on)
    return ordered


def change_terms(schedule: Schedule, item_id: str, on: date, terms: dict[str, Any]) -> Schedule:
    """From `on` the item runs on other terms: its period ends there and the next one starts, to the same end."""
    period = next((each for each in schedule if each.item_id == item_id and each.covers(on)), None)
    if period is None:
        raise ItemNotRunning(item_id, on)
    before, after = _split(period, on)
    return checked(
        [each for each in schedule if each is not period] + [*before, replace(after, **terms)],
    )


def pause(schedule: Schedule, paused_from: date, paused_until: date | None) -> Schedule:
    """Every item rests from the one day until the other. A period has one pause, so a second one splits it."""
    if paused_until is not None and paused_until <= paused_from:
        raise PeriodRefused("a pause ends after it begins", "paused_until")
    until = paused_until or date.max
    result: list[Period] = []
    reached = False
    for period in schedule:
        if (period.ended_on or date.max) <= paused_from or period.started_on >= until:
            result.append(period)
            continue
        reached = True
        result += _paused(period, paused_from, paused_until)
    if not reached:
        raise NothingRunsThen(paused_from, "paused_from")
    return checked(result)


def _paused(period: Period, paused_from: date, paused_until: date | None) -> list[Period]:
    if period.paused_from is None:
        return [replace(period, paused_from=paused_from, paused_until=paused_until)]
    if (period.paused_until or date.max) <= paused_from:
        before, after = _split(period, paused_from)
        return [*before, replace(after, paused_from=paused_from, paused_until=paused_until)]
    if paused_until is not None and paused_until <= period.paused_from:
        before, after = _split(period, paused_until)
        return [*(replace(each, paused_from=paused_from, paused_until=paused_until) for each in before), after]
    raise AlreadyPaused(period.item_id, period.paused_from)


def resume(schedule: Schedule, on: date) -> Schedule:
    """End the pause that runs on that day."""
    result = [_resumed(period, on) if _rests(period, on) else period for period in schedule]
    if tuple(result) == schedule:
        raise NotPaused(on)
    return checked(result)


def _rests(period: Period, on: date) -> bool:
    return period.paused_from is not None and period.paused_from <= on < (period.paused_until or date.max)


def _resumed(period: Period, on: date) -> Period:
    if period.paused_from == on:
        return replace(period, paused_from=None, paused_until=None)
    return replace(period, paused_until=on)


def end_item(schedule: Schedule, item_id: str, on: date) -> Schedule:
    """One item ends while others go on."""
    ours = tuple(period for period in schedule if period.item_id == item_id)
    others = [period for period in schedule if period.item_id != item_id]
    if not any((period.ended_on or date.max) > on for period in ours):
        raise ItemNotRunning(item_id, on)
    if not any((period.ended_on or date.max) > on for period in others):
        raise LastItem(item_id)
    return checked([*others, *_cut(ours, on)])


def cancel(schedule: Schedule, on: date) -> Schedule:
    """Everything ends on that day, and what was to start later never does."""
    if not any((period.ended_on or date.max) > on for period in schedule):
        raise NothingRunsThen(on, "ended_on")
    return checked(_cut(schedule, on))


def _cut(schedule: Schedule, on: date) -> list[Period]:
    kept = [_ended(period, on) for period in schedule if period.started_on < on]
    if not kept:
        raise EndedBeforeItStarts(min(period.started_on for period in schedule), on)
    return kept


def _ended(period: Period, on: date) -> Period:
    if (period.ended_on or date.max) <= on:
        return period
    ended = replace(period, ended_on=on)
    if ended.paused_from is not None and ended.paused_from >= on:
        return replace(ended, paused_from=None, paused_until=None)
    return ended


def _split(period: Period, on: date) -> tuple[list[Period], Period]:
    """The part before the day, if there is one, and the part from it on; a pause stays with the days that it covers."""
    if period.started_on == on:
        return [], period
    after = replace(period, started_on=on)
    if after.trial_ends_on is not None and after.trial_ends_on <= on:
        after = replace(after, trial_ends_on=None)
    if after.paused_from is not None and (after.paused_until or date.max) <= on:
        after = replace(after, paused_from=None, paused_until=None)
    return [_ended(period, on)], after


def _check_period(period: Period) -> None:
    if period.ended_on is not None and period.ended_on <= period.started_on:
        raise EndedBeforeItStarts(period.started_on, period.ended_on)
    if period.paused_until is not None and (period.paused_from is None or period.paused_until <= period.paused_from):
        raise PeriodRefused("a pause ends after it begins", "paused_until")
    if period.quantity < 0:
        raise PeriodRefused("a quantity is not negative", "quantity")
    if period.discount_percent is not None and not 0 <= period.discount_percent <= 100:
        raise PeriodRefused("a discount is between 0 and 100 percent", "discount_percent")
    if period.unit_amount_minor < 0 or (period.minimum_commitment_minor or 0) < 0:
        raise PeriodRefused("a price is not negative", "unit_amount")
