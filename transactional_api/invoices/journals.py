"""What invoices and their corrections say to the ledger."""

from datetime import date

from transactional_api.accounting import rules as ledger
from transactional_api.accounting.rules import Billed, Journal
from transactional_api.database import UnitOfWork
from transactional_api.invoices.tables import CreditNote, Invoice, WriteOff
from transactional_api.revenue import repository as revenue


def of_invoice(unit: UnitOfWork, invoice: Invoice) -> Journal:
    """As it would be posted now, if it is not."""
    legs = ledger.invoice(_billed(unit, invoice))
    on = invoice.posted_on or invoice.issued_on
    return ledger.balanced("invoice", invoice.invoice_id, on, invoice.currency, legs)


def of_void(unit: UnitOfWork, invoice: Invoice, on: date) -> Journal:
    """What it would post now, with its sides exchanged: of what was earned meanwhile the contract asset comes back,
    so that deferred revenue is never below 0."""
    legs = ledger.invoice(_billed(unit, invoice))
    return ledger.balanced("invoice_void", invoice.invoice_id, on, invoice.currency, ledger.taken_back(legs))


def of_allocations(invoice: Invoice, closed_minor: int, on: date) -> Journal:
    """What payments closed of an invoice that is void now is unapplied money."""
    legs = ledger.money(0, closed_minor)
    return ledger.balanced("void_allocations", invoice.invoice_id, on, invoice.currency, legs)


def of_credit_note(unit: UnitOfWork, invoice: Invoice, note: CreditNote, open_minor: int) -> Journal:
    """`open_minor` was outstanding before; what is credited beyond it was paid, and is unapplied money."""
    paid_minor = max(0, note.amount_minor - open_minor)
    legs = ledger.credit_note(note.amount_minor, note.tax_minor, _billed(unit, invoice), paid_minor)
    return ledger.balanced("credit_note", note.credit_note_id, note.posted_on, note.currency, legs)


def of_write_off(write_off: WriteOff) -> Journal:
    legs = ledger.write_off(write_off.amount_minor)
    return ledger.balanced("write_off", write_off.write_off_id, write_off.posted_on, write_off.currency, legs)


def _billed(unit: UnitOfWork, invoice: Invoice) -> list[Billed]:
    """Of an obligation's line, what was earned before it was billed comes off the contract asset."""
    ids = sorted({line.obligation_id for line in invoice.lines if line.obligation_id is not None})
    billed = revenue.billed_minor(unit.session, ids, but=invoice.invoice_id)
    earned = revenue.earned_minor(unit.session, ids)
    found = []
    for line in invoice.lines:
        asset = 0
        if line.obligation_id is not None:
            before = billed.get(line.obligation_id, 0)
            asset = ledger.from_asset(line.net_minor, before, earned.get(line.obligation_id, 0))
            billed[line.obligation_id] = before + line.net_minor
        is_deferred = line.obligation_id is not None or line.service_starts_on is not None
        found.append(Billed(line.net_minor, line.tax_minor, line.product_id, is_deferred, asset))
    return found
