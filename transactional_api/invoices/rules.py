"""What a line costs and which states follow which. Amounts in minor units of the invoice's currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from transactional_api.invoices.errors import (
    AmountNotPositive,
    ApprovedByItsAuthor,
    CorrectedBeforeIssued,
    CreditExceedsInvoice,
    InstalmentRefused,
    InstalmentsDoNotSum,
    InvoiceCorrected,
    LineRefused,
    VoidedBeforeIssued,
    WrongInvoiceState,
)
from transactional_api.kit.money import checked_minor, divide_minor, product_minor

DRAFT = "draft"
APPROVED = "approved"
POSTED = "posted"
VOID = "void"
UNTAXED = frozenset({"exempt", "zero_rated", "reverse_charge"})


@dataclass(frozen=True)
class KindOfTax:
    """One kind of tax of one jurisdiction in a line's tax; `rate` is a fraction."""

    jurisdiction: str
    kind: str
    rate: Decimal
    tax_minor: int
    tax_code: str


@dataclass(frozen=True)
class NewLine:
    """A line as it is asked for. Without `tax_minor` the tax is net x rate, rounded half-up once on the line. `taxes`
    are the parts of a tax that was calculated, and sum to it; a tax that the caller gives has none."""

    unit_amount_minor: int
    quantity: Decimal = Decimal(1)
    line_id: str | None = None
    product_id: str | None = None
    description: str | None = None
    discount_minor: int = 0
    tax_rate: Decimal = Decimal(0)
    tax_minor: int | None = None
    tax_code: str = "standard"
    service_starts_on: date | None = None
    service_ends_on: date | None = None
    obligation_id: str | None = None
    taxes: tuple[KindOfTax, ...] = ()


@dataclass(frozen=True)
class PricedLine:
    """`net` is without tax."""

    net_minor: int
    tax_minor: int


def price_line(line: NewLine, path: str) -> PricedLine:
    """`path` is the line's place in the request, for the error's field."""
    if line.quantity < 0 or line.unit_amount_minor < 0 or line.discount_minor < 0:
        raise LineRefused("quantity, unit amount and discount are not negative", f"{path}quantity")
    checked_minor(line.unit_amount_minor, f"{path}unit_amount")
    gross = checked_minor(product_minor(line.quantity, line.unit_amount_minor), f"{path}quantity")
    if line.discount_minor > gross:
        raise LineRefused("a discount is not larger than what it discounts", f"{path}discount")
    if not 0 <= line.tax_rate <= 1:
        raise LineRefused("a tax rate is a fraction between 0 and 1", f"{path}tax_rate")
    net = gross - line.discount_minor
    tax = product_minor(line.tax_rate, net) if line.tax_minor is None else line.tax_minor
    if tax < 0 or (line.tax_code in UNTAXED and tax != 0):
        raise LineRefused(f"a {line.tax_code} line has no such tax", f"{path}tax_amount")
    if line.taxes and sum(one.tax_minor for one in line.taxes) != tax:
        raise LineRefused("the kinds of tax sum to the line's tax", f"{path}tax_amount")
    if (line.service_starts_on is None) != (line.service_ends_on is None):
        raise LineRefused("a service period has both its days", f"{path}service_ends_on")
    if line.service_starts_on and line.service_ends_on and line.service_ends_on < line.service_starts_on:
        raise LineRefused("a service ends on or after the day it starts", f"{path}service_ends_on")
    return PricedLine(net, checked_minor(tax, f"{path}tax_amount"))


@dataclass(frozen=True)
class Taken:
    """What credit notes and write-offs took off an invoice before."""

    credited_minor: int = 0
    credited_tax_minor: int = 0
    written_off_minor: int = 0


def check_approve(invoice_id: str, status: str, staged_by: str | None, by: str) -> None:
    if status != DRAFT:
        raise WrongInvoiceState(invoice_id, status, APPROVED)
    if staged_by == by:
        raise ApprovedByItsAuthor(invoice_id)


def check_post(invoice_id: str, status: str, needs_approval: bool) -> None:
    """History, and receivables that are made directly, are posted without an approval."""
    if status != APPROVED and (needs_approval or status != DRAFT):
        raise WrongInvoiceState(invoice_id, status, POSTED)


def check_discard(invoice_id: str, status: str) -> None:
    """What was posted stays; it is voided instead."""
    if status not in (DRAFT, APPROVED):
        raise WrongInvoiceState(invoice_id, status, "discarded")


def check_void(invoice_id: str, status: str, issued_on: date, voided_on: date, taken: Taken) -> None:
    """What is not posted is discarded rather than voided."""
    if status != POSTED:
        raise WrongInvoiceState(invoice_id, status, "voided")
    if voided_on < issued_on:
        raise VoidedBeforeIssued(issued_on, voided_on)
    if taken != Taken():
        raise InvoiceCorrected(invoice_id)


def check_correction(invoice_id: str, status: str, issued_on: date, on: date, field: str) -> None:
    """Only what is owed is credited or written off, and only after it was issued."""
    if status != POSTED:
        raise WrongInvoiceState(invoice_id, status, "corrected")
    if on < issued_on:
        raise CorrectedBeforeIssued(issued_on, on, field)


def credited_tax(
    invoice_id: str, amount_minor: int, tax_minor: int | None, total_minor: int, total_tax_minor: int, taken: Taken
) -> int:
    """The tax in a credit note. Without one of the caller's it is the invoice's share, rounded on what is credited so
    far, so that crediting everything credits exactly the invoice's tax."""
    if amount_minor <= 0:
        raise AmountNotPositive
    if amount_minor > total_minor - taken.credited_minor - taken.written_off_minor:
        raise CreditExceedsInvoice(invoice_id, "amount")
    tax_left = total_tax_minor - taken.credited_tax_minor
    net_left = total_minor - total_tax_minor - (taken.credited_minor - taken.credited_tax_minor)
    if tax_minor is None:
        so_far = taken.credited_minor + amount_minor
        share = divide_minor(so_far * total_tax_minor, total_minor) - taken.credited_tax_minor
        tax_minor = max(0, amount_minor - net_left, min(share, tax_left, amount_minor))
    if not 0 <= tax_minor <= min(tax_left, amount_minor) or amount_minor - tax_minor > net_left:
        raise CreditExceedsInvoice(invoice_id, "tax_amount")
    return tax_minor


def check_instalments(
    invoice_id: str, status: str, issued_on: date, total_minor: int, parts: Sequence[tuple[date, int]]
) -> None:
    """No instalments at all is a plan too: the invoice is due on its own day."""
    if status == VOID:
        raise WrongInvoiceState(invoice_id, status, "paid in instalments")
    seen: set[date] = set()
    for at, (due_on, amount_minor) in enumerate(parts):
        if due_on < issued_on or due_on in seen:
            raise InstalmentRefused(
                "instalments are due on different days, none before the invoice", f"instalments.{at}.due_on"
            )
        if amount_minor <= 0:
            raise AmountNotPositive(f"instalments.{at}.amount")
        seen.add(due_on)
    if parts and sum(amount_minor for _, amount_minor in parts) != total_minor:
        raise InstalmentsDoNotSum(invoice_id)
