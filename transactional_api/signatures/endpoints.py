"""Signatures over HTTP: sending out and looking under the deal; the public page that signs; what providers tell."""

from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.kit.errors import DomainError
from transactional_api.settings import Settings
from transactional_api.signatures import repository, rules, service, signing, webhooks
from transactional_api.signatures.errors import SignatureRefused
from transactional_api.signatures.keys import signing_key
from transactional_api.signatures.pages import HEADERS, message_page, sign_page
from transactional_api.signatures.providers.port import Failed, Made, Order, RetryLater, Unknown
from transactional_api.signatures.providers.registry import provider_named
from transactional_api.signatures.rules import Signer
from transactional_api.signatures.schemas import EnvelopeOut, ReceivedOut, SignatureOut, SignIn

router = APIRouter(prefix="/deals/{deal_id}", tags=["signatures"])
public = APIRouter(tags=["signatures"])
MAX_FORM_BYTES = 8192
MAX_AGENT = 300
ADDRESS = "signing_address"


@router.post("/sign", status_code=201, **writes("deals:sign", key="required"))
def send_to_sign(deal_id: str, body: SignIn, caller: CallerDep, request: Request) -> EnvelopeOut:
    """The deal's approved quote goes out to be signed. It is accepted when the customer has signed."""
    settings: Settings = request.app.state.settings
    provider = provider_named(body.provider or settings.esign_provider, settings)
    days = settings.signing_days
    if provider.is_embedded:
        return caller.perform(
            lambda unit: EnvelopeOut.of(*service.send_within(unit, deal_id, provider, days=days)), shown_once=ADDRESS
        )

    def begin(unit: UnitOfWork) -> tuple[str, Order]:
        envelope, _ = service.prepare(unit, deal_id, provider.name, days=days)
        return rules.subject(envelope.envelope_id), service.order_of(unit, envelope)

    def call(order: Order) -> tuple[str, Made | Failed | Unknown]:
        try:
            return order.reference, provider.create(order)
        except RetryLater:
            return order.reference, Failed("retry_later")

    def finish(unit: UnitOfWork, outcome: tuple[str, Made | Failed | Unknown]) -> EnvelopeOut:
        return EnvelopeOut.of(*service.answered(unit, *outcome))

    return caller.perform_outside(begin, call, finish)


@router.get("/signature", **reads("deals:read"))
def get_signature(deal_id: str, caller: CallerDep) -> SignatureOut:
    """The last envelope of the deal with its evidence, checked again for this answer."""
    with caller.read() as unit:
        envelope = service.envelope_of(unit, deal_id)
        kept = repository.document_of(unit.session, envelope.envelope_id)
        return SignatureOut.of(envelope, kept.content if kept else None, signing.prove(unit, envelope))


@public.get("/sign/{token}", include_in_schema=False)
def sign_form(token: str, request: Request) -> HTMLResponse:
    try:
        shown = signing.show(request.app.state.database, token)
    except DomainError as error:
        return HTMLResponse(message_page(error.title, error.detail), error.status, HEADERS)
    return HTMLResponse(sign_page(shown), headers=HEADERS)


@public.post("/sign/{token}", include_in_schema=False)
async def sign(token: str, request: Request) -> HTMLResponse:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            return HTMLResponse(message_page("That is no signature", "the form is too large"), 413, HEADERS)
    form = {name: values[0].strip() for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    return await run_in_threadpool(_signed, token, request, form)


@public.post("/webhooks/{provider}", openapi_extra={"x-permission": "signed by the provider"})
async def take_webhook(provider: str, request: Request) -> ReceivedOut:
    """What a provider of signatures or payments tells by itself: believed by its signature over the bytes as they came,
    within its replay window, and once."""
    raw = await request.body()
    state: Any = request.app.state
    headers = {name.lower(): value for name, value in request.headers.items()}
    has_changed = await run_in_threadpool(webhooks.receive, state.database, state.settings, provider, raw, headers)
    return ReceivedOut(has_changed=has_changed)


def _signed(token: str, request: Request, form: dict[str, str]) -> HTMLResponse:
    database, settings = request.app.state.database, request.app.state.settings
    signer = Signer(
        name=form.get("name", ""),
        email=form.get("email", "")[:320] or None,
        address=request.client.host if request.client else None,
        agent=request.headers.get("user-agent", "")[:MAX_AGENT] or None,
    )
    try:
        try:
            key = signing_key(settings.home)
            signing.sign(database, token, signer, has_consented=form.get("consent") == "yes", key=key)
        except SignatureRefused as error:
            return HTMLResponse(sign_page(signing.show(database, token), error.detail), error.status, HEADERS)
        return HTMLResponse(sign_page(signing.show(database, token)), headers=HEADERS)
    except DomainError as error:
        return HTMLResponse(message_page(error.title, error.detail), error.status, HEADERS)
