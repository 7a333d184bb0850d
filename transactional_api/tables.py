"""Every table of the core in one place, for migrations and for the guard of the change log."""

from transactional_api.access.tables import Account, AccountSecret, ApiKey, RefreshToken
from transactional_api.accounting.tables import AccountingPosting, GlMapping
from transactional_api.approvals.tables import ApprovalDelegation, ApprovalEvent, ApprovalRequest, ApprovalStep
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
from transactional_api.invoices.tables import (
    CreditNote,
    Invoice,
    InvoiceInstalment,
    InvoiceLine,
    InvoiceLineTax,
    WriteOff,
)
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
from transactional_api.periods.tables import Period
from transactional_api.policies.tables import Policy, PolicyActivation, PolicyVersion
from transactional_api.privacy.tables import Erasure, ErasureCleaning
from transactional_api.products.tables import Product
from transactional_api.quotes.tables import Quote, QuoteLine, QuoteViolation
from transactional_api.receivables.tables import (
    BankLine,
    BankMatch,
    Bill,
    BillPayment,
    CollectionStep,
    DunningStep,
)
from transactional_api.revenue.tables import Contract, ContractModification, Obligation, Progress, RecognizedRevenue
from transactional_api.sellers.tables import Expense, Sale
from transactional_api.signatures.tables import Envelope, EnvelopeDocument, EnvelopeLink, WebhookReceipt
from transactional_api.subscriptions.tables import Subscription, SubscriptionPeriod
from transactional_api.tax.tables import TaxFiling, TaxRate, TaxRegistration

__all__ = [
    "Account",
    "AccountSecret",
    "AccountingPosting",
    "Alert",
    "ApiKey",
    "ApprovalDelegation",
    "ApprovalEvent",
    "ApprovalRequest",
    "ApprovalStep",
    "BankLine",
    "BankMatch",
    "Base",
    "Bill",
    "BillPayment",
    "ChangeLogEntry",
    "ChangeLogHead",
    "CollectionStep",
    "Contract",
    "ContractModification",
    "CreditNote",
    "Customer",
    "CustomerProfile",
    "Deal",
    "DealStage",
    "Delivery",
    "DunningStep",
    "Envelope",
    "EnvelopeDocument",
    "EnvelopeLink",
    "Erasure",
    "ErasureCleaning",
    "Expense",
    "GlMapping",
    "IdempotencyKey",
    "InboundEndpoint",
    "InboundMessage",
    "Invoice",
    "InvoiceInstalment",
    "InvoiceLine",
    "InvoiceLineTax",
    "JobLease",
    "LocalCharge",
    "Obligation",
    "OutboxCursor",
    "Payment",
    "PaymentAllocation",
    "PaymentAttempt",
    "Period",
    "Policy",
    "PolicyActivation",
    "PolicyVersion",
    "Product",
    "Progress",
    "Quote",
    "QuoteLine",
    "QuoteViolation",
    "RecognizedRevenue",
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
    "WebhookReceipt",
    "WebhookSecret",
    "WebhookState",
    "WriteOff",
]
