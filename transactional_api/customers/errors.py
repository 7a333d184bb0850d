"""Laws about customers."""

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class CustomerNotFound(NotFound):
    title = "No such customer"

    def __init__(self, customer_id: str, field: str = "customer_id") -> None:
        super().__init__("customer", customer_id, field)


class TimeZoneUnknown(ValueRefused):
    """Not a name of the IANA time zone database."""

    def __init__(self, time_zone: str) -> None:
        super().__init__(f"{time_zone!r} is not an IANA time zone", "time_zone")
        self.time_zone = time_zone


class CustomerIsItsOwnParent(ValueRefused):
    """The parents of a customer never lead back to it."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer {customer_id!r} would be above itself", "parent_customer_id")
        self.customer_id = customer_id


class CustomerIsNamed(DomainError):
    """What happened stays. The person's values can be erased instead."""

    title = "Something refers to the customer"

    def __init__(self, customer_id: str, tables: list[str]) -> None:
        super().__init__(
            f"customer {customer_id!r} is named in {', '.join(tables)}: it stays,"
            f" but POST /api/v1/customers/{customer_id}/erase removes what is personal",
            "customer_id",
        )
        self.tables = tables
