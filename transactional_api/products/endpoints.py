"""Products over HTTP."""

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep
from transactional_api.kit.http import Cursor, Limit, PageOf
from transactional_api.kit.money import to_minor
from transactional_api.products import repository, service
from transactional_api.products.errors import AmountWithoutCurrency
from transactional_api.products.schemas import ProductIn, ProductOut

router = APIRouter(prefix="/products", tags=["products"])


@router.post("", status_code=201)
def create_product(body: ProductIn, caller: CallerDep) -> ProductOut:
    def minor(field: str, text: str | None) -> int | None:
        if text is None:
            return None
        if body.currency is None:
            raise AmountWithoutCurrency
        return to_minor(text, body.currency, field)

    with caller.write() as unit:
        product = service.create_product(
            unit,
            product_id=body.product_id,
            name=body.name,
            kind=body.kind,
            standalone_price_minor=minor("standalone_price", body.standalone_price),
            unit_cost_minor=minor("unit_cost", body.unit_cost),
            currency=body.currency,
            tax_category=body.tax_category,
            recognition=body.recognition,
        )
        return ProductOut.of(product)


@router.get("")
def list_products(caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[ProductOut]:
    with caller.read() as unit:
        page = repository.page(unit.session, cursor, limit)
        return PageOf(items=[ProductOut.of(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/{product_id}")
def get_product(product_id: str, caller: CallerDep) -> ProductOut:
    with caller.read() as unit:
        return ProductOut.of(service.get_product(unit, product_id))
