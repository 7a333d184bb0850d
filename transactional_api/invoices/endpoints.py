"""Invoices over HTTP."""

from typing import Literal

from fastapi import APIRouter, BackgroundTasks, Request

from transactional_api.access.boundary import Caller, CallerDep, reads, writes
from transactional_api.accounting import repository as accounting
from transactional_api.accounting.dispatch import dispatch_soon
from transactional_api.accounting.service import lines_of
from transactional_api.approvals.service import principal_of
from transactional_api.database import UnitOfWork
from transactional_api.invoices import corrections, journals, repository, rules, service, staging
from transactional_api.invoices.schemas import (
    CreditIn,
    CreditNoteOut,
    InstalmentsIn,
    InstalmentsOut,
    InvoiceOut,
    InvoicePreview,
    Post,
    StageIn,
    Void,
    WriteOffIn,
    WriteOffOut,
)
from transactional_api.kit.http import Cursor, Limit, PageOf, listed
from transactional_api.kit.money import to_minor
from transactional_api.receivables.balance import outstanding_minor

router = APIRouter(prefix="/invoices", tags=["invoices"])


@router.post("/stage", status_code=201, **writes("invoices:write"))
def stage_invoice(body: StageIn, caller: CallerDep) -> InvoiceOut:
    """A draft from lines that you give, from a won deal's accepted quote, or from a contract's next period: a deal and
    a period are billed once. Nothing is owed before it is posted."""
    explicit = body.explicit()

    def work(unit: UnitOfWork) -> InvoiceOut:
        by = person(unit)
        if explicit is not None:
            return InvoiceOut.of(service.stage_invoice(unit, staged_by=by, **explicit))
        kept = {"invoice_id", "issued_on", "due_on", "ship_to_country", "ship_to_region"}
        values = body.model_dump(include=kept)
        if body.contract_id is not None:
            return InvoiceOut.of(
                staging.stage_from_contract(
                    unit, body.contract_id, period_starts_on=body.period_starts_on, staged_by=by, **values
                )
            )
        return InvoiceOut.of(staging.stage_from_deal(unit, body.deal_id or "", staged_by=by, **values))

    return caller.perform(work)


