"""What a quote's line costs, and what a policy is told of it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.deals.tables import Deal
from transactional_api.kit.errors import ValueRefused
from transactional_api.products.tables import Product
from transactional_api.quotes import facts
from transactional_api.quotes.errors import QuoteOver, ValidityRefused, WrongQuoteState
from transactional_api.quotes.rules import NewLine, check_signable, check_validity, price_line

DAY = date(2026, 1, 10)


@given(
    st.integers(0, 10**12),
    st.decimals(0, 10**5, places=6),
    st.decimals(0, 100, places=6),
)
def test_discount_and_net_always_sum_to_the_gross_amount(unit: int, quantity: Decimal, percent: Decimal) -> None:
    full = price_line(NewLine(unit, quantity), "")
    line = price_line(NewLine(unit, quantity, percent), "")
    assert line.discount_minor + line.net_minor == full.net_minor
    assert 0 <= line.net_minor <= full.net_minor


@pytest.mark.parametrize(
    ("unit", "percent", "discount"), [(1, "50", 1), (999, "33.333333", 333), (10_005, "10", 1001), (100, "0", 0)]
)
def test_a_discount_is_rounded_half_up_once(unit: int, percent: str, discount: int) -> None:
    assert price_line(NewLine(unit, discount_percent=Decimal(percent)), "").discount_minor == discount


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (NewLine(1, Decimal(-1)), "lines.0.quantity"),
        (NewLine(1, discount_percent=Decimal("100.000001")), "lines.0.discount_percent"),
        (NewLine(10**17, Decimal(100)), "lines.0.quantity"),
        (NewLine(1, service_starts_on=DAY), "lines.0.service_ends_on"),
        (NewLine(1, service_starts_on=DAY, service_ends_on=date(2026, 1, 9)), "lines.0.service_ends_on"),
    ],
)
def test_an_impossible_line_is_refused_by_its_field(line: NewLine, field: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        price_line(line, "lines.0.")
    assert refused.value.field == field


def test_a_quote_is_signed_before_the_day_on_which_it_is_over() -> None:
    check_signable("Q", "approved", DAY, date(2026, 1, 9))
    with pytest.raises(QuoteOver):
        check_signable("Q", "approved", DAY, DAY)
    with pytest.raises(ValidityRefused):
        check_validity(DAY, DAY)


@pytest.mark.parametrize("status", ["pending_approval", "blocked", "rejected", "superseded", "signed"])
def test_only_an_approved_quote_is_signed(status: str) -> None:
    with pytest.raises(WrongQuoteState):
        check_signable("Q", status, DAY, date(2026, 1, 1))


def told(unit: int, percent: str, listed: int | None, currency: str = "USD") -> facts.Facts:
    line = NewLine(unit, discount_percent=Decimal(percent), product_id="P")
    product = Product(product_id="P", kind="subscription", standalone_price_minor=listed, currency="USD")
    return facts.of_quote(
        Deal(deal_id="D"),
        None,
        {"P": product},
        [(line, price_line(line, ""))],
        currency=currency,
        payment_terms_days=30,
        valid_for_days=30,
        billing_interval=None,
    )


def test_a_price_below_its_limit_never_rounds_up_to_it() -> None:
    (line,) = told(10**15 - 1, "50", 10**15).lines
    assert line["list_price_percent"] < 50
    (line,) = told(10**15, "50", 10**15).lines
    assert line["list_price_percent"] == 50


@pytest.mark.parametrize(("listed", "currency"), [(None, "USD"), (0, "USD"), (100, "EUR")])
def test_without_a_list_price_in_its_currency_nothing_is_said_of_it(listed: int | None, currency: str) -> None:
    assert told(100, "0", listed, currency).lines[0]["list_price_percent"] is None


def test_a_deal_without_a_risk_counts_as_one_of_high_risk() -> None:
    assert told(100, "0", None).quote["risk"] == "high"


def test_facts_come_back_as_they_were_kept() -> None:
    kept = told(999, "33.333333", 1000)
    again = facts.read(facts.write(kept))
    assert (again.quote, again.lines) == (kept.quote, kept.lines)
