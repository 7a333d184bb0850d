"""Receivables, payables and reconciliation over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Request
from pydantic import Field

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.invoices.endpoints import person, send_after
from transactional_api.invoices.schemas import InvoiceOut
from transactional_api.kit.http import Cursor, Limit, PageOf, listed
from transactional_api.kit.money import to_minor
from transactional_api.receivables import collections, payables, reconciliation, repository
from transactional_api.receivables.reconciliation import Part
from transactional_api.receivables.schemas import (
    BankLineOut,
    BankLinesIn,
    BankLinesOut,
    BillIn,
    BillOut,
    CollectIn,
    CollectionsOut,
    ConfirmIn,
    MatchingOut,
    MatchOut,
    PayIn,
    ProposalOut,
    ProposeIn,
    ReceivableIn,
    StepsIn,
    StepsOut,
    UndoIn,
)

router = APIRouter(prefix="/api/v1/revenue-ops")


@router.post("/ar/create", status_code=201, tags=["receivables"], **writes("invoices:post", key="required"))
def create_receivable(body: ReceivableIn, caller: CallerDep, request: Request, after: BackgroundTasks) -> InvoiceOut:
    """An invoice that is posted at once; nobody approves it, and `approved_by` says so. So it asks for the permission
    to post, not only for that to write receivables."""
    system = request.app.state.settings.accounting_system
    lines = [line.line(body.currency, f"lines.{at}.") for at, line in enumerate(body.lines)]
    values = body.model_dump(exclude={"lines"}) | {"lines": lines}
    made: list[str] = []

    def work(unit: UnitOfWork) -> InvoiceOut:
        invoice = collections.create_receivable(unit, system=system, staged_by=person(unit), **values)
        made.append(invoice.invoice_id)
        return InvoiceOut.of(invoice)

    result = caller.perform(work)
    for invoice_id in made:
        send_after(after, caller, request, "invoice", invoice_id)
    return result


@router.get("/ar/dunning-steps", tags=["receivables"], **reads("receivables:read"))
def list_steps(caller: CallerDep) -> StepsOut:
    with caller.read() as unit:
        return StepsOut.of(collections.steps_of(unit))


@router.put("/ar/dunning-steps", tags=["receivables"], **writes("receivables:write"))
def set_steps(body: StepsIn, caller: CallerDep) -> StepsOut:
    """When, and how, an overdue invoice is asked for. Steps that were taken stay."""
    wanted = [(step.days_overdue, step.action) for step in body.steps]
    return caller.perform(lambda unit: StepsOut.of(collections.set_steps(unit, wanted)))


@router.post("/ar/{invoice_id}/collections", status_code=201, tags=["receivables"], **writes("receivables:write"))
def collect(invoice_id: str, body: CollectIn, caller: CallerDep) -> CollectionsOut:
    """Take the next step, once it is due. What is paid or disputed is left alone."""
    return caller.perform(lambda unit: CollectionsOut.of(collections.take_step(unit, invoice_id, **body.model_dump())))


@router.get("/ar/{invoice_id}/collections", tags=["receivables"], **reads("receivables:read"))
def get_collections(invoice_id: str, caller: CallerDep) -> CollectionsOut:
    with caller.read() as unit:
        return CollectionsOut.of(collections.standing(unit, invoice_id))


@router.post("/ap/create", status_code=201, tags=["payables"], **writes("payables:write"))
def create_bill(body: BillIn, caller: CallerDep, request: Request, after: BackgroundTasks) -> BillOut:
    """A vendor's bill; its amount includes tax."""
    values = body.model_dump(exclude={"amount", "tax_amount"})
    values["amount_minor"] = to_minor(body.amount, body.currency, "amount")
    values["tax_minor"] = to_minor(body.tax_amount, body.currency, "tax_amount")
    system = request.app.state.settings.accounting_system
    made: list[str] = []

    def work(unit: UnitOfWork) -> BillOut:
        bill = payables.create_bill(unit, system=system, **values)
        made.append(bill.bill_id)
        return BillOut.of(bill)

    result = caller.perform(work)
    for bill_id in made:
        send_after(after, caller, request, "bill", bill_id)
    return result


