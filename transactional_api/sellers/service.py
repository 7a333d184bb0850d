"""What can be done with sales and expenses. Instants and dates are the caller's, in UTC."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.kit.clock import as_utc
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import exponent
from transactional_api.kit.rows import add, remove
from transactional_api.sellers import repository, rules
from transactional_api.sellers.errors import AmountsNeeded, ExpenseNotFound, SaleNotFound
from transactional_api.sellers.tables import Expense, Sale

MAY_BE_EMPTY = frozenset(
    {
        "unit_cost_minor",
        "order_id",
        "customer_id",
        "country",
        "vendor",
        "department_id",
        "description",
        "tax_amount_minor",
    }
)


def record_sale(
    unit: UnitOfWork,
    *,
    sold_at: datetime,
    product: str,
    quantity: Decimal,
    unit_price_minor: int,
    currency: str,
    sale_id: str | None = None,
    order_id: str | None = None,
    customer_id: str | None = None,
    unit_cost_minor: int | None = None,
    country: str | None = None,
) -> Sale:
    """A line of a sale, or with a negative quantity of a return."""
    sale = Sale(
        sale_id=id_or_new(sale_id, "sale", "sale_id"),
        sold_at=as_utc(sold_at),
        product=product,
        quantity=quantity,
        unit_price_minor=unit_price_minor,
        unit_cost_minor=unit_cost_minor,
        currency=currency,
        order_id=order_id,
        customer_id=customer_id,
        country=country,
    )
    _check_sale(unit, sale)
    add(unit.session, sale)
    return sale


def change_sale(unit: UnitOfWork, sale_id: str, changes: Mapping[str, Any]) -> Sale:
    """Set the named columns; the others stay."""
    sale = _sale(unit, sale_id)
    _check_changes(
        sale.currency, changes, {"unit_price_minor": True, "unit_cost_minor": sale.unit_cost_minor is not None}
    )
    for name, value in changes.items():
        setattr(sale, name, value)
    _check_sale(unit, sale)
    return sale


def remove_sale(unit: UnitOfWork, sale_id: str) -> None:
    """For a sale that never was; what came back is a sale with a negative quantity."""
    remove(unit.session, _sale(unit, sale_id))


def get_sale(unit: UnitOfWork, sale_id: str) -> Sale:
    sale = repository.sale(unit.session, sale_id)
    if sale is None:
        raise SaleNotFound(sale_id)
    return sale


def record_expense(
    unit: UnitOfWork,
    *,
    spent_on: date,
    amount_minor: int,
    currency: str,
    category: str,
    expense_id: str | None = None,
    vendor: str | None = None,
    department_id: str | None = None,
    description: str | None = None,
    tax_amount_minor: int | None = None,
    customer_id: str | None = None,
) -> Expense:
    """Vendor and description are free text and never enter the change log."""
    expense = Expense(
        expense_id=id_or_new(expense_id, "exp", "expense_id"),
        spent_on=spent_on,
        amount_minor=amount_minor,
        currency=currency,
        category=category,
        vendor=vendor,
        department_id=department_id,
        description=description,
        tax_amount_minor=tax_amount_minor,
        customer_id=customer_id,
    )
    _check_expense(unit, expense)
    add(unit.session, expense)
    return expense


def change_expense(unit: UnitOfWork, expense_id: str, changes: Mapping[str, Any]) -> Expense:
    """Set the named columns; the others stay."""
    expense = _expense(unit, expense_id)
    _check_changes(
        expense.currency, changes, {"amount_minor": True, "tax_amount_minor": expense.tax_amount_minor is not None}
    )
    for name, value in changes.items():
        setattr(expense, name, value)
    _check_expense(unit, expense)
    return expense


def remove_expense(unit: UnitOfWork, expense_id: str) -> None:
    remove(unit.session, _expense(unit, expense_id))


def get_expense(unit: UnitOfWork, expense_id: str) -> Expense:
    expense = repository.expense(unit.session, expense_id)
    if expense is None:
        raise ExpenseNotFound(expense_id)
    return expense


def _sale(unit: UnitOfWork, sale_id: str) -> Sale:
    sale = repository.sale_locked(unit.session, sale_id)
    if sale is None:
        raise SaleNotFound(sale_id)
    return sale


def _expense(unit: UnitOfWork, expense_id: str) -> Expense:
    expense = repository.expense_locked(unit.session, expense_id)
    if expense is None:
        raise ExpenseNotFound(expense_id)
    return expense


def _check_sale(unit: UnitOfWork, sale: Sale) -> None:
    exponent(sale.currency)
    rules.check_sale(sale.quantity, sale.unit_price_minor, sale.unit_cost_minor)
    if sale.customer_id is not None:
        get_customer(unit, sale.customer_id)


def _check_expense(unit: UnitOfWork, expense: Expense) -> None:
    exponent(expense.currency)
    rules.check_expense(expense.amount_minor, expense.tax_amount_minor)
    if expense.customer_id is not None:
        get_customer(unit, expense.customer_id)


def _check_changes(currency: str, changes: Mapping[str, Any], amounts: Mapping[str, Any]) -> None:
    """`amounts` are the columns in the row's currency, with whether they are filled."""
    for name, value in changes.items():
        field = name.removesuffix("_minor")
        if value is None and name not in MAY_BE_EMPTY:
            raise ValueRefused(f"{field} cannot be emptied", field)
    if changes.get("currency", currency) != currency:
        for name, is_filled in amounts.items():
            if is_filled and name not in changes:
                raise AmountsNeeded(name.removesuffix("_minor"))
