"""Taking up what was never answered for good: time-outs, slow banks, crashed processes, and what webhooks say."""

import logging
from collections.abc import Mapping
from typing import cast

from transactional_api.database import Database
from transactional_api.kit.errors import DomainError
from transactional_api.payments import answers, calls, repository
from transactional_api.payments.calls import Kind
from transactional_api.payments.providers.registry import provider_named
from transactional_api.settings import Settings

log = logging.getLogger(__name__)
ACTOR = "job:payments"
ROUND = 200


def reconcile(database: Database, settings: Settings) -> int:
    """One round over all tenants; returns how many calls were asked about. One that fails does not stop the others."""
    with database.all_tenants(writes=False) as session:
        due = repository.due_attempts(session, database.clock.now(), ROUND)
    asked = 0
    for row in due:
        try:
            asked += _ask_again(database, settings, row.tenant_id, cast(Kind, row.kind), row.subject_id)
        except DomainError as error:
            log.error("a %s of a payment is not reconciled: %s", row.kind, error.slug())
    return asked


def take_webhook(database: Database, settings: Settings, name: str, raw: bytes, headers: Mapping[str, str]) -> bool:
    """What a provider tells by itself. False for a call that nobody made through it. Raises WebhookRefused."""
    event = provider_named(name, settings).verify_webhook(raw, headers, database.clock.now())
    with database.all_tenants(writes=False) as session:
        found = repository.attempt_by_reference(session, event.reference, name)
    if found is None:
        return False
    with database.transaction(found.tenant_id, f"provider:{name}") as unit:
        answers.hear_late(unit, cast(Kind, found.kind), found.subject_id, event.answer, settings.accounting_system)
    return True


def _ask_again(database: Database, settings: Settings, tenant_id: str, kind: Kind, subject_id: str) -> int:
    with database.transaction(tenant_id, ACTOR) as unit:
        call = calls.again(unit, kind, subject_id)
        if call is None:
            return 0
        provider = provider_named(call.provider, settings)
        if provider.is_embedded:
            answer = calls.ask(provider.within(unit), call)
            answers.hear_late(unit, kind, subject_id, answer, settings.accounting_system)
            return 1
    answer = calls.ask(provider, call)
    with database.transaction(tenant_id, ACTOR) as unit:
        answers.hear_late(unit, kind, subject_id, answer, settings.accounting_system)
    return 1
