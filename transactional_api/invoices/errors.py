"""Laws about invoices."""

from datetime import date

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class InvoiceNotFound(NotFound):
    title = "No such invoice"

    def __init__(self, invoice_id: str, field: str = "invoice_id") -> None:
        super().__init__("invoice", invoice_id, field)


class LineRefused(ValueRefused):
    """A line whose amounts do not hold together."""


class DueBeforeIssued(ValueRefused):
    def __init__(self, issued_on: date, due_on: date) -> None:
        super().__init__(f"an invoice of {issued_on} is not due on {due_on}", "due_on")
        self.issued_on = issued_on
        self.due_on = due_on


class InvoiceWithoutLines(ValueRefused):
    def __init__(self) -> None:
        super().__init__("an invoice has at least one line", "lines")


class WrongInvoiceState(DomainError):
    """Draft -> posted -> void; a draft may also be discarded. Nothing goes back."""

    title = "The invoice is in another state"

    def __init__(self, invoice_id: str, status: str, verb: str) -> None:
        super().__init__(f"invoice {invoice_id!r} is {status} and cannot be {verb}")
        self.invoice_id = invoice_id
        self.state = status


class VoidedBeforeIssued(DomainError):
    title = "An invoice is voided after it was issued"

    def __init__(self, issued_on: date, voided_on: date) -> None:
        super().__init__(f"issued on {issued_on}, voided on {voided_on}", "voided_on")
        self.issued_on = issued_on
        self.voided_on = voided_on


class CurrencyDiffers(DomainError):
    """What is named by an invoice is in the invoice's currency and of its customer."""

    title = "The currencies differ"


class CustomerDiffers(DomainError):
    title = "The customers differ"
