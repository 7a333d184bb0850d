"""What is taken off an invoice after it was posted, and in which parts it is due."""

from collections.abc import Sequence
from datetime import date

from transactional_api.accounting.service import queue
from transactional_api.database import UnitOfWork
from transactional_api.invoices import journals, repository, rules
from transactional_api.invoices.errors import AmountNotPositive, WriteOffExceedsOutstanding
from transactional_api.invoices.service import locked_invoice, total_minor
from transactional_api.invoices.tables import CreditNote, InvoiceInstalment, WriteOff
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor
from transactional_api.kit.rows import add, remove
from transactional_api.periods.service import posted_on
from transactional_api.receivables.balance import outstanding_minor


def credit(
    unit: UnitOfWork,
    invoice_id: str,
    *,
    issued_on: date,
    amount_minor: int,
    applied_on: date | None = None,
    tax_minor: int | None = None,
    reason: str | None = None,
    credit_note_id: str | None = None,
    system: str | None = None,
) -> CreditNote:
    """`amount_minor` is with tax. It may exceed what is outstanding: what was paid is then unapplied money."""
    note_id = id_or_new(credit_note_id, "cn", "credit_note_id")
    invoice = locked_invoice(unit, invoice_id)
    rules.check_correction(invoice_id, invoice.status, invoice.issued_on, issued_on, "issued_on")
    if applied_on is not None and applied_on < issued_on:
        raise ValueRefused("a credit note applies on or after its own date", "applied_on")
    unit.session.flush()
    taken = repository.taken(unit.session, invoice_id)
    total = total_minor(invoice)
    tax = rules.credited_tax(
        invoice_id, amount_minor, tax_minor, total, sum(line.tax_minor for line in invoice.lines), taken
    )
    note = CreditNote(
        credit_note_id=note_id,
        customer_id=invoice.customer_id,
        invoice_id=invoice_id,
        issued_on=issued_on,
        applied_on=applied_on or issued_on,
        posted_on=posted_on(unit, issued_on),
        amount_minor=amount_minor,
        tax_minor=tax,
        currency=invoice.currency,
        reason=reason,
    )
    open_minor = outstanding_minor(unit, invoice) if system is not None else 0
    add(unit.session, note)
    if system is not None:
        queue(unit, journals.of_credit_note(unit, invoice, note, open_minor), system, party_id=invoice.customer_id)
    return note


def write_off(
    unit: UnitOfWork,
    invoice_id: str,
    *,
    written_off_on: date,
    amount_minor: int | None = None,
    reason: str | None = None,
    write_off_id: str | None = None,
    system: str | None = None,
) -> WriteOff:
    """Give up what is outstanding, or a part of it."""
    row_id = id_or_new(write_off_id, "wo", "write_off_id")
    invoice = locked_invoice(unit, invoice_id)
    rules.check_correction(invoice_id, invoice.status, invoice.issued_on, written_off_on, "written_off_on")
    outstanding = outstanding_minor(unit, invoice)
    amount_minor = outstanding if amount_minor is None else amount_minor
    if amount_minor <= 0 and outstanding > 0:
        raise AmountNotPositive
    if amount_minor > outstanding or outstanding == 0:
        raise WriteOffExceedsOutstanding(invoice_id)
    row = WriteOff(
        write_off_id=row_id,
        invoice_id=invoice_id,
        written_off_on=written_off_on,
        posted_on=posted_on(unit, written_off_on),
        amount_minor=checked_minor(amount_minor, "amount"),
        currency=invoice.currency,
        reason=reason,
    )
    add(unit.session, row)
    if system is not None:
        queue(unit, journals.of_write_off(row), system, party_id=invoice.customer_id)
    return row


def plan_instalments(unit: UnitOfWork, invoice_id: str, parts: Sequence[tuple[date, int]]) -> list[InvoiceInstalment]:
    """The whole plan at once: due days and amounts in minor units. What was planned before is replaced."""
    invoice = locked_invoice(unit, invoice_id)
    rules.check_instalments(invoice_id, invoice.status, invoice.issued_on, total_minor(invoice), parts)
    planned = {row.due_on: row for row in repository.instalments(unit.session, invoice_id)}
    wanted = dict(parts)
    for due_on in planned.keys() - wanted.keys():
        remove(unit.session, planned[due_on])
    for due_on, amount_minor in wanted.items():
        if due_on in planned:
            planned[due_on].amount_minor = amount_minor
        else:
            add(unit.session, InvoiceInstalment(invoice_id=invoice_id, due_on=due_on, amount_minor=amount_minor))
    unit.session.flush()
    return repository.instalments(unit.session, invoice_id)
