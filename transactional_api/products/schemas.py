"""Products on the wire: amounts are decimals in text, in units of `currency`."""

from typing import Any, Literal

from pydantic import Field

from transactional_api.kit.http import AmountText, Body, CurrencyCode, Id, Result, Words
from transactional_api.kit.money import to_minor, to_text
from transactional_api.products.errors import AmountWithoutCurrency
from transactional_api.products.tables import Product


class ProductIn(Body):
    product_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    name: Words
    kind: Literal["subscription", "one_time", "usage", "service"]
    standalone_price: AmountText | None = None
    unit_cost: AmountText | None = None
    currency: CurrencyCode | None = None
    tax_category: Words | None = None
    recognition: Literal["over_time", "point_in_time", "percent_complete"] | None = None

    def values(self) -> dict[str, Any]:
        return in_minor(self.model_dump(), self.currency)


class ProductChange(Body):
    """A field that is absent stays; one that is null is emptied. With another currency the amounts are given anew."""

    name: Words | None = None
    kind: Literal["subscription", "one_time", "usage", "service"] | None = None
    standalone_price: AmountText | None = None
    unit_cost: AmountText | None = None
    currency: CurrencyCode | None = None
    tax_category: Words | None = None
    recognition: Literal["over_time", "point_in_time", "percent_complete"] | None = None

    def changes(self, currency: str | None) -> dict[str, Any]:
        """`currency` is that of the product before."""
        named = self.model_dump(exclude_unset=True)
        return in_minor(named, named.get("currency", currency))


class ProductOut(Result):
    product_id: str
    name: str
    kind: str
    standalone_price: str | None
    unit_cost: str | None
    currency: str | None
    tax_category: str | None
    recognition: str | None

    @classmethod
    def of(cls, product: Product) -> "ProductOut":
        def amount(minor: int | None) -> str | None:
            return None if minor is None or product.currency is None else to_text(minor, product.currency)

        return cls(
            product_id=product.product_id,
            name=product.name,
            kind=product.kind,
            standalone_price=amount(product.standalone_price_minor),
            unit_cost=amount(product.unit_cost_minor),
            currency=product.currency,
            tax_category=product.tax_category,
            recognition=product.recognition,
        )


def in_minor(named: dict[str, Any], currency: str | None) -> dict[str, Any]:
    """The same fields, price and cost in minor units."""
    for field in ("standalone_price", "unit_cost"):
        if field in named:
            text = named.pop(field)
            if text is not None and currency is None:
                raise AmountWithoutCurrency
            named[f"{field}_minor"] = None if text is None else to_minor(text, currency or "", field)
    return named
