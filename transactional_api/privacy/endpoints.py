"""Erasing a person over HTTP. The warehouse follows with its next build."""

from typing import Any

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.customers.service import get_customer
from transactional_api.kit.http import Cursor, Limit, PageOf
from transactional_api.privacy import repository, service
from transactional_api.privacy.schemas import Erase, ErasureOut

router = APIRouter(prefix="/api/v1/customers", tags=["privacy"])


@router.post("/{customer_id}/erase", status_code=201, **writes("customers:erase", key="required"))
def erase_customer(customer_id: str, body: Erase, caller: CallerDep) -> ErasureOut:
    """Every personal value about the customer is gone from the core when this answers, from its files soon after, and
    from intake and published figures with the next build. Ids, amounts and dates stay."""
    answer: Any = caller.perform(
        lambda unit: ErasureOut.model_validate(service.erase(unit, customer_id, reason=body.reason))
    )
    return answer  # type: ignore[no-any-return]


@router.get("/{customer_id}/erasures", **reads("customers:read"))
def list_erasures(customer_id: str, caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[ErasureOut]:
    with caller.read() as unit:
        get_customer(unit, customer_id)
        page = repository.page(unit.session, customer_id, cursor, limit)
        cleaned = repository.cleanings(unit.session, [row.erasure_id for row in page.items])
        items = []
        for row in page.items:
            out = ErasureOut.model_validate(row)
            if row.erasure_id in cleaned:
                out.cleaned_at = cleaned[row.erasure_id].cleaned_at
            items.append(out)
        return PageOf(items=items, next_cursor=page.next_cursor)
