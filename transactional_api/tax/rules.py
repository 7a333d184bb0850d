"""Where a supply is taxed, by which kinds of tax, and how much. Amounts in minor units of the document's currency.

Rates come from a `RateBook`, which only knows what its tables say: what is not in them is refused, never taken as 0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from stdnum import get_cc_module

from transactional_api.kit.money import product_minor
from transactional_api.tax.errors import CategoryWithoutRate, NoRateOnDate, RegionNeeded, SellerVatNumberNeeded

STANDARD, REDUCED, EXEMPT, ZERO_RATED, REVERSE_CHARGE = "standard", "reduced", "exempt", "zero_rated", "reverse_charge"
REVERSE_CHARGE_NOTE = "Reverse charge: the customer accounts for the VAT (Directive 2006/112/EC, Articles 138 and 196)"
OSS = "EU-OSS"
OSS_THRESHOLD_MINOR = 10_000_00
LOCAL_KINDS = ("US_COUNTY", "US_CITY", "US_DISTRICT")
_JOINED = {"HR": date(2013, 7, 1)}
_LEFT = {"GB": date(2021, 1, 1)}
# Members since 2010 at the latest, but for those that joined or left since.
_MEMBERS = frozenset(re.findall("..", "ATBEBGCYCZDEDKEEESFIFRGBGRHRHUIEITLTLULVMTNLPLPTROSESISK"))
_PROVINCES = frozenset(re.findall("..", "ABBCMBNBNLNSNTNUONPEQCSKYT"))
_REGION = re.compile(r"[A-Z0-9]{1,3}", re.ASCII)


@dataclass(frozen=True)
class Rate:
    """A fraction that is valid from `valid_from` to the day before `valid_until`. `source` says who published it."""

    jurisdiction: str
    kind: str
    category: str
    rate: Decimal
    valid_from: date
    valid_until: date | None
    source: str

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True)
class Territory:
    """A part of a country, by its postal codes, with tax of its own. Without jurisdiction it is outside of VAT."""

    name: str
    jurisdiction: str | None


class RateBook(Protocol):
    def find(self, jurisdiction: str, kind: str, category: str, on: date) -> Rate | None: ...

    def kinds(self, jurisdiction: str, on: date) -> Sequence[str]:
        """Kinds of tax with a standard rate on that day, in order."""

    def territory(self, country: str, postal_code: str | None) -> Territory | None: ...

    def place(self, state: str, locality: str) -> str | None:
        """The jurisdiction of a place with local rates, however its name is capitalised."""

    def has_local(self, state: str) -> bool: ...


@dataclass(frozen=True)
class Seller:
    """`registered_in`: where it collects tax besides its home: `FR`, `US-NY`, `CA-BC`, or `EU-OSS`."""

    country: str
    region: str | None = None
    vat_number: str | None = None
    registered_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Buyer:
    """Where the supply goes to. A VAT number says that a business buys."""

    country: str
    region: str | None = None
    locality: str | None = None
    postal_code: str | None = None
    vat_number: str | None = None


@dataclass(frozen=True)
class UnionSales:
    """Sales to consumers in other member states, without VAT, in cents of EUR; `before` excludes this supply."""

    last_year_minor: int
    before_minor: int
    this_supply_minor: int

    @property
    def is_above(self) -> bool:
        """The supply that passes the threshold is itself taxed at its destination."""
        return (
            self.last_year_minor > OSS_THRESHOLD_MINOR
            or self.before_minor + self.this_supply_minor > OSS_THRESHOLD_MINOR
        )


@dataclass(frozen=True)
class Treatment:
    """`parts` are the jurisdiction and kind of each tax. With a `code`, nothing is charged whatever the category."""

    parts: tuple[tuple[str, str], ...]
    reason: str
    code: str | None = None
    is_local_rate_unknown: bool = False


@dataclass(frozen=True)
class Tax:
    """One tax on one line."""

    jurisdiction: str
    kind: str
    category: str
    rate: Decimal
    taxable_minor: int
    tax_minor: int
    tax_code: str
    reason: str
    source: str | None = None


def in_union(country: str, on: date) -> bool:
    """Whether EU VAT applied there on that day (for the United Kingdom to the end of 2020)."""
    joined, left = _JOINED.get(country, date.min), _LEFT.get(country, date.max)
    return country in _MEMBERS and joined <= on < left


def members(on: date) -> list[str]:
    return sorted(country for country in _MEMBERS if in_union(country, on))


def is_vat_number(number: str | None, country: str) -> bool:
    """Format and check digits of a member state's or the United Kingdom's number, with or without its prefix.

    Whether the number is registered today is a question to the state's own register and is not asked.
    """
    if number is None or country not in _MEMBERS:
        return False
    module = get_cc_module(country.lower(), "vat")
    return module is not None and bool(module.is_valid(number))


def judges_threshold(seller: Seller, buyer: Buyer, on: date, book: RateBook) -> bool:
    """Whether the union-wide threshold decides: a consumer in another member state, and the seller chose nothing."""
    return (
        _crosses_union(seller, buyer, on)
        and not _is_outside(book, buyer)
        and not is_vat_number(buyer.vat_number, buyer.country)
        and not seller.registered_in & {OSS, buyer.country}
    )


def treat(seller: Seller, buyer: Buyer, on: date, book: RateBook, union: UnionSales | None = None) -> Treatment:
    """Which taxes the supply bears. `union` is needed where `judges_threshold` says so."""
    if buyer.country == "US":
        return _united_states(seller, buyer, on, book)
    if _is_outside(book, buyer):
        return _export(seller, buyer)
    if buyer.country == "CA":
        return _canada(seller, buyer, on, book)
    if seller.country == buyer.country:
        return _by_kinds(_territory_of(book, buyer), "domestic", on, book)
    if _crosses_union(seller, buyer, on):
        return _within_union(seller, buyer, on, book, union)
    return _abroad(seller, buyer, on, book)


def taxes(net_minor: int, category: str, treatment: Treatment, on: date, book: RateBook, path: str) -> tuple[Tax, ...]:
    """The taxes of one line, each rounded half-up once. `path` is the line's place in the request."""
    if category in (EXEMPT, ZERO_RATED) or treatment.code is not None:
        code = EXEMPT if category == EXEMPT else treatment.code or ZERO_RATED
        reason = category if category == EXEMPT or treatment.code is None else treatment.reason
        jurisdiction, kind = treatment.parts[0]
        return (Tax(jurisdiction, kind, category, Decimal(0), net_minor, 0, code, reason),)
    charged = []
    for jurisdiction, kind in treatment.parts:
        rate = book.find(jurisdiction, kind, category, on)
        if rate is None:
            raise CategoryWithoutRate(jurisdiction, kind, category, on, f"{path}category")
        code = ZERO_RATED if rate.rate == 0 else STANDARD if category == STANDARD else REDUCED
        tax = product_minor(rate.rate, net_minor)
        charged.append(
            Tax(jurisdiction, kind, category, rate.rate, net_minor, tax, code, treatment.reason, rate.source)
        )
    return tuple(charged)


