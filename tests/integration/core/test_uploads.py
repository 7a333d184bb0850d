"""Files over HTTP: the same way in as the drop folder's, the same receipts, each tenant its own."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from ingestion.contracts import data_sets
from ingestion.csv import copy_into_drop, scan_drop
from tests.integration.core.conftest import Api

DATA = "/api/v1/data"
HEAD = "sale_id,sold_at,product,quantity,unit_price,currency\n"
SALES = f"{HEAD}S1,2026-01-31,Tea,2,1.50,EUR\nS2,2026-01-31,Tea,two,1.50,EUR\nS3,2026-02-01,Tea,1,3.00,EUR\n".encode()
CUSTOMERS = b"customer_id,name,email\nC1,Ada,ada@example.com\n"


def home_of(api: Api) -> Path:
    app: Any = api.client.app
    home: Path = app.state.settings.home
    return home


def left_behind(api: Api) -> list[str]:
    """What lies in the inbox itself, hidden or not."""
    drop = home_of(api) / "drop"
    kept = (drop / ".accepted", drop / ".refused")
    return [str(path) for path in drop.rglob("*") if path.is_file() and not any(up in path.parents for up in kept)]


def receipts(api: Api, query: str = "") -> list[dict[str, Any]]:
    status, page = api.call("GET", f"{DATA}/receipts{query}")
    assert status == 200, page
    items: list[dict[str, Any]] = page["items"]
    return items


@pytest.mark.covers("POST /api/v1/data/upload-{data_set}-csv")
@pytest.mark.covers("GET /api/v1/data/receipts")
def test_a_file_that_is_sent_has_the_receipt_of_one_that_is_dropped(api: Api, tmp_path: Path) -> None:
    status, sent = api.call("POST", f"{DATA}/upload-sales-csv?file_name=june.csv", SALES)
    assert (status, sent["status"], sent["rows_read"]) == (201, "partly_quarantined", 3)
    assert (sent["rows_accepted"], sent["rows_quarantined"], sent["control_totals"]) == (2, 1, {"EUR": "6.00"})
    dropped = tmp_path / "june.csv"
    dropped.write_bytes(SALES)
    copy_into_drop(tmp_path / "other", [dropped], "acme")
    (receipt,) = scan_drop(tmp_path / "other", lambda _: "UTC")
    same = ("data_set", "contract", "status", "rows_read", "rows_accepted", "rows_quarantined", "rows_refused")
    assert {name: sent[name] for name in same} == {name: getattr(receipt, name) for name in same}
    assert sent["control_totals"] == {code: str(total) for code, total in receipt.control_totals.items()}
    assert receipts(api) == [sent]
    assert sent["file_name"].endswith("/june.csv")
    assert left_behind(api) == []


def test_a_packed_file_and_one_without_a_key_are_taken(api: Api) -> None:
    status, sent = api.call("POST", f"{DATA}/upload-customers-csv", gzip.compress(CUSTOMERS))
    assert (status, sent["data_set"], sent["rows_accepted"]) == (201, "customers", 1)
    headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "text/csv"}
    again = api.client.post(f"{DATA}/upload-customers-csv", content=CUSTOMERS, headers=headers)
    assert (again.status_code, again.json()["status"]) == (201, "duplicate_ignored")
    assert [one["status"] for one in receipts(api)] == ["duplicate_ignored", "accepted"]


def test_a_file_of_another_data_set_is_refused_naming_where_it_belongs(api: Api) -> None:
    status, problem = api.call("POST", f"{DATA}/upload-sales-csv", CUSTOMERS)
    assert (status, problem["type"]) == (422, "urn:revhouse:problem:another-data-set")
    assert "send it to upload-customers-csv" in problem["detail"]
    assert (receipts(api), left_behind(api)) == ([], [])


def test_a_data_set_that_does_not_exist_is_named_with_those_that_do(api: Api) -> None:
    status, problem = api.call("POST", f"{DATA}/upload-unicorns-csv", CUSTOMERS)
    assert status == 404 and "unicorns" in problem["detail"] and "bill_payments" in problem["detail"]
    assert left_behind(api) == []


def test_a_file_that_is_refused_is_a_problem_and_has_a_receipt(api: Api) -> None:
    status, problem = api.call("POST", f"{DATA}/upload-sales-csv", b"what,is,this\n1,2,3\n")
    assert (status, problem["title"]) == (422, "The file was refused")
    (receipt,) = receipts(api)
    assert receipt["status"] == "refused" and receipt["reason"] in problem["detail"]
    assert problem["detail"].startswith(receipt["file_id"])


def test_the_same_key_and_file_are_answered_again_and_another_file_is_not(api: Api) -> None:
    first = api.send("POST", f"{DATA}/upload-sales-csv", SALES, "k1")
    again = api.send("POST", f"{DATA}/upload-sales-csv", SALES, "k1")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    assert api.send("POST", f"{DATA}/upload-sales-csv", SALES + b" ", "k1").status_code == 422
    refused = api.send("POST", f"{DATA}/upload-sales-csv", CUSTOMERS, "k2")
    assert api.send("POST", f"{DATA}/upload-sales-csv", CUSTOMERS, "k2").text == refused.text
    assert len(receipts(api)) == 1


def test_what_a_crash_left_unanswered_is_not_taken_twice(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is lost between the acceptance and the database: the same key gets the receipt that there is."""
    with monkeypatch.context() as patch:
        patch.setattr("transactional_api.idempotency.service.keep", lambda *_: 1 / 0)
        assert api.send("POST", f"{DATA}/upload-sales-csv", SALES, "k1").status_code == 500
    answer = api.send("POST", f"{DATA}/upload-sales-csv", SALES, "k1")
    assert (answer.status_code, answer.json()["status"]) == (201, "partly_quarantined")
    assert len(receipts(api)) == 1


