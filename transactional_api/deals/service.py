"""What can be done with deals. Instants are the caller's, in UTC."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.deals import repository, rules
from transactional_api.deals.errors import CustomerWasQuoted, DealClosed, DealNotFound, TouchedBeforeCreated
from transactional_api.deals.tables import Deal, DealStage
from transactional_api.kit.clock import as_utc
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add
from transactional_api.products.service import get_product
from transactional_api.quotes import repository as quotes

CHANGEABLE = frozenset(
    {
        "amount_minor",
        "channel",
        "competitor",
        "currency",
        "customer_id",
        "discount_percent",
        "expected_close_on",
        "name",
        "owner",
        "payment_terms_days",
        "product_id",
        "risk",
    }
)


def create_deal(
    unit: UnitOfWork,
    *,
    created_at: datetime,
    stage: str,
    deal_id: str | None = None,
    customer_id: str | None = None,
    name: str | None = None,
    owner: str | None = None,
    product_id: str | None = None,
    amount_minor: int | None = None,
    currency: str | None = None,
    risk: str | None = None,
    discount_percent: Decimal | None = None,
    payment_terms_days: int | None = None,
    channel: str | None = None,
    competitor: str | None = None,
    expected_close_on: date | None = None,
) -> Deal:
    """An open deal; its first stage is entered when it is created."""
    deal_id = id_or_new(deal_id, "deal", "deal_id")
    rules.check_open_stage(stage)
    if customer_id is not None:
        get_customer(unit, customer_id)
    if product_id is not None:
        get_product(unit, product_id)
    if currency is not None:
        exponent(currency)
    elif amount_minor is not None:
        raise ValueRefused("an amount has a currency", "currency")
    checked_minor(amount_minor or 0, "amount")
    created_at = as_utc(created_at)
    deal = Deal(
        tenant_id=unit.tenant_id,
        deal_id=deal_id,
        customer_id=customer_id,
        name=name,
        owner=owner,
        product_id=product_id,
        stage=stage,
        amount_minor=amount_minor,
        currency=currency,
        risk=risk,
        discount_percent=discount_percent,
        payment_terms_days=payment_terms_days,
        channel=channel,
        competitor=competitor,
        created_at=created_at,
        expected_close_on=expected_close_on,
    )
    add(unit.session, deal)
    _enter(deal, stage, created_at)
    return deal


def move_to_stage(unit: UnitOfWork, deal_id: str, stage: str, *, entered_at: datetime) -> Deal:
    """The deal enters another open stage."""
    rules.check_open_stage(stage)
    deal = get_deal_locked(unit, deal_id)
    _move(deal, stage, as_utc(entered_at))
    return deal


def close_won(
    unit: UnitOfWork, deal_id: str, *, closed_at: datetime, closed_on: date, reason: str | None = None
) -> Deal:
    """`closed_on` is the calendar date in the tenant's time zone of the instant `closed_at`."""
    return _close(unit, deal_id, rules.WON, closed_at, closed_on, reason)


def close_lost(
    unit: UnitOfWork, deal_id: str, *, closed_at: datetime, closed_on: date, reason: str | None = None
) -> Deal:
    """`closed_on` is the calendar date in the tenant's time zone of the instant `closed_at`."""
    return _close(unit, deal_id, rules.LOST, closed_at, closed_on, reason)


def touch(unit: UnitOfWork, deal_id: str, *, touched_at: datetime) -> Deal:
    """A human dealt with it. The earliest touch is kept."""
    deal = get_deal_locked(unit, deal_id)
    touched_at = as_utc(touched_at)
    if deal.stage in rules.CLOSED:
        raise DealClosed(deal_id, deal.stage)
    if touched_at < deal.created_at:
        raise TouchedBeforeCreated(touched_at, deal.created_at)
    deal.first_touch_at = rules.first_touch(deal.first_touch_at, touched_at)
    return deal


def change_deal(unit: UnitOfWork, deal_id: str, changes: Mapping[str, Any]) -> Deal:
    """The named facts of an open deal get new values. A quote that was made keeps the facts that it was judged by."""
    deal = get_deal_locked(unit, deal_id)
    if deal.stage in rules.CLOSED:
        raise DealClosed(deal_id, deal.stage)
    if changes.get("customer_id") is not None:
        get_customer(unit, changes["customer_id"])
    if changes.get("customer_id", deal.customer_id) != deal.customer_id:
        _check_nobody_was_quoted(unit, deal)
    if changes.get("product_id") is not None:
        get_product(unit, changes["product_id"])
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise ValueRefused("this is not changed here", name)
        setattr(deal, name, value)
    if deal.currency is not None:
        exponent(deal.currency)
    elif deal.amount_minor is not None:
        raise ValueRefused("an amount has a currency", "currency")
    checked_minor(deal.amount_minor or 0, "amount")
    return deal


def _check_nobody_was_quoted(unit: UnitOfWork, deal: Deal) -> None:
    """Who was quoted is who signs and who is billed."""
    quote = quotes.open_of(unit.session, deal.deal_id) or quotes.accepted(unit.session, deal.deal_id)
    if quote is not None and quote.customer_id is not None:
        raise CustomerWasQuoted(deal.deal_id, quote.quote_id)


def mark_signed(deal: Deal, signed_at: datetime) -> None:
    """The customer has signed; the deal's lock is the caller's. An open deal is won by it, on the date in UTC."""
    deal.signed_at = as_utc(signed_at)
    if deal.stage in rules.CLOSED:
        return
    _move(deal, rules.WON, max(deal.signed_at, deal.stages[-1].entered_at))
    deal.closed_on = deal.signed_at.date()


def get_deal(unit: UnitOfWork, deal_id: str, field: str = "deal_id") -> Deal:
    deal = repository.by_id(unit.session, deal_id)
    if deal is None:
        raise DealNotFound(deal_id, field)
    return deal


def get_deal_locked(unit: UnitOfWork, deal_id: str) -> Deal:
    """Nobody else changes it, or its quotes, until the transaction ends."""
    deal = repository.by_id_locked(unit.session, deal_id)
    if deal is None:
        raise DealNotFound(deal_id)
    return deal


def _close(
    unit: UnitOfWork, deal_id: str, outcome: str, closed_at: datetime, closed_on: date, reason: str | None
) -> Deal:
    deal = get_deal_locked(unit, deal_id)
    _move(deal, outcome, as_utc(closed_at))
    deal.closed_on = closed_on
    deal.close_reason = reason
    return deal


def _move(deal: Deal, stage: str, at: datetime) -> None:
    rules.check_move(deal.deal_id, deal.stage, deal.stages[-1].entered_at, stage, at)
    deal.stage = stage
    _enter(deal, stage, at)


def _enter(deal: Deal, stage: str, at: datetime) -> None:
    deal.stages.append(
        DealStage(
            tenant_id=deal.tenant_id,
            deal_id=deal.deal_id,
            stage_no=len(deal.stages) + 1,
            stage=stage,
            entered_at=at,
        )
    )
