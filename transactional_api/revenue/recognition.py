"""Writing what is earned, month by month, into months of the books that are open."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from transactional_api.accounting import rules as ledger
from transactional_api.accounting.rules import Leg
from transactional_api.accounting.service import queue
from transactional_api.database import UnitOfWork
from transactional_api.kit.clock import shifted
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.rows import add
from transactional_api.periods.rules import first_day, last_day, month_of, next_month
from transactional_api.periods.service import closed_through
from transactional_api.revenue import repository
from transactional_api.revenue.errors import NotEarnedYet
from transactional_api.revenue.reading import lines_of, locked_contract
from transactional_api.revenue.rules import Line, earned_minor
from transactional_api.revenue.tables import Contract, RecognizedRevenue

Key = tuple[str, str]
_EAST_OF_UTC_DAYS = 1


@dataclass(frozen=True)
class Earned:
    """What a line earns in one month."""

    source_kind: str
    source_id: str
    month: str
    amount_minor: int


@dataclass(frozen=True)
class Delta:
    """What one call adds to a line in a month of the books."""

    source_kind: str
    source_id: str
    posted_month: str
    amount_minor: int


def schedule(lines: list[Line], through: date) -> list[Earned]:
    """Every month in which something is earned up to that day, by what is known now; months in order."""
    found = []
    for line in lines:
        before = 0
        for month in _months(line, through):
            upto = earned_minor(line, min(last_day(month), through))
            if upto != before:
                found.append(Earned(line.source_kind, line.source_id, month, upto - before))
            before = upto
    return sorted(found, key=lambda one: (one.month, one.source_kind, one.source_id))


def recognize(
    unit: UnitOfWork, contract_id: str, *, through: date, system: str | None = None
) -> list[RecognizedRevenue]:
    """Write what is earned up to that day and not written yet; returns the rows that changed, none the second time.

    It never goes back in time: a day before the last one adds nothing. What belongs to a closed month is posted to the
    first open one.
    """
    if through > shifted(unit.now.date(), _EAST_OF_UTC_DAYS):
        raise NotEarnedYet(through)
    contract = locked_contract(unit, contract_id)
    last = max(through, contract.recognized_through or through)
    lines = lines_of(contract)
    rows = repository.recognized(unit.session, contract_id)
    before = _written(rows)
    by_key = {(row.source_kind, row.source_id, row.month, row.posted_month): row for row in rows}
    closed = closed_through(unit)
    changed: list[RecognizedRevenue] = []
    deltas: list[Delta] = []
    for (kind, source_id, month), minor in _missing(lines, rows, last).items():
        posted = month if closed is None else max(month, next_month(closed))
        row = by_key.get((kind, source_id, month, posted))
        if row is None:
            row = _row(contract, kind, source_id, month, posted)
            add(unit.session, row)
        row.amount_minor += minor
        changed.append(row)
        deltas.append(Delta(kind, source_id, posted, minor))
    contract.recognized_through = last
    if system is not None:
        _queue(unit, contract, {(line.source_kind, line.source_id): line for line in lines}, before, deltas, system)
    return changed


def _row(contract: Contract, kind: str, source_id: str, month: str, posted_month: str) -> RecognizedRevenue:
    return RecognizedRevenue(
        source_kind=kind,
        source_id=source_id,
        month=month,
        posted_month=posted_month,
        contract_id=contract.contract_id,
        amount_minor=0,
        currency=contract.currency,
    )


def _written(rows: list[RecognizedRevenue]) -> dict[Key, int]:
    """By line, over all months."""
    sums: dict[Key, int] = defaultdict(int)
    for row in rows:
        sums[row.source_kind, row.source_id] += row.amount_minor
    return sums


def _missing(lines: list[Line], rows: list[RecognizedRevenue], through: date) -> dict[tuple[str, str, str], int]:
    """What is earned less what is written, by line and month, where it differs."""
    written: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in rows:
        written[row.source_kind, row.source_id, row.month] += row.amount_minor
    wanted = {(one.source_kind, one.source_id, one.month): one.amount_minor for one in schedule(lines, through)}
    keys = sorted(wanted.keys() | written.keys(), key=lambda key: (key[2], key[0], key[1]))
    found = {key: wanted.get(key, 0) - written.get(key, 0) for key in keys}
    return {key: minor for key, minor in found.items() if minor}


def _months(line: Line, through: date) -> list[str]:
    """From the first to the last month in which the line can earn; never longer than its contract's limits."""
    days = [line.starts_on, line.last_day, *(change.effective_on for change in line.changes)]
    days += [day for day, _ in line.progress]
    if line.transferred_on is not None:
        days.append(line.transferred_on)
    month, last, found = month_of(min(days)), month_of(min(max(days), through)), []
    while month <= last:
        found.append(month)
        month = next_month(month)
    return found


def _queue(
    unit: UnitOfWork,
    contract: Contract,
    lines: dict[Key, Line],
    before: dict[Key, int],
    deltas: list[Delta],
    system: str,
) -> None:
    """One journal for each month of the books that changed, on its last day or the last day asked for."""
    billed = repository.billed_minor(unit.session, [row.obligation_id for row in contract.obligations])
    for month in sorted({delta.posted_month for delta in deltas}):
        legs: list[Leg] = []
        for delta in (one for one in deltas if one.posted_month == month):
            key = (delta.source_kind, delta.source_id)
            product = lines[key].product_id if key in lines else None
            legs += ledger.recognition(delta.amount_minor, before[key], billed.get(delta.source_id, 0), product)
            before[key] += delta.amount_minor
        on = min(last_day(month), max(contract.recognized_through or first_day(month), first_day(month)))
        journal = ledger.balanced("recognition", id_or_new(None, "rec", "document_id"), on, contract.currency, legs)
        queue(unit, journal, system, party_id=contract.customer_id)
