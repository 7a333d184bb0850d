"""Looks after envelopes that nobody touches: those out of time, and those of which a provider has not answered."""

import logging
from datetime import timedelta

from transactional_api.database import Database
from transactional_api.idempotency import service as idempotency
from transactional_api.kit.errors import DomainError
from transactional_api.kit.jobs import Job
from transactional_api.settings import Settings
from transactional_api.signatures import repository, rules, service
from transactional_api.signatures.providers.port import Heard, RetryLater
from transactional_api.signatures.providers.registry import provider_named
from transactional_api.signatures.schemas import EnvelopeOut, answer_of
from transactional_api.signatures.tables import Envelope

log = logging.getLogger(__name__)
ACTOR = "job:signatures"
ROUND = 100
PATIENCE = timedelta(minutes=2)


def follow_envelopes(database: Database, settings: Settings) -> int:
    """One round over all tenants by the database's clock; returns how many envelopes moved."""
    now = database.clock.now()
    with database.all_tenants(writes=False) as session:
        expired = repository.expired(session, now, ROUND)
        unanswered = repository.unanswered(session, now - PATIENCE, ROUND)
    done = 0
    for tenant_id, envelope_id in expired:
        with database.transaction(tenant_id, ACTOR) as unit:
            done += service.expire(unit, envelope_id)
    for tenant_id, envelope_id in unanswered:
        try:
            done += _look_up(database, settings, tenant_id, envelope_id)
        except (DomainError, RetryLater) as error:
            log.warning("an envelope is looked up later: %s", type(error).__name__)
    return done


def _look_up(database: Database, settings: Settings, tenant_id: str, envelope_id: str) -> int:
    """The provider is asked outside of any transaction; what it says settles the request that made the envelope."""
    with database.read(tenant_id) as reading:
        envelope = repository.by_id(reading.session, envelope_id)
    if envelope is None or envelope.status != rules.REQUESTED:
        return 0
    heard = provider_named(envelope.provider, settings).look_up(envelope_id, envelope.provider_reference)
    with database.transaction(tenant_id, ACTOR) as unit:
        locked = service.get_envelope_locked(unit, envelope_id)
        _write(locked, heard)
        if heard is not None and heard.status != "sent":
            service.hear(unit, heard, envelope.provider)
        out = EnvelopeOut.of(locked, None)
        idempotency.settle(unit, rules.subject(envelope_id), answer_of(out))
    return 1


def _write(envelope: Envelope, heard: Heard | None) -> None:
    if envelope.status != rules.REQUESTED:
        return
    if heard is None:
        envelope.status, envelope.failure = rules.FAILED, "not_made"
    else:
        envelope.status, envelope.provider_reference = rules.SENT, heard.provider_reference


JOBS = (Job("follow_envelopes", 60, follow_envelopes),)
