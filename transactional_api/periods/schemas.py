"""Months on the wire."""

from typing import Literal

from transactional_api.kit.http import InstantText, PageOf, Result


class PeriodOut(Result):
    """A month that was closed at some time."""

    month: str
    status: Literal["closed", "open"]
    closed_at: InstantText
    closed_by: str
    reopened_at: InstantText | None
    reopened_by: str | None


class PeriodsOut(PageOf[PeriodOut]):
    """Up to `closed_through` every month is closed, also those that never were closed one by one."""

    closed_through: str | None
