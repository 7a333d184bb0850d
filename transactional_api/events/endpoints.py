"""Alerts, webhook endpoints with their deliveries, and messages that come in, over HTTP."""

from datetime import timedelta
from decimal import Decimal
from typing import Literal

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.events import inbound, repository, service
from transactional_api.events.addresses import Allowed
from transactional_api.events.schemas import (
    COMMANDS,
    AlertIn,
    AlertOut,
    CommandOut,
    DeliveryOut,
    EndpointChange,
    EndpointIn,
    EndpointOut,
    InboundIn,
    InboundOut,
    Kind,
    NewEndpointOut,
    NewInboundOut,
    Replay,
    ReplayOut,
    Rotation,
    SecretOut,
)
from transactional_api.kit.http import Cursor, Limit, PageOf, listed

router = APIRouter(tags=["events"])
public = APIRouter(tags=["events"])


@router.post("/alerts", status_code=201, **writes("alerts:write"))
def raise_alert(body: AlertIn, caller: CallerDep) -> AlertOut:
    facts = body.model_dump()
    figures = {name: facts[name] and Decimal(facts[name]) for name in ("observed", "threshold")}
    return caller.perform(lambda unit: AlertOut.of(service.raise_alert(unit, **facts | figures)))


@router.get("/alerts", **reads("alerts:read"))
def list_alerts(
    caller: CallerDep,
    kind: Kind | None = None,
    status: Literal["open", "acknowledged"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[AlertOut]:
    with caller.read() as unit:
        page = repository.alerts(unit.session, kind, status, cursor, limit)
        return listed(page, AlertOut.of)


@router.get("/alerts/{alert_id}", **reads("alerts:read"))
def get_alert(alert_id: str, caller: CallerDep) -> AlertOut:
    with caller.read() as unit:
        return AlertOut.of(service.get_alert(unit, alert_id))


@router.post("/alerts/{alert_id}/acknowledge", **writes("alerts:write"))
def acknowledge(alert_id: str, caller: CallerDep) -> AlertOut:
    return caller.perform(lambda unit: AlertOut.of(service.acknowledge(unit, alert_id)))


@router.post("/webhook-endpoints", status_code=201, **writes("webhooks:write"))
def create_endpoint(body: EndpointIn, request: Request, caller: CallerDep) -> NewEndpointOut:
    """Told of what happens from now on, in messages that are signed with the secret, which is shown here only."""

    def work(unit: UnitOfWork) -> NewEndpointOut:
        made, secret = service.create_endpoint(
            unit, url=body.url, event_types=body.event_types, allowed=_allowed(request)
        )
        return NewEndpointOut(**dict(EndpointOut.of(made)), secret=secret)

    return caller.perform(work, shown_once="secret")


@router.get("/webhook-endpoints", **reads("webhooks:read"))
def list_endpoints(caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[EndpointOut]:
    with caller.read() as unit:
        page = repository.endpoints(unit.session, cursor, limit)
        return listed(page, EndpointOut.of)


@router.get("/webhook-endpoints/{endpoint_id}", **reads("webhooks:read"))
def get_endpoint(endpoint_id: str, caller: CallerDep) -> EndpointOut:
    with caller.read() as unit:
        return EndpointOut.of(service.get_endpoint(unit, endpoint_id))


@router.patch("/webhook-endpoints/{endpoint_id}", **writes("webhooks:write"))
def change_endpoint(endpoint_id: str, body: EndpointChange, request: Request, caller: CallerDep) -> EndpointOut:
    changes, allowed = body.model_dump(exclude_unset=True), _allowed(request)
    return caller.perform(lambda unit: EndpointOut.of(service.change_endpoint(unit, endpoint_id, changes, allowed)))


@router.delete("/webhook-endpoints/{endpoint_id}", status_code=204, **writes("webhooks:write"))
def delete_endpoint(endpoint_id: str, caller: CallerDep) -> None:
    """With its deliveries and dead letters."""
    return caller.perform(lambda unit: service.delete_endpoint(unit, endpoint_id))


@router.post("/webhook-endpoints/{endpoint_id}/rotate-secret", **writes("webhooks:write"))
def rotate_secret(endpoint_id: str, body: Rotation, caller: CallerDep) -> SecretOut:
    """During the overlap messages carry a signature of each secret."""

    def work(unit: UnitOfWork) -> SecretOut:
        old, secret = service.rotate_secret(unit, endpoint_id, timedelta(hours=body.overlap_hours))
        return SecretOut(endpoint_id=endpoint_id, secret=secret, old_expires_at=old.expires_at)

    return caller.perform(work, shown_once="secret")


@router.get("/webhook-endpoints/{endpoint_id}/deliveries", **reads("webhooks:read"))
def list_deliveries(
    endpoint_id: str,
    caller: CallerDep,
    status: Literal["pending", "delivered", "dead"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[DeliveryOut]:
    """By change number. Delivered ones are kept 30 days."""
    with caller.read() as unit:
        service.get_endpoint(unit, endpoint_id)
        page = repository.deliveries(unit.session, endpoint_id, status, cursor, limit)
        return listed(page, DeliveryOut.of)


@router.post("/webhook-endpoints/{endpoint_id}/replay", **writes("webhooks:write"))
def replay(endpoint_id: str, body: Replay, caller: CallerDep) -> ReplayOut:
    """Sends the events of a range of changes again, under the ids that they have."""

    def work(unit: UnitOfWork) -> ReplayOut:
        count = service.replay(unit, endpoint_id, body.from_change_no, body.to_change_no)
        return ReplayOut(endpoint_id=endpoint_id, deliveries=count)

    return caller.perform(work)


@router.get("/dead-letters", **reads("webhooks:read"))
def list_dead_letters(caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[DeliveryOut]:
    """What was tried as often as it may be, of every endpoint."""
    with caller.read() as unit:
        page = repository.deliveries(unit.session, None, "dead", cursor, limit)
        return listed(page, DeliveryOut.of)


@router.post("/dead-letters/{message_id}/retry", **writes("webhooks:write"))
def retry_dead_letter(message_id: str, caller: CallerDep) -> DeliveryOut:
    return caller.perform(lambda unit: DeliveryOut.of(service.retry_dead(unit, message_id)))


@router.post("/inbound-endpoints", status_code=201, **writes("webhooks:write"))
def create_inbound(body: InboundIn, caller: CallerDep) -> NewInboundOut:
    """Whoever has the secret, shown in this answer only, may give the commands of `POST /webhooks/n8n`."""

    def work(unit: UnitOfWork) -> NewInboundOut:
        made, secret = service.create_inbound(unit, body.sender)
        return NewInboundOut(**dict(InboundOut.of(made)), secret=secret)

    return caller.perform(work, shown_once="secret")


@router.get("/inbound-endpoints", **reads("webhooks:read"))
def list_inbound(caller: CallerDep, cursor: Cursor = None, limit: Limit = 50) -> PageOf[InboundOut]:
    with caller.read() as unit:
        page = repository.inbound_endpoints(unit.session, cursor, limit)
        return listed(page, InboundOut.of)


@router.get("/inbound-endpoints/{endpoint_id}", **reads("webhooks:read"))
def get_inbound(endpoint_id: str, caller: CallerDep) -> InboundOut:
    with caller.read() as unit:
        return InboundOut.of(service.get_inbound(unit, endpoint_id))


@router.delete("/inbound-endpoints/{endpoint_id}", **writes("webhooks:write"))
def revoke_inbound(endpoint_id: str, caller: CallerDep) -> InboundOut:
    """Nothing is taken from it any more; its row stays, as revoked."""
    return caller.perform(lambda unit: InboundOut.of(service.revoke_inbound(unit, endpoint_id)))


_ONE_COMMAND = {"oneOf": [one.model_json_schema() for one in COMMANDS]}
_MESSAGE = {
    "x-permission": "signed by the sender",
    "parameters": [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": meaning,
            "schema": {"type": "string", "minLength": 1},
        }
        for name, meaning in (
            ("Revhouse-Endpoint", "The id of an inbound endpoint: it finds the tenant."),
            ("webhook-id", "Yours, one per message; a message is carried out once."),
            ("webhook-timestamp", "Seconds since 1970, at most five minutes away."),
            ("webhook-signature", "Standard Webhooks, `v1,<base64>`."),
        )
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _ONE_COMMAND}},
    },
}


@public.post("/webhooks/n8n", openapi_extra=_MESSAGE)
async def receive_n8n(request: Request) -> CommandOut:
    """A signed command. What it does is done as `n8n` in the change log."""
    body = await request.body()
    return await run_in_threadpool(inbound.receive, request.app.state.database, "n8n", request.headers, body)


def _allowed(request: Request) -> Allowed:
    return Allowed.parse(request.app.state.settings.allow_private_webhooks)
