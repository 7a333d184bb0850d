"""Files sent over HTTP: the same way in as the drop folder's, and the same receipts."""

import hashlib
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import PlainTextResponse

from transactional_api.access.boundary import Caller, CallerDep, reads, uploads
from transactional_api.access.receiving import NotTaken, intake_of
from transactional_api.intake.errors import AnotherDataSet, DataSetUnknown, FileRefused, ReceiptNotFound
from transactional_api.intake.schemas import (
    DataSetName,
    DataSetRules,
    FileId,
    FileName,
    QuarantinedRow,
    QuarantinePage,
    ReceiptOut,
    Status,
)
from transactional_api.kit.http import Cursor, Limit, PageOf
from transactional_api.kit.pagination import number_of, numbered
from transactional_api.ports import CannotBeTaken, Intake, OtherDataSet

router = APIRouter(prefix="/api/v1/data", tags=["data"])
IntakeDep = Annotated[Intake, Depends(intake_of)]
MOST_BYTES = 500 * 1024 * 1024
CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "A header and one example row.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


def _answering(answers: dict[int | str, dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments | {"responses": arguments["responses"] | answers}


@router.post("/upload-{data_set}-csv", status_code=201, max_body_size=MOST_BYTES + 1, **uploads("data:write"))
def upload(
    data_set: DataSetName, caller: CallerDep, intake: IntakeDep, request: Request, file_name: FileName = "upload.csv"
) -> ReceiptOut:
    """Take one CSV, plain or as gzip, as the body. What it is, its header says; rows that break a rule are quarantined.

    The answer is the receipt. A file that is refused as a whole is answered with 422; its receipt says the same.
    """
    _known(intake, data_set)
    return caller.perform_beside(lambda: _take(caller, intake, request, data_set, file_name))


@router.get("/upload-template/{data_set}", response_class=PlainTextResponse, **_answering(CSV, reads("data:read")))
def template(data_set: DataSetName, intake: IntakeDep) -> Response:
    """A CSV with every column and an example row, which would be accepted: replace it by yours."""
    _known(intake, data_set)
    name = f'attachment; filename="{data_set}.csv"'
    return Response(intake.template(data_set), media_type="text/csv", headers={"Content-Disposition": name})


@router.get("/upload-template/{data_set}/rules", **reads("data:read"))
def rules(data_set: DataSetName, intake: IntakeDep) -> DataSetRules:
    """Every column with its type, whether it is required, its other names, values and limits."""
    _known(intake, data_set)
    return DataSetRules.model_validate(intake.rules(data_set))


@router.get("/receipts", **reads("data:read"))
def list_receipts(
    caller: CallerDep,
    intake: IntakeDep,
    status: Status | None = None,
    data_set: Annotated[str | None, Query(pattern="^[a-z][a-z_]{0,59}$")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[ReceiptOut]:
    """Every file of the tenant, sent or dropped, the newest first."""
    found = intake.receipts(
        caller.identity.tenant_id, before=number_of(cursor), status=status, data_set=data_set, limit=limit + 1
    )
    shown = [ReceiptOut.of(one) for one in found[:limit]]
    return PageOf(items=shown, next_cursor=numbered(shown[-1].accepted_seq) if len(found) > limit else None)


@router.get("/receipts/{file_id}/quarantine", **reads("data:read"))
def list_quarantined(
    file_id: FileId, caller: CallerDep, intake: IntakeDep, cursor: Cursor = None, limit: Limit = 50
) -> QuarantinePage:
    """The rows of a file that were left out, by line: mend them and send them again."""
    try:
        header, found = intake.quarantined(
            caller.identity.tenant_id, file_id, after=number_of(cursor) or 0, limit=limit + 1
        )
    except LookupError as unknown:
        raise ReceiptNotFound(file_id) from unknown
    shown = [QuarantinedRow.of(one) for one in found[:limit]]
    after = numbered(shown[-1].line) if len(found) > limit else None
    return QuarantinePage(header=header, items=shown, next_cursor=after)


def _known(intake: Intake, data_set: str) -> None:
    known = intake.data_sets()
    if data_set not in known:
        raise DataSetUnknown(data_set, known)


def _take(caller: Caller, intake: Intake, request: Request, data_set: str, file_name: str) -> ReceiptOut:
    """Under a key the request has a ticket of its own, so that what a crash left unanswered is not taken twice."""
    sent = request.state.sent
    ticket = secrets.token_hex(8)
    if caller.claim is not None:
        claim = f"{caller.claim.caller}\x1f{caller.claim.key}\x1f{caller.claim.fingerprint}"
        ticket = hashlib.sha256(claim.encode()).hexdigest()[:16]
    try:
        receipt = intake.take(caller.identity.tenant_id, sent.path, data_set, file_name, ticket)
    except OtherDataSet as other:
        raise AnotherDataSet(data_set, other.found) from other
    except CannotBeTaken as error:
        raise NotTaken(error) from error
    if receipt["status"] == "refused":
        raise FileRefused(receipt["file_id"], receipt["reason"])
    return ReceiptOut.of(receipt)
