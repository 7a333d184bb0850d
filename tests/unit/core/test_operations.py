"""Depth of bodies, buckets of limits, lines of logs: what is judged without a server."""

import io
import json
import logging
import time

from hypothesis import given
from hypothesis import strategies as st

from transactional_api.access.limits import MOST_BUCKETS, Buckets
from transactional_api.operations.bodies import MAX_DEPTH, is_too_deep
from transactional_api.operations.logs import FIELDS, JsonLines

leaves = st.none() | st.booleans() | st.integers() | st.text('[]{}"\\ab')
documents = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text('[]{}"\\ab'), inner))


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max([depth(one) for one in value.values()], default=0)
    if isinstance(value, list):
        return 1 + max([depth(one) for one in value], default=0)
    return 0


@given(documents, st.integers(0, 40), st.booleans())
def test_exactly_documents_that_nest_more_than_32_deep_are_refused(document: object, around: int, by_key: bool) -> None:
    for _ in range(around):
        document = {"[": document, "]": []} if by_key else [document, {}]
    assert is_too_deep(json.dumps(document).encode()) == (depth(document) > MAX_DEPTH)


def test_brackets_in_strings_are_no_depth_and_a_hostile_body_costs_little() -> None:
    assert not is_too_deep(json.dumps({"name": "[{" * 10_000, "other": '\\"[[[' * 100}).encode())
    began = time.perf_counter()
    for hostile in (b"[" * 2_000_000, b"[]" * 1_000_000, b'"' * 2_000_000, b'"\\' * 1_000_000, b'[""]' * 500_000):
        is_too_deep(hostile)
    assert time.perf_counter() - began < 5
    assert is_too_deep(b"[" * 100_000)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_a_minutes_worth_at_once_and_then_fills_evenly() -> None:
    clock = Time()
    buckets = Buckets(60, clock)
    assert all(buckets.take("a") == 0 for _ in range(60))
    assert 0.9 < buckets.take("a") <= 1
    assert buckets.take("b") == 0
    clock.now = 2.5
    assert [buckets.take("a") == 0 for _ in range(3)] == [True, True, False]


def test_what_is_given_back_can_be_taken_again_and_zero_is_no_limit() -> None:
    clock = Time()
    buckets = Buckets(1, clock)
    assert buckets.take("a") == 0
    buckets.give_back("a")
    buckets.give_back("a")
    assert [buckets.take("a") == 0 for _ in range(2)] == [True, False]
    assert all(Buckets(0, clock).take("a") == 0 for _ in range(1000))


@given(st.integers(1, 100), st.lists(st.tuples(st.floats(0, 30), st.integers(1, 20)), max_size=30))
def test_over_any_time_no_more_is_taken_than_a_minutes_worth_and_what_flowed_in(
    per_minute: int, steps: list[tuple[float, int]]
) -> None:
    clock = Time()
    buckets = Buckets(per_minute, clock)
    taken = 0
    for seconds, wishes in steps:
        clock.now += seconds
        taken += sum(buckets.take("a") == 0 for _ in range(wishes))
    assert taken <= per_minute + clock.now * per_minute / 60 + 1e-6


def test_many_names_fill_no_memory() -> None:
    buckets = Buckets(60, Time())
    for number in range(MOST_BUCKETS + 500):
        buckets.take(number)
    assert len(buckets._levels) == MOST_BUCKETS


def test_a_line_of_the_log_is_json_with_its_fields_and_without_the_words_of_an_exception() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("test.lines")
    log.handlers, log.propagate = [handler], False
    try:
        try:
            raise KeyError("ada@example.com")
        except KeyError as inner:
            raise ValueError("the value was ada@example.com") from inner
    except ValueError as error:
        log.error("it failed\nbadly", exc_info=error, extra={FIELDS: {"route": "/deals/{deal_id}"}})
    assert stream.getvalue().count("\n") == 1
    line = json.loads(stream.getvalue())
    assert (line["level"], line["message"], line["route"]) == ("error", "it failed\nbadly", "/deals/{deal_id}")
    assert [one["type"] for one in line["error"]] == ["ValueError", "KeyError"]
    assert "test_operations.py" in line["error"][0]["at"][0]
    assert "ada@" not in stream.getvalue()
