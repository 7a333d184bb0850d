"""What holds for a sale and for an expense."""

from decimal import Decimal

import pytest

from transactional_api.kit.money import MAX_MINOR, AmountRefused
from transactional_api.sellers.errors import NothingSold, TaxBeyondAmount
from transactional_api.sellers.rules import check_expense, check_sale


@pytest.mark.parametrize("quantity", ["1", "-1", "0.000001"])
def test_what_is_sold_or_comes_back_has_a_quantity(quantity: str) -> None:
    check_sale(Decimal(quantity), 100, None)


def test_nothing_is_no_sale() -> None:
    with pytest.raises(NothingSold):
        check_sale(Decimal("0.000"), 100, None)


def test_a_sale_beyond_18_digits_is_refused() -> None:
    check_sale(Decimal(1), MAX_MINOR, 0)
    for quantity, price, cost in ((Decimal(2), MAX_MINOR, None), (Decimal(-2), 1, MAX_MINOR)):
        with pytest.raises(AmountRefused):
            check_sale(quantity, price, cost)


@pytest.mark.parametrize(("amount", "tax"), [(100, None), (100, 100), (100, 0), (0, 0), (-100, -19), (-100, 0)])
def test_tax_is_a_part_of_an_expense(amount: int, tax: int | None) -> None:
    check_expense(amount, tax)


@pytest.mark.parametrize(("amount", "tax"), [(100, 101), (100, -1), (-100, 1), (0, 1), (-100, -101)])
def test_tax_beyond_an_expense_or_against_it_is_refused(amount: int, tax: int) -> None:
    with pytest.raises(TaxBeyondAmount):
        check_expense(amount, tax)
