"""What can be done with invoices: stage a draft, approve, post and void it, or discard what is not posted."""

from collections.abc import Sequence
from datetime import date

from transactional_api.accounting.repository import posting_of
from transactional_api.accounting.service import queue
from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.deals.service import get_deal
from transactional_api.invoices import journals, repository, rules
from transactional_api.invoices.errors import (
    CurrencyDiffers,
    CustomerDiffers,
    DueBeforeIssued,
    InvoiceNotFound,
    InvoiceWithoutLines,
    LineRefused,
    ObligationDiffers,
)
from transactional_api.invoices.rules import NewLine
from transactional_api.invoices.tables import Invoice, InvoiceLine, InvoiceLineTax
from transactional_api.kit.ids import checked_id, id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add, remove
from transactional_api.periods.service import posted_on
from transactional_api.products.service import get_product
from transactional_api.revenue.reading import get_contract, get_obligation
from transactional_api.subscriptions.service import get_subscription

_LAST_NUMBER = "last_invoice_number"


def stage_invoice(
    unit: UnitOfWork,
    *,
    customer_id: str,
    issued_on: date,
    due_on: date,
    currency: str,
    lines: Sequence[NewLine],
    invoice_id: str | None = None,
    deal_id: str | None = None,
    contract_id: str | None = None,
    subscription_id: str | None = None,
    ship_to_country: str | None = None,
    ship_to_region: str | None = None,
    staged_from: str | None = None,
    staged_by: str | None = None,
) -> Invoice:
    """A draft with its priced lines. It owes nothing until it is posted. `staged_by` is who may not approve it: by
    default the actor; `staged_from` what it bills, once (see `staging`)."""
    invoice_id = id_or_new(invoice_id, "inv", "invoice_id")
    get_customer(unit, customer_id)
    exponent(currency)
    if due_on < issued_on:
        raise DueBeforeIssued(issued_on, due_on)
    if not lines:
        raise InvoiceWithoutLines
    if deal_id is not None:
        get_deal(unit, deal_id)
    if subscription_id is not None:
        _check_subscription(unit, subscription_id, customer_id, currency)
    if contract_id is not None:
        _check_contract(unit, contract_id, customer_id, currency)
    invoice = Invoice(
        tenant_id=unit.tenant_id,
        invoice_id=invoice_id,
        customer_id=customer_id,
        issued_on=issued_on,
        due_on=due_on,
        currency=currency,
        status=rules.DRAFT,
        deal_id=deal_id,
        subscription_id=subscription_id,
        ship_to_country=ship_to_country,
        ship_to_region=ship_to_region,
        contract_id=contract_id,
        staged_from=staged_from,
        staged_by=staged_by or unit.actor,
    )
    rows = [_line(unit, invoice, line, at) for at, line in enumerate(lines)]
    _check_lines(rows)
    add(unit.session, invoice)
    invoice.lines.extend(rows)
    checked_minor(total_minor(invoice), "lines")
    return invoice


def approve_invoice(unit: UnitOfWork, invoice_id: str, *, by: str) -> Invoice:
    """`by` is an account or, without one, a key; whoever staged it may not."""
    invoice = locked_invoice(unit, invoice_id)
    rules.check_approve(invoice_id, invoice.status, invoice.staged_by, by)
    invoice.status, invoice.approved_by, invoice.approved_at = rules.APPROVED, by, unit.now
    return invoice


def post_invoice(
    unit: UnitOfWork,
    invoice_id: str,
    *,
    number: str | None = None,
    system: str | None = None,
    needs_approval: bool = True,
) -> Invoice:
    """From now on it is owed. Without a number of the caller's it gets the tenant's next one, without gaps.

    Its journal goes to the accounting system of that name; without one the books are kept elsewhere. Both history and
    what is made directly as a receivable say that they need no approval.
    """
    invoice = locked_invoice(unit, invoice_id)
    rules.check_post(invoice_id, invoice.status, needs_approval)
    counted_on = posted_on(unit, invoice.issued_on)
    if number is None:
        number = _next_number(unit)
    else:
        checked_id(number, "number")
    invoice.number, invoice.status, invoice.posted_on = number, rules.POSTED, counted_on
    if system is not None:
        journal = journals.of_invoice(unit, invoice)
        queue(unit, journal, system, party_id=invoice.customer_id, number=number, due_on=invoice.due_on)
    return invoice


