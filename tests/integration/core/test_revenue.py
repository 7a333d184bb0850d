"""Contracts and recognition over HTTP: written once, by month, never into a closed one."""

from decimal import Decimal
from typing import Any

import pytest

from tests.integration.core.conftest import Api
from tests.integration.core.test_invoices import CUSTOMER, done, refused

OPS = "/api/v1/revenue-ops/revenue-recognition"
OBLIGATIONS = [
    {"obligation_id": "O1", "standalone_price": "300.00", "recognition": "over_time"},
    {"obligation_id": "O2", "standalone_price": "100.00", "recognition": "point_in_time"},
    {"obligation_id": "O3", "standalone_price": "200.00", "recognition": "percent_complete"},
]
CONTRACT = {
    "contract_id": "K1",
    "customer_id": "C1",
    "signed_on": "2025-12-15",
    "starts_on": "2026-01-01",
    "ends_on": "2026-03-31",
    "total_amount": "450.00",
    "currency": "USD",
    "type": "fixed_price",
    "obligations": OBLIGATIONS,
}


@pytest.fixture
def furnished(api: Api) -> Api:
    done(api.call("POST", "/api/v1/customers", CUSTOMER))
    done(api.call("POST", f"{OPS}/create", CONTRACT))
    return api


def shown(api: Api, contract_id: str = "K1") -> Any:
    return done(api.call("GET", f"{OPS}/{contract_id}"))


def recognize(api: Api, through: str) -> Any:
    return done(api.call("POST", f"{OPS}/K1/recognize", {"through": through}))


def written(api: Api) -> list[tuple[str, str, str, str]]:
    return [(one["source_id"], one["month"], one["posted_month"], one["amount"]) for one in shown(api)["recognized"]]


@pytest.mark.covers("POST /api/v1/revenue-ops/revenue-recognition/create")
@pytest.mark.covers("GET /api/v1/revenue-ops/revenue-recognition/{contract_id}")
@pytest.mark.covers("GET /api/v1/revenue-ops/revenue-recognition")
def test_the_price_is_shared_out_by_stand_alone_price(furnished: Api) -> None:
    contract = shown(furnished)
    assert [(one["obligation_id"], one["price"]) for one in contract["obligations"]] == [
        ("O1", "225.00"),
        ("O2", "75.00"),
        ("O3", "150.00"),
    ]
    assert [(one["source_id"], one["month"], one["amount"]) for one in contract["schedule"]] == [
        ("O1", "2026-01", "77.50"),
        ("O1", "2026-02", "70.00"),
        ("O1", "2026-03", "77.50"),
    ]
    assert (contract["price"], contract["recognized"]) == ("450.00", [])
    listed = done(furnished.call("GET", f"{OPS}?customer_id=C1"))["items"]
    assert [(one["contract_id"], one["total_amount"]) for one in listed] == [("K1", "450.00")]
    assert len(furnished.log("contracts", "K1")) == 1
    assert [entry.entity_key for entry in furnished.log("obligations")] == ["O1", "O2", "O3"]


@pytest.mark.covers("POST /api/v1/revenue-ops/revenue-recognition/{contract_id}/recognize")
def test_recognising_twice_adds_nothing_and_a_part_of_a_month_is_completed_later(furnished: Api) -> None:
    first = recognize(furnished, "2026-01-15")
    assert [(one["source_id"], one["month"], one["amount"]) for one in first["added"]] == [("O1", "2026-01", "37.50")]
    assert recognize(furnished, "2026-01-15")["added"] == []
    assert recognize(furnished, "2026-01-01")["added"] == []
    recognize(furnished, "2026-02-28")
    assert written(furnished) == [
        ("O1", "2026-01", "2026-01", "77.50"),
        ("O1", "2026-02", "2026-02", "70.00"),
    ]
    obligation = shown(furnished)["obligations"][0]
    assert (obligation["recognized"], obligation["contract_asset"], obligation["deferred"]) == (
        "147.50",
        "147.50",
        "0.00",
    )
    postings = done(furnished.call("GET", "/accounting/postings"))["items"]
    assert sorted(one["posted_on"] for one in postings) == ["2026-01-15", "2026-01-31", "2026-02-28"]
    for entry in furnished.log("recognized_revenue"):
        assert entry.entity_key.startswith("obligation\x1fO1\x1f2026-0")


def test_a_closed_month_stays_and_its_part_is_posted_to_the_first_open_one(furnished: Api) -> None:
    recognize(furnished, "2026-01-15")
    from transactional_api.accounting.dispatch import dispatch_due

    dispatch_due(furnished.database, furnished.client.app.state.settings)  # type: ignore[attr-defined]
    done(furnished.call("POST", "/api/v1/revenue-ops/periods/2026-01/close"))
    recognize(furnished, "2026-02-28")
    assert written(furnished) == [
        ("O1", "2026-01", "2026-01", "37.50"),
        ("O1", "2026-01", "2026-02", "40.00"),
        ("O1", "2026-02", "2026-02", "70.00"),
    ]
    assert recognize(furnished, "2026-02-28")["added"] == []


