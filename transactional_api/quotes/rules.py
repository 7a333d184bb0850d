"""What a quote's line costs, and which of its states follow which. Amounts in minor units of the quote's currency."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

from transactional_api.kit.money import checked_minor, product_minor
from transactional_api.quotes.errors import QuoteLineRefused, QuoteOver, ValidityRefused, WrongQuoteState

APPROVED, PENDING, BLOCKED = "approved", "pending_approval", "blocked"
REJECTED, SUPERSEDED, SIGNED = "rejected", "superseded", "signed"
STATUS_OF = {"pass": APPROVED, "route": PENDING, "block": BLOCKED}
VALID_FOR = timedelta(days=30)


@dataclass(frozen=True)
class NewLine:
    """`discount_percent` is taken off quantity x unit amount. A service period has both its days, inclusive."""

    unit_amount_minor: int
    quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    product_id: str | None = None
    description: str | None = None
    service_starts_on: date | None = None
    service_ends_on: date | None = None


@dataclass(frozen=True)
class PricedLine:
    """The discount is rounded once, half-up; net is what is left, so that both always sum to the gross amount."""

    discount_minor: int
    net_minor: int


def price_line(line: NewLine, path: str) -> PricedLine:
    """`path` is the line's place in the request, for the error's field."""
    if line.quantity < 0 or line.unit_amount_minor < 0:
        raise QuoteLineRefused("quantity and unit amount are not negative", f"{path}quantity")
    if not 0 <= line.discount_percent <= 100:
        raise QuoteLineRefused("a discount is between 0 and 100 %", f"{path}discount_percent")
    starts, ends = line.service_starts_on, line.service_ends_on
    if (starts is None) != (ends is None):
        raise QuoteLineRefused("a service period has both its days", f"{path}service_ends_on")
    if starts is not None and ends is not None and ends < starts:
        raise QuoteLineRefused("a service ends on or after the day it starts", f"{path}service_ends_on")
    checked_minor(line.unit_amount_minor, f"{path}unit_amount")
    gross = checked_minor(product_minor(line.quantity, line.unit_amount_minor), f"{path}quantity")
    discount = product_minor(line.discount_percent.scaleb(-2), gross)
    return PricedLine(discount, gross - discount)


def net_unit(unit_amount: Decimal, discount_percent: Decimal) -> Decimal:
    """Exact: what one costs after the discount."""
    with localcontext(prec=60):
        return unit_amount * (100 - discount_percent) / 100


def check_validity(today: date, valid_until: date) -> None:
    if valid_until <= today:
        raise ValidityRefused("a quote is valid for a day at least", "valid_until")


def check_signable(quote_id: str, status: str, valid_until: date, today: date) -> None:
    """Only what was approved is signed, and only while it is valid."""
    if status != APPROVED:
        raise WrongQuoteState(quote_id, status, SIGNED)
    if today >= valid_until:
        raise QuoteOver(quote_id, valid_until)
