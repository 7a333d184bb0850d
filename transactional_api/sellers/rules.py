"""What holds for a sale and for an expense. Amounts in minor units of their currency."""

from decimal import Decimal

from transactional_api.kit.money import checked_minor, product_minor
from transactional_api.sellers.errors import NothingSold, TaxBeyondAmount


def check_sale(quantity: Decimal, unit_price_minor: int, unit_cost_minor: int | None) -> None:
    """Also that its revenue and cost stay within 18 digits."""
    if quantity == 0:
        raise NothingSold
    for field, minor in (("unit_price", unit_price_minor), ("unit_cost", unit_cost_minor or 0)):
        checked_minor(minor, field)
        checked_minor(product_minor(quantity, minor), "quantity")


def check_expense(amount_minor: int, tax_amount_minor: int | None) -> None:
    """Tax is contained in the amount, and comes back with it."""
    checked_minor(amount_minor, "amount")
    tax = tax_amount_minor or 0
    if abs(tax) > abs(amount_minor) or tax * amount_minor < 0:
        raise TaxBeyondAmount
