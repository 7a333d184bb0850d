"""Time as an argument: logic takes a clock or a date and never asks the machine."""

from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that can say what time it is, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock. Only the outermost layer makes one."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Stands still; for tests and for generated data."""

    def __init__(self, instant: datetime) -> None:
        self.instant = as_utc(instant)

    def now(self) -> datetime:
        return self.instant


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a wall-clock time, which names no instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset from UTC")
    return instant.astimezone(UTC)


def instant_text(instant: datetime) -> str:
    """ISO 8601 in UTC with six decimals and Z: the same width always, so that text sorts as time."""
    return f"{as_utc(instant).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def shifted(day: date, days: int) -> date:
    """So many days later, or the last day (the first) that there is."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))