def region_code(country: str, region: str | None, field: str) -> str:
    """`NY`, `ny` and `US-NY` -> `US-NY`. Raises RegionNeeded."""
    code = (region or "").strip().upper().removeprefix(f"{country}-")
    if not _REGION.fullmatch(code):
        raise RegionNeeded(country, field)
    return f"{country}-{code}"


def _crosses_union(seller: Seller, buyer: Buyer, on: date) -> bool:
    return seller.country != buyer.country and in_union(seller.country, on) and in_union(buyer.country, on)


def _is_outside(book: RateBook, buyer: Buyer) -> bool:
    territory = book.territory(buyer.country, buyer.postal_code)
    return territory is not None and territory.jurisdiction is None


def _territory_of(book: RateBook, buyer: Buyer) -> str:
    territory = book.territory(buyer.country, buyer.postal_code)
    return (territory.jurisdiction if territory else None) or buyer.country


def _export(seller: Seller, buyer: Buyer) -> Treatment:
    """Named by the destination and by the kind that the seller would charge at home."""
    kind = {"US": "US_STATE", "CA": "GST"}.get(seller.country, "VAT")
    return Treatment(((buyer.country, kind),), "export", ZERO_RATED)


def _by_kinds(jurisdiction: str, reason: str, on: date, book: RateBook) -> Treatment:
    kinds = book.kinds(jurisdiction, on)
    if not kinds:
        raise NoRateOnDate(jurisdiction, on)
    return Treatment(tuple((jurisdiction, kind) for kind in kinds), reason)


