"""Money in text and in minor units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.kit.money import (
    AmountRefused,
    CurrencyUnknown,
    exponent,
    product_minor,
    to_minor,
    to_text,
)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("12.5", "USD", 1250),
        ("12.5000", "USD", 1250),
        ("1250", "JPY", 1250),
        ("1250.0", "JPY", 1250),
        ("1.234", "KWD", 1234),
        ("-0.01", "USD", -1),
        ("0", "USD", 0),
        ("9999999999999999.99", "USD", 10**18 - 1),
    ],
)
def test_an_amount_is_read_at_its_currencys_own_exponent(text: str, currency: str, minor: int) -> None:
    assert to_minor(text, currency, "amount") == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("12.345", "USD"),
        ("12.5", "JPY"),
        ("1.2345", "KWD"),
        ("1e3", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("1,000", "USD"),
        (" 1", "USD"),
        ("1.", "USD"),
        (".5", "USD"),
        ("+1", "USD"),
        ("", "USD"),
        ("1\n", "USD"),
        ("١٢", "USD"),
        ("10000000000000000.00", "USD"),
    ],
)
def test_what_is_not_exactly_an_amount_is_refused_by_its_field(text: str, currency: str) -> None:
    with pytest.raises(AmountRefused) as refused:
        to_minor(text, currency, "lines.3.unit_amount")
    assert refused.value.field == "lines.3.unit_amount"


@pytest.mark.parametrize("currency", ["ZZZ", "usd", "", "XAU", "XXX"])
def test_only_currencies_with_minor_units_are_money(currency: str) -> None:
    with pytest.raises(CurrencyUnknown):
        exponent(currency)


@given(st.integers(-(10**18) + 1, 10**18 - 1), st.sampled_from(["JPY", "USD", "KWD", "CLF"]))
def test_text_and_minor_units_are_the_same_amount(minor: int, currency: str) -> None:
    assert to_minor(to_text(minor, currency), currency, "amount") == minor


@pytest.mark.parametrize(
    ("factor", "minor", "product"),
    [("0.5", 1, 1), ("2.5", 1, 3), ("0.4999", 1, 0), ("1.005", 100, 101), ("999999999999.999999", 10**17, None)],
)
def test_a_product_is_rounded_half_up_once_and_stays_exact(factor: str, minor: int, product: int | None) -> None:
    exact = 99999999999999999900000000000 if product is None else product
    assert product_minor(Decimal(factor), minor) == exact
