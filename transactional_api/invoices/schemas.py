"""Invoices on the wire: amounts are decimals in text, in units of the invoice's currency."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from transactional_api.accounting.connectors.port import AccountLine
from transactional_api.accounting.schemas import JournalLineOut, PostingOut
from transactional_api.accounting.tables import AccountingPosting
from transactional_api.invoices.rules import NewLine
from transactional_api.invoices.service import total_minor
from transactional_api.invoices.tables import CreditNote, Invoice, InvoiceInstalment, WriteOff
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.http import (
    AmountText,
    Body,
    Country,
    CurrencyCode,
    DayText,
    Fraction,
    Id,
    InstantText,
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
    obligation_id: Id | None = Field(None, description="Of the invoice's contract: what is earned follows it.")

    def line(self, currency: str, path: str) -> NewLine:
        values = self.model_dump(exclude={"unit_amount", "discount", "tax_amount"})
        return NewLine(
            **values,
            unit_amount_minor=to_minor(self.unit_amount, currency, f"{path}unit_amount"),
            discount_minor=to_minor(self.discount, currency, f"{path}discount"),
            tax_minor=None if self.tax_amount is None else to_minor(self.tax_amount, currency, f"{path}tax_amount"),
        )


class StageIn(Body):
    """What is billed: `lines` that you give; else the accepted quote of a won deal; else a period of a contract."""

    invoice_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    issued_on: DayText
    due_on: DayText | None = Field(None, description="Absent: by the payment terms of the quote or contract.")
    customer_id: Id | None = Field(None, description="With lines.")
    currency: CurrencyCode | None = Field(None, description="With lines.")
    lines: list[LineIn] | None = Field(None, max_length=1000)
    deal_id: Id | None = None
    contract_id: Id | None = None
    period_starts_on: DayText | None = Field(None, description="Of a contract; absent: its first unbilled period.")
    subscription_id: Id | None = None
    ship_to_country: Country | None = None
    ship_to_region: Words | None = None

    def explicit(self) -> dict[str, Any] | None:
        """Arguments of `service.stage_invoice`; None without lines. Raises FieldMissing."""
        if self.lines is None and (self.deal_id is not None or self.contract_id is not None):
            for name in ("customer_id", "currency", "subscription_id"):
                if getattr(self, name) is not None:
                    raise FieldNotTaken(name)
            return None
        for name in ("customer_id", "due_on", "currency", "lines"):
            if getattr(self, name) is None:
                raise FieldMissing(name)
        if self.period_starts_on is not None:
            raise FieldNotTaken("period_starts_on")
        currency = self.currency or ""
        lines = [line.line(currency, f"lines.{at}.") for at, line in enumerate(self.lines or ())]
        return self.model_dump(exclude={"lines", "period_starts_on"}) | {"lines": lines}


class FieldMissing(ValueRefused):
    """Lines of the caller's own need a customer, a currency and a due date."""

    def __init__(self, field: str) -> None:
        super().__init__("needed with lines; or name a deal or a contract instead", field)


class FieldNotTaken(ValueRefused):
    """A deal and a contract say it themselves."""

    def __init__(self, field: str) -> None:
        super().__init__("not taken together with what else is given", field)


class Post(Body):
    number: Id | None = Field(None, description="Your own number; without one, the tenant's next is given.")


class Void(Body):
    voided_on: DayText


class CreditIn(Body):
    credit_note_id: Id | None = None
    issued_on: DayText
    amount: AmountText = Field(description="With tax.")
    tax_amount: AmountText | None = Field(None, description="Absent: the invoice's share.")
    applied_on: DayText | None = Field(None, description="Absent: issued_on.")
    reason: Words | None = None


class WriteOffIn(Body):
    write_off_id: Id | None = None
    written_off_on: DayText
    amount: AmountText | None = Field(None, description="Absent: all that is outstanding.")
    reason: Words | None = None


class InstalmentIn(Body):
    due_on: DayText
    amount: AmountText


