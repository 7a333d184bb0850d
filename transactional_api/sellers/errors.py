"""Laws about sales and expenses."""

from transactional_api.kit.errors import NotFound, ValueRefused


class SaleNotFound(NotFound):
    title = "No such sale"

    def __init__(self, sale_id: str) -> None:
        super().__init__("sale", sale_id, "sale_id")


class ExpenseNotFound(NotFound):
    title = "No such expense"

    def __init__(self, expense_id: str) -> None:
        super().__init__("expense", expense_id, "expense_id")


class NothingSold(ValueRefused):
    """A sale has a quantity: positive, or negative for what comes back."""

    def __init__(self) -> None:
        super().__init__("a quantity is not 0; a negative one takes a sale back", "quantity")


class TaxBeyondAmount(ValueRefused):
    """The tax is a part of what was spent."""

    def __init__(self) -> None:
        super().__init__("the tax is part of the amount: not larger, and of the same sign", "tax_amount")


class AmountsNeeded(ValueRefused):
    """An amount means nothing in another currency, so that both change together."""

    def __init__(self, field: str) -> None:
        super().__init__("with another currency the amounts are given anew", field)


class TenantSettingsUnreadable(ValueRefused):
    """The tenant's own currency cannot be read, so that none can be assumed."""

    def __init__(self) -> None:
        super().__init__("tenants.toml cannot be read or names no currency: give the currency", "currency")
