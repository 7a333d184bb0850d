"""Alerts over HTTP: raised once, seen once, logged without their words."""

import pytest

from tests.integration.core.conftest import Api

ALERT = {
    "alert_id": "nrr-2026-02",
    "kind": "kpi.alert",
    "severity": "critical",
    "subject_id": "nrr",
    "summary": "Net retention fell",
    "observed": "-1.5",
    "threshold": "100",
}


@pytest.mark.covers("POST /alerts")
@pytest.mark.covers("GET /alerts/{alert_id}")
def test_a_raised_alert_is_read_back_and_its_summary_stays_out_of_the_log(api: Api) -> None:
    status, raised = api.call("POST", "/alerts", ALERT)
    assert (status, raised["status"], raised["observed"]) == (201, "open", "-1.5")
    assert api.call("GET", "/alerts/nrr-2026-02") == (200, raised)
    [entry] = api.log("alerts", "nrr-2026-02")
    assert entry.operation == "insert"
    assert entry.personal_fields == '["summary"]'
    assert "retention" not in str(entry.after_json)


@pytest.mark.covers("POST /alerts/{alert_id}/acknowledge")
def test_an_alert_is_acknowledged_once_by_whoever_is_first(api: Api) -> None:
    api.call("POST", "/alerts", ALERT)
    signed = api.as_account("ada", "admin")
    status, seen = signed.call("POST", "/alerts/nrr-2026-02/acknowledge")
    assert (status, seen["acknowledged_by"]) == (200, f"account:{signed.account_id}")
    assert api.call("GET", "/alerts/nrr-2026-02")[1] == seen
    status, problem = api.call("POST", "/alerts/nrr-2026-02/acknowledge")
    assert (status, problem["type"]) == (409, "urn:revhouse:problem:already-acknowledged")
    assert [entry.operation for entry in api.log("alerts", "nrr-2026-02")] == ["insert", "update"]


@pytest.mark.covers("GET /alerts")
def test_alerts_are_listed_by_kind_and_status_in_pages(api: Api, other_api: Api) -> None:
    for number in range(5):
        kind = "kpi.alert" if number % 2 else "budget.alert"
        api.call("POST", "/alerts", ALERT | {"alert_id": f"A{number}", "kind": kind})
    api.call("POST", "/alerts/A1/acknowledge")
    assert [one["alert_id"] for one in api.call("GET", "/alerts?kind=kpi.alert")[1]["items"]] == ["A1", "A3"]
    assert [one["alert_id"] for one in api.call("GET", "/alerts?status=acknowledged")[1]["items"]] == ["A1"]
    first = api.call("GET", "/alerts?limit=3")[1]
    rest = api.call("GET", f"/alerts?limit=3&cursor={first['next_cursor']}")[1]
    assert [one["alert_id"] for one in first["items"] + rest["items"]] == [f"A{number}" for number in range(5)]
    assert other_api.call("GET", "/alerts")[1]["items"] == []


def test_what_is_no_alert_or_somebody_elses_is_refused(api: Api, other_api: Api) -> None:
    assert api.call("POST", "/alerts", ALERT)[0] == 201
    status, problem = api.call("POST", "/alerts", ALERT)
    assert (status, problem["errors"][0]["field"]) == (409, "alert_id")
    for change, field in (
        ({"kind": "deal.created"}, "kind"),
        ({"severity": "loud"}, "severity"),
        ({"observed": "1e3"}, "observed"),
        ({"observed": 1.5}, "observed"),
        ({"observed": "NaN"}, "observed"),
        ({"extra": 1}, "extra"),
        ({"customer_id": "nobody"}, "customer_id"),
    ):
        status, problem = api.call("POST", "/alerts", ALERT | {"alert_id": "A2"} | change)
        assert status in (404, 422), change
        assert problem["errors"][0]["field"] == field
    for method, path in (("GET", ""), ("POST", "/acknowledge")):
        status, problem = other_api.call(method, f"/alerts/nrr-2026-02{path}")
        assert (status, problem["errors"][0]["field"]) == (404, "alert_id")
    assert api.as_role("sales").call("POST", "/alerts", ALERT | {"alert_id": "A3"})[0] == 403
    assert api.as_role("approver").call("GET", "/alerts")[0] == 403
