"""Every job of the core in one place."""

from transactional_api.access.jobs import JOBS as ACCESS
from transactional_api.idempotency.jobs import JOBS as IDEMPOTENCY
from transactional_api.kit.jobs import Job

ALL_JOBS: tuple[Job, ...] = (*ACCESS, *IDEMPOTENCY)
