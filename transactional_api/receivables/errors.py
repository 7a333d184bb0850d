"""Laws about collecting, paying vendors, and matching the bank."""

from datetime import date

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class NothingOutstanding(DomainError):
    title = "Nothing is outstanding"

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"invoice {invoice_id!r} owes nothing")
        self.invoice_id = invoice_id


class InvoiceDisputed(DomainError):
    """While a charge-back is open, nobody is reminded."""

    title = "The invoice is disputed"

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"a charge-back on invoice {invoice_id!r} is not resolved")
        self.invoice_id = invoice_id


class StepNotDue(DomainError):
    title = "The next step is not due"

    def __init__(self, due_on: date) -> None:
        super().__init__(f"the next step is due on {due_on}", "taken_on")
        self.due_on = due_on


class StepOutOfOrder(DomainError):
    title = "A step comes after the one before it"

    def __init__(self, last: date) -> None:
        super().__init__(f"the last step was taken on {last}", "taken_on")


class NoStepLeft(DomainError):
    title = "Every step was taken"

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"no step is left for invoice {invoice_id!r}")


class StepsRefused(ValueRefused):
    """Steps whose days do not rise."""


class BillNotFound(NotFound):
    title = "No such bill"

    def __init__(self, bill_id: str) -> None:
        super().__init__("bill", bill_id, "bill_id")


class BillRefused(ValueRefused):
    """Amounts or days of a bill that do not hold together."""


class PaymentExceedsBill(DomainError):
    title = "More than the bill has open"

    def __init__(self, bill_id: str) -> None:
        super().__init__(f"bill {bill_id!r} has less open than is to be paid", "amount")
        self.bill_id = bill_id


class PaidBeforeIssued(DomainError):
    title = "A bill is paid after it was issued"

    def __init__(self, issued_on: date, paid_on: date) -> None:
        super().__init__(f"issued on {issued_on}, paid on {paid_on}", "paid_on")


class BankLineNotFound(NotFound):
    title = "No such bank line"

    def __init__(self, bank_line_id: str, field: str = "bank_line_id") -> None:
        super().__init__("bank line", bank_line_id, field)


class BankLineRefused(ValueRefused):
    """A line without an amount, or two with one id."""


class MatchNotFound(NotFound):
    title = "No such match"

    def __init__(self, match_id: str) -> None:
        super().__init__("match", match_id, "match_id")


class MatchRefused(DomainError):
    """A payment that cannot be this money: not succeeded, or in another currency; or money that left."""

    title = "They do not match"


class MatchExceeds(DomainError):
    """All matches of a line, or of a payment, together are never more than it."""

    title = "More is matched than there is"

    def __init__(self, what: str, field: str) -> None:
        super().__init__(f"{what} has less left to be matched", field)


class MatchUndone(DomainError):
    title = "The match is undone already"

    def __init__(self, match_id: str) -> None:
        super().__init__(f"match {match_id!r} was undone", "match_id")
