"""Commands that come in as signed messages: verified on their raw bytes, carried out through services, once each."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from transactional_api.database import Database, UnitOfWork
from transactional_api.deals import service as deals
from transactional_api.events import repository, rules, service
from transactional_api.events.errors import MessageIdReused, MessageNotVerified
from transactional_api.events.schemas import (
    COMMAND,
    AcknowledgeAlert,
    Command,
    CommandOut,
    MoveDeal,
    RaiseAlert,
    TouchDeal,
)
from transactional_api.events.tables import InboundMessage
from transactional_api.kit.rows import find

ENDPOINT_HEADER = "revhouse-endpoint"
MAX_ID = 200


def receive(database: Database, sender: str, headers: Mapping[str, str], body: bytes) -> CommandOut:
    """Carry out the command of a message. The header `Revhouse-Endpoint` finds the tenant, the signature proves it."""
    tenant_id, endpoint_id = _verified(database, sender, headers, body)
    try:
        command = COMMAND.validate_json(body)
    except ValidationError as error:
        fields = [{**one, "loc": ("body", *one["loc"][1:])} for one in error.errors(include_input=False)]
        raise RequestValidationError(fields) from None
    message_id, fingerprint = headers["webhook-id"], hashlib.sha256(body).hexdigest()
    with database.transaction(tenant_id, sender) as unit:
        unit.session.hold_tenant()  # of the same message twice at once, the second finds the first
        known = find(unit.session, InboundMessage, endpoint_id, message_id)
        if known is not None and known.fingerprint != fingerprint:
            raise MessageIdReused
        if known is not None:
            return CommandOut(command=command.command, subject_id=_subject(command), is_repeated=True)
        subject_id = _carry_out(unit, command)
        unit.session.add(
            InboundMessage(
                endpoint_id=endpoint_id, message_id=message_id, fingerprint=fingerprint, received_at=unit.now
            )
        )
    return CommandOut(command=command.command, subject_id=subject_id, is_repeated=False)


def _verified(database: Database, sender: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """Tenant and endpoint. Raises MessageNotVerified, whatever is wrong."""
    endpoint_id, message_id = headers.get(ENDPOINT_HEADER, ""), headers.get("webhook-id", "")
    if not (0 < len(message_id) <= MAX_ID and message_id.isprintable() and 0 < len(endpoint_id) <= MAX_ID):
        raise MessageNotVerified
    now = database.clock.now()
    with database.all_tenants(writes=False) as session:
        endpoint = repository.inbound_of_any_tenant(session, endpoint_id)
        if endpoint is None or endpoint.sender != sender:
            raise MessageNotVerified
        given_secrets = repository.secrets(session, endpoint.tenant_id, endpoint_id, now)
    timestamp, signature = headers.get("webhook-timestamp", ""), headers.get("webhook-signature", "")
    if not rules.is_signed(given_secrets, message_id, timestamp, signature, body, now):
        raise MessageNotVerified
    return endpoint.tenant_id, endpoint_id


def _carry_out(unit: UnitOfWork, command: Command) -> str:
    """Through the services that the API's own endpoints use. Returns the id of what it was done to."""
    match command:
        case TouchDeal():
            return deals.touch(unit, command.deal_id, touched_at=command.touched_at).deal_id
        case MoveDeal():
            return deals.move_to_stage(unit, command.deal_id, command.stage, entered_at=command.entered_at).deal_id
        case RaiseAlert():
            facts = command.model_dump(exclude={"command"})
            figures = {name: facts[name] and Decimal(facts[name]) for name in ("observed", "threshold")}
            return service.raise_alert(unit, **facts | figures).alert_id
        case AcknowledgeAlert():
            return service.acknowledge(unit, command.alert_id).alert_id


def _subject(command: Command) -> str:
    match command:
        case TouchDeal() | MoveDeal():
            return command.deal_id
        case _:
            return command.alert_id or ""
