"""What payments do without being asked."""

from transactional_api.kit.jobs import Job
from transactional_api.payments.reconciliation import reconcile

JOBS: tuple[Job, ...] = (Job("payments.reconcile", every_seconds=2, run=reconcile),)
