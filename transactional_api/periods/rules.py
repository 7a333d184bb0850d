"""Months as text YYYY-MM, which sorts as time."""

import calendar
import re
from datetime import date

from transactional_api.periods.errors import (
    MonthRefused,
    PeriodClosed,
    PeriodNotClosed,
    PeriodNotOver,
    PeriodOutOfOrder,
)

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)


def month_of(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def checked_month(text: str) -> str:
    if not _MONTH.fullmatch(text) or text < "0001-01" or text > "9998-12":
        raise MonthRefused
    return text


def first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:]), 1)


def last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, calendar.monthrange(year, number)[1])


def next_month(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def check_close(month: str, closed_through: str | None, today: date) -> None:
    """The first close may name any month that is over: everything before it is closed with it."""
    if last_day(month) >= today:
        raise PeriodNotOver(month)
    if closed_through is None:
        return
    if month <= closed_through:
        raise PeriodClosed(month)
    if month != next_month(closed_through):
        raise PeriodOutOfOrder(month, next_month(closed_through), "closed")


def check_reopen(month: str, closed_through: str | None) -> None:
    if closed_through is None or month > closed_through:
        raise PeriodNotClosed(month)
    if month != closed_through:
        raise PeriodOutOfOrder(month, closed_through, "reopened")


def posted_on(day: date, closed_through: str | None) -> date:
    """The day itself, or the first day of the first open month."""
    if closed_through is None or month_of(day) > closed_through:
        return day
    return first_day(next_month(closed_through))
