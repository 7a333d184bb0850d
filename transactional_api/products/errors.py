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


class AmountsNeeded(ValueRefused):
    """An amount means nothing in another currency, so that both change together."""

    def __init__(self, field: str) -> None:
        super().__init__("with another currency price and cost are given anew", field)
