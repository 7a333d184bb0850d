"""Alerts and webhooks on the wire."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints, TypeAdapter

from transactional_api.deals.rules import STAGE_PATTERN
from transactional_api.events.catalogue import TYPES
from transactional_api.events.tables import Alert, Delivery, InboundEndpoint, WebhookEndpoint
from transactional_api.kit.http import Body, Id, InstantText, Result, Words

Kind = Literal["budget.alert", "churn.at_risk", "kpi.alert"]
Severity = Literal["info", "warning", "critical"]
Figure = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$")]
EventTypes = Annotated[
    list[Annotated[str, StringConstraints(max_length=100)]],
    Field(min_length=1, max_length=50, description=f"`*` for every event, or some of: {', '.join(TYPES)}."),
]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
ChangeNo = Annotated[StrictInt, Field(ge=1, le=10**15)]


class AlertIn(Body):
    """`alert_id` names what is raised once, however often it is noticed: the figure and its period, for instance."""

    alert_id: Id | None = None
    kind: Kind
    severity: Severity
    subject_id: Annotated[Id, Field(description="The budget, the customer or the figure that it is about.")]
    customer_id: Id | None = None
    summary: Words | None = None
    observed: Figure | None = None
    threshold: Figure | None = None


class AlertOut(Result):
    alert_id: str
    kind: str
    severity: str
    subject_id: str
    customer_id: str | None
    summary: str | None
    observed: str | None
    threshold: str | None
    raised_at: InstantText
    status: str
    acknowledged_at: InstantText | None
    acknowledged_by: str | None

    @classmethod
    def of(cls, alert: Alert) -> "AlertOut":
        facts = {name: getattr(alert, name) for name in cls.model_fields}
        return cls.model_validate(facts | {name: _text(facts[name]) for name in ("observed", "threshold")})


class EndpointIn(Body):
    url: Url
    event_types: EventTypes


class EndpointChange(Body):
    """A paused endpoint is told of nothing, then or later; `replay` makes up for it."""

    url: Url = ""
    event_types: EventTypes = Field(default_factory=list)
    status: Literal["active", "paused"] = "active"


class EndpointOut(Result):
    endpoint_id: str
    url: str
    event_types: list[str]
    status: str
    created_at: InstantText

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> "EndpointOut":
        facts = {name: getattr(endpoint, name) for name in cls.model_fields}
        return cls.model_validate(facts | {"event_types": endpoint.event_types.split()})


class NewEndpointOut(EndpointOut):
    """`secret` is shown in the first answer only; when the request is sent again it is null."""

    secret: str | None


class Rotation(Body):
    """For so long messages are signed with the old secret too."""

    overlap_hours: Annotated[StrictInt, Field(ge=0, le=720)] = 24


class SecretOut(Result):
    """`secret` is shown in the first answer only; when the request is sent again it is null."""

    endpoint_id: str
    secret: str | None
    old_expires_at: InstantText | None


class Replay(Body):
    """Every event of these changes that the endpoint wants is sent again, under its old id."""

    from_change_no: ChangeNo
    to_change_no: ChangeNo


class ReplayOut(Result):
    endpoint_id: str
    deliveries: int


class DeliveryOut(Result):
    """`last_outcome` is `http-<status>` or a word such as `timeout`; answers are not kept."""

    message_id: str
    endpoint_id: str
    change_no: int
    event_type: str
    status: str
    attempts: int
    created_at: InstantText
    next_attempt_at: InstantText | None
    last_attempt_at: InstantText | None
    last_outcome: str | None
    delivered_at: InstantText | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryOut":
        return cls.model_validate(delivery)


class InboundIn(Body):
    sender: Literal["n8n"]


class InboundOut(Result):
    endpoint_id: str
    sender: str
    status: str
    created_at: InstantText

    @classmethod
    def of(cls, endpoint: InboundEndpoint) -> "InboundOut":
        return cls.model_validate(endpoint)


class NewInboundOut(InboundOut):
    """`secret` is shown in the first answer only; when the request is sent again it is null."""

    secret: str | None


class TouchDeal(Body):
    command: Literal["deal.touch"]
    deal_id: Id
    touched_at: InstantText


class MoveDeal(Body):
    command: Literal["deal.move"]
    deal_id: Id
    stage: Annotated[str, StringConstraints(pattern=STAGE_PATTERN)]
    entered_at: InstantText


class RaiseAlert(AlertIn):
    command: Literal["alert.raise"]


class AcknowledgeAlert(Body):
    command: Literal["alert.acknowledge"]
    alert_id: Id


COMMANDS = (TouchDeal, MoveDeal, RaiseAlert, AcknowledgeAlert)
Command = TouchDeal | MoveDeal | RaiseAlert | AcknowledgeAlert
_One = Annotated[TouchDeal | MoveDeal | RaiseAlert | AcknowledgeAlert, Field(discriminator="command")]
COMMAND: TypeAdapter[Command] = TypeAdapter(_One)


class CommandOut(Result):
    """`is_repeated`: the message was carried out before and had no effect now."""

    command: str
    subject_id: str
    is_repeated: bool


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
