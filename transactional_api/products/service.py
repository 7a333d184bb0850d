"""What can be done with products."""

from collections.abc import Mapping
from typing import Any

from transactional_api.database import UnitOfWork
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add
from transactional_api.products import repository
from transactional_api.products.errors import AmountsNeeded, AmountWithoutCurrency, ProductNotFound
from transactional_api.products.tables import Product

AMOUNTS = ("standalone_price_minor", "unit_cost_minor")


def create_product(
    unit: UnitOfWork,
    *,
    name: str,
    kind: str,
    product_id: str | None = None,
    standalone_price_minor: int | None = None,
    unit_cost_minor: int | None = None,
    currency: str | None = None,
    tax_category: str | None = None,
    recognition: str | None = None,
) -> Product:
    """Price and cost in minor units of `currency`."""
    product = Product(
        product_id=id_or_new(product_id, "prd", "product_id"),
        name=name,
        kind=kind,
        standalone_price_minor=standalone_price_minor,
        unit_cost_minor=unit_cost_minor,
        currency=currency,
        tax_category=tax_category,
        recognition=recognition,
    )
    _check(product)
    add(unit.session, product)
    return product


def change_product(unit: UnitOfWork, product_id: str, changes: Mapping[str, Any]) -> Product:
    """Set the named columns; the others stay. What was priced before keeps the price that stands on it."""
    product = repository.by_id_locked(unit.session, product_id)
    if product is None:
        raise ProductNotFound(product_id)
    for field in ("name", "kind"):
        if field in changes and changes[field] is None:
            raise ValueRefused(f"a product has a {field}", field)
    if changes.get("currency", product.currency) != product.currency:
        for column in AMOUNTS:
            if getattr(product, column) is not None and column not in changes:
                raise AmountsNeeded(column.removesuffix("_minor"))
    for name, value in changes.items():
        setattr(product, name, value)
    _check(product)
    return product


def get_product(unit: UnitOfWork, product_id: str, field: str = "product_id") -> Product:
    product = repository.by_id(unit.session, product_id)
    if product is None:
        raise ProductNotFound(product_id, field)
    return product


def _check(product: Product) -> None:
    amounts = {column: getattr(product, column) for column in AMOUNTS}
    if product.currency is not None:
        exponent(product.currency)
    elif any(minor is not None for minor in amounts.values()):
        raise AmountWithoutCurrency
    for column, minor in amounts.items():
        if (minor or 0) < 0:
            raise ValueRefused("a price and a cost are not negative", column.removesuffix("_minor"))
        checked_minor(minor or 0, column.removesuffix("_minor"))
