"""What accounting does without being asked."""

from transactional_api.accounting.dispatch import dispatch_due
from transactional_api.kit.jobs import Job

JOBS: tuple[Job, ...] = (Job("accounting.post", every_seconds=5, run=dispatch_due),)