@router.get("", **reads("invoices:read"))
def list_invoices(
    caller: CallerDep,
    customer_id: str | None = None,
    status: Literal["draft", "approved", "posted", "void"] | None = None,
    deal_id: str | None = None,
    contract_id: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[InvoiceOut]:
    wanted = {"customer_id": customer_id, "status": status, "deal_id": deal_id, "contract_id": contract_id}
    with caller.read() as unit:
        page = repository.page(unit.session, wanted, cursor, limit)
        return listed(page, InvoiceOut.of)


@router.get("/{invoice_id}", **reads("invoices:read"))
def get_invoice(invoice_id: str, caller: CallerDep) -> InvoicePreview:
    """With taxes by rate, what is outstanding, and the journal that posting it writes."""
    with caller.read() as unit:
        invoice = service.get_invoice(unit, invoice_id)
        journal = lines_of(unit, journals.of_invoice(unit, invoice))
        postings = accounting.postings_of(unit.session, ("invoice", "invoice_void"), invoice_id)
        outstanding = outstanding_minor(unit, invoice) if invoice.status == rules.POSTED else 0
        return InvoicePreview.shown(invoice, outstanding, journal, postings)


@router.post("/{invoice_id}/approve", **writes("invoices:approve"))
def approve_invoice(invoice_id: str, caller: CallerDep) -> InvoiceOut:
    """Nobody approves what they staged themselves, also not with a key of theirs."""
    return caller.perform(lambda unit: InvoiceOut.of(service.approve_invoice(unit, invoice_id, by=person(unit))))


@router.post("/{invoice_id}/post", **writes("invoices:post", key="required"))
def post_invoice(
    invoice_id: str, body: Post, caller: CallerDep, request: Request, after: BackgroundTasks
) -> InvoiceOut:
    """An approved invoice is owed from now on. Its journal is on its way to the accounting system, where it arrives
    once; how far it is, the preview shows."""
    system = request.app.state.settings.accounting_system
    result = caller.perform(
        lambda unit: InvoiceOut.of(service.post_invoice(unit, invoice_id, number=body.number, system=system))
    )
    send_after(after, caller, request, "invoice", invoice_id)
    return result


@router.post("/{invoice_id}/void", **writes("invoices:post", key="required"))
def void_invoice(
    invoice_id: str, body: Void, caller: CallerDep, request: Request, after: BackgroundTasks
) -> InvoiceOut:
    """A posted invoice is owed no more; in the accounting system its journal is reversed."""
    result = caller.perform(
        lambda unit: InvoiceOut.of(service.void_invoice(unit, invoice_id, voided_on=body.voided_on))
    )
    send_after(after, caller, request, "invoice_void", invoice_id)
    return result


@router.delete("/{invoice_id}", status_code=204, **writes("invoices:write"))
def discard_draft(invoice_id: str, caller: CallerDep) -> None:
    """Only what is not posted."""
    return caller.perform(lambda unit: service.discard_draft(unit, invoice_id))


@router.post("/{invoice_id}/credit-notes", status_code=201, **writes("invoices:post", key="required"))
def credit_invoice(
    invoice_id: str, body: CreditIn, caller: CallerDep, request: Request, after: BackgroundTasks
) -> CreditNoteOut:
    """Takes off what was billed, tax included; never more than is left of the invoice."""
    system = request.app.state.settings.accounting_system
    sent: list[str] = []

    def work(unit: UnitOfWork) -> CreditNoteOut:
        currency = service.get_invoice(unit, invoice_id).currency
        tax = body.tax_amount
        note = corrections.credit(
            unit,
            invoice_id,
            amount_minor=to_minor(body.amount, currency, "amount"),
            tax_minor=None if tax is None else to_minor(tax, currency, "tax_amount"),
            system=system,
            **body.model_dump(exclude={"amount", "tax_amount"}),
        )
        sent.append(note.credit_note_id)
        return CreditNoteOut.of(note)

    result = caller.perform(work)
    for note_id in sent:
        send_after(after, caller, request, "credit_note", note_id)
    return result


@router.get("/{invoice_id}/credit-notes", **reads("invoices:read"))
def list_credit_notes(
    invoice_id: str, caller: CallerDep, cursor: Cursor = None, limit: Limit = 50
) -> PageOf[CreditNoteOut]:
    with caller.read() as unit:
        service.get_invoice(unit, invoice_id)
        page = repository.credit_notes(unit.session, invoice_id, cursor, limit)
        return listed(page, CreditNoteOut.of)


@router.post("/{invoice_id}/write-offs", status_code=201, **writes("invoices:post", key="required"))
def write_off_invoice(
    invoice_id: str, body: WriteOffIn, caller: CallerDep, request: Request, after: BackgroundTasks
) -> WriteOffOut:
    """Gives up what is outstanding, or a part of it."""
    system = request.app.state.settings.accounting_system
    sent: list[str] = []

    def work(unit: UnitOfWork) -> WriteOffOut:
        currency = service.get_invoice(unit, invoice_id).currency
        row = corrections.write_off(
            unit,
            invoice_id,
            amount_minor=None if body.amount is None else to_minor(body.amount, currency, "amount"),
            system=system,
            **body.model_dump(exclude={"amount"}),
        )
        sent.append(row.write_off_id)
        return WriteOffOut.of(row)

    result = caller.perform(work)
    for row_id in sent:
        send_after(after, caller, request, "write_off", row_id)
    return result


@router.get("/{invoice_id}/write-offs", **reads("invoices:read"))
def list_write_offs(
    invoice_id: str, caller: CallerDep, cursor: Cursor = None, limit: Limit = 50
) -> PageOf[WriteOffOut]:
    with caller.read() as unit:
        service.get_invoice(unit, invoice_id)
        page = repository.write_offs(unit.session, invoice_id, cursor, limit)
        return listed(page, WriteOffOut.of)


@router.post("/{invoice_id}/instalments", **writes("invoices:write"))
def plan_instalments(invoice_id: str, body: InstalmentsIn, caller: CallerDep) -> InstalmentsOut:
    """In which parts it is due; together they are the total with tax."""

    def work(unit: UnitOfWork) -> InstalmentsOut:
        invoice = service.get_invoice(unit, invoice_id)
        parts = [
            (one.due_on, to_minor(one.amount, invoice.currency, f"instalments.{at}.amount"))
            for at, one in enumerate(body.instalments)
        ]
        return InstalmentsOut.of(invoice, corrections.plan_instalments(unit, invoice_id, parts))

    return caller.perform(work)


@router.get("/{invoice_id}/instalments", **reads("invoices:read"))
def list_instalments(invoice_id: str, caller: CallerDep) -> InstalmentsOut:
    with caller.read() as unit:
        invoice = service.get_invoice(unit, invoice_id)
        return InstalmentsOut.of(invoice, repository.instalments(unit.session, invoice_id))


def person(unit: UnitOfWork) -> str:
    """Who acts: the account, also behind a key that it made; else the first key of those that made each other."""
    return principal_of(unit.session, unit.actor)


def send_after(after: BackgroundTasks, caller: Caller, request: Request, kind: str, document_id: str) -> None:
    """Carry the journal to its system once the answer has left; if that fails, the job does."""
    settings, tenant_id = request.app.state.settings, caller.identity.tenant_id
    after.add_task(
        dispatch_soon,
        caller.database,
        settings,
        tenant_id,
        lambda unit: accounting.posting_of(unit.session, kind, document_id),
    )
