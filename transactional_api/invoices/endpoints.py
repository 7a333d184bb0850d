"""Invoices over HTTP."""

from typing import Literal

from fastapi import APIRouter, Response

from transactional_api.access.boundary import CallerDep
from transactional_api.invoices import repository, service
from transactional_api.invoices.schemas import InvoiceIn, InvoiceOut, Post, Void
from transactional_api.kit.http import Cursor, Limit, PageOf

router = APIRouter(prefix="/invoices", tags=["invoices"])


@router.post("/stage", status_code=201)
def stage_invoice(body: InvoiceIn, caller: CallerDep) -> InvoiceOut:
    """A draft with priced lines; nothing is owed before it is posted."""
    lines = [line.line(body.currency, f"lines.{at}.") for at, line in enumerate(body.lines)]
    with caller.write() as unit:
        return InvoiceOut.of(service.stage_invoice(unit, lines=lines, **body.model_dump(exclude={"lines"})))


@router.get("")
def list_invoices(
    caller: CallerDep,
    customer_id: str | None = None,
    status: Literal["draft", "posted", "void"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[InvoiceOut]:
    with caller.read() as unit:
        page = repository.page(unit.session, customer_id, status, cursor, limit)
        return PageOf(items=[InvoiceOut.of(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/{invoice_id}")
def get_invoice(invoice_id: str, caller: CallerDep) -> InvoiceOut:
    with caller.read() as unit:
        return InvoiceOut.of(service.get_invoice(unit, invoice_id))


@router.post("/{invoice_id}/post")
def post_invoice(invoice_id: str, body: Post, caller: CallerDep) -> InvoiceOut:
    with caller.write() as unit:
        return InvoiceOut.of(service.post_invoice(unit, invoice_id, number=body.number))


@router.post("/{invoice_id}/void")
def void_invoice(invoice_id: str, body: Void, caller: CallerDep) -> InvoiceOut:
    with caller.write() as unit:
        return InvoiceOut.of(service.void_invoice(unit, invoice_id, voided_on=body.voided_on))


@router.delete("/{invoice_id}", status_code=204)
def discard_draft(invoice_id: str, caller: CallerDep) -> Response:
    with caller.write() as unit:
        service.discard_draft(unit, invoice_id)
    return Response(status_code=204)
