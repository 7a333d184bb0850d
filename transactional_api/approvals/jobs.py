"""Escalates what was not decided in time."""

import logging

from transactional_api.approvals import repository
from transactional_api.approvals.service import escalate
from transactional_api.database import Database
from transactional_api.kit.errors import DomainError
from transactional_api.kit.jobs import Job
from transactional_api.settings import Settings

log = logging.getLogger(__name__)
ACTOR = "job:approvals"
ROUND = 200


def escalate_overdue(database: Database, _settings: Settings | None = None) -> int:
    """One round over all tenants by the database's clock; returns how many steps were escalated."""
    with database.all_tenants(writes=False) as session:
        overdue = repository.overdue(session, database.clock.now(), ROUND)
    done = 0
    for tenant_id, request_id in overdue:
        try:
            with database.transaction(tenant_id, ACTOR) as unit:
                done += escalate(unit, request_id)
        except DomainError as error:
            log.error("an approval is not escalated: %s", error.slug())
    return done


JOBS = (Job("escalate_approvals", 60, escalate_overdue),)