def void_invoice(unit: UnitOfWork, invoice_id: str, *, voided_on: date) -> Invoice:
    """From `voided_on` nothing is owed; what was allocated to it is unapplied money again, and stays on record. In the
    accounting system its journal is reversed, where it was posted to one, and what was allocated is moved there too."""
    invoice = locked_invoice(unit, invoice_id)
    taken = repository.taken(unit.session, invoice_id)
    rules.check_void(invoice_id, invoice.status, invoice.issued_on, voided_on, taken)
    counted_on = posted_on(unit, voided_on)
    invoice.status, invoice.voided_on, invoice.void_posted_on = rules.VOID, voided_on, counted_on
    original = posting_of(unit.session, "invoice", invoice_id)
    if original is not None:
        journal = journals.of_void(unit, invoice, counted_on)
        queue(unit, journal, None, party_id=invoice.customer_id, number=invoice.number, reverses=original)
        closed = journals.of_allocations(invoice, repository.closed_minor(unit.session, invoice_id), counted_on)
        queue(unit, closed, original.system, party_id=invoice.customer_id, number=invoice.number)
    return invoice


def discard_draft(unit: UnitOfWork, invoice_id: str) -> None:
    """What is not wanted and not posted is deleted with its lines; the log keeps what it was."""
    invoice = locked_invoice(unit, invoice_id)
    rules.check_discard(invoice_id, invoice.status)
    for instalment in repository.instalments(unit.session, invoice_id):
        remove(unit.session, instalment)
    remove(unit.session, invoice)


def get_invoice(unit: UnitOfWork, invoice_id: str, field: str = "invoice_id") -> Invoice:
    invoice = repository.by_id(unit.session, invoice_id)
    if invoice is None:
        raise InvoiceNotFound(invoice_id, field)
    return invoice


def total_minor(invoice: Invoice) -> int:
    """With tax, in minor units of the invoice's currency."""
    return sum(line.net_minor + line.tax_minor for line in invoice.lines)


def locked_invoice(unit: UnitOfWork, invoice_id: str) -> Invoice:
    invoice = repository.by_id_locked(unit.session, invoice_id)
    if invoice is None:
        raise InvoiceNotFound(invoice_id)
    return invoice


def _check_subscription(unit: UnitOfWork, subscription_id: str, customer_id: str, currency: str) -> None:
    subscription = get_subscription(unit, subscription_id)
    if subscription.customer_id != customer_id:
        raise CustomerDiffers(
            f"subscription {subscription_id!r} is of customer {subscription.customer_id!r}", "subscription_id"
        )
    if subscription.currency != currency:
        raise CurrencyDiffers(f"subscription {subscription_id!r} is in {subscription.currency}", "currency")


def _check_contract(unit: UnitOfWork, contract_id: str, customer_id: str, currency: str) -> None:
    contract = get_contract(unit, contract_id)
    if contract.customer_id != customer_id:
        raise CustomerDiffers(f"contract {contract_id!r} is of customer {contract.customer_id!r}", "contract_id")
    if contract.currency != currency:
        raise CurrencyDiffers(f"contract {contract_id!r} is in {contract.currency}", "currency")


def _line(unit: UnitOfWork, invoice: Invoice, line: NewLine, at: int) -> InvoiceLine:
    path = f"lines.{at}."
    if line.product_id is not None:
        get_product(unit, line.product_id, f"{path}product_id")
    if line.obligation_id is not None:
        obligation = get_obligation(unit, line.obligation_id, f"{path}obligation_id")
        if obligation.contract_id != invoice.contract_id:
            raise ObligationDiffers(line.obligation_id, f"{path}obligation_id")
    priced = rules.price_line(line, path)
    line_id = id_or_new(line.line_id, "line", f"{path}line_id")
    return InvoiceLine(
        tenant_id=unit.tenant_id,
        line_id=line_id,
        invoice_id=invoice.invoice_id,
        product_id=line.product_id,
        description=line.description,
        quantity=line.quantity,
        unit_amount_minor=line.unit_amount_minor,
        discount_minor=line.discount_minor,
        net_minor=priced.net_minor,
        tax_rate=line.tax_rate,
        tax_minor=priced.tax_minor,
        tax_code=line.tax_code,
        service_starts_on=line.service_starts_on,
        service_ends_on=line.service_ends_on,
        obligation_id=line.obligation_id,
        taxes=[InvoiceLineTax(tenant_id=unit.tenant_id, line_id=line_id, **vars(one)) for one in line.taxes],
    )


def _check_lines(rows: Sequence[InvoiceLine]) -> None:
    seen: set[str] = set()
    for at, row in enumerate(rows):
        if row.line_id in seen:
            raise LineRefused(f"two lines have the id {row.line_id!r}", f"lines.{at}.line_id")
        seen.add(row.line_id)


def _next_number(unit: UnitOfWork) -> str:
    """Asked of the database once per transaction: whoever holds the tenant is the only one to give numbers."""
    last = unit.session.info.get(_LAST_NUMBER)
    if last is None:
        last = int((repository.last_own_number(unit.session) or "INV-0").removeprefix("INV-"))
    unit.session.info[_LAST_NUMBER] = last + 1
    return f"INV-{last + 1:08d}"
