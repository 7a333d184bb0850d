"""Laws about alerts and webhooks."""

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class AlertNotFound(NotFound):
    title = "No such alert"

    def __init__(self, alert_id: str) -> None:
        super().__init__("alert", alert_id, "alert_id")


class AlreadyAcknowledged(DomainError):
    title = "The alert is acknowledged"

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"alert {alert_id!r} was acknowledged before", "alert_id")


class EndpointNotFound(NotFound):
    title = "No such endpoint"

    def __init__(self, endpoint_id: str) -> None:
        super().__init__("endpoint", endpoint_id, "endpoint_id")


class EndpointInactive(DomainError):
    title = "Nothing is sent to the endpoint now"

    def __init__(self, endpoint_id: str, status: str) -> None:
        super().__init__(f"endpoint {endpoint_id!r} is {status}; make it active first", "endpoint_id")


class EndpointRevoked(DomainError):
    title = "The endpoint is revoked"

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(f"endpoint {endpoint_id!r} was revoked before", "endpoint_id")


class EventTypeUnknown(ValueRefused):
    title = "There is no such event"

    def __init__(self, event_type: str) -> None:
        super().__init__(f"{event_type!r} is not an event type", "event_types")


class RangeRefused(ValueRefused):
    title = "The range of changes is not acceptable"

    def __init__(self, detail: str, field: str) -> None:
        super().__init__(detail, field)


class DeadLetterNotFound(NotFound):
    """No such message, or one that is not a dead letter."""

    title = "No such dead letter"

    def __init__(self, message_id: str) -> None:
        super().__init__("dead letter", message_id, "message_id")


class MessageNotVerified(DomainError):
    """Unknown endpoint, wrong signature, outside of the window, missing headers: the answer is the same."""

    status = 401
    title = "The message is not verified"

    def __init__(self) -> None:
        super().__init__("no active endpoint signed these bytes within the last five minutes")


class MessageIdReused(DomainError):
    title = "The id of a message stands for one message"

    def __init__(self) -> None:
        super().__init__("a message with this webhook-id and another body was carried out before", "webhook-id")