class InstalmentsIn(Body):
    """The whole plan; it replaces the one before. An empty one says that the invoice is due on its own day."""

    instalments: list[InstalmentIn] = Field(max_length=500)


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
    obligation_id: str | None


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
    contract_id: str | None
    subscription_id: str | None
    staged_by: str | None
    approved_by: str | None
    approved_at: InstantText | None
    posted_on: DayText | None
    voided_on: DayText | None
    ship_to_country: str | None
    ship_to_region: str | None
    total: str
    lines: list[LineOut]

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceOut":
        return cls.model_validate(cls._facts(invoice))

    @classmethod
    def _facts(cls, invoice: Invoice) -> dict[str, Any]:
        facts: dict[str, Any] = {name: getattr(invoice, name, None) for name in cls.model_fields if name != "lines"}
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
        return facts | {"lines": lines}


class TaxTotal(Result):
    tax_code: str
    tax_rate: Fraction
    net: str
    tax: str


class InvoicePreview(InvoiceOut):
    """`outstanding` is 0 before it is posted. `journal` is what posting writes, or would write, in the
    tenant's accounts of today; `postings` is what is on its way to the accounting system."""

    net: str
    tax: str
    taxes: list[TaxTotal]
    outstanding: str
    journal: list[JournalLineOut]
    postings: list[PostingOut]

    @classmethod
    def shown(
        cls,
        invoice: Invoice,
        outstanding_minor: int,
        journal: Sequence[AccountLine],
        postings: Sequence[AccountingPosting],
    ) -> "InvoicePreview":
        currency = invoice.currency
        sums: dict[tuple[str, Decimal], tuple[int, int]] = {}
        for line in invoice.lines:
            net, tax = sums.get((line.tax_code, line.tax_rate), (0, 0))
            sums[line.tax_code, line.tax_rate] = (net + line.net_minor, tax + line.tax_minor)
        taxes = [
            TaxTotal(tax_code=code, tax_rate=rate, net=to_text(net, currency), tax=to_text(tax, currency))
            for (code, rate), (net, tax) in sorted(sums.items())
        ]
        return cls.model_validate(
            cls._facts(invoice)
            | {
                "net": to_text(sum(line.net_minor for line in invoice.lines), currency),
                "tax": to_text(sum(line.tax_minor for line in invoice.lines), currency),
                "taxes": taxes,
                "outstanding": to_text(outstanding_minor, currency),
                "journal": [JournalLineOut.of(line, currency) for line in journal],
                "postings": [PostingOut.of(one) for one in postings],
            }
        )


class CreditNoteOut(Result):
    """`amount` is with tax. `posted_on` is the day in an open month on which it counts in the books."""

    credit_note_id: str
    invoice_id: str
    customer_id: str
    issued_on: DayText
    applied_on: DayText
    posted_on: DayText
    amount: str
    tax_amount: str
    currency: str
    reason: str | None

    @classmethod
    def of(cls, note: CreditNote) -> "CreditNoteOut":
        facts = {name: getattr(note, name, None) for name in cls.model_fields}
        facts["amount"] = to_text(note.amount_minor, note.currency)
        facts["tax_amount"] = to_text(note.tax_minor, note.currency)
        return cls.model_validate(facts)


class WriteOffOut(Result):
    write_off_id: str
    invoice_id: str
    written_off_on: DayText
    posted_on: DayText
    amount: str
    currency: str
    reason: str | None

    @classmethod
    def of(cls, row: WriteOff) -> "WriteOffOut":
        facts = {name: getattr(row, name, None) for name in cls.model_fields}
        return cls.model_validate(facts | {"amount": to_text(row.amount_minor, row.currency)})


class InstalmentOut(Result):
    due_on: DayText
    amount: str


class InstalmentsOut(Result):
    """In order of due day; they sum to the invoice's total with tax."""

    invoice_id: str
    currency: str
    instalments: list[InstalmentOut]

    @classmethod
    def of(cls, invoice: Invoice, rows: Sequence[InvoiceInstalment]) -> "InstalmentsOut":
        parts = [InstalmentOut(due_on=row.due_on, amount=to_text(row.amount_minor, invoice.currency)) for row in rows]
        return cls(invoice_id=invoice.invoice_id, currency=invoice.currency, instalments=parts)
