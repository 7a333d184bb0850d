"""Closed months: in order, without drafts, and nothing counts in them any more."""

from typing import Any

import pytest

from tests.integration.core.conftest import Api
from tests.integration.core.test_invoices import CUSTOMER, INVOICE, LINE, done, post, refused

PERIODS = "/api/v1/revenue-ops/periods"


@pytest.fixture
def furnished(api: Api) -> Api:
    done(api.call("POST", "/api/v1/customers", CUSTOMER))
    return api


def close(api: Api, month: str) -> tuple[int, Any]:
    return api.call("POST", f"{PERIODS}/{month}/close")


@pytest.mark.covers("POST /api/v1/revenue-ops/periods/{month}/close")
@pytest.mark.covers("POST /api/v1/revenue-ops/periods/{month}/reopen")
@pytest.mark.covers("GET /api/v1/revenue-ops/periods")
def test_months_are_closed_one_after_the_other_and_reopened_backwards(furnished: Api) -> None:
    """Today is 2026-03-01."""
    done(close(furnished, "2025-12"))
    refused(close(furnished, "2025-12"), "period-closed", "month")
    refused(close(furnished, "2026-02"), "period-out-of-order", "month")
    done(close(furnished, "2026-01"))
    done(close(furnished, "2026-02"))
    refused(close(furnished, "2026-03"), "period-not-over", "month")
    refused(furnished.call("POST", f"{PERIODS}/2026-01/reopen"), "period-out-of-order", "month")
    done(furnished.call("POST", f"{PERIODS}/2026-02/reopen"))
    refused(furnished.call("POST", f"{PERIODS}/2026-02/reopen"), "period-not-closed", "month")
    shown = done(furnished.call("GET", PERIODS))
    assert [(one["month"], one["status"]) for one in shown["items"]] == [
        ("2025-12", "closed"),
        ("2026-01", "closed"),
        ("2026-02", "open"),
    ]
    assert shown["closed_through"] == "2026-01"
    assert shown["items"][2]["reopened_by"].startswith("key:")
    done(close(furnished, "2026-02"))
    log = furnished.log("periods", "2026-02")
    assert [entry.operation for entry in log] == ["insert", "update", "update"]
    assert {entry.actor for entry in log} == {shown["items"][0]["closed_by"]}


@pytest.mark.parametrize("month", ["2026-1", "2026-13", "x", "2026-00"])
def test_what_is_no_month_is_refused_by_name(furnished: Api, month: str) -> None:
    status, problem = close(furnished, month)
    assert (status, problem["errors"][0]["field"]) == (422, "month")


def test_a_month_with_drafts_or_journals_on_their_way_is_not_closed(furnished: Api, monkeypatch: Any) -> None:
    from transactional_api.accounting import dispatch

    done(furnished.call("POST", "/invoices/stage", INVOICE))
    refused(close(furnished, "2026-01"), "drafts-in-period", "month")
    done(furnished.as_role("approver").call("POST", "/invoices/I1/approve"))
    refused(close(furnished, "2026-01"), "drafts-in-period", "month")
    monkeypatch.setattr(dispatch, "dispatch", lambda *_: 0)
    done(furnished.call("POST", "/invoices/I1/post", {}))
    refused(close(furnished, "2026-01"), "postings-on-their-way", "month")
    monkeypatch.undo()
    dispatch.dispatch_due(furnished.database, furnished.client.app.state.settings)  # type: ignore[attr-defined]
    done(close(furnished, "2026-01"))


def test_a_late_document_counts_on_the_first_day_that_is_open(furnished: Api) -> None:
    post(furnished)
    done(close(furnished, "2026-01"))
    late = post(furnished, "I2", issued_on="2026-01-31", lines=[LINE | {"line_id": "L2"}])
    assert (late["issued_on"], late["posted_on"]) == ("2026-01-31", "2026-02-01")
    note = done(furnished.call("POST", "/invoices/I1/credit-notes", {"issued_on": "2026-01-20", "amount": "1"}))
    assert (note["issued_on"], note["posted_on"]) == ("2026-01-20", "2026-02-01")
    off = done(furnished.call("POST", "/invoices/I1/write-offs", {"written_off_on": "2026-02-20", "amount": "1"}))
    assert off["posted_on"] == "2026-02-20"
    done(furnished.call("POST", "/invoices/I2/void", {"voided_on": "2026-01-31"}))
    reversal = done(furnished.call("GET", "/invoices/I2"))["postings"][1]
    assert reversal["posted_on"] == "2026-02-01"
    bill = {"bill_id": "B1", "vendor_id": "V1", "issued_on": "2025-11-01", "due_on": "2026-01-31", "currency": "USD"}
    made = done(furnished.call("POST", "/api/v1/revenue-ops/ap/create", bill | {"amount": "10"}))
    assert made["posted_on"] == "2026-02-01"
    done(furnished.call("POST", f"{PERIODS}/2026-01/reopen"))
    assert done(furnished.call("GET", "/invoices/I2"))["posted_on"] == "2026-02-01"


def test_closing_and_posting_at_once_never_put_a_document_into_a_closed_month(furnished: Api) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def bill(at: int) -> str:
        body = {"bill_id": f"B{at}", "vendor_id": "V", "issued_on": "2026-01-15", "due_on": "2026-02-15"}
        path = "/api/v1/revenue-ops/ap/create"
        return str(done(furnished.call("POST", path, body | {"amount": "1", "currency": "USD"}))["posted_on"])

    with ThreadPoolExecutor(4) as pool:
        days = [pool.submit(bill, at) for at in range(6)]
        closed = pool.submit(lambda: close(furnished, "2026-01"))
        more = [pool.submit(bill, at) for at in range(6, 12)]
        found = [day.result() for day in (*days, *more)]
    assert set(found) <= {"2026-01-15", "2026-02-01"}
    if closed.result()[0] == 200:
        [entry] = furnished.log("periods", "2026-01")
        for log in furnished.log("bills"):
            assert ('"posted_on":"2026-01-15"' in str(log.after_json)) == (log.change_no < entry.change_no)


def test_another_tenants_months_are_its_own(furnished: Api, other_api: Api) -> None:
    done(close(furnished, "2026-01"))
    assert done(other_api.call("GET", PERIODS)) == {"items": [], "next_cursor": None, "closed_through": None}
    refused(other_api.call("POST", f"{PERIODS}/2026-01/reopen"), "period-not-closed")
    for role in ("sales", "analyst", "auditor"):
        assert close(furnished.as_role(role), "2026-02")[0] == 403
