"""What can be done with products."""

from transactional_api.database import UnitOfWork
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add
from transactional_api.products import repository
from transactional_api.products.errors import AmountWithoutCurrency, ProductNotFound
from transactional_api.products.tables import Product


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
    product_id = id_or_new(product_id, "prd", "product_id")
    if currency is not None:
        exponent(currency)
    elif standalone_price_minor is not None or unit_cost_minor is not None:
        raise AmountWithoutCurrency
    for field, minor in (("standalone_price", standalone_price_minor), ("unit_cost", unit_cost_minor)):
        checked_minor(minor or 0, field)
    product = Product(
        product_id=product_id,
        name=name,
        kind=kind,
        standalone_price_minor=standalone_price_minor,
        unit_cost_minor=unit_cost_minor,
        currency=currency,
        tax_category=tax_category,
        recognition=recognition,
    )
    add(unit.session, product)
    return product


def get_product(unit: UnitOfWork, product_id: str, field: str = "product_id") -> Product:
    product = repository.by_id(unit.session, product_id)
    if product is None:
        raise ProductNotFound(product_id, field)
    return product
