"""Accounts and postings over HTTP."""

from fastapi import APIRouter, BackgroundTasks, Request

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.accounting import repository, service
from transactional_api.accounting.dispatch import dispatch_soon
from transactional_api.accounting.schemas import MappingIn, MappingOut, MappingsOut, PostingOut, Purpose, Status
from transactional_api.kit.http import Cursor, Limit, PageOf

router = APIRouter(prefix="/accounting", tags=["accounting"])


@router.get("/mappings", **reads("accounting:read"))
def list_mappings(caller: CallerDep) -> MappingsOut:
    with caller.read() as unit:
        return MappingsOut.of(service.accounts(unit))


@router.put("/mappings/{purpose}", **writes("accounting:write"))
def map_account(purpose: Purpose, body: MappingIn, caller: CallerDep) -> MappingOut:
    """Which account is debited and credited from now on."""
    return caller.perform(
        lambda unit: MappingOut.model_validate(service.map_account(unit, purpose, **body.model_dump()))
    )


@router.get("/postings", **reads("accounting:read"))
def list_postings(
    caller: CallerDep,
    status: Status | None = None,
    document_id: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[PostingOut]:
    with caller.read() as unit:
        page = repository.page(unit.session, status, document_id, cursor, limit)
        known = service.accounts(unit)
        return PageOf(items=[PostingOut.of(row, known) for row in page.items], next_cursor=page.next_cursor)


@router.post("/postings/{posting_id}/retry", **writes("accounting:write"))
def retry_posting(posting_id: str, caller: CallerDep, request: Request, after: BackgroundTasks) -> PostingOut:
    """Send a failed one again, once the reason is gone. What came of it stands in the list."""
    result = caller.perform(lambda unit: PostingOut.of(service.try_again(unit, posting_id)))
    settings, tenant_id = request.app.state.settings, caller.identity.tenant_id
    after.add_task(
        dispatch_soon, caller.database, settings, tenant_id, lambda unit: repository.posting(unit.session, posting_id)
    )
    return result
