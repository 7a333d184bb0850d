"""Laws about erasing."""

from transactional_api.kit.errors import NotFound


class CustomerUnknown(NotFound):
    title = "No such customer"

    def __init__(self, customer_id: str) -> None:
        super().__init__("customer", customer_id, "customer_id")
