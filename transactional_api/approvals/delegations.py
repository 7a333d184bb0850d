"""Standing in for each other: an account lets another one decide what it is asked, for some days."""

from datetime import date

from transactional_api.access.accounts import get_account
from transactional_api.access.identity import Identity
from transactional_api.access.permissions import permissions_of
from transactional_api.approvals import repository
from transactional_api.approvals.errors import DelegationNotFound, DelegationOfOthers, DelegationRefused
from transactional_api.approvals.tables import ApprovalDelegation
from transactional_api.database import UnitOfWork
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.rows import add

APPROVE = "deals:approve"
OTHERS = "accounts:write"


def delegate(
    unit: UnitOfWork,
    identity: Identity,
    *,
    to_account_id: str,
    starts_on: date,
    ends_on: date,
    from_account_id: str | None = None,
    delegation_id: str | None = None,
) -> ApprovalDelegation:
    """From the caller's own account, or by an administrator from any. What was delegated is not delegated further."""
    giver = from_account_id or identity.account_id
    if giver is None:
        raise DelegationRefused("a key without an account names the account that delegates", "from_account_id")
    _check_may(identity, giver)
    get_account(unit, giver, "from_account_id")
    taker = get_account(unit, to_account_id, "to_account_id")
    if giver == to_account_id:
        raise DelegationRefused("nobody stands in for themselves", "to_account_id")
    if ends_on <= starts_on:
        raise DelegationRefused("a delegation ends after it starts", "ends_on")
    if taker.status != "active" or APPROVE not in permissions_of(taker.roles.split()):
        raise DelegationRefused("the account may not decide approvals", "to_account_id")
    row = ApprovalDelegation(
        tenant_id=unit.tenant_id,
        delegation_id=id_or_new(delegation_id, "dele", "delegation_id"),
        from_account_id=giver,
        to_account_id=to_account_id,
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=unit.now,
        created_by=unit.actor,
    )
    add(unit.session, row)
    return row


def revoke(unit: UnitOfWork, identity: Identity, delegation_id: str) -> ApprovalDelegation:
    """From now on it does not count; one that was revoked stays revoked since then."""
    row = repository.delegation_locked(unit.session, delegation_id)
    if row is None:
        raise DelegationNotFound(delegation_id)
    _check_may(identity, row.from_account_id)
    if row.revoked_at is None:
        row.revoked_at = unit.now
    return row


def _check_may(identity: Identity, giver: str) -> None:
    if giver != identity.account_id and not identity.may(OTHERS):
        raise DelegationOfOthers
