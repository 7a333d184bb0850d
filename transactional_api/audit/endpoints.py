"""The audit trail over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.audit import repository, service
from transactional_api.audit.checkpoints import CheckpointFiles, CheckpointsBroken
from transactional_api.audit.errors import ChainBroken, ExportIncomplete
from transactional_api.audit.repository import LogFilter
from transactional_api.audit.schemas import CheckpointOut, LogEntryOut, VerdictOut
from transactional_api.kit.chain import Mark
from transactional_api.kit.http import Cursor, Limit, PageOf, Words, listed

router = APIRouter(prefix="/api/v1/revenue-ops/audit", tags=["audit"])
Number = Annotated[int | None, Query(ge=1, le=10**18 - 1)]


def _files(request: Request) -> CheckpointFiles:
    return service.checkpoint_files(request.app.state.settings)


FilesDep = Annotated[CheckpointFiles, Depends(_files)]


@router.get("/verify-chain", **reads("audit:read"))
def verify_chain(
    caller: CallerDep,
    files: FilesDep,
    change_no: Number = None,
    entry_hash: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
) -> VerdictOut:
    """Recompute the whole log and compare it with the signed checkpoints.

    `change_no` and `entry_hash` are those of a checkpoint that was exported and kept elsewhere: the log must pass
    through it too.
    """
    if (change_no is None) != (entry_hash is None):
        raise ExportIncomplete("entry_hash" if entry_hash is None else "change_no")
    exported = Mark(change_no, entry_hash) if change_no is not None and entry_hash is not None else None
    verdict = service.verify(caller.database, files, caller.identity.tenant_id, exported=exported)
    return VerdictOut.of(verdict, files.public_key())


@router.get("/logs", **reads("audit:read"))
def read_log(
    caller: CallerDep,
    entity: Annotated[Words | None, Query()] = None,
    entity_key: Annotated[str | None, Query(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")] = None,
    actor: Annotated[Words | None, Query()] = None,
    operation: Annotated[Literal["insert", "update", "delete"] | None, Query()] = None,
    from_change_no: Number = None,
    to_change_no: Number = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[LogEntryOut]:
    """Entries in the order in which they were committed; both ends inclusive."""
    wanted = LogFilter(entity, entity_key, actor, operation, from_change_no, to_change_no)
    with caller.read() as unit:
        page = repository.page(unit.session, wanted, cursor, limit)
        return listed(page, LogEntryOut.of)


@router.post("/checkpoints", status_code=201, **writes("audit:checkpoint"))
def sign_checkpoint(caller: CallerDep, files: FilesDep) -> CheckpointOut:
    """Verify the whole log and sign where it stands. Keep the answer elsewhere: it proves what was there today."""
    verdict = service.verify(caller.database, files, caller.identity.tenant_id)
    answer: Any = caller.perform(
        lambda unit: CheckpointOut.of(service.sign(files, verdict, unit.now), files.public_key())
    )
    return answer  # type: ignore[no-any-return]


@router.get("/checkpoints", **reads("audit:read"))
def list_checkpoints(
    caller: CallerDep, files: FilesDep, cursor: Cursor = None, limit: Limit = 50
) -> PageOf[CheckpointOut]:
    """Oldest first, each complete for whoever checks it without this house."""
    try:
        checkpoints = files.read(caller.identity.tenant_id)
    except CheckpointsBroken as broken:
        raise ChainBroken(broken.reason) from broken
    start = repository.number_of(cursor) if cursor is not None else 0
    items = checkpoints[start : start + limit]
    more = start + limit < len(checkpoints)
    key = files.public_key()
    return PageOf(items=[CheckpointOut.of(one, key) for one in items], next_cursor=str(start + limit) if more else None)
