"""What can be asked of tax, and how the tenant's rates and registrations are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.rows import add, remove
from transactional_api.tax import repository, rules
from transactional_api.tax.errors import (
    HomeNotOne,
    LocalRateUnknown,
    RateNotFound,
    RateRefused,
    RatesOverlap,
    RegistrationRefused,
    RegistrationTwice,
    SellerUnknown,
    ThresholdNotJudged,
)
from transactional_api.tax.rates import Book
from transactional_api.tax.rules import Buyer, Rate, Seller, Tax, Treatment, UnionSales
from transactional_api.tax.tables import TaxRate, TaxRegistration

OWN = "the tenant's own rate"
_ENDS_AFTER = "a rate ends after the day it begins"


@dataclass(frozen=True)
class TaxableLine:
    """In minor units of the document's currency; `category` as in the rate tables, or exempt, or zero_rated."""

    net_minor: int
    category: str = rules.STANDARD


@dataclass(frozen=True)
class LineTax:
    """What an invoice line takes over: all taxes of the line together. `tax_minor` is the sum of the parts, each
    rounded by itself, so it may differ by a minor unit from net x `tax_rate`. What was not judged has no parts."""

    tax_rate: Decimal
    tax_minor: int
    tax_code: str
    reason: str
    parts: tuple[Tax, ...] = ()


@dataclass(frozen=True)
class Calculation:
    """The taxes of each line, in the lines' order."""

    treatment: Treatment
    lines: tuple[tuple[Tax, ...], ...]


@dataclass(frozen=True)
class NewRegistration:
    jurisdiction: str
    registered_from: date
    number: str | None = None
    is_home: bool = False
    registered_until: date | None = None


def calculate(
    unit: UnitOfWork,
    *,
    seller: Seller,
    buyer: Buyer,
    on: date,
    currency: str,
    lines: Sequence[TaxableLine],
    union: UnionSales | None = None,
) -> Calculation:
    """The taxes of a supply at its tax point. Without `union`, the year's sales are counted from the invoices."""
    book = book_of(unit, on)
    if union is None and rules.judges_threshold(seller, buyer, on, book):
        union = _union_sales(unit, seller, on, currency, sum(line.net_minor for line in lines))
    treatment = rules.treat(seller, buyer, on, book, union)
    charged = tuple(
        rules.taxes(line.net_minor, line.category, treatment, on, book, f"lines.{at}.") for at, line in enumerate(lines)
    )
    return Calculation(treatment, charged)


def for_lines(
    unit: UnitOfWork,
    *,
    customer_id: str,
    ship_to_country: str | None,
    ship_to_region: str | None,
    issued_on: date,
    lines: Sequence[TaxableLine],
    currency: str | None = None,
) -> list[LineTax]:
    """What each line of an invoice is taxed with, by the tenant's registrations.

    A tenant without a home registration, and a customer without a country, are not judged: rate 0 and a reason.
    A place whose local rate is not known is refused, since an invoice shows a whole tax or none.
    """
    seller = seller_of(unit, issued_on)
    customer = get_customer(unit, customer_id)
    country = ship_to_country or customer.country
    if seller is None or country is None:
        reason = "no_registration" if seller is None else "no_country"
        return [LineTax(Decimal(0), 0, rules.STANDARD, reason) for _ in lines]
    region = ship_to_region or (customer.region if ship_to_country in (None, customer.country) else None)
    buyer = Buyer(country, region, vat_number=customer.profile.vat_number)
    answer = calculate(unit, seller=seller, buyer=buyer, on=issued_on, currency=currency or "", lines=lines)
    if answer.treatment.is_local_rate_unknown:
        raise LocalRateUnknown(answer.treatment.parts[0][0])
    return [_together(taxes) for taxes in answer.lines]


def book_of(unit: UnitOfWork, on: date) -> Book:
    return Book(_plain(row) for row in repository.rates_on(unit.session, on))


def seller_of(unit: UnitOfWork, on: date) -> Seller | None:
    """The tenant as its registrations show it on that day; None without a home."""
    held = [row for row in repository.registrations(unit.session) if _holds(row, on)]
    home = next((row for row in held if row.is_home), None)
    if home is None:
        return None
    country, _, region = home.jurisdiction.partition("-")
    elsewhere = frozenset(row.jurisdiction for row in held if not row.is_home)
    return Seller(country, region or None, home.number, elsewhere)


def known_seller(unit: UnitOfWork, on: date) -> Seller:
    seller = seller_of(unit, on)
    if seller is None:
        raise SellerUnknown
    return seller


