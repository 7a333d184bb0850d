"""Closing and reopening months, and on which day a document counts."""

from datetime import date, timedelta

from transactional_api.accounting.repository import count_on_their_way
from transactional_api.database import UnitOfWork
from transactional_api.kit.rows import add
from transactional_api.periods import repository, rules
from transactional_api.periods.errors import DraftsInPeriod, PostingsOnTheirWay
from transactional_api.periods.tables import Period

_CLOSED_THROUGH = "closed_through"
_LONGEST_TRANSACTION = timedelta(hours=1)


def posted_on(unit: UnitOfWork, day: date) -> date:
    """The day on which a document of `day` counts. Until the commit nobody closes a month in between."""
    return rules.posted_on(day, closed_through(unit))


def open_day(unit: UnitOfWork, day: date) -> date:
    """As `posted_on`, without a question for a day that nobody can close before the commit: its month is not over."""
    if day >= rules.first_day(rules.month_of((unit.now + _LONGEST_TRANSACTION).date())):
        return day
    return posted_on(unit, day)


def closed_through(unit: UnitOfWork) -> str | None:
    """The last closed month. Asked once per transaction: whoever holds the tenant is the only one to close."""
    unit.session.hold_tenant()
    if _CLOSED_THROUGH not in unit.session.info:
        unit.session.info[_CLOSED_THROUGH] = repository.closed_through(unit.session)
    return unit.session.info[_CLOSED_THROUGH]  # type: ignore[no-any-return]


def close(unit: UnitOfWork, month: str, *, by: str) -> Period:
    """From now on nothing gets a day in it. Refused while invoices of it are not posted, or journals on their way."""
    rules.check_close(rules.checked_month(month), closed_through(unit), unit.now.date())
    until = rules.last_day(month)
    count, first = repository.unposted(unit.session, until)
    if first is not None:
        raise DraftsInPeriod(month, count, first)
    on_their_way = count_on_their_way(unit.session, until)
    if on_their_way:
        raise PostingsOnTheirWay(month, on_their_way)
    period = repository.by_month_locked(unit.session, month)
    if period is None:
        period = Period(month=month, status="closed", closed_at=unit.now, closed_by=by)
        add(unit.session, period)
    period.status, period.closed_at, period.closed_by = "closed", unit.now, by
    period.reopened_at, period.reopened_by = None, None
    unit.session.info[_CLOSED_THROUGH] = month
    return period


def reopen(unit: UnitOfWork, month: str, *, by: str) -> Period:
    """Only the last closed month. Documents that were moved to a later month stay there."""
    rules.check_reopen(rules.checked_month(month), closed_through(unit))
    period = repository.by_month_locked(unit.session, month)
    assert period is not None
    period.status, period.reopened_at, period.reopened_by = "open", unit.now, by
    unit.session.info.pop(_CLOSED_THROUGH)
    return period
