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
    """See `rules.TRANSITIONS`: what failed or was rolled back is over, and only the provider ends what is unknown."""

    title = "The payment is in another state"

    def __init__(self, payment_id: str, status: str, wanted: str) -> None:
        super().__init__(f"payment {payment_id!r} is {status} and does not become {wanted}")
        self.payment_id = payment_id
        self.state = status


class SettledByProvider(DomainError):
    title = "Only the provider says whether the money came"

    def __init__(self, payment_id: str, provider: str) -> None:
        super().__init__(f"payment {payment_id!r} is settled by the answers of {provider!r}")
        self.payment_id = payment_id


class RollbackUnderWay(DomainError):
    title = "The payment is being rolled back"

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"the provider was asked to undo payment {payment_id!r} and has not answered for good")
        self.payment_id = payment_id


class RollbackDeclined(DomainError):
    title = "The payment cannot be rolled back any more"

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"the provider declined to undo payment {payment_id!r}; refund it instead")
        self.payment_id = payment_id


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


class RefundNotFound(NotFound):
    title = "No such refund"

    def __init__(self, refund_id: str, kind: str) -> None:
        super().__init__(kind, refund_id, f"{kind}_id")


class RefundExceedsPayment(DomainError):
    """All refunds and charge-backs of a payment together are never more than the payment."""

    title = "More goes back than came"

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"payment {payment_id!r} has less left than is to go back", "amount")
        self.payment_id = payment_id


class PartlyRefunded(DomainError):
    title = "A part of the payment went back"

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"of payment {payment_id!r} something went back; the rest is refunded, not rolled back")
        self.payment_id = payment_id


class RefundExceedsInvoice(DomainError):
    """A refund opens at most what its payment closed of the invoice that it names."""

    title = "More goes back than the payment closed of the invoice"

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"the payment closes less of invoice {invoice_id!r} than is to go back", "invoice_id")
        self.invoice_id = invoice_id


class AllocationRefunded(DomainError):
    """What a refund opened again is not opened a second time by taking the allocation back."""

    title = "A refund stands on the allocation"

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"a refund opened a part of invoice {invoice_id!r} that the allocation closed", "invoice_id")
        self.invoice_id = invoice_id


class ChargebackResolved(DomainError):
    title = "The charge-back is resolved"

    def __init__(self, refund_id: str, status: str) -> None:
        super().__init__(f"charge-back {refund_id!r} is {status}")
        self.refund_id = refund_id
        self.state = status


class ResolvedBeforeOpened(DomainError):
    title = "A charge-back is resolved after it was opened"

    def __init__(self, opened_on: date, resolved_on: date) -> None:
        super().__init__(f"opened on {opened_on}, resolved on {resolved_on}", "resolved_on")