def add_rate(
    unit: UnitOfWork,
    *,
    jurisdiction: str,
    kind: str,
    category: str,
    rate: Decimal,
    valid_from: date,
    valid_until: date | None = None,
    rate_id: str | None = None,
) -> TaxRate:
    """From `valid_from` the tenant's own rate stands before the packaged one."""
    if category in (rules.EXEMPT, rules.ZERO_RATED):
        raise RateRefused(f"{category} needs no rate", "category")
    if valid_until is not None and valid_until <= valid_from:
        raise RateRefused(_ENDS_AFTER, "valid_until")
    unit.session.hold_tenant()  # two rates that overlap could otherwise be written at once
    row = TaxRate(
        rate_id=id_or_new(rate_id, "rate", "rate_id"),
        jurisdiction=jurisdiction,
        kind=kind,
        category=category,
        rate=rate,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    _check_apart(unit, row)
    add(unit.session, row)
    return row


def end_rate(unit: UnitOfWork, rate_id: str, *, valid_until: date | None) -> TaxRate:
    """The first day on which it is no longer valid; null = open-ended."""
    unit.session.hold_tenant()
    row = _rate(unit, rate_id)
    if valid_until is not None and valid_until <= row.valid_from:
        raise RateRefused(_ENDS_AFTER, "valid_until")
    row.valid_until = valid_until
    _check_apart(unit, row)
    return row


def remove_rate(unit: UnitOfWork, rate_id: str) -> None:
    """Invoices keep the rate that stands on their lines."""
    remove(unit.session, _rate(unit, rate_id))


def set_registrations(unit: UnitOfWork, wanted: Sequence[NewRegistration]) -> list[TaxRegistration]:
    """The whole list at once: what is not in it ends to be. An empty list says that the tenant collects no tax."""
    unit.session.hold_tenant()
    _check_registrations(wanted)
    rows = {row.jurisdiction: row for row in repository.registrations(unit.session)}
    home = next((one.jurisdiction for one in wanted if one.is_home), None)
    for held in rows.values():
        if held.is_home and held.jurisdiction != home:
            held.is_home = 0
    unit.session.flush()  # before another row becomes the home: there is never more than one
    kept = {one.jurisdiction for one in wanted}
    for jurisdiction in rows.keys() - kept:
        remove(unit.session, rows[jurisdiction])
    for one in wanted:
        row = rows.get(one.jurisdiction) or TaxRegistration(jurisdiction=one.jurisdiction)
        if one.jurisdiction not in rows:
            add(unit.session, row)
        row.number, row.is_home = one.number, int(one.is_home)
        row.registered_from, row.registered_until = one.registered_from, one.registered_until
    unit.session.flush()
    return repository.registrations(unit.session)


def _together(taxes: Sequence[Tax]) -> LineTax:
    codes = {tax.tax_code for tax in taxes}
    code = next((one for one in (rules.STANDARD, rules.REDUCED) if one in codes), taxes[0].tax_code)
    rate = sum((tax.rate for tax in taxes), Decimal(0))
    return LineTax(rate, sum(tax.tax_minor for tax in taxes), code, taxes[0].reason, tuple(taxes))


def _union_sales(unit: UnitOfWork, seller: Seller, on: date, currency: str, net_minor: int) -> UnionSales:
    """From the tenant's invoices, drafts too: what was staged first keeps its treatment, so what comes next is judged
    with it. Raises ThresholdNotJudged if other currencies could change the answer."""
    unit.session.hold_tenant()  # two drafts at once would otherwise not see each other
    others = [code for code in rules.members(on) if code != seller.country]
    is_whole = currency == "EUR"
    totals = []
    for year in (on.year - 1, on.year):
        found = repository.consumer_sales(unit.session, others, year, on, seller.country)
        sums = {row[0]: int(row[1]) for row in found}
        is_whole = is_whole and sums.keys() <= {"EUR"}
        totals.append(sums.get("EUR", 0))
    union = UnionSales(totals[0], totals[1], net_minor if currency == "EUR" else 0)
    if not is_whole and not union.is_above:
        raise ThresholdNotJudged
    return union


def _holds(row: TaxRegistration, on: date) -> bool:
    return row.registered_from <= on and (row.registered_until is None or on < row.registered_until)


def _plain(row: TaxRate) -> Rate:
    return Rate(row.jurisdiction, row.kind, row.category, row.rate, row.valid_from, row.valid_until, OWN)


def _rate(unit: UnitOfWork, rate_id: str) -> TaxRate:
    row = repository.rate_locked(unit.session, rate_id)
    if row is None:
        raise RateNotFound(rate_id)
    return row


def _check_apart(unit: UnitOfWork, rate: TaxRate) -> None:
    with unit.session.no_autoflush:
        alike = repository.rates_alike(unit.session, rate.jurisdiction, rate.kind, rate.category)
    for other in alike:
        ends, other_ends = rate.valid_until or date.max, other.valid_until or date.max
        if other.rate_id != rate.rate_id and other.valid_from < ends and rate.valid_from < other_ends:
            raise RatesOverlap(other.rate_id)


def _check_registrations(wanted: Sequence[NewRegistration]) -> None:
    seen: set[str] = set()
    for at, one in enumerate(wanted):
        path = f"registrations.{at}."
        if one.jurisdiction in seen:
            raise RegistrationTwice(one.jurisdiction, at)
        seen.add(one.jurisdiction)
        if one.is_home and one.jurisdiction == rules.OSS:
            raise RegistrationRefused("a home is a country or a region, not a scheme", f"{path}is_home")
        if one.is_home and one.jurisdiction in ("US", "CA"):
            raise RegistrationRefused("there, a home is a region such as US-NY", f"{path}jurisdiction")
        if one.registered_until is not None and one.registered_until <= one.registered_from:
            raise RegistrationRefused("a registration ends after it begins", f"{path}registered_until")
    if wanted and sum(one.is_home for one in wanted) != 1:
        raise HomeNotOne