def _within_union(seller: Seller, buyer: Buyer, on: date, book: RateBook, union: UnionSales | None) -> Treatment:
    if is_vat_number(buyer.vat_number, buyer.country):
        if not is_vat_number(seller.vat_number, seller.country):
            raise SellerVatNumberNeeded
        return Treatment(((buyer.country, "VAT"),), REVERSE_CHARGE, REVERSE_CHARGE)
    destination = _territory_of(book, buyer)
    if buyer.country in seller.registered_in:
        return _by_kinds(destination, "registered_in_destination", on, book)
    if OSS in seller.registered_in:
        return _by_kinds(destination, "one_stop_shop", on, book)
    if union is not None and union.is_above:
        return _by_kinds(destination, "above_union_threshold", on, book)
    return _by_kinds(seller.country, "below_union_threshold", on, book)


def _united_states(seller: Seller, buyer: Buyer, on: date, book: RateBook) -> Treatment:
    """State and local tax where the seller has nexus; always by the place that the supply goes to."""
    state = region_code("US", buyer.region, "buyer.region")
    is_home = seller.country == "US" and region_code("US", seller.region, "seller.region") == state
    if not is_home and state not in seller.registered_in:
        if seller.country == "US":
            return Treatment(((state, "US_STATE"),), "no_nexus", EXEMPT)
        return _export(seller, buyer)
    parts = _by_kinds(state, "domestic", on, book).parts
    place = book.place(state, buyer.locality) if buyer.locality else None
    local = tuple((place, kind) for kind in book.kinds(place, on)) if place else ()
    return Treatment(parts + local, "domestic", None, book.has_local(state) and not local)


def _abroad(seller: Seller, buyer: Buyer, on: date, book: RateBook) -> Treatment:
    """From or to outside of the union: an export, unless the seller is registered there and a consumer buys."""
    collects = seller.registered_in & ({buyer.country, OSS} if in_union(buyer.country, on) else {buyer.country})
    if collects and not is_vat_number(buyer.vat_number, buyer.country):
        return _by_kinds(_territory_of(book, buyer), "registered_in_destination", on, book)
    return _export(seller, buyer)


def _canada(seller: Seller, buyer: Buyer, on: date, book: RateBook) -> Treatment:
    """GST and the province's own tax, or HST in their place, by the province that the supply goes to.

    A seller that names provinces in which it is registered collects PST and QST in those and at home only.
    """
    if seller.country != "CA" and "CA" not in seller.registered_in:
        return _export(seller, buyer)
    province = region_code("CA", buyer.region, "buyer.region")
    if province.removeprefix("CA-") not in _PROVINCES:
        raise RegionNeeded("CA", "buyer.region")
    kinds = book.kinds(province, on)
    if "HST" in kinds:
        return Treatment(((province, "HST"),), "domestic")
    federal = _by_kinds("CA", "domestic", on, book).parts
    named = {one for one in seller.registered_in if one.startswith("CA-")}
    is_home = seller.country == "CA" and region_code("CA", seller.region, "seller.region") == province
    if named and province not in named and not is_home:
        kinds = ()
    return Treatment(federal + tuple((province, kind) for kind in kinds), "domestic")
