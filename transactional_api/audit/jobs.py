"""Signs checkpoints of tenants whose log has grown, also in a house that never builds."""

import logging

from transactional_api.audit import service
from transactional_api.database import Database
from transactional_api.kit.jobs import Job
from transactional_api.settings import Settings

log = logging.getLogger(__name__)


def _sign(database: Database, settings: Settings) -> int:
    files, signed = service.checkpoint_files(settings), 0
    for tenant_id in sorted(database.change_log_heads()):
        verdict, is_signed = service.verify_and_sign(database, files, tenant_id, database.clock.now())
        signed += is_signed
        if not verdict.holds:
            log.error(
                "the audit trail of a tenant does not hold: change %s: %s", verdict.chain.broken_at, verdict.reason
            )
    return signed


JOBS = (Job("sign_checkpoints", 3600, _sign),)
