"""How a contract's price is shared out, what of it is earned by a day, and how it is billed.

Minor units of the contract's currency. Days are inclusive. Every amount is a difference of rounded cumulative amounts,
so that months always sum to the price.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from transactional_api.kit.money import divide_minor, split_minor
from transactional_api.revenue.errors import ContractRefused, ProgressGoesBack

OVER_TIME, POINT_IN_TIME, PERCENT_COMPLETE = "over_time", "point_in_time", "percent_complete"
SEPARATE, PROSPECTIVE, CATCH_UP = "separate_contract", "prospective", "cumulative_catch_up"
MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAY = timedelta(days=1)
_PERCENT = 10**6  # percent with six decimals as an integer


@dataclass(frozen=True)
class Change:
    """A modification's share on one line."""

    effective_on: date
    price_change_minor: int
    treatment: str
    new_ends_on: date | None = None


@dataclass(frozen=True)
class Line:
    """What is earned by itself: an obligation, or a modification that is a contract of its own."""

    source_kind: str
    source_id: str
    product_id: str | None
    price_minor: int
    standalone_price_minor: int
    recognition: str
    starts_on: date
    ends_on: date
    transferred_on: date | None = None
    progress: tuple[tuple[date, Decimal], ...] = ()
    changes: tuple[Change, ...] = field(default=())

    @property
    def full_price_minor(self) -> int:
        return self.price_minor + sum(change.price_change_minor for change in self.changes)

    @property
    def last_day(self) -> date:
        """The end of service as the changes leave it."""
        return next((one.new_ends_on for one in reversed(self.changes) if one.new_ends_on), self.ends_on)


@dataclass(frozen=True)
class Modification:
    modification_id: str
    effective_on: date
    price_change_minor: int
    treatment: str
    obligation_id: str | None
    new_ends_on: date | None


@dataclass(frozen=True)
class Stretch:
    """`rest_minor` is earned from `starts_on` to `ends_on`, on top of `base_minor`."""

    base_minor: int
    rest_minor: int
    starts_on: date
    ends_on: date
    from_percent: int = 0


def allocate(total_minor: int, standalone_minor: Sequence[int]) -> list[int]:
    """The transaction price by relative stand-alone price: largest remainder, ties in the order given (by id)."""
    if not any(standalone_minor):
        raise ContractRefused("some obligation has a stand-alone price", "obligations")
    return split_minor(total_minor, standalone_minor)


def treatment_of(is_distinct: bool, is_at_standalone_price: bool) -> str:
    """Distinct and priced as if sold alone: a contract of its own. Distinct: the rest is re-spread from then on. Not
    distinct: what is earned so far is corrected on the day. A mixed change is entered as its parts."""
    if is_distinct:
        return SEPARATE if is_at_standalone_price else PROSPECTIVE
    return CATCH_UP


def modified(lines: Sequence[Line], modifications: Sequence[Modification], ends_on: date) -> list[Line]:
    """The obligations with their share of each change, in order, and separate contracts as lines of their own."""
    found = {line.source_id: line for line in lines}
    own: list[Line] = []
    for one in sorted(modifications, key=lambda one: (one.effective_on, one.modification_id)):
        if one.treatment == SEPARATE:
            own.append(_separate(one, found.get(one.obligation_id or ""), ends_on))
            continue
        named = [found[one.obligation_id]] if one.obligation_id else _unfinished(list(found.values()), one.effective_on)
        shares = split_minor(one.price_change_minor, _weights(named))
        for line, share in zip(named, shares, strict=True):
            change = Change(one.effective_on, share, one.treatment, one.new_ends_on)
            found[line.source_id] = replace(line, changes=(*line.changes, change))
    return [*found.values(), *own]


def earned_minor(line: Line, day: date) -> int:
    """What is earned up to and including the day; changes count from their own day."""
    known = [change for change in line.changes if change.effective_on <= day]
    if line.recognition == POINT_IN_TIME:
        if line.transferred_on is None or day < line.transferred_on:
            return 0
        return line.price_minor + sum(change.price_change_minor for change in known)
    price = line.price_minor
    stretch = Stretch(0, price, line.starts_on, line.ends_on)
    for change in known:
        price += change.price_change_minor
        ends_on = change.new_ends_on or stretch.ends_on
        if change.treatment == CATCH_UP:
            stretch = Stretch(0, price, line.starts_on, ends_on)
            continue
        before = change.effective_on - _DAY
        base = _along(line, stretch, before)
        starts_on = max(change.effective_on, line.starts_on)
        stretch = Stretch(base, price - base, starts_on, ends_on, _percent_on(line, before))
    return _along(line, stretch, day)


def check_progress(known: Sequence[tuple[date, Decimal]], measured_on: date, percent: Decimal) -> None:
    before = [value for day, value in known if day < measured_on]
    after = [value for day, value in known if day > measured_on]
    if any(value > percent for value in before) or any(value < percent for value in after):
        raise ProgressGoesBack(measured_on)


def billing_periods(starts_on: date, ends_on: date, interval: str) -> list[tuple[date, date]]:
    """First and last day of each; the last one ends with the contract."""
    if interval not in MONTHS:
        return [(starts_on, ends_on)]
    starts, at = [starts_on], 1
    while (start := _months_later(starts_on, at * MONTHS[interval])) <= ends_on:
        starts.append(start)
        at += 1
    return [*zip(starts, [start - _DAY for start in starts[1:]] + [ends_on], strict=True)]


def billed_in(price_minor: int, periods: int, at: int) -> int:
    """An equal part of the price; the earliest periods take what does not divide."""
    return split_minor(price_minor, [1] * periods)[at]


def _weights(lines: Sequence[Line]) -> list[int]:
    weights = [line.standalone_price_minor for line in lines]
    return weights if any(weights) else [1] * len(lines)


def _separate(one: Modification, line: Line | None, ends_on: date) -> Line:
    last = one.new_ends_on or (line.last_day if line else ends_on)
    return Line(
        source_kind="modification",
        source_id=one.modification_id,
        product_id=line.product_id if line else None,
        price_minor=one.price_change_minor,
        standalone_price_minor=one.price_change_minor,
        recognition=OVER_TIME,
        starts_on=one.effective_on,
        ends_on=max(last, one.effective_on),
    )


def _unfinished(lines: list[Line], on: date) -> list[Line]:
    """All of them when none is left."""
    left = [line for line in lines if not _is_finished(line, on - _DAY)]
    return left or lines


def _is_finished(line: Line, day: date) -> bool:
    if line.recognition == POINT_IN_TIME:
        return line.transferred_on is not None and line.transferred_on <= day
    if line.recognition == PERCENT_COMPLETE:
        return _percent_on(line, day) >= 100 * _PERCENT
    return line.last_day <= day


def _along(line: Line, stretch: Stretch, day: date) -> int:
    if line.recognition == PERCENT_COMPLETE:
        whole, done = 100 * _PERCENT - stretch.from_percent, _percent_on(line, day) - stretch.from_percent
    else:
        whole = max(1, (stretch.ends_on - stretch.starts_on).days + 1)
        done = (day - stretch.starts_on).days + 1
    if whole <= 0 or done >= whole:
        return stretch.base_minor + stretch.rest_minor
    return stretch.base_minor + divide_minor(stretch.rest_minor * max(0, done), whole)


def _percent_on(line: Line, day: date) -> int:
    """In millionths of a percent."""
    known = [percent for measured_on, percent in line.progress if measured_on <= day]
    return int(known[-1].scaleb(6)) if known else 0


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
