"""Sending a quote out to be signed, and what is heard of it. Signing on the core's own page stands in `signing.py`."""

from datetime import timedelta

from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.deals import service as deals
from transactional_api.deals.tables import Deal
from transactional_api.kit.errors import DomainError
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.rows import add
from transactional_api.quotes import repository as quotes
from transactional_api.quotes.service import mark_signed, signable
from transactional_api.quotes.tables import Quote
from transactional_api.signatures import document, repository, rules
from transactional_api.signatures.errors import DocumentChanged, EnvelopeNotFound
from transactional_api.signatures.providers.port import ESignProvider, Failed, Heard, Made, Order, Unknown
from transactional_api.signatures.tables import Envelope, EnvelopeDocument, WebhookReceipt


def prepare(unit: UnitOfWork, deal_id: str, provider: str, *, days: int) -> tuple[Envelope, bool]:
    """The envelope of the deal's approved quote, and whether it is new. One that is out already stays the one."""
    quote = signable(unit, deal_id)
    for envelope in repository.open_of(unit.session, deal_id):
        if envelope.quote_id == quote.quote_id and envelope.provider == provider and envelope.expires_at > unit.now:
            return envelope, False
        envelope.status = rules.VOIDED
        unit.session.flush()
    deal = deals.get_deal_locked(unit, deal_id)
    content = _render(unit, quote, deal)
    envelope = Envelope(
        tenant_id=unit.tenant_id,
        envelope_id=id_or_new(None, "env", "envelope_id"),
        deal_id=deal_id,
        quote_id=quote.quote_id,
        customer_id=quote.customer_id,
        provider=provider,
        status=rules.REQUESTED,
        document_sha256=rules.sha256(content.encode()),
        created_at=unit.now,
        created_by=unit.actor,
        expires_at=unit.now + timedelta(days=days),
    )
    add(unit.session, envelope)
    kept = EnvelopeDocument(
        tenant_id=unit.tenant_id,
        envelope_id=envelope.envelope_id,
        media_type=document.MEDIA_TYPE,
        content=content,
    )
    add(unit.session, kept)
    deal.envelope_id = envelope.envelope_id
    return envelope, True


def send_within(unit: UnitOfWork, deal_id: str, provider: ESignProvider, *, days: int) -> tuple[Envelope, str | None]:
    """Through the embedded provider: the envelope and a new address, in this transaction."""
    envelope, is_new = prepare(unit, deal_id, provider.name, days=days)
    asked = provider.within(unit)
    if not is_new:
        return envelope, asked.signing_address(envelope.envelope_id, envelope.provider_reference or "")
    made = asked.create(order_of(unit, envelope))
    return envelope, answered(unit, envelope.envelope_id, made)[1]


def order_of(unit: UnitOfWork, envelope: Envelope) -> Order:
    content = checked_document(unit, envelope)
    customer = get_customer(unit, envelope.customer_id) if envelope.customer_id else None
    return Order(
        reference=envelope.envelope_id,
        title=f"Quote {envelope.quote_id}",
        document=content.encode(),
        expires_at=envelope.expires_at,
        signer_name=customer.profile.name if customer else None,
        signer_email=customer.profile.email if customer else None,
    )


def answered(unit: UnitOfWork, envelope_id: str, answer: Made | Failed | Unknown) -> tuple[Envelope, str | None]:
    """What the provider said to an order. Without an answer the envelope stays requested and is looked up later."""
    envelope = get_envelope_locked(unit, envelope_id)
    if envelope.status != rules.REQUESTED or isinstance(answer, Unknown):
        return envelope, answer.signing_address if isinstance(answer, Made) else None
    if isinstance(answer, Failed):
        envelope.status, envelope.failure = rules.FAILED, answer.code
        return envelope, None
    envelope.status, envelope.provider_reference = rules.SENT, answer.provider_reference
    return envelope, answer.signing_address


def hear(unit: UnitOfWork, heard: Heard, provider: str) -> bool:
    """What a provider tells by itself. False for what was told before, or comes too late to change anything."""
    if heard.event_id:
        if repository.receipt(unit.session, provider, heard.event_id) is not None:
            return False
        receipt = WebhookReceipt(
            tenant_id=unit.tenant_id, provider=provider, event_id=heard.event_id, received_at=unit.now
        )
        add(unit.session, receipt)
    known = repository.by_id(unit.session, heard.reference)
    if known is None:
        return False
    deals.get_deal_locked(unit, known.deal_id)
    envelope = get_envelope_locked(unit, heard.reference)
    if envelope.status not in rules.OPEN:
        return False
    envelope.provider_reference = envelope.provider_reference or heard.provider_reference
    if heard.status == rules.SIGNED:
        mark_signed(unit, envelope.quote_id, heard.happened_at)
        envelope.signed_at = heard.happened_at
        envelope.signer_name, envelope.signer_email = heard.signer_name, heard.signer_email
    envelope.status = heard.status
    return True


def expire(unit: UnitOfWork, envelope_id: str) -> int:
    envelope = get_envelope_locked(unit, envelope_id)
    if envelope.status != rules.SENT or unit.now < envelope.expires_at:
        return 0
    envelope.status = rules.EXPIRED
    return 1


def checked_document(unit: UnitOfWork, envelope: Envelope) -> str:
    """The document as it was sent out. Raises DocumentChanged when it is not that any more, or was erased."""
    kept = repository.document_of(unit.session, envelope.envelope_id)
    if kept is None or kept.content is None or rules.sha256(kept.content.encode()) != envelope.document_sha256:
        raise DocumentChanged
    return kept.content


def envelope_of(unit: UnitOfWork, deal_id: str) -> Envelope:
    """The last one that was sent out for the deal."""
    deal = deals.get_deal(unit, deal_id)
    envelope = repository.by_id(unit.session, deal.envelope_id) if deal.envelope_id else None
    if envelope is None:
        raise EnvelopeNotFound(deal_id)
    return envelope


def get_envelope_locked(unit: UnitOfWork, envelope_id: str) -> Envelope:
    envelope = repository.by_id_locked(unit.session, envelope_id)
    if envelope is None:
        raise DomainError(f"there is no envelope {envelope_id!r}")
    return envelope


def _render(unit: UnitOfWork, quote: Quote, deal: Deal) -> str:
    customer = get_customer(unit, quote.customer_id) if quote.customer_id else None
    ids = [line.product_id for line in quote.lines if line.product_id is not None]
    names = {product_id: product.name for product_id, product in quotes.products(unit.session, ids).items()}
    return document.render(quote, deal, unit.tenant_id, customer.profile.name if customer else None, names)
