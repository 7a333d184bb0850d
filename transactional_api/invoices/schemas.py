"""Invoices on the wire: amounts are decimals in text, in units of the invoice's currency."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from transactional_api.invoices.rules import NewLine
from transactional_api.invoices.service import total_minor
from transactional_api.invoices.tables import Invoice
from transactional_api.kit.http import (
    AmountText,
    Body,
    Country,
    CurrencyCode,
    DayText,
    Fraction,
    Id,
    Quantity,
    Result,
    Words,
)
from transactional_api.kit.money import to_minor, to_text


class LineIn(Body):
    line_id: Id | None = None
    product_id: Id | None = None
    description: Words | None = None
    unit_amount: AmountText
    quantity: Quantity = Decimal(1)
    discount: AmountText = "0"
    tax_rate: Fraction = Decimal(0)
    tax_amount: AmountText | None = Field(None, description="Absent: net x tax_rate, rounded half-up.")
    tax_code: Literal["standard", "reduced", "exempt", "zero_rated", "reverse_charge"] = "standard"
    service_starts_on: DayText | None = None
    service_ends_on: DayText | None = Field(None, description="Inclusive.")

    def line(self, currency: str, path: str) -> NewLine:
        values = self.model_dump(exclude={"unit_amount", "discount", "tax_amount"})
        return NewLine(
            **values,
            unit_amount_minor=to_minor(self.unit_amount, currency, f"{path}unit_amount"),
            discount_minor=to_minor(self.discount, currency, f"{path}discount"),
            tax_minor=None if self.tax_amount is None else to_minor(self.tax_amount, currency, f"{path}tax_amount"),
        )


class InvoiceIn(Body):
    invoice_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    customer_id: Id
    issued_on: DayText
    due_on: DayText
    currency: CurrencyCode
    lines: list[LineIn] = Field(min_length=1, max_length=1000)
    deal_id: Id | None = None
    subscription_id: Id | None = None
    ship_to_country: Country | None = None
    ship_to_region: Words | None = None


class Post(Body):
    number: Id | None = Field(None, description="Your own number; without one, the tenant's next is given.")


class Void(Body):
    voided_on: DayText


class LineOut(Result):
    line_id: str
    product_id: str | None
    description: str | None
    quantity: Quantity
    unit_amount: str
    discount: str
    net_amount: str
    tax_rate: Fraction
    tax_amount: str
    tax_code: str
    service_starts_on: DayText | None
    service_ends_on: DayText | None


class InvoiceOut(Result):
    """`total` is with tax."""

    invoice_id: str
    customer_id: str
    number: str | None
    issued_on: DayText
    due_on: DayText
    currency: str
    status: str
    deal_id: str | None
    subscription_id: str | None
    voided_on: DayText | None
    ship_to_country: str | None
    ship_to_region: str | None
    total: str
    lines: list[LineOut]

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceOut":
        facts = {name: getattr(invoice, name, None) for name in cls.model_fields if name != "lines"}
        facts["total"] = to_text(total_minor(invoice), invoice.currency)
        lines = []
        for row in invoice.lines:
            values = {name: getattr(row, name, None) for name in LineOut.model_fields}
            for name, minor in (
                ("unit_amount", row.unit_amount_minor),
                ("discount", row.discount_minor),
                ("net_amount", row.net_minor),
                ("tax_amount", row.tax_minor),
            ):
                values[name] = to_text(minor, invoice.currency)
            lines.append(LineOut.model_validate(values))
        return cls.model_validate(facts | {"lines": lines})
