"""What can be done with customers."""

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from transactional_api.customers import repository
from transactional_api.customers.errors import (
    CustomerIsItsOwnParent,
    CustomerIsNamed,
    CustomerNotFound,
    TimeZoneUnknown,
)
from transactional_api.customers.tables import Customer, CustomerProfile
from transactional_api.database import UnitOfWork
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import exponent
from transactional_api.kit.rows import add, remove

PERSONAL = frozenset(CustomerProfile.personal_columns)
CHANGEABLE = PERSONAL | {
    "country",
    "region",
    "segment",
    "industry",
    "acquisition_channel",
    "parent_customer_id",
    "currency",
    "time_zone",
}


def create_customer(
    unit: UnitOfWork,
    *,
    name: str,
    created_on: date,
    customer_id: str | None = None,
    email: str | None = None,
    vat_number: str | None = None,
    country: str | None = None,
    region: str | None = None,
    segment: str | None = None,
    industry: str | None = None,
    acquisition_channel: str | None = None,
    parent_customer_id: str | None = None,
    currency: str | None = None,
    time_zone: str | None = None,
) -> Customer:
    """Name, e-mail and VAT number are kept apart and never enter the change log."""
    customer_id = id_or_new(customer_id, "cus", "customer_id")
    _check(unit, {"parent_customer_id": parent_customer_id, "currency": currency, "time_zone": time_zone})
    customer = Customer(
        customer_id=customer_id,
        subject_token=secrets.token_hex(16),
        country=country,
        region=region,
        segment=segment,
        industry=industry,
        acquisition_channel=acquisition_channel,
        created_on=created_on,
        parent_customer_id=parent_customer_id,
        currency=currency,
        time_zone=time_zone,
    )
    customer.profile = CustomerProfile(
        tenant_id=unit.tenant_id,
        customer_id=customer.customer_id,
        subject_token=customer.subject_token,
        name=name,
        email=email,
        vat_number=vat_number,
    )
    add(unit.session, customer)
    return customer


def change_customer(unit: UnitOfWork, customer_id: str, changes: Mapping[str, Any]) -> Customer:
    """Set the named fields; a field that is not named stays. Only fields of CHANGEABLE may be named."""
    customer = repository.by_id_locked(unit.session, customer_id)
    if customer is None:
        raise CustomerNotFound(customer_id)
    if unknown := sorted(changes.keys() - CHANGEABLE):
        raise ValueRefused(f"{unknown[0]} of a customer does not change", unknown[0])
    if "name" in changes and not changes["name"]:
        raise ValueRefused("a customer has a name", "name")
    _check(unit, changes)
    _check_parents(unit, customer_id, changes.get("parent_customer_id"))
    for name, value in changes.items():
        setattr(customer.profile if name in PERSONAL else customer, name, value)
    return customer


def check_customer(unit: UnitOfWork, customer_id: str) -> None:
    """Raises CustomerNotFound; reads nothing of the customer."""
    if not repository.is_there(unit.session, customer_id):
        raise CustomerNotFound(customer_id)


def remove_customer(unit: UnitOfWork, customer_id: str) -> None:
    """Only while nothing names the customer; a reference that is written meanwhile is refused at the commit."""
    customer = repository.by_id_locked(unit.session, customer_id)
    if customer is None:
        raise CustomerNotFound(customer_id)
    unit.session.flush()
    if naming := repository.tables_naming(unit.session, customer_id):
        raise CustomerIsNamed(customer_id, naming)
    remove(unit.session, customer)


def get_customer(unit: UnitOfWork, customer_id: str) -> Customer:
    customer = repository.by_id(unit.session, customer_id)
    if customer is None:
        raise CustomerNotFound(customer_id)
    return customer


def _check(unit: UnitOfWork, values: Mapping[str, Any]) -> None:
    if values.get("currency") is not None:
        exponent(values["currency"])
    if (time_zone := values.get("time_zone")) is not None:
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise TimeZoneUnknown(time_zone) from error
    parent_id = values.get("parent_customer_id")
    if parent_id is not None and repository.by_id(unit.session, parent_id) is None:
        raise CustomerNotFound(parent_id, "parent_customer_id")


def _check_parents(unit: UnitOfWork, customer_id: str, parent_id: str | None) -> None:
    if parent_id is not None:
        unit.session.hold_tenant()  # two customers made each other's parent at once would be a circle
    while parent_id is not None:
        if parent_id == customer_id:
            raise CustomerIsItsOwnParent(customer_id)
        parent = repository.by_id(unit.session, parent_id)
        parent_id = parent.parent_customer_id if parent else None
