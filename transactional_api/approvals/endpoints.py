"""Delegations over HTTP. Requests are seen and decided where their subjects are."""

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.approvals import delegations, repository
from transactional_api.approvals.schemas import DelegationIn, DelegationOut
from transactional_api.kit.http import Cursor, Limit, PageOf, listed

router = APIRouter(prefix="/approval-delegations", tags=["approvals"])


@router.post("", status_code=201, **writes("deals:approve"))
def delegate(body: DelegationIn, caller: CallerDep) -> DelegationOut:
    """The other account decides what this one is asked, for some days."""
    return caller.perform(
        lambda unit: DelegationOut.of(delegations.delegate(unit, caller.identity, **body.model_dump()))
    )


@router.get("", **reads("deals:read"))
def list_delegations(
    caller: CallerDep, account_id: str | None = None, cursor: Cursor = None, limit: Limit = 50
) -> PageOf[DelegationOut]:
    with caller.read() as unit:
        page = repository.delegations(unit.session, account_id, cursor, limit)
        return listed(page, DelegationOut.of)


@router.post("/{delegation_id}/revoke", **writes("deals:approve"))
def revoke_delegation(delegation_id: str, caller: CallerDep) -> DelegationOut:
    """It does not count from now on."""
    return caller.perform(lambda unit: DelegationOut.of(delegations.revoke(unit, caller.identity, delegation_id)))
