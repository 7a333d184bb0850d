"""Sales and expenses on the wire: amounts are decimals in text, in units of their currency."""

from decimal import Decimal
from typing import Any

from pydantic import Field

from transactional_api.kit.http import (
    AmountText,
    Body,
    Country,
    CurrencyCode,
    DayText,
    Id,
    InstantText,
    Result,
    SignedQuantity,
    Words,
)
from transactional_api.kit.money import to_minor, to_text
from transactional_api.sellers.tables import Expense, Sale


class SaleIn(Body):
    sale_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    sold_at: InstantText
    product: Words
    quantity: SignedQuantity = Field(description="Negative for what comes back.")
    unit_price: AmountText
    unit_cost: AmountText | None = None
    currency: CurrencyCode | None = Field(None, description="Absent = the tenant's own.")
    order_id: Id | None = Field(None, description="Lines of one order share it.")
    customer_id: Id | None = None
    country: Country | None = None

    def values(self, currency: str) -> dict[str, Any]:
        return _in_minor(self.model_dump(), currency, ("unit_price", "unit_cost")) | {"currency": currency}


class SaleChange(Body):
    """A field that is absent stays; one that is null is emptied. With another currency the amounts are given anew."""

    sold_at: InstantText | None = None
    product: Words | None = None
    quantity: SignedQuantity | None = None
    unit_price: AmountText | None = None
    unit_cost: AmountText | None = None
    currency: CurrencyCode | None = None
    order_id: Id | None = None
    customer_id: Id | None = None
    country: Country | None = None

    def changes(self, currency: str) -> dict[str, Any]:
        return _in_minor(self.model_dump(exclude_unset=True), self.currency or currency, ("unit_price", "unit_cost"))


class SaleOut(Result):
    sale_id: str
    sold_at: InstantText
    product: str
    quantity: SignedQuantity
    unit_price: str
    unit_cost: str | None
    currency: str
    order_id: str | None
    customer_id: str | None
    country: str | None

    @classmethod
    def of(cls, sale: Sale) -> "SaleOut":
        facts = {name: getattr(sale, name, None) for name in cls.model_fields}
        return cls.model_validate(facts | _texts(sale, sale.currency, ("unit_price", "unit_cost")))


class ExpenseIn(Body):
    expense_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    spent_on: DayText
    amount: AmountText = Field(description="With tax; negative for money that came back.")
    currency: CurrencyCode | None = Field(None, description="Absent = the tenant's own.")
    category: Words
    vendor: Words | None = None
    department_id: Id | None = None
    description: Words | None = None
    tax_amount: AmountText | None = Field(None, description="The tax that the amount contains.")
    customer_id: Id | None = Field(None, description="The customer whom vendor or description name, if they do.")

    def values(self, currency: str) -> dict[str, Any]:
        return _in_minor(self.model_dump(), currency, ("amount", "tax_amount")) | {"currency": currency}


class ExpenseChange(Body):
    """A field that is absent stays; one that is null is emptied. With another currency the amounts are given anew."""

    spent_on: DayText | None = None
    amount: AmountText | None = None
    currency: CurrencyCode | None = None
    category: Words | None = None
    vendor: Words | None = None
    department_id: Id | None = None
    description: Words | None = None
    tax_amount: AmountText | None = None
    customer_id: Id | None = None

    def changes(self, currency: str) -> dict[str, Any]:
        return _in_minor(self.model_dump(exclude_unset=True), self.currency or currency, ("amount", "tax_amount"))


class ExpenseOut(Result):
    expense_id: str
    spent_on: DayText
    amount: str
    currency: str
    category: str
    vendor: str | None
    department_id: str | None
    description: str | None
    tax_amount: str | None
    customer_id: str | None

    @classmethod
    def of(cls, expense: Expense) -> "ExpenseOut":
        facts = {name: getattr(expense, name, None) for name in cls.model_fields}
        return cls.model_validate(facts | _texts(expense, expense.currency, ("amount", "tax_amount")))


class QuickSale(Body):
    """One piece, sold now, in the tenant's currency, unless it says otherwise."""

    product: Words
    unit_price: AmountText
    quantity: SignedQuantity = Decimal(1)
    customer_id: Id | None = None
    currency: CurrencyCode | None = None
    sold_at: InstantText | None = None

    def values(self, currency: str) -> dict[str, Any]:
        return _in_minor(self.model_dump(), currency, ("unit_price",)) | {"currency": currency}


class QuickCustomer(Body):
    """A customer from today (UTC) on, in the tenant's currency, unless it says otherwise."""

    name: Words
    email: Words | None = None
    country: Country | None = None
    currency: CurrencyCode | None = None


class QuickExpense(Body):
    """Spent today (UTC), in the tenant's currency, under `other`, unless it says otherwise."""

    amount: AmountText
    category: Words = "other"
    description: Words | None = None
    currency: CurrencyCode | None = None
    spent_on: DayText | None = None

    def values(self, currency: str) -> dict[str, Any]:
        return _in_minor(self.model_dump(), currency, ("amount",)) | {"currency": currency}


class ProductSuggestion(Result):
    product: str
    uses: int


class CustomerSuggestion(Result):
    customer_id: str
    name: str | None
    uses: int


class ProductSuggestions(Result):
    items: list[ProductSuggestion]


class CustomerSuggestions(Result):
    items: list[CustomerSuggestion]


def _in_minor(named: dict[str, Any], currency: str, amounts: tuple[str, ...]) -> dict[str, Any]:
    """The same fields, those of amounts in minor units."""
    for field in amounts:
        if field in named:
            text = named.pop(field)
            named[f"{field}_minor"] = None if text is None else to_minor(text, currency, field)
    return named


def _texts(row: Sale | Expense, currency: str, amounts: tuple[str, ...]) -> dict[str, str | None]:
    minors = {field: getattr(row, f"{field}_minor") for field in amounts}
    return {field: None if minor is None else to_text(minor, currency) for field, minor in minors.items()}
