"""Laws about products."""

from transactional_api.kit.errors import NotFound, ValueRefused


class ProductNotFound(NotFound):
    title = "No such product"

    def __init__(self, product_id: str, field: str = "product_id") -> None:
        super().__init__("product", product_id, field)


class AmountWithoutCurrency(ValueRefused):
    """A price or a cost means nothing without its currency."""

    def __init__(self) -> None:
        super().__init__("a product with a price or a cost has a currency", "currency")
