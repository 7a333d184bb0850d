"""Sales and expenses over HTTP, and the short ways to enter them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.customers.schemas import CustomerOut
from transactional_api.customers.service import create_customer
from transactional_api.database import UnitOfWork
from transactional_api.kit.http import Cursor, DayText, InstantText, Limit, PageOf, listed
from transactional_api.sellers import repository, service
from transactional_api.sellers.defaults import currency_of
from transactional_api.sellers.schemas import (
    CustomerSuggestion,
    CustomerSuggestions,
    ExpenseChange,
    ExpenseIn,
    ExpenseOut,
    ProductSuggestion,
    ProductSuggestions,
    QuickCustomer,
    QuickExpense,
    QuickSale,
    SaleChange,
    SaleIn,
    SaleOut,
)

router = APIRouter(prefix="/api/v1", tags=["sellers"])
Typed = Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$", description="As typed.")]
Few = Annotated[int, Query(ge=1, le=50)]


@router.post("/sales", status_code=201, **writes("sales:write"))
def record_sale(body: SaleIn, request: Request, caller: CallerDep) -> SaleOut:
    values = body.values(body.currency or _currency(request, caller))
    return caller.perform(lambda unit: SaleOut.of(service.record_sale(unit, **values)))


@router.get("/sales", **reads("sales:read"))
def list_sales(
    caller: CallerDep,
    customer_id: str | None = None,
    sold_from: InstantText | None = None,
    sold_until: Annotated[InstantText | None, Query(description="Exclusive.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[SaleOut]:
    with caller.read() as unit:
        page = repository.page_of_sales(unit.session, customer_id, sold_from, sold_until, cursor, limit)
        return listed(page, SaleOut.of)


@router.get("/sales/{sale_id}", **reads("sales:read"))
def get_sale(sale_id: str, caller: CallerDep) -> SaleOut:
    with caller.read() as unit:
        return SaleOut.of(service.get_sale(unit, sale_id))


@router.patch("/sales/{sale_id}", **writes("sales:write"))
def change_sale(sale_id: str, body: SaleChange, caller: CallerDep) -> SaleOut:
    def work(unit: UnitOfWork) -> SaleOut:
        changes = body.changes(service.get_sale(unit, sale_id).currency)
        return SaleOut.of(service.change_sale(unit, sale_id, changes))

    return caller.perform(work)


@router.delete("/sales/{sale_id}", status_code=204, **writes("sales:write"))
def remove_sale(sale_id: str, caller: CallerDep) -> None:
    """For a sale that never was. What comes back is a sale with a negative quantity."""
    return caller.perform(lambda unit: service.remove_sale(unit, sale_id))


@router.post("/expenses", status_code=201, **writes("expenses:write"))
def record_expense(body: ExpenseIn, request: Request, caller: CallerDep) -> ExpenseOut:
    values = body.values(body.currency or _currency(request, caller))
    return caller.perform(lambda unit: ExpenseOut.of(service.record_expense(unit, **values)))


@router.get("/expenses", **reads("expenses:read"))
def list_expenses(
    caller: CallerDep,
    category: str | None = None,
    spent_from: DayText | None = None,
    spent_until: Annotated[DayText | None, Query(description="Exclusive.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[ExpenseOut]:
    with caller.read() as unit:
        page = repository.page_of_expenses(unit.session, category, spent_from, spent_until, cursor, limit)
        return listed(page, ExpenseOut.of)


@router.get("/expenses/{expense_id}", **reads("expenses:read"))
def get_expense(expense_id: str, caller: CallerDep) -> ExpenseOut:
    with caller.read() as unit:
        return ExpenseOut.of(service.get_expense(unit, expense_id))


@router.patch("/expenses/{expense_id}", **writes("expenses:write"))
def change_expense(expense_id: str, body: ExpenseChange, caller: CallerDep) -> ExpenseOut:
    def work(unit: UnitOfWork) -> ExpenseOut:
        changes = body.changes(service.get_expense(unit, expense_id).currency)
        return ExpenseOut.of(service.change_expense(unit, expense_id, changes))

    return caller.perform(work)


@router.delete("/expenses/{expense_id}", status_code=204, **writes("expenses:write"))
def remove_expense(expense_id: str, caller: CallerDep) -> None:
    return caller.perform(lambda unit: service.remove_expense(unit, expense_id))


@router.post("/entry/quick-sale", status_code=201, **writes("sales:write"))
def quick_sale(body: QuickSale, request: Request, caller: CallerDep) -> SaleOut:
    """One piece, now, in the tenant's currency, unless the body says otherwise."""
    values = body.values(body.currency or _currency(request, caller))
    return caller.perform(
        lambda unit: SaleOut.of(service.record_sale(unit, **{**values, "sold_at": body.sold_at or unit.now}))
    )


@router.post("/entry/quick-customer", status_code=201, **writes("customers:write"))
def quick_customer(body: QuickCustomer, request: Request, caller: CallerDep) -> CustomerOut:
    """A customer from today (UTC) on, in the tenant's currency, unless the body says otherwise."""
    currency = body.currency or _currency(request, caller)
    values = body.model_dump(exclude={"currency"})
    return caller.perform(
        lambda unit: CustomerOut.of(create_customer(unit, created_on=unit.now.date(), currency=currency, **values))
    )


@router.post("/entry/quick-expense", status_code=201, **writes("expenses:write"))
def quick_expense(body: QuickExpense, request: Request, caller: CallerDep) -> ExpenseOut:
    """Today (UTC), in the tenant's currency, under `other`, unless the body says otherwise."""
    values = body.values(body.currency or _currency(request, caller))
    return caller.perform(
        lambda unit: ExpenseOut.of(
            service.record_expense(unit, **{**values, "spent_on": body.spent_on or unit.now.date()})
        )
    )


@router.get("/entry/suggestions/products", **reads("sales:read"))
def suggest_products(q: Typed, caller: CallerDep, limit: Few = 10) -> ProductSuggestions:
    """Products that were sold: names that begin with the text, then names that contain it, the most used first."""
    with caller.read() as unit:
        found = repository.products_like(unit.session, q, limit)
        return ProductSuggestions(items=[ProductSuggestion(product=row[0], uses=row[1]) for row in found])


@router.get("/entry/suggestions/customers", **reads("customers:read"))
def suggest_customers(q: Typed, caller: CallerDep, limit: Few = 10) -> CustomerSuggestions:
    """Customers by name, ordered as products are."""
    with caller.read() as unit:
        found = repository.customers_like(unit.session, q, limit)
        items = [CustomerSuggestion(customer_id=row[0], name=row[1], uses=row[2]) for row in found]
        return CustomerSuggestions(items=items)


def _currency(request: Request, caller: CallerDep) -> str:
    """Of the tenant's own settings; read only where an entry names none."""
    return currency_of(request.app.state.settings.home, caller.identity.tenant_id)
