"""API keys of the caller's own tenant."""

from fastapi import APIRouter

from transactional_api.access import service
from transactional_api.access.boundary import CallerDep
from transactional_api.access.schemas import KeyIn, KeyOut, NewKeyOut
from transactional_api.kit.http import PageOf

router = APIRouter(prefix="/api-keys", tags=["access"])


@router.post("", status_code=201)
def create_key(body: KeyIn, caller: CallerDep) -> NewKeyOut:
    with caller.write() as unit:
        row, key = service.create_key(unit, body.name)
        return NewKeyOut(**dict(KeyOut.model_validate(row)), key=key)


@router.get("")
def list_keys(caller: CallerDep) -> PageOf[KeyOut]:
    """All keys of the tenant, revoked ones too."""
    with caller.read() as unit:
        keys = service.list_keys(unit.session)
        return PageOf(items=[KeyOut.model_validate(key) for key in keys], next_cursor=None)


@router.delete("/{key_id}")
def revoke_key(key_id: str, caller: CallerDep) -> KeyOut:
    with caller.write() as unit:
        return KeyOut.model_validate(service.revoke_key(unit, key_id))
