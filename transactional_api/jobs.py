"""Every job of the core in one place."""

from transactional_api.access.jobs import JOBS as ACCESS
from transactional_api.accounting.jobs import JOBS as ACCOUNTING
from transactional_api.approvals.jobs import JOBS as APPROVALS
from transactional_api.audit.jobs import JOBS as AUDIT
from transactional_api.events.jobs import JOBS as EVENTS
from transactional_api.idempotency.jobs import JOBS as IDEMPOTENCY
from transactional_api.kit.jobs import Job
from transactional_api.payments.jobs import JOBS as PAYMENTS
from transactional_api.privacy.jobs import JOBS as PRIVACY
from transactional_api.signatures.jobs import JOBS as SIGNATURES

ALL_JOBS: tuple[Job, ...] = (
    *ACCESS,
    *ACCOUNTING,
    *APPROVALS,
    *AUDIT,
    *EVENTS,
    *IDEMPOTENCY,
    *PAYMENTS,
    *PRIVACY,
    *SIGNATURES,
)