@pytest.mark.covers("POST /api/v1/revenue-ops/revenue-recognition/{contract_id}/progress")
@pytest.mark.covers("POST /api/v1/revenue-ops/revenue-recognition/{contract_id}/transfers")
def test_progress_and_a_transfer_earn_what_they_should(furnished: Api) -> None:
    half = {"obligation_id": "O3", "measured_on": "2026-01-31", "percent_complete": "50"}
    done(furnished.call("POST", f"{OPS}/K1/progress", half))
    done(furnished.call("POST", f"{OPS}/K1/progress", half | {"percent_complete": "40"}))
    done(furnished.call("POST", f"{OPS}/K1/transfers", {"obligation_id": "O2", "transferred_on": "2026-02-03"}))
    recognize(furnished, "2026-02-28")
    assert [row for row in written(furnished) if row[0] != "O1"] == [
        ("O3", "2026-01", "2026-01", "60.00"),
        ("O2", "2026-02", "2026-02", "75.00"),
    ]
    assert shown(furnished)["obligations"][2]["percent_complete"] == "40"
    assert len(furnished.log("progress", "O3\x1f2026-01-31")) == 2
    assert [entry.operation for entry in furnished.log("obligations", "O2")] == ["insert", "update"]
    less = {"obligation_id": "O3", "measured_on": "2026-02-01", "percent_complete": "39"}
    refused(furnished.call("POST", f"{OPS}/K1/progress", less), "progress-goes-back", "percent_complete")
    over = less | {"percent_complete": "100.1"}
    refused(furnished.call("POST", f"{OPS}/K1/progress", over), "contract-refused", "percent_complete")
    wrong = {"obligation_id": "O1", "measured_on": "2026-02-01", "percent_complete": "50"}
    refused(furnished.call("POST", f"{OPS}/K1/progress", wrong), "not-measured", "obligation_id")
    again = {"obligation_id": "O2", "transferred_on": "2026-02-04"}
    refused(furnished.call("POST", f"{OPS}/K1/transfers", again), "transfer-known", "transferred_on")
    refused(furnished.call("POST", f"{OPS}/K1/transfers", again | {"obligation_id": "O3"}), "not-measured")


@pytest.mark.covers("POST /api/v1/revenue-ops/revenue-recognition/{contract_id}/modifications")
def test_a_modification_changes_what_is_earned_from_its_day_by_its_kind(furnished: Api) -> None:
    recognize(furnished, "2026-01-31")
    change = {"effective_on": "2026-02-01", "price_change": "59.00", "obligation_id": "O1"}
    change |= {"is_distinct": True, "is_at_standalone_price": False, "modification_id": "M1"}
    modified = done(furnished.call("POST", f"{OPS}/K1/modifications", change))
    assert (modified["price"], modified["modifications"][0]["treatment"]) == ("509.00", "prospective")
    recognize(furnished, "2026-02-28")
    rest = "98.00"  # (225 - 77.50 + 59) over 59 days, of which 28
    assert written(furnished) == [("O1", "2026-01", "2026-01", "77.50"), ("O1", "2026-02", "2026-02", rest)]
    own = change | {"modification_id": "M2", "is_at_standalone_price": True, "price_change": "59.00"}
    done(furnished.call("POST", f"{OPS}/K1/modifications", own))
    recognize(furnished, "2026-02-28")
    assert ("M2", "2026-02", "2026-02", "28.00") in written(furnished)
    catch_up = change | {"modification_id": "M3", "is_distinct": False, "price_change": "-90.00"}
    done(furnished.call("POST", f"{OPS}/K1/modifications", catch_up | {"effective_on": "2026-02-28"}))
    recognize(furnished, "2026-02-28")
    assert shown(furnished)["obligations"][0]["recognized"] == "127.18"  # (225 + 59 - 90) x 59 / 90
    assert len(furnished.log("contract_modifications", "M1")) == 1
    for values, law in (
        ({"price_change": "-500.00"}, "price-below-zero"),
        ({"effective_on": "2025-12-14"}, "modification-refused"),
        ({"new_ends_on": "2026-01-31"}, "modification-refused"),
        ({"is_at_standalone_price": True, "price_change": "0"}, "modification-refused"),
        ({"obligation_id": "X"}, "obligation-not-found"),
        ({"effective_on": "2200-01-01"}, "contract-refused"),
    ):
        refused(furnished.call("POST", f"{OPS}/K1/modifications", change | {"modification_id": "M9"} | values), law)


