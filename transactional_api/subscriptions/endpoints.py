"""Subscriptions over HTTP."""

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.kit.http import Cursor, Limit, PageOf, listed
from transactional_api.subscriptions import repository, service
from transactional_api.subscriptions.schemas import (
    Cancel,
    ItemEnd,
    ItemIn,
    Pause,
    Resume,
    SubscriptionIn,
    SubscriptionOut,
    TermsChange,
)

router = APIRouter(prefix="/subscriptions", tags=["subscriptions"])


@router.post("", status_code=201, **writes("subscriptions:write"))
def start_subscription(body: SubscriptionIn, caller: CallerDep) -> SubscriptionOut:
    items = [item.period(body.currency, f"items.{at}.") for at, item in enumerate(body.items)]
    values = body.model_dump(exclude={"items"})
    return caller.perform(lambda unit: SubscriptionOut.of(service.start_subscription(unit, items=items, **values)))


@router.get("", **reads("subscriptions:read"))
def list_subscriptions(
    caller: CallerDep, customer_id: str | None = None, cursor: Cursor = None, limit: Limit = 50
) -> PageOf[SubscriptionOut]:
    with caller.read() as unit:
        page = repository.page(unit.session, customer_id, cursor, limit)
        return listed(page, SubscriptionOut.of)


@router.get("/{subscription_id}", **reads("subscriptions:read"))
def get_subscription(subscription_id: str, caller: CallerDep) -> SubscriptionOut:
    with caller.read() as unit:
        return SubscriptionOut.of(service.get_subscription(unit, subscription_id))


@router.post("/{subscription_id}/items", **writes("subscriptions:write"))
def add_item(subscription_id: str, body: ItemIn, caller: CallerDep) -> SubscriptionOut:
    def work(unit: UnitOfWork) -> SubscriptionOut:
        currency = service.get_subscription(unit, subscription_id).currency
        return SubscriptionOut.of(service.add_item(unit, subscription_id, body.period(currency)))

    return caller.perform(work)


@router.post("/{subscription_id}/items/{item_id}/end", **writes("subscriptions:write"))
def end_item(subscription_id: str, item_id: str, body: ItemEnd, caller: CallerDep) -> SubscriptionOut:
    return caller.perform(
        lambda unit: SubscriptionOut.of(service.end_item(unit, subscription_id, item_id, ended_on=body.ended_on))
    )


@router.post("/{subscription_id}/change", **writes("subscriptions:write"))
def change_terms(subscription_id: str, body: TermsChange, caller: CallerDep) -> SubscriptionOut:
    """Another price, quantity, plan or discount from a day on: the item's period ends and the next one starts."""

    def work(unit: UnitOfWork) -> SubscriptionOut:
        terms = body.terms(service.get_subscription(unit, subscription_id).currency)
        subscription = service.change_terms(
            unit, subscription_id, body.item_id, effective_on=body.effective_on, **terms
        )
        return SubscriptionOut.of(subscription)

    return caller.perform(work)


@router.post("/{subscription_id}/pause", **writes("subscriptions:write"))
def pause(subscription_id: str, body: Pause, caller: CallerDep) -> SubscriptionOut:
    return caller.perform(lambda unit: SubscriptionOut.of(service.pause(unit, subscription_id, **body.model_dump())))


@router.post("/{subscription_id}/resume", **writes("subscriptions:write"))
def resume(subscription_id: str, body: Resume, caller: CallerDep) -> SubscriptionOut:
    return caller.perform(
        lambda unit: SubscriptionOut.of(service.resume(unit, subscription_id, resumed_on=body.resumed_on))
    )


@router.post("/{subscription_id}/cancel", **writes("subscriptions:write"))
def cancel(subscription_id: str, body: Cancel, caller: CallerDep) -> SubscriptionOut:
    return caller.perform(lambda unit: SubscriptionOut.of(service.cancel(unit, subscription_id, **body.model_dump())))
