"""Laws about payments and what they close."""

from datetime import date

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class PaymentNotFound(NotFound):
    title = "No such payment"

    def __init__(self, payment_id: str, field: str = "payment_id") -> None:
        super().__init__("payment", payment_id, field)


class AllocationNotFound(NotFound):
    title = "No such allocation"

    def __init__(self, payment_id: str, invoice_id: str, allocated_on: date) -> None:
        super().__init__("allocation", f"{payment_id} to {invoice_id} on {allocated_on}")


class AmountNotPositive(ValueRefused):
    def __init__(self) -> None:
        super().__init__("the amount is more than 0", "amount")


class WrongPaymentState(DomainError):
    """Pending -> succeeded or failed, and neither goes back."""

    title = "The payment is in another state"

    def __init__(self, payment_id: str, status: str, wanted: str) -> None:
        super().__init__(f"payment {payment_id!r} is {status}, not {wanted}")
        self.payment_id = payment_id
        self.state = status


class InvoiceNotOpen(DomainError):
    title = "Only a posted invoice is paid"

    def __init__(self, invoice_id: str, status: str) -> None:
        super().__init__(f"invoice {invoice_id!r} is {status}", "invoice_id")
        self.invoice_id = invoice_id
        self.state = status


class AllocationCrossesCurrencies(DomainError):
    title = "The currencies differ"

    def __init__(self, payment_currency: str, invoice_currency: str) -> None:
        super().__init__(f"the payment is in {payment_currency}, the invoice in {invoice_currency}", "invoice_id")
        self.payment_currency = payment_currency
        self.invoice_currency = invoice_currency


class AllocationExceedsPayment(DomainError):
    """More than what is left of the payment. Amounts in minor units."""

    title = "More than the payment has left"

    def __init__(self, payment_id: str, left_minor: int, asked_minor: int) -> None:
        super().__init__(f"payment {payment_id!r} has less left than is to be allocated", "amount")
        self.payment_id = payment_id
        self.left_minor = left_minor
        self.asked_minor = asked_minor


class AllocationExceedsInvoice(DomainError):
    """More than what is outstanding on the invoice. Amounts in minor units."""

    title = "More than the invoice has open"

    def __init__(self, invoice_id: str, outstanding_minor: int, asked_minor: int) -> None:
        super().__init__(f"invoice {invoice_id!r} has less open than is to be allocated", "amount")
        self.invoice_id = invoice_id
        self.outstanding_minor = outstanding_minor
        self.asked_minor = asked_minor