def test_a_file_beyond_the_limit_is_refused_while_it_comes_and_nothing_is_left(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    app: Any = api.client.app
    monkeypatch.setattr(type(app.state.intake), "most_bytes", 3_000_000)
    large = SALES + b"\n" * 3_000_000
    status, problem = api.call("POST", f"{DATA}/upload-sales-csv", large)
    assert (status, problem["title"]) == (413, "The body is too large")
    assert (receipts(api), left_behind(api)) == ([], [])
    status, sent = api.call("POST", f"{DATA}/upload-sales-csv", SALES + b"\n" * 2_500_000)
    assert (status, sent["rows_read"]) == (201, 3)


@pytest.mark.covers("GET /api/v1/data/receipts/{file_id}/quarantine")
def test_quarantined_rows_are_paged_with_the_header_and_what_is_wrong(api: Api) -> None:
    rows = "".join(f"S{n},2026-01-31,Tea,{'x' if n % 2 else n},1,EUR\n" for n in range(1, 8)) + "S9,short\n"
    _, sent = api.call("POST", f"{DATA}/upload-sales-csv", (HEAD + rows).encode())
    path = f"{DATA}/receipts/{sent['file_id']}/quarantine"
    found, cursor = [], ""
    while True:
        status, page = api.call("GET", f"{path}?limit=2{cursor}")
        assert (status, page["header"]) == (200, HEAD.strip().split(","))
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [row["line"] for row in found] == [2, 4, 6, 8, 9]
    fault = {"column": "quantity", "value": "x", "reason": "is not a plain decimal number"}
    assert found[0] == {"line": 2, "cells": ["S1", "2026-01-31", "Tea", "x", "1", "EUR"], "faults": [fault]}
    assert found[4]["cells"] == ["S9", "short"] and found[4]["faults"][0]["column"] is None
    assert api.call("GET", f"{path}?cursor=W10")[0] == 422
    assert api.call("GET", f"{DATA}/receipts/f999/quarantine")[0] == 404


def test_receipts_come_newest_first_by_pages_and_by_filters(api: Api) -> None:
    for n in range(5):
        api.call(
            "POST", f"{DATA}/upload-sales-csv", f"{HEAD}S{n},2026-01-31,Tea,{'x' if n == 3 else n},1,EUR\n".encode()
        )
    api.call("POST", f"{DATA}/upload-customers-csv", CUSTOMERS)
    status, page = api.call("GET", f"{DATA}/receipts?limit=4")
    _, rest = api.call("GET", f"{DATA}/receipts?limit=4&cursor={page['next_cursor']}")
    numbers = [one["accepted_seq"] for one in [*page["items"], *rest["items"]]]
    assert status == 200 and len(numbers) == 6 and numbers == sorted(numbers, reverse=True)
    assert rest["next_cursor"] is None
    assert [one["data_set"] for one in receipts(api, "?data_set=customers")] == ["customers"]
    assert len(receipts(api, "?status=partly_quarantined")) == 1
    assert api.call("GET", f"{DATA}/receipts?status=odd")[0] == 422


def test_a_tenant_sees_its_own_receipts_only(api: Api, other_api: Api) -> None:
    _, sent = api.call("POST", f"{DATA}/upload-sales-csv", SALES)
    assert receipts(other_api) == []
    assert other_api.call("GET", f"{DATA}/receipts/{sent['file_id']}/quarantine")[0] == 404
    _, theirs = other_api.call("POST", f"{DATA}/upload-sales-csv", SALES)
    assert theirs["status"] == "partly_quarantined"  # the same content counts once per tenant
    assert receipts(api) == [sent]
    assert other_api.call("POST", f"{DATA}/upload-sales-csv?tenant_id=acme", SALES)[0] == 404


def test_a_role_without_the_permission_sends_nothing(api: Api) -> None:
    analyst = api.as_role("analyst")
    assert analyst.call("POST", f"{DATA}/upload-sales-csv", SALES)[0] == 403
    assert analyst.call("GET", f"{DATA}/receipts")[0] == 200
    assert api.as_role("sales").call("GET", f"{DATA}/receipts")[0] == 403
    assert api.as_role("finance").call("POST", f"{DATA}/upload-sales-csv", SALES)[0] == 201


@pytest.mark.covers("GET /api/v1/data/upload-template/{data_set}")
@pytest.mark.covers("GET /api/v1/data/upload-template/{data_set}/rules")
def test_a_template_is_accepted_as_it_stands_and_its_rules_are_the_contracts(api: Api) -> None:
    for name in ("sales", "customers", "expenses", "subscriptions"):
        answer = api.send("GET", f"{DATA}/upload-template/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        columns = data_sets()[name].columns
        assert answer.text.splitlines()[0].split(",") == list(columns)
        _, rules = api.call("GET", f"{DATA}/upload-template/{name}/rules")
        required = [one["name"] for one in rules["columns"] if one["is_required"]]
        assert required == [column.name for column in columns.values() if column.required]
        status, receipt = api.call("POST", f"{DATA}/upload-{name}-csv", answer.content)
        assert (status, receipt["status"], receipt["data_set"]) == (201, "accepted", name), receipt
    assert api.call("GET", f"{DATA}/upload-template/unicorns")[0] == 404


def test_a_server_without_an_intake_says_so(api: Api) -> None:
    app: Any = api.client.app
    app.state.intake = None
    status, problem = api.call("GET", f"{DATA}/receipts")
    assert (status, problem["title"]) == (503, "This server takes no files")
