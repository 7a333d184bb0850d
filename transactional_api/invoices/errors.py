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
    """Draft -> approved -> posted -> void; what is not posted may also be discarded. Nothing goes back."""

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


class ApprovedByItsAuthor(DomainError):
    status = 403
    title = "Nobody approves what they staged"

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"invoice {invoice_id!r} was staged by the same caller")
        self.invoice_id = invoice_id


class AlreadyStaged(DomainError):
    """A deal, and a period of a contract, is billed once; a void invoice does not count."""

    title = "It is billed already"

    def __init__(self, what: str, invoice_id: str, field: str) -> None:
        super().__init__(f"{what} is billed by invoice {invoice_id!r}", field)
        self.invoice_id = invoice_id


class DealNotBillable(DomainError):
    """Only a won deal with a customer and an accepted quote is billed from the deal."""

    title = "The deal cannot be billed"

    def __init__(self, deal_id: str, reason: str) -> None:
        super().__init__(f"deal {deal_id!r} {reason}", "deal_id")
        self.deal_id = deal_id


class NothingLeftToBill(DomainError):
    title = "Every period of the contract is billed"

    def __init__(self, contract_id: str) -> None:
        super().__init__(f"contract {contract_id!r} has no period left to bill", "contract_id")


class PeriodNotBilled(ValueRefused):
    """Not the first day of one of the contract's billing periods."""

    def __init__(self, starts_on: date) -> None:
        super().__init__(f"no billing period of the contract starts on {starts_on}", "period_starts_on")


class ObligationDiffers(DomainError):
    title = "The obligation is of another contract"

    def __init__(self, obligation_id: str, field: str) -> None:
        super().__init__(f"obligation {obligation_id!r} is not of the invoice's contract", field)


class InvoiceCorrected(DomainError):
    """A void takes everything back at once; what was credited or written off before would be taken back twice."""

    title = "Credit notes or write-offs stand on the invoice"

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"invoice {invoice_id!r} has credit notes or write-offs; credit the rest instead")
        self.invoice_id = invoice_id


class CreditExceedsInvoice(DomainError):
    """Credit notes and write-offs together never take off more than the invoice's total, net or tax."""

    title = "More than can be credited"

    def __init__(self, invoice_id: str, field: str) -> None:
        super().__init__(f"invoice {invoice_id!r} has less left to be credited", field)
        self.invoice_id = invoice_id


class WriteOffExceedsOutstanding(DomainError):
    title = "More than is outstanding"

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"invoice {invoice_id!r} has less open than is to be written off", "amount")
        self.invoice_id = invoice_id


class CorrectedBeforeIssued(DomainError):
    title = "A document comes after the invoice that it corrects"

    def __init__(self, issued_on: date, on: date, field: str) -> None:
        super().__init__(f"issued on {issued_on}, corrected on {on}", field)


class AmountNotPositive(ValueRefused):
    def __init__(self, field: str = "amount") -> None:
        super().__init__("the amount is more than 0", field)


class InstalmentsDoNotSum(ValueRefused):
    """Instalments sum to the invoice's total with tax."""

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"the instalments do not sum to the total of invoice {invoice_id!r}", "instalments")
        self.invoice_id = invoice_id


class InstalmentRefused(ValueRefused):
    """Two on one day, or one before the invoice's own date."""
