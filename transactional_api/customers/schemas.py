"""Customers on the wire."""

from pydantic import Field

from transactional_api.customers.tables import Customer
from transactional_api.kit.http import Body, Country, CurrencyCode, DayText, Id, Result, Words


class _Facts(Body):
    email: Words | None = None
    vat_number: Words | None = None
    country: Country | None = None
    region: Words | None = None
    segment: Words | None = None
    industry: Words | None = None
    acquisition_channel: Words | None = None
    parent_customer_id: Id | None = None
    currency: CurrencyCode | None = None
    time_zone: Words | None = None


class CustomerIn(_Facts):
    customer_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    name: Words
    created_on: DayText


class CustomerChange(_Facts):
    """A field that is absent stays; one that is null is emptied."""

    name: Words | None = None


class CustomerOut(Result):
    customer_id: str
    name: str | None
    email: str | None
    vat_number: str | None
    country: str | None
    region: str | None
    segment: str | None
    industry: str | None
    acquisition_channel: str | None
    created_on: DayText
    parent_customer_id: str | None
    currency: str | None
    time_zone: str | None

    @classmethod
    def of(cls, customer: Customer) -> "CustomerOut":
        profile = customer.profile
        facts = {name: getattr(customer, name, None) for name in cls.model_fields}
        personal = {"name": profile.name, "email": profile.email, "vat_number": profile.vat_number}
        return cls.model_validate(facts | personal)
