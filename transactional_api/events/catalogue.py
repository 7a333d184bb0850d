"""Which entries of the change log are events, and what the events are called.

An event is a fact of one entry: its table, and what its images before and after say. Tables are named as text, so that
a domain need not be there for its line to be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Image = Mapping[str, Any] | None
Condition = Callable[[Image, Image], bool]


@dataclass(frozen=True)
class Event:
    """`happened` is asked with both images of an entry of the table `entity`."""

    type: str
    entity: str
    happened: Condition


def _inserted(**values: str | tuple[str, ...]) -> Condition:
    """A new row, with one of the given values in each of the given columns."""

    def happened(before: Image, after: Image) -> bool:
        return before is None and after is not None and all(_is(after, *one) for one in values.items())

    return happened


def _became(column: str, *values: str) -> Condition:
    """The column has one of the values now and had another value, or there was no row."""

    def happened(before: Image, after: Image) -> bool:
        return after is not None and after.get(column) in values and (before or {}).get(column) not in values

    return happened


def _changed(column: str) -> Condition:
    """An existing row has another value that is not null."""

    def happened(before: Image, after: Image) -> bool:
        return bool(before and after) and after.get(column) not in (None, before.get(column))  # type: ignore[union-attr]

    return happened


def _is(image: Mapping[str, Any], column: str, value: str | tuple[str, ...]) -> bool:
    return image.get(column) in ((value,) if isinstance(value, str) else value)


CATALOGUE: tuple[Event, ...] = (
    Event("approval.decided", "approval_requests", _became("status", "approved", "rejected")),
    Event("approval.requested", "approval_requests", _inserted()),
    Event("budget.alert", "alerts", _inserted(kind="budget.alert")),
    Event("churn.at_risk", "alerts", _inserted(kind="churn.at_risk")),
    Event("deal.created", "deals", _inserted()),
    Event("deal.touched", "deals", _changed("first_touch_at")),
    Event("dispute.opened", "disputes", _inserted()),
    Event("document.signed", "envelopes", _became("status", "signed")),
    Event("invoice.posted", "invoices", _became("status", "posted")),
    Event("invoice.staged", "invoices", _inserted(status="draft")),
    Event("kpi.alert", "alerts", _inserted(kind="kpi.alert")),
    Event("payment.failed", "payments", _became("status", "failed")),
    Event("payment.succeeded", "payments", _became("status", "succeeded")),
    Event("quote.violated", "quotes", _inserted(status=("blocked", "pending_approval"))),
)
TYPES = tuple(event.type for event in CATALOGUE)
ENTITIES = tuple(sorted({event.entity for event in CATALOGUE}))
EVERY = "*"


def events_of(entity: str, before: Image, after: Image) -> tuple[str, ...]:
    """The types of the events that one entry is; most are none."""
    return tuple(event.type for event in CATALOGUE if event.entity == entity and event.happened(before, after))


def wants(event_types: str, event_type: str) -> bool:
    """Whether an endpoint with these types, separated by blanks, is told of the event."""
    return event_types == EVERY or event_type in event_types.split()