def test_billing_moves_what_was_earned_from_contract_asset_to_deferred_revenue(furnished: Api) -> None:
    recognize(furnished, "2026-01-31")
    staged = done(furnished.call("POST", "/invoices/stage", {"issued_on": "2026-02-01", "contract_id": "K1"}))
    journal = done(furnished.call("GET", f"/invoices/{staged['invoice_id']}"))["journal"]
    assert [(one["purpose"], one["debit"], one["credit"]) for one in journal] == [
        ("receivable", "450.00", "0.00"),
        ("contract_asset", "0.00", "77.50"),
        ("deferred_revenue", "0.00", "372.50"),
    ]
    done(furnished.as_role("approver").call("POST", f"/invoices/{staged['invoice_id']}/approve"))
    done(furnished.call("POST", f"/invoices/{staged['invoice_id']}/post", {}))
    recognize(furnished, "2026-02-28")
    one = shown(furnished)["obligations"][0]
    assert (one["billed"], one["recognized"], one["deferred"], one["contract_asset"]) == (
        "225.00",
        "147.50",
        "77.50",
        "0.00",
    )


def test_a_void_after_recognition_brings_the_contract_asset_back_and_never_a_negative_liability(
    furnished: Api,
) -> None:
    staged = done(furnished.call("POST", "/invoices/stage", {"issued_on": "2026-01-01", "contract_id": "K1"}))
    invoice = f"/invoices/{staged['invoice_id']}"
    done(furnished.as_role("approver").call("POST", f"{invoice}/approve"))
    done(furnished.call("POST", f"{invoice}/post", {}))
    recognize(furnished, "2026-01-31")
    done(furnished.call("POST", f"{invoice}/void", {"voided_on": "2026-02-01"}))
    assert balances(furnished, "2026-01", "2026-02") == {
        "receivable": "0.00",
        "deferred_revenue": "0.00",
        "contract_asset": "77.50",
        "revenue": "-77.50",
    }


def balances(api: Api, *months: str) -> dict[str, str]:
    """Debits less credits of every account that was posted to in the months."""
    found: dict[str, Decimal] = {}
    for posting in done(api.call("GET", "/accounting/postings"))["items"]:
        assert posting["posted_on"][:7] in months
        for one in posting["lines"]:
            change = Decimal(one["debit"]) - Decimal(one["credit"])
            found[one["purpose"]] = found.get(one["purpose"], Decimal(0)) + change
    return {purpose: str(amount) for purpose, amount in found.items()}


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"customer_id": "nobody"}, 404, "customer_id"),
        ({"ends_on": "2025-12-31"}, 422, "ends_on"),
        ({"ends_on": "2400-12-31"}, 422, "ends_on"),
        ({"currency": "ZZZ"}, 422, "currency"),
        ({"total_amount": "-1"}, 422, "total_amount"),
        ({"total_amount": "1.001"}, 422, "total_amount"),
        ({"obligations": []}, 422, "obligations"),
        ({"obligations": [OBLIGATIONS[0], OBLIGATIONS[0]]}, 422, "obligations"),
        ({"obligations": [OBLIGATIONS[0] | {"standalone_price": "0"}]}, 422, "obligations"),
        ({"obligations": [OBLIGATIONS[0] | {"product_id": "none"}]}, 404, "obligations.0.product_id"),
        ({"obligations": [OBLIGATIONS[0] | {"transferred_on": "2026-01-01"}]}, 422, "obligations.0.transferred_on"),
        ({"obligations": [OBLIGATIONS[0] | {"ends_on": "2025-01-01"}]}, 422, "obligations.0.ends_on"),
        ({"cancellable_from": "2025-01-01"}, 422, "cancellable_from"),
    ],
)
def test_a_contract_that_cannot_be_is_refused_by_name(
    furnished: Api, change: dict[str, Any], status: int, field: str
) -> None:
    before = furnished.database.change_log_heads()
    got, problem = furnished.call("POST", f"{OPS}/create", CONTRACT | {"contract_id": "K9"} | change)
    assert (got, [error["field"] for error in problem["errors"]]) == (status, [field])
    assert furnished.database.change_log_heads() == before


def test_the_future_is_not_recognised(furnished: Api) -> None:
    refused(furnished.call("POST", f"{OPS}/K1/recognize", {"through": "2026-03-03"}), "not-earned-yet", "through")


def test_another_tenant_and_a_role_without_the_right_are_kept_out(furnished: Api, other_api: Api) -> None:
    half = {"obligation_id": "O3", "measured_on": "2026-01-31", "percent_complete": "50"}
    for path, body in (
        ("recognize", {"through": "2026-01-31"}),
        ("progress", half),
        ("transfers", {"obligation_id": "O2", "transferred_on": "2026-02-03"}),
    ):
        assert other_api.call("POST", f"{OPS}/K1/{path}", body)[0] == 404
        assert furnished.as_role("analyst").call("POST", f"{OPS}/K1/{path}", body)[0] == 403
    assert other_api.call("GET", f"{OPS}/K1")[0] == 404
    assert done(other_api.call("GET", OPS))["items"] == []