@router.post("/ap/{bill_id}/pay", tags=["payables"], **writes("payables:pay", key="required"))
def pay_bill(bill_id: str, body: PayIn, caller: CallerDep, request: Request, after: BackgroundTasks) -> BillOut:
    """Records that money went to the vendor; never more than is open."""
    system = request.app.state.settings.accounting_system
    made: list[str] = []

    def work(unit: UnitOfWork) -> BillOut:
        currency = payables.get_bill(unit, bill_id).currency
        amount = None if body.amount is None else to_minor(body.amount, currency, "amount")
        bill = payables.pay_bill(
            unit, bill_id, amount_minor=amount, system=system, **body.model_dump(exclude={"amount"})
        )
        made.extend(row.bill_payment_id for row in bill.payments)
        return BillOut.of(bill)

    result = caller.perform(work)
    for payment_id in made:
        send_after(after, caller, request, "bill_payment", payment_id)
    return result


@router.get("/ap", tags=["payables"], **reads("payables:read"))
def list_bills(
    caller: CallerDep,
    vendor_id: str | None = None,
    is_open: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[BillOut]:
    with caller.read() as unit:
        page = repository.bill_page(unit.session, vendor_id, is_open, cursor, limit)
        return listed(page, BillOut.of)


@router.get("/ap/{bill_id}", tags=["payables"], **reads("payables:read"))
def get_bill(bill_id: str, caller: CallerDep) -> BillOut:
    with caller.read() as unit:
        return BillOut.of(payables.get_bill(unit, bill_id))


@router.post("/reconciliation/bank-lines", status_code=201, tags=["reconciliation"], **writes("reconciliation:write"))
def add_bank_lines(body: BankLinesIn, caller: CallerDep) -> BankLinesOut:
    """Lines of a statement, all or none."""
    lines = [line.new(at) for at, line in enumerate(body.lines)]
    return caller.perform(
        lambda unit: BankLinesOut(items=[BankLineOut.of(row) for row in reconciliation.add_bank_lines(unit, lines)])
    )


@router.get("/reconciliation/bank-lines", tags=["reconciliation"], **reads("reconciliation:read"))
def list_bank_lines(
    caller: CallerDep, is_open: bool | None = None, cursor: Cursor = None, limit: Limit = 50
) -> PageOf[BankLineOut]:
    """Open are those that are not matched in full."""
    with caller.read() as unit:
        page = repository.bank_line_page(unit.session, is_open, cursor, limit)
        matched = repository.matched_by_line(unit.session, [row.bank_line_id for row in page.items])
        items = [BankLineOut.of(row, matched.get(row.bank_line_id, 0)) for row in page.items]
        return PageOf(items=items, next_cursor=page.next_cursor)


@router.post("/reconciliation/match", tags=["reconciliation"], **writes("reconciliation:write"))
def match(
    body: Annotated[ProposeIn | ConfirmIn | UndoIn, Field(discriminator="action")], caller: CallerDep
) -> MatchingOut:
    """`propose` payments for lines of the bank, with a score; `confirm` which they are; `undo` what was confirmed."""

    def work(unit: UnitOfWork) -> MatchingOut:
        by = person(unit)
        if isinstance(body, ProposeIn):
            found = reconciliation.propose(unit, body.bank_line_ids, body.window_days)
            return MatchingOut(action="propose", proposals=[ProposalOut.of(one) for one in found])
        if isinstance(body, UndoIn):
            rows = [reconciliation.undo(unit, body.match_id, by=by)]
            return MatchingOut(action="undo", matches=[MatchOut.of(row) for row in rows])
        currency = reconciliation.get_bank_line(unit, body.bank_line_id).currency
        parts = [
            Part(
                one.payment_id,
                None if one.amount is None else to_minor(one.amount, currency, f"payments.{at}.amount"),
            )
            for at, one in enumerate(body.payments)
        ]
        rows = reconciliation.confirm(unit, body.bank_line_id, parts, by=by)
        return MatchingOut(action="confirm", matches=[MatchOut.of(row) for row in rows])

    return caller.perform(work)


@router.get("/reconciliation/matches", tags=["reconciliation"], **reads("reconciliation:read"))
def list_matches(
    caller: CallerDep,
    status: Literal["confirmed", "undone"] | None = None,
    bank_line_id: str | None = None,
    payment_id: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[MatchOut]:
    wanted = {"status": status, "bank_line_id": bank_line_id, "payment_id": payment_id}
    with caller.read() as unit:
        page = repository.match_page(unit.session, wanted, cursor, limit)
        return listed(page, MatchOut.of)
