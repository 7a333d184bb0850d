"""How much of a payment may close how much of an invoice. Amounts in minor units of their one currency."""

from dataclasses import dataclass

from transactional_api.payments.errors import (
    AllocationCrossesCurrencies,
    AllocationExceedsInvoice,
    AllocationExceedsPayment,
    AmountNotPositive,
    InvoiceNotOpen,
    WrongPaymentState,
)

PENDING = "pending"
SUCCEEDED = "succeeded"
FAILED = "failed"


@dataclass(frozen=True)
class Funds:
    """A payment and what earlier allocations took of it."""

    payment_id: str
    status: str
    currency: str
    amount_minor: int
    allocated_minor: int


@dataclass(frozen=True)
class Debt:
    """An invoice's total with tax, and what earlier allocations closed of it."""

    invoice_id: str
    status: str
    currency: str
    total_minor: int
    allocated_minor: int


def check_allocation(funds: Funds, debt: Debt, amount_minor: int) -> None:
    """Raises the law that the allocation would break."""
    if amount_minor <= 0:
        raise AmountNotPositive
    if funds.status != SUCCEEDED:
        raise WrongPaymentState(funds.payment_id, funds.status, SUCCEEDED)
    if debt.status != "posted":
        raise InvoiceNotOpen(debt.invoice_id, debt.status)
    if funds.currency != debt.currency:
        raise AllocationCrossesCurrencies(funds.currency, debt.currency)
    left = funds.amount_minor - funds.allocated_minor
    if amount_minor > left:
        raise AllocationExceedsPayment(funds.payment_id, left, amount_minor)
    outstanding = debt.total_minor - debt.allocated_minor
    if amount_minor > outstanding:
        raise AllocationExceedsInvoice(debt.invoice_id, outstanding, amount_minor)


def check_settlement(payment_id: str, status: str) -> None:
    if status != PENDING:
        raise WrongPaymentState(payment_id, status, PENDING)
