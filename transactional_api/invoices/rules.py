"""What a line costs and which states follow which. Amounts in minor units of the invoice's currency."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from transactional_api.invoices.errors import LineRefused, VoidedBeforeIssued, WrongInvoiceState
from transactional_api.kit.money import checked_minor, product_minor

DRAFT = "draft"
POSTED = "posted"
VOID = "void"
UNTAXED = frozenset({"exempt", "zero_rated", "reverse_charge"})


@dataclass(frozen=True)
class NewLine:
    """A line as it is asked for. Without `tax_minor` the tax is net x rate, rounded half-up once on the line."""

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
    if (line.service_starts_on is None) != (line.service_ends_on is None):
        raise LineRefused("a service period has both its days", f"{path}service_ends_on")
    if line.service_starts_on and line.service_ends_on and line.service_ends_on < line.service_starts_on:
        raise LineRefused("a service ends on or after the day it starts", f"{path}service_ends_on")
    return PricedLine(net, checked_minor(tax, f"{path}tax_amount"))


def check_post(invoice_id: str, status: str) -> None:
    if status != DRAFT:
        raise WrongInvoiceState(invoice_id, status, POSTED)


def check_discard(invoice_id: str, status: str) -> None:
    """What was posted stays; it is voided instead."""
    if status != DRAFT:
        raise WrongInvoiceState(invoice_id, status, "discarded")


def check_void(invoice_id: str, status: str, issued_on: date, voided_on: date) -> None:
    """A draft is discarded rather than voided."""
    if status != POSTED:
        raise WrongInvoiceState(invoice_id, status, "voided")
    if voided_on < issued_on:
        raise VoidedBeforeIssued(issued_on, voided_on)
