"""What a line costs."""

from datetime import date
from decimal import Decimal

import pytest

from transactional_api.invoices.errors import LineRefused
from transactional_api.invoices.rules import NewLine, PricedLine, price_line


@pytest.mark.parametrize(
    ("line", "net", "tax"),
    [
        (NewLine(1001, Decimal("2.5"), tax_rate=Decimal("0.19")), 2503, 476),
        (NewLine(1000, discount_minor=1000, tax_rate=Decimal("0.19")), 0, 0),
        (NewLine(1000, tax_minor=7, tax_rate=Decimal("0.19")), 1000, 7),
        (NewLine(50, tax_rate=Decimal("0.05")), 50, 3),
        (NewLine(1000, Decimal(0)), 0, 0),
        (NewLine(1000, tax_code="reverse_charge"), 1000, 0),
    ],
)
def test_net_and_tax_are_each_rounded_half_up_once(line: NewLine, net: int, tax: int) -> None:
    assert price_line(line, "lines.0.") == PricedLine(net, tax)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (NewLine(-1), "quantity"),
        (NewLine(100, Decimal("-1")), "quantity"),
        (NewLine(100, discount_minor=101), "discount"),
        (NewLine(100, tax_rate=Decimal("1.2")), "tax_rate"),
        (NewLine(100, tax_minor=-1), "tax_amount"),
        (NewLine(100, tax_rate=Decimal("0.2"), tax_code="exempt"), "tax_amount"),
        (NewLine(100, service_starts_on=date(2026, 1, 1)), "service_ends_on"),
        (
            NewLine(100, service_starts_on=date(2026, 1, 2), service_ends_on=date(2026, 1, 1)),
            "service_ends_on",
        ),
    ],
)
def test_a_line_that_does_not_hold_together_is_refused_by_its_field(line: NewLine, field: str) -> None:
    with pytest.raises(LineRefused) as refused:
        price_line(line, "lines.0.")
    assert refused.value.field == f"lines.0.{field}"
