"""What is an event, when it is tried again, and how it is signed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from transactional_api.events import rules
from transactional_api.events.catalogue import ENTITIES, TYPES, events_of, wants

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entity", "before", "after", "types"),
    [
        ("deals", None, {"stage": "new"}, ("deal.created",)),
        ("deals", {"first_touch_at": None}, {"first_touch_at": "2026-01-01"}, ("deal.touched",)),
        ("deals", {"first_touch_at": None, "stage": "a"}, {"first_touch_at": None, "stage": "b"}, ()),
        ("quotes", None, {"status": "blocked"}, ("quote.violated",)),
        ("quotes", None, {"status": "pending_approval"}, ("quote.violated",)),
        ("quotes", None, {"status": "passed"}, ()),
        ("approval_requests", None, {"status": "pending"}, ("approval.requested",)),
        ("approval_requests", {"status": "pending"}, {"status": "approved"}, ("approval.decided",)),
        ("approval_requests", {"status": "pending"}, {"status": "rejected"}, ("approval.decided",)),
        ("approval_requests", {"status": "approved"}, {"status": "approved", "note": 1}, ()),
        ("envelopes", {"status": "sent"}, {"status": "signed"}, ("document.signed",)),
        ("payments", None, {"status": "pending"}, ()),
        ("payments", None, {"status": "succeeded"}, ("payment.succeeded",)),
        ("payments", {"status": "unknown"}, {"status": "succeeded"}, ("payment.succeeded",)),
        ("payments", {"status": "succeeded"}, {"status": "succeeded", "refunded_minor": 1}, ()),
        ("payments", {"status": "pending"}, {"status": "failed"}, ("payment.failed",)),
        ("invoices", None, {"status": "draft"}, ("invoice.staged",)),
        ("invoices", {"status": "draft"}, {"status": "posted"}, ("invoice.posted",)),
        ("invoices", {"status": "posted"}, {"status": "void"}, ()),
        ("invoices", {"status": "draft"}, None, ()),
        ("disputes", None, {"status": "open"}, ("dispute.opened",)),
        ("alerts", None, {"kind": "budget.alert"}, ("budget.alert",)),
        ("alerts", None, {"kind": "churn.at_risk"}, ("churn.at_risk",)),
        ("alerts", None, {"kind": "kpi.alert"}, ("kpi.alert",)),
        ("alerts", {"kind": "kpi.alert", "status": "open"}, {"kind": "kpi.alert", "status": "acknowledged"}, ()),
        ("customers", None, {"status": "draft"}, ()),
    ],
)
def test_an_entry_is_the_events_that_its_images_tell(
    entity: str, before: dict[str, object] | None, after: dict[str, object] | None, types: tuple[str, ...]
) -> None:
    assert events_of(entity, before, after) == types


def test_the_catalogue_holds_every_event_that_was_promised() -> None:
    assert set(TYPES) == {
        *("deal.created", "deal.touched", "quote.violated", "approval.requested", "approval.decided"),
        *("document.signed", "payment.succeeded", "payment.failed", "invoice.staged", "invoice.posted"),
        *("dispute.opened", "budget.alert", "churn.at_risk", "kpi.alert"),
    }
    assert len(TYPES) == len(set(TYPES))
    assert len(ENTITIES) == len(set(ENTITIES))


def test_an_endpoint_wants_every_event_or_those_that_it_names() -> None:
    assert wants("*", "deal.created")
    assert wants("deal.created deal.touched", "deal.touched")
    assert not wants("deal.touched", "deal.created")


@given(st.text(min_size=1), st.integers(1, 40))
def test_waits_grow_threefold_to_half_a_day_with_a_fifth_of_jitter_that_can_be_foretold(name: str, at: int) -> None:
    wait = rules.wait_before_retry(name, at)
    plain = min(5 * 3 ** (at - 1), 12 * 3600)
    assert 0.8 * plain <= wait.total_seconds() <= 1.2 * plain
    assert wait == rules.wait_before_retry(name, at)


def test_ten_attempts_take_most_of_a_day() -> None:
    whole = sum((rules.wait_before_retry("m", at) for at in range(1, 10)), timedelta())
    assert timedelta(hours=10) < whole < timedelta(hours=24)


def test_a_longer_retry_after_is_honoured_and_a_shorter_or_absurd_one_is_not() -> None:
    assert rules.wait_before_retry("m", 1, timedelta(minutes=7)) == timedelta(minutes=7)
    assert rules.wait_before_retry("m", 5, timedelta(seconds=1)) > timedelta(minutes=5)
    assert rules.wait_before_retry("m", 1, timedelta(days=400)) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60),
        ("Sun, 01 Mar 2026 11:59:00 GMT", None),
        ("soon", None),
        ("-5", None),
        ("9" * 30, None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_else_nothing(header: str | None, seconds: int | None) -> None:
    assert rules.retry_after(header, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@given(st.integers(1, 10**11), st.integers(1, 10**11))
def test_ids_of_messages_are_stable_distinct_and_sort_by_change_number(one: int, other: int) -> None:
    ids = [rules.message_id("acme", "we_1", number, "deal.created") for number in (one, other)]
    assert ids[0] == rules.message_id("acme", "we_1", one, "deal.created")
    assert (ids[0] < ids[1]) == (one < other)
    assert ids[0] != rules.message_id("acme", "we_2", one, "deal.created")
    assert ids[0] != rules.message_id("globex", "we_1", one, "deal.created")


@given(st.text(), st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_the_published_library_verifies_what_is_signed_with_either_secret(name: str, data: dict[str, object]) -> None:
    now = datetime.now(UTC)
    given_secrets = [rules.new_secret(), rules.new_secret()]
    body = rules.payload("deal.created", NOW, data, name, 1)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": rules.signatures(given_secrets, "evt_1", now, body),
    }
    for secret in given_secrets:
        assert Webhook(secret).verify(body, headers) == json.loads(body)


@pytest.mark.parametrize(
    "change",
    [
        {"message": "evt_2"},
        {"timestamp": "1772366401"},
        {"timestamp": "x"},
        {"timestamp": ""},
        {"timestamp": "-1"},
        {"timestamp": "9" * 40},
        {"header": ""},
        {"header": "v1,"},
        {"header": "v1,!!!"},
        {"header": "v2,AAAA"},
        {"header": "nonsense"},
        {"body": b'{"a": 2}'},
        {"body": b"\xff"},
        {"now": NOW + timedelta(minutes=5, seconds=1)},
        {"now": NOW - timedelta(minutes=5, seconds=1)},
        {"given_secrets": []},
        {"given_secrets": [rules.new_secret()]},
    ],
)
def test_a_message_is_only_verified_as_it_was_signed_and_within_five_minutes(change: dict[str, object]) -> None:
    secret = rules.new_secret()
    facts: dict[str, object] = {
        "given_secrets": [rules.new_secret(), secret],
        "message": "evt_1",
        "timestamp": str(int(NOW.timestamp())),
        "header": "v1,AAAA " + rules.signatures([secret], "evt_1", NOW, '{"a": 1}'),
        "body": b'{"a": 1}',
        "now": NOW + timedelta(minutes=5),
    }
    assert rules.is_signed(**facts)  # type: ignore[arg-type]
    assert not rules.is_signed(**facts | change)  # type: ignore[arg-type]
