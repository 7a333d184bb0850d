"""Products over HTTP."""

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.kit.http import Cursor, Limit, PageOf, listed
from transactional_api.products import repository, service
from transactional_api.products.schemas import ProductChange, ProductIn, ProductOut

router = APIRouter(prefix="/products", tags=["products"])


@router.post("", status_code=201, **writes("products:write"))
def create_product(body: ProductIn, caller: CallerDep) -> ProductOut:
    return caller.perform(lambda unit: ProductOut.of(service.create_product(unit, **body.values())))


@router.get("", **reads("products:read"))
def list_products(caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[ProductOut]:
    with caller.read() as unit:
        page = repository.page(unit.session, cursor, limit)
        return listed(page, ProductOut.of)


@router.get("/{product_id}", **reads("products:read"))
def get_product(product_id: str, caller: CallerDep) -> ProductOut:
    with caller.read() as unit:
        return ProductOut.of(service.get_product(unit, product_id))


@router.patch("/{product_id}", **writes("products:write"))
def change_product(product_id: str, body: ProductChange, caller: CallerDep) -> ProductOut:
    def work(unit: UnitOfWork) -> ProductOut:
        changes = body.changes(service.get_product(unit, product_id).currency)
        return ProductOut.of(service.change_product(unit, product_id, changes))

    return caller.perform(work)
