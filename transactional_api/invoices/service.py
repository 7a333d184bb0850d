"""What can be done with invoices: stage a draft, post it, void it, or discard the draft."""

from collections.abc import Sequence
from datetime import date

from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.deals.service import get_deal
from transactional_api.invoices import repository, rules
from transactional_api.invoices.errors import (
    CurrencyDiffers,
    CustomerDiffers,
    DueBeforeIssued,
    InvoiceNotFound,
    InvoiceWithoutLines,
    LineRefused,
)
from transactional_api.invoices.rules import NewLine
from transactional_api.invoices.tables import Invoice, InvoiceLine
from transactional_api.kit.ids import checked_id, id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add, remove
from transactional_api.products.service import get_product
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
    subscription_id: str | None = None,
    ship_to_country: str | None = None,
    ship_to_region: str | None = None,
) -> Invoice:
    """A draft with its priced lines. It owes nothing until it is posted."""
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
    )
    rows = [_line(unit, invoice_id, line, at) for at, line in enumerate(lines)]
    _check_lines(rows)
    add(unit.session, invoice)
    invoice.lines.extend(rows)
    checked_minor(total_minor(invoice), "lines")
    return invoice


def post_invoice(unit: UnitOfWork, invoice_id: str, *, number: str | None = None) -> Invoice:
    """From now on it is owed. Without a number of the caller's it gets the tenant's next one, without gaps."""
    invoice = _locked(unit, invoice_id)
    rules.check_post(invoice_id, invoice.status)
    unit.session.hold_tenant()
    if number is None:
        number = _next_number(unit)
    else:
        checked_id(number, "number")
    invoice.number = number
    invoice.status = rules.POSTED
    return invoice


def void_invoice(unit: UnitOfWork, invoice_id: str, *, voided_on: date) -> Invoice:
    """From `voided_on` nothing is owed; what was allocated to it is unapplied money again, and stays on record."""
    invoice = _locked(unit, invoice_id)
    rules.check_void(invoice_id, invoice.status, invoice.issued_on, voided_on)
    invoice.status = rules.VOID
    invoice.voided_on = voided_on
    return invoice


def discard_draft(unit: UnitOfWork, invoice_id: str) -> None:
    """A draft that is not wanted is deleted with its lines; the log keeps what it was."""
    invoice = _locked(unit, invoice_id)
    rules.check_discard(invoice_id, invoice.status)
    remove(unit.session, invoice)


def get_invoice(unit: UnitOfWork, invoice_id: str, field: str = "invoice_id") -> Invoice:
    invoice = repository.by_id(unit.session, invoice_id)
    if invoice is None:
        raise InvoiceNotFound(invoice_id, field)
    return invoice


def total_minor(invoice: Invoice) -> int:
    """With tax, in minor units of the invoice's currency."""
    return sum(line.net_minor + line.tax_minor for line in invoice.lines)


def _locked(unit: UnitOfWork, invoice_id: str) -> Invoice:
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


def _line(unit: UnitOfWork, invoice_id: str, line: NewLine, at: int) -> InvoiceLine:
    path = f"lines.{at}."
    if line.product_id is not None:
        get_product(unit, line.product_id, f"{path}product_id")
    priced = rules.price_line(line, path)
    return InvoiceLine(
        tenant_id=unit.tenant_id,
        line_id=id_or_new(line.line_id, "line", f"{path}line_id"),
        invoice_id=invoice_id,
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
