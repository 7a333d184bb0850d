"""Customers over HTTP."""

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.customers import repository, service
from transactional_api.customers.schemas import CustomerChange, CustomerIn, CustomerOut
from transactional_api.kit.http import Cursor, Limit, PageOf, listed

router = APIRouter(prefix="/api/v1/customers", tags=["customers"])


@router.post("", status_code=201, **writes("customers:write"))
def create_customer(body: CustomerIn, caller: CallerDep) -> CustomerOut:
    return caller.perform(lambda unit: CustomerOut.of(service.create_customer(unit, **body.model_dump())))


@router.get("", **reads("customers:read"))
def list_customers(caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[CustomerOut]:
    with caller.read() as unit:
        page = repository.page(unit.session, cursor, limit)
        return listed(page, CustomerOut.of)


@router.get("/{customer_id}", **reads("customers:read"))
def get_customer(customer_id: str, caller: CallerDep) -> CustomerOut:
    with caller.read() as unit:
        return CustomerOut.of(service.get_customer(unit, customer_id))


@router.patch("/{customer_id}", **writes("customers:write"))
def change_customer(customer_id: str, body: CustomerChange, caller: CallerDep) -> CustomerOut:
    changes = body.model_dump(exclude_unset=True)
    return caller.perform(lambda unit: CustomerOut.of(service.change_customer(unit, customer_id, changes)))


@router.delete("/{customer_id}", status_code=204, **writes("customers:write"))
def remove_customer(customer_id: str, caller: CallerDep) -> None:
    """Only a customer whom nothing names. Otherwise the person is erased, and the business facts stay."""
    return caller.perform(lambda unit: service.remove_customer(unit, customer_id))
