"""Every table of the core in one place, for migrations and for the guard of the change log."""

from transactional_api.access.tables import Account, AccountSecret, ApiKey, RefreshToken
from transactional_api.customers.tables import Customer, CustomerProfile
from transactional_api.deals.tables import Deal, DealStage
from transactional_api.events.tables import (
    Alert,
    Delivery,
    InboundEndpoint,
    InboundMessage,
    OutboxCursor,
    WebhookEndpoint,
    WebhookSecret,
    WebhookState,
)
from transactional_api.idempotency.tables import IdempotencyKey
from transactional_api.invoices.tables import Invoice, InvoiceLine
from transactional_api.kit.change_log import ChangeLogEntry, ChangeLogHead
from transactional_api.kit.jobs import JobLease
from transactional_api.kit.tables import Base
from transactional_api.payments.tables import (
    LocalCharge,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
    Refund,
    RefundReopening,
)
from transactional_api.privacy.tables import Erasure, ErasureCleaning
from transactional_api.products.tables import Product
from transactional_api.sellers.tables import Expense, Sale
from transactional_api.subscriptions.tables import Subscription, SubscriptionPeriod
from transactional_api.tax.tables import TaxFiling, TaxRate, TaxRegistration

__all__ = [
    "Account",
    "AccountSecret",
    "Alert",
    "ApiKey",
    "Base",
    "ChangeLogEntry",
    "ChangeLogHead",
    "Customer",
    "CustomerProfile",
    "Deal",
    "DealStage",
    "Delivery",
    "Erasure",
    "ErasureCleaning",
    "Expense",
    "IdempotencyKey",
    "InboundEndpoint",
    "InboundMessage",
    "Invoice",
    "InvoiceLine",
    "JobLease",
    "LocalCharge",
    "OutboxCursor",
    "Payment",
    "PaymentAllocation",
    "PaymentAttempt",
    "Product",
    "RefreshToken",
    "Refund",
    "RefundReopening",
    "Sale",
    "Subscription",
    "SubscriptionPeriod",
    "TaxFiling",
    "TaxRate",
    "TaxRegistration",
    "WebhookEndpoint",
    "WebhookSecret",
    "WebhookState",
]
