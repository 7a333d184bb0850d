"""What can be done with subscriptions. Dates are the caller's; nothing here asks what day it is."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import checked_id, id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add
from transactional_api.products.service import get_product
from transactional_api.subscriptions import repository, rules
from transactional_api.subscriptions.errors import (
    AlreadyCancelled,
    SubscriptionNotFound,
    SubscriptionWithoutItems,
)
from transactional_api.subscriptions.rules import TERMS, Period, Schedule
from transactional_api.subscriptions.tables import CHURN_REASONS, Subscription, SubscriptionPeriod

_FIELDS = tuple(field.name for field in fields(Period))


def start_subscription(
    unit: UnitOfWork,
    *,
    customer_id: str,
    currency: str,
    items: Sequence[Period],
    subscription_id: str | None = None,
    signed_on: date | None = None,
) -> Subscription:
    """A subscription with its first periods."""
    subscription_id = id_or_new(subscription_id, "sub", "subscription_id")
    get_customer(unit, customer_id)
    exponent(currency)
    if not items:
        raise SubscriptionWithoutItems
    subscription = Subscription(
        subscription_id=subscription_id, customer_id=customer_id, currency=currency, signed_on=signed_on
    )
    schedule = rules.checked(items)
    for at, period in enumerate(schedule):
        _check_period(unit, period, f"items.{at}.")
    add(unit.session, subscription)
    _apply(unit, subscription, schedule)
    return subscription


def add_item(unit: UnitOfWork, subscription_id: str, item: Period) -> Subscription:
    """Another item joins a running subscription."""
    subscription = _running(unit, subscription_id)
    _check_period(unit, item, "")
    _apply(unit, subscription, rules.checked([*_schedule(subscription), item]))
    return subscription


def change_terms(
    unit: UnitOfWork, subscription_id: str, item_id: str, *, effective_on: date, **terms: Any
) -> Subscription:
    """From that day the item has another price, quantity, plan or discount: any of TERMS. The others stay."""
    if unknown := sorted(terms.keys() - TERMS):
        raise ValueRefused(f"{unknown[0]} is not a term of an item", unknown[0])
    subscription = _running(unit, subscription_id)
    schedule = rules.change_terms(_schedule(subscription), item_id, effective_on, terms)
    for period in schedule:
        if period.item_id == item_id and period.started_on == effective_on:
            _check_period(unit, period, "")
    _apply(unit, subscription, schedule)
    return subscription


def end_item(unit: UnitOfWork, subscription_id: str, item_id: str, *, ended_on: date) -> Subscription:
    """One of several items ends."""
    subscription = _running(unit, subscription_id)
    _apply(unit, subscription, rules.end_item(_schedule(subscription), item_id, ended_on))
    return subscription


def pause(
    unit: UnitOfWork, subscription_id: str, *, paused_from: date, paused_until: date | None = None
) -> Subscription:
    """All items rest; without an end, until `resume`."""
    subscription = _running(unit, subscription_id)
    _apply(unit, subscription, rules.pause(_schedule(subscription), paused_from, paused_until))
    return subscription


def resume(unit: UnitOfWork, subscription_id: str, *, resumed_on: date) -> Subscription:
    """The pause that runs on that day ends on it."""
    subscription = _running(unit, subscription_id)
    _apply(unit, subscription, rules.resume(_schedule(subscription), resumed_on))
    return subscription


def cancel(
    unit: UnitOfWork,
    subscription_id: str,
    *,
    ended_on: date,
    requested_on: date | None = None,
    churn_reason: str = "voluntary",
) -> Subscription:
    """Service ends on `ended_on`; `requested_on` is when the customer said so. Involuntary = after failed payment."""
    if churn_reason not in CHURN_REASONS:
        raise ValueRefused(f"a churn reason is one of {', '.join(CHURN_REASONS)}", "churn_reason")
    subscription = _running(unit, subscription_id)
    _apply(unit, subscription, rules.cancel(_schedule(subscription), ended_on))
    subscription.cancel_requested_on = requested_on
    subscription.churn_reason = churn_reason
    return subscription


def get_subscription(unit: UnitOfWork, subscription_id: str, field: str = "subscription_id") -> Subscription:
    subscription = repository.by_id(unit.session, subscription_id)
    if subscription is None:
        raise SubscriptionNotFound(subscription_id, field)
    return subscription


def _running(unit: UnitOfWork, subscription_id: str) -> Subscription:
    subscription = repository.by_id_locked(unit.session, subscription_id)
    if subscription is None:
        raise SubscriptionNotFound(subscription_id)
    if subscription.churn_reason is not None:
        raise AlreadyCancelled(subscription_id)
    return subscription


def _schedule(subscription: Subscription) -> Schedule:
    return tuple(Period(**{name: getattr(row, name) for name in _FIELDS}) for row in subscription.periods)


def _apply(unit: UnitOfWork, subscription: Subscription, schedule: Schedule) -> None:
    """Make the rows equal the schedule: change, add and delete the fewest."""
    rows = {(row.item_id, row.started_on): row for row in subscription.periods}
    for period in schedule:
        row = rows.pop((period.item_id, period.started_on), None)
        if row is None:
            subscription.periods.append(
                SubscriptionPeriod(
                    tenant_id=unit.tenant_id,
                    subscription_id=subscription.subscription_id,
                    **{name: getattr(period, name) for name in _FIELDS},
                )
            )
            continue
        for name in _FIELDS:
            if getattr(row, name) != getattr(period, name):
                setattr(row, name, getattr(period, name))
    for row in rows.values():
        subscription.periods.remove(row)


def _check_period(unit: UnitOfWork, period: Period, path: str) -> None:
    checked_id(period.item_id, f"{path}item_id")
    checked_minor(period.unit_amount_minor, f"{path}unit_amount")
    checked_minor(period.minimum_commitment_minor or 0, f"{path}minimum_commitment")
    if period.product_id is not None:
        get_product(unit, period.product_id, f"{path}product_id")
