"""Where a supply is taxed and how much: the rules over the packaged tables, without a database."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.kit.money import product_minor
from transactional_api.tax.errors import CategoryWithoutRate, NoRateOnDate, RegionNeeded, SellerVatNumberNeeded
from transactional_api.tax.rates import Book, packaged, rate_key
from transactional_api.tax.rules import (
    OSS,
    Buyer,
    Rate,
    Seller,
    Tax,
    UnionSales,
    in_union,
    is_vat_number,
    judges_threshold,
    taxes,
    treat,
)

DAY = date(2025, 9, 1)
BOOK = Book()
GERMAN = Seller("DE", None, "DE136695976")
ONTARIAN = Seller("CA", "ON")
NEW_YORKER = Seller("US", "NY")
SMALL = UnionSales(0, 0, 100_00)


def charged(
    seller: Seller,
    buyer: Buyer,
    net_minor: int = 100_00,
    category: str = "standard",
    on: date = DAY,
    union: UnionSales | None = None,
    book: Book = BOOK,
) -> tuple[Tax, ...]:
    return taxes(net_minor, category, treat(seller, buyer, on, book, union), on, book, "lines.0.")


def shown(found: tuple[Tax, ...]) -> list[str]:
    return [f"{tax.jurisdiction} {tax.kind} {tax.rate} {tax.tax_minor} {tax.tax_code} {tax.reason}" for tax in found]


@pytest.mark.parametrize(
    ("on", "rate"),
    [
        (date(2020, 6, 30), "0.19"),
        (date(2020, 7, 1), "0.16"),
        (date(2020, 12, 31), "0.16"),
        (date(2021, 1, 1), "0.19"),
    ],
)
def test_a_rate_holds_from_its_first_day_to_the_day_before_the_next(on: date, rate: str) -> None:
    assert charged(GERMAN, Buyer("DE"), on=on)[0].rate == Decimal(rate)


@pytest.mark.parametrize(
    ("country", "on", "rate"),
    [
        ("IE", date(2020, 9, 1), "0.21"),
        ("IE", date(2021, 3, 1), "0.23"),
        ("FI", date(2024, 8, 31), "0.24"),
        ("FI", date(2024, 9, 1), "0.255"),
        ("SK", date(2025, 1, 1), "0.23"),
        ("EE", date(2025, 7, 1), "0.24"),
        ("RO", date(2025, 8, 1), "0.21"),
        ("LU", date(2023, 12, 31), "0.16"),
        ("GB", date(2011, 1, 3), "0.175"),
        ("GB", date(2011, 1, 4), "0.2"),
    ],
)
def test_history_of_standard_rates(country: str, on: date, rate: str) -> None:
    assert charged(Seller(country), Buyer(country), on=on)[0].rate == Decimal(rate)


def test_a_business_in_another_member_state_is_reverse_charged() -> None:
    found = charged(GERMAN, Buyer("FR", vat_number="FR 83 404 833 048"))
    assert shown(found) == ["FR VAT 0 0 reverse_charge reverse_charge"]


def test_a_reverse_charge_without_the_sellers_number_is_refused() -> None:
    for number in (None, "DE123456789"):
        with pytest.raises(SellerVatNumberNeeded):
            charged(Seller("DE", None, number), Buyer("FR", vat_number="FR83404833048"))


def test_a_number_with_wrong_check_digits_buys_as_a_consumer() -> None:
    found = charged(GERMAN, Buyer("FR", vat_number="FR83404833049"), union=SMALL)
    assert shown(found) == ["DE VAT 0.19 1900 standard below_union_threshold"]


@pytest.mark.parametrize(
    ("number", "country", "holds"),
    [
        ("DE136695976", "DE", True),
        ("136695976", "DE", True),
        ("DE136695977", "DE", False),
        ("EL094259216", "GR", True),
        ("GB980780684", "GB", True),
        ("FR83404833048", "DE", False),
        ("", "DE", False),
        ("DE136695976", "CH", False),
        ("'; drop table", "AT", False),
    ],
)
def test_vat_numbers_are_judged_by_format_and_check_digits(number: str, country: str, holds: bool) -> None:
    assert is_vat_number(number, country) is holds


@pytest.mark.parametrize(
    ("union", "jurisdiction"),
    [
        (UnionSales(0, 9_900_00, 100_00), "DE"),
        (UnionSales(0, 9_900_00, 100_01), "FR"),
        (UnionSales(10_000_01, 0, 1), "FR"),
        (UnionSales(10_000_00, 0, 1), "DE"),
    ],
)
def test_consumers_are_taxed_at_their_place_from_the_supply_that_passes_the_threshold(
    union: UnionSales, jurisdiction: str
) -> None:
    assert charged(GERMAN, Buyer("FR"), union=union)[0].jurisdiction == jurisdiction


@pytest.mark.parametrize(("registered", "reason"), [(OSS, "one_stop_shop"), ("FR", "registered_in_destination")])
def test_who_chose_the_destination_is_not_asked_about_the_threshold(registered: str, reason: str) -> None:
    seller = Seller("DE", None, None, frozenset({registered}))
    assert not judges_threshold(seller, Buyer("FR"), DAY, BOOK)
    assert shown(charged(seller, Buyer("FR"))) == [f"FR VAT 0.2 2000 standard {reason}"]


def test_the_united_kingdom_was_inside_until_the_end_of_2020() -> None:
    assert in_union("GB", date(2020, 12, 31))
    assert not in_union("GB", date(2021, 1, 1))
    british = Buyer("GB", vat_number="GB980780684")
    assert charged(GERMAN, british, on=date(2020, 12, 31))[0].tax_code == "reverse_charge"
    assert shown(charged(GERMAN, british)) == ["GB VAT 0 0 zero_rated export"]


def test_croatia_was_outside_until_it_joined() -> None:
    assert charged(GERMAN, Buyer("HR"), on=date(2013, 6, 30))[0].reason == "export"
    assert charged(GERMAN, Buyer("HR"), on=date(2013, 7, 1), union=SMALL)[0].jurisdiction == "DE"


@pytest.mark.parametrize(
    ("buyer", "expected"),
    [
        (Buyer("ES", postal_code="35001"), "ES VAT 0 0 zero_rated export"),
        (Buyer("DE", postal_code="27498"), "DE VAT 0 0 zero_rated export"),
        (Buyer("ES", postal_code="28001"), "DE VAT 0.19 1900 standard below_union_threshold"),
        (Buyer("US", "NY"), "US VAT 0 0 zero_rated export"),
        (Buyer("CA", "ON"), "CA VAT 0 0 zero_rated export"),
        (Buyer("CH"), "CH VAT 0 0 zero_rated export"),
    ],
)
def test_what_leaves_the_area_of_vat_is_zero_rated(buyer: Buyer, expected: str) -> None:
    assert shown(charged(GERMAN, buyer, union=SMALL)) == [expected]


def test_madeira_and_the_azores_have_rates_of_their_own() -> None:
    lisbon = Seller("PT")
    assert charged(lisbon, Buyer("PT", postal_code="9500-321"))[0].rate == Decimal("0.16")
    assert charged(lisbon, Buyer("PT", postal_code="9000-001"))[0].rate == Decimal("0.22")
    assert charged(lisbon, Buyer("PT", postal_code="1100-001"))[0].rate == Decimal("0.23")


@pytest.mark.parametrize(
    ("province", "expected"),
    [
        ("AB", ["CA GST 0.05 500 standard domestic"]),
        ("BC", ["CA GST 0.05 500 standard domestic", "CA-BC PST 0.07 700 standard domestic"]),
        ("MB", ["CA GST 0.05 500 standard domestic", "CA-MB PST 0.07 700 standard domestic"]),
        ("SK", ["CA GST 0.05 500 standard domestic", "CA-SK PST 0.06 600 standard domestic"]),
        ("QC", ["CA GST 0.05 500 standard domestic", "CA-QC QST 0.09975 998 standard domestic"]),
        ("ON", ["CA-ON HST 0.13 1300 standard domestic"]),
        ("NS", ["CA-NS HST 0.14 1400 standard domestic"]),
        ("CA-NB", ["CA-NB HST 0.15 1500 standard domestic"]),
    ],
)
def test_canadas_four_kinds_by_the_province_of_delivery(province: str, expected: list[str]) -> None:
    assert shown(charged(ONTARIAN, Buyer("CA", province))) == expected


def test_each_kind_is_rounded_by_itself() -> None:
    """As in docs/decisions/0301: one rate of 14.975 % would give 1.51."""
    assert [tax.tax_minor for tax in charged(ONTARIAN, Buyer("CA", "QC"), 10_10)] == [51, 1_01]


def test_nova_scotia_lowered_its_rate_in_april_2025() -> None:
    assert charged(ONTARIAN, Buyer("CA", "NS"), on=date(2025, 3, 31))[0].rate == Decimal("0.15")


def test_who_names_its_provinces_collects_their_tax_in_those_and_at_home_only() -> None:
    seller = Seller("CA", "ON", None, frozenset({"CA-QC"}))
    assert shown(charged(seller, Buyer("CA", "BC"))) == ["CA GST 0.05 500 standard domestic"]
    assert len(charged(seller, Buyer("CA", "QC"))) == 2
    from_quebec = Seller("CA", "QC", None, frozenset({"CA-BC"}))
    assert len(charged(from_quebec, Buyer("CA", "QC"))) == 2


def test_a_province_that_does_not_exist_is_refused() -> None:
    for region in (None, "Ontario", "XX"):
        with pytest.raises(RegionNeeded):
            charged(ONTARIAN, Buyer("CA", region))


def test_state_county_city_and_district_are_lines_of_their_own() -> None:
    chicago = Buyer("US", "IL", "chicago")
    seller = Seller("US", "NY", None, frozenset({"US-IL"}))
    assert shown(charged(seller, chicago)) == [
        "US-IL US_STATE 0.0625 625 standard domestic",
        "US-IL:Chicago US_COUNTY 0.0175 175 standard domestic",
        "US-IL:Chicago US_CITY 0.0125 125 standard domestic",
        "US-IL:Chicago US_DISTRICT 0.01 100 standard domestic",
    ]


def test_a_place_that_is_not_in_the_tables_is_said_to_be_unknown() -> None:
    assert treat(NEW_YORKER, Buyer("US", "NY", "Ithaca"), DAY, BOOK).is_local_rate_unknown
    assert treat(NEW_YORKER, Buyer("US", "NY"), DAY, BOOK).is_local_rate_unknown
    assert not treat(NEW_YORKER, Buyer("US", "NY", "New York City"), DAY, BOOK).is_local_rate_unknown
    assert not treat(Seller("US", "MA"), Buyer("US", "MA", "Boston"), DAY, BOOK).is_local_rate_unknown


def test_without_nexus_no_tax_is_collected() -> None:
    assert shown(charged(NEW_YORKER, Buyer("US", "TX"))) == ["US-TX US_STATE 0 0 exempt no_nexus"]


def test_a_state_without_a_sales_tax_is_zero_rated() -> None:
    assert shown(charged(Seller("US", "OR"), Buyer("US", "OR"))) == ["US-OR US_STATE 0 0 zero_rated domestic"]


def test_reduced_rates_are_reduced_and_an_unknown_category_is_refused_by_name() -> None:
    assert shown(charged(GERMAN, Buyer("DE"), category="reduced")) == ["DE VAT 0.07 700 reduced domestic"]
    with pytest.raises(CategoryWithoutRate) as refused:
        charged(GERMAN, Buyer("DE"), category="books")
    assert (refused.value.field, "'books'" in refused.value.detail) == ("lines.0.category", True)
    with pytest.raises(CategoryWithoutRate):
        charged(Seller("DK"), Buyer("DK"), category="reduced")


def test_no_rate_on_a_day_is_refused_and_never_0() -> None:
    with pytest.raises(NoRateOnDate):
        charged(GERMAN, Buyer("DE"), on=date(2009, 12, 31))
    with pytest.raises(NoRateOnDate):
        charged(Seller("CH"), Buyer("CH"))


@pytest.mark.parametrize("category", ["exempt", "zero_rated"])
def test_exempt_and_zero_rated_need_no_rate_anywhere(category: str) -> None:
    assert [(tax.tax_minor, tax.tax_code) for tax in charged(GERMAN, Buyer("DE"), category=category)] == [(0, category)]


def test_exempt_stays_exempt_across_borders() -> None:
    assert charged(GERMAN, Buyer("FR", vat_number="FR83404833048"), category="exempt")[0].tax_code == "exempt"


def test_the_tenants_own_rate_stands_before_the_packaged_one_while_it_holds() -> None:
    own = Rate("DE", "VAT", "standard", Decimal("0.15"), date(2025, 8, 1), date(2025, 10, 1), "own")
    books = Rate("DE", "VAT", "books", Decimal("0.07"), date(2025, 1, 1), None, "own")
    book = Book([own, books])
    assert charged(GERMAN, Buyer("DE"), book=book)[0].rate == Decimal("0.15")
    assert charged(GERMAN, Buyer("DE"), book=book, on=date(2025, 10, 1))[0].rate == Decimal("0.19")
    assert charged(GERMAN, Buyer("DE"), book=book, category="books")[0].tax_code == "reduced"


@given(st.integers(-(10**15), 10**15), st.sampled_from(["AB", "BC", "QC", "ON", "NB"]))
def test_each_tax_is_its_rate_times_the_net_rounded_once(net: int, province: str) -> None:
    for tax in charged(ONTARIAN, Buyer("CA", province), net):
        assert tax.tax_minor == product_minor(tax.rate, net)
        assert abs(tax.tax_minor - tax.rate * net) <= Decimal("0.5")


@given(st.integers(-(10**15), 10**15))
def test_what_is_taken_back_is_taxed_as_much_as_what_was_sold(net: int) -> None:
    sold, back = (charged(GERMAN, Buyer("DE"), minor)[0].tax_minor for minor in (net, -net))
    assert sold == -back


def test_the_tables_never_hold_two_rates_for_one_day() -> None:
    rates = packaged().rates
    assert len({rate_key(rate) for rate in rates}) == len(rates)
    for first, second in pairwise(rates):
        if (first.jurisdiction, first.kind, first.category) == (second.jurisdiction, second.kind, second.category):
            assert first.valid_until is not None
            assert first.valid_until <= second.valid_from, second
    assert all(0 <= rate.rate < 1 and rate.source for rate in rates)
