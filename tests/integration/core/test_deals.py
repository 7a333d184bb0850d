"""Deals over HTTP: filters, changes, stages, and what the log does not say of them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.core.conftest import Api
from tests.integration.core.desk import CUSTOMER, DEAL, deal, done, quote, refused, with_deal


@pytest.mark.covers("POST /deals")
@pytest.mark.covers("GET /deals/{deal_id}")
def test_a_deal_is_read_back_with_its_stages(api: Api) -> None:
    with_deal(api, owner="Grace")
    shown = deal(api)
    assert (shown["amount"], shown["name"], shown["owner"], shown["risk"]) == (
        "1000.00",
        "Ada's renewal",
        "Grace",
        "low",
    )
    assert shown["stages"] == [{"stage_no": 1, "stage": "qualified", "entered_at": "2026-02-01T09:00:00.000000Z"}]
    (entry,) = api.log("deals", "D1")
    assert (entry.operation, entry.personal_fields) == ("insert", '["name","owner"]')


@pytest.mark.covers("GET /deals")
def test_deals_are_found_by_stage_owner_risk_and_creation(api: Api) -> None:
    for number, changes in enumerate(
        (
            {"owner": "Grace", "risk": "high", "created_at": "2026-01-01T00:00:00Z"},
            {"owner": "Grace", "risk": "low", "created_at": "2026-02-01T00:00:00Z", "stage": "proposal"},
            {"owner": "Alan", "risk": "low", "created_at": "2026-02-28T23:59:59.999999Z"},
            {"created_at": "2026-03-01T00:00:00Z", "risk": None},
        ),
        start=1,
    ):
        with_deal(api, deal_id=f"D{number}", **changes)

    def found(query: str) -> list[str]:
        return [row["deal_id"] for row in done(api.call("GET", f"/deals?{query}"))["items"]]

    assert found("owner=Grace") == ["D1", "D2"]
    assert found("risk=low") == ["D2", "D3"]
    assert found("stage=proposal") == ["D2"]
    assert found("created_from=2026-02-01T00:00:00Z&created_before=2026-03-01T00:00:00Z") == ["D2", "D3"]
    assert found("created_from=2026-02-01T00:00:00Z&owner=Grace&risk=low") == ["D2"]
    assert found("created_before=2026-01-01T00:00:00Z") == []
    page = done(api.call("GET", "/deals?risk=low&limit=1"))
    assert found(f"risk=low&cursor={page['next_cursor']}") == ["D3"]
    for query in ("risk=huge", "created_from=yesterday", "created_from=2026-02-01T00:00:00"):
        assert api.call("GET", f"/deals?{query}")[0] == 422


def test_who_was_quoted_stays_the_customer(api: Api) -> None:
    with_deal(api)
    done(api.call("POST", "/api/v1/customers", CUSTOMER | {"customer_id": "C2"}))
    done(api.call("PATCH", "/deals/D1", {"customer_id": "C2"}))
    quote(api)
    refused(api.call("PATCH", "/deals/D1", {"customer_id": "C1"}), 409, "customer-was-quoted", "customer_id")
    done(api.call("PATCH", "/deals/D1", {"customer_id": "C2", "risk": "high"}))


@pytest.mark.covers("PATCH /deals/{deal_id}")
def test_only_what_is_named_changes(api: Api, behind: Callable[[str], list[Any]]) -> None:
    with_deal(api, owner="Grace")
    before = deal(api)
    changed = done(
        api.call(
            "PATCH", "/deals/D1", {"risk": "high", "owner": "Canary", "discount_percent": "12.5", "amount": "5.50"}
        )
    )
    assert changed == before | {"risk": "high", "owner": "Canary", "discount_percent": "12.5", "amount": "5.50"}
    assert deal(api) == changed
    assert done(api.call("PATCH", "/deals/D1", {"owner": None, "amount": None}))["owner"] is None
    assert done(api.call("PATCH", "/deals/D1", {})) == deal(api)
    entries = api.log("deals", "D1")
    assert [entry.personal_fields for entry in entries] == ['["name","owner"]', '["owner"]', '["owner"]']
    assert "Canary" not in str(behind("SELECT * FROM change_log"))


def test_a_change_of_currency_keeps_the_amount_or_is_refused(api: Api) -> None:
    with_deal(api, amount="10.50")
    assert done(api.call("PATCH", "/deals/D1", {"currency": "KWD"}))["amount"] == "10.500"
    refused(api.call("PATCH", "/deals/D1", {"currency": "JPY"}), 422, "amount-refused", "amount")
    refused(api.call("PATCH", "/deals/D1", {"currency": None}), 422, "value-refused", "currency")
    assert done(api.call("PATCH", "/deals/D1", {"currency": "JPY", "amount": "10"}))["amount"] == "10"


@pytest.mark.covers("POST /deals/{deal_id}/stage")
@pytest.mark.covers("POST /deals/{deal_id}/touch")
@pytest.mark.covers("POST /deals/{deal_id}/win")
@pytest.mark.covers("POST /deals/{deal_id}/lose")
def test_a_deal_goes_through_its_stages_and_closes_once(api: Api) -> None:
    with_deal(api)
    done(api.call("POST", "/deals/D1/stage", {"stage": "proposal", "entered_at": "2026-02-02T09:00:00Z"}))
    done(api.call("POST", "/deals/D1/touch", {"touched_at": "2026-02-01T09:05:00Z"}))
    done(api.call("POST", "/deals/D1/touch", {"touched_at": "2026-02-01T09:02:00Z"}))
    closing = {"closed_at": "2026-02-03T09:00:00Z", "closed_on": "2026-02-03", "reason": "price"}
    won = done(api.call("POST", "/deals/D1/win", closing))
    assert (won["stage"], won["closed_on"], won["first_touch_at"]) == (
        "won",
        "2026-02-03",
        "2026-02-01T09:02:00.000000Z",
    )
    assert [row["stage"] for row in deal(api)["stages"]] == ["qualified", "proposal", "won"]
    for path, body in (
        ("lose", closing),
        ("touch", {"touched_at": "2026-02-04T00:00:00Z"}),
        ("stage", {"stage": "lead", "entered_at": "2026-02-04T00:00:00Z"}),
    ):
        refused(api.call("POST", f"/deals/D1/{path}", body), 409, "deal-closed")
    refused(api.call("PATCH", "/deals/D1", {"risk": "high"}), 409, "deal-closed")
    assert len(api.log("deal_stages")) == 3
    with_deal(api, deal_id="D2")
    assert done(api.call("POST", "/deals/D2/lose", closing))["close_reason"] == "price"
    assert deal(api, "D2")["stage"] == "lost"
    assert api.log("deals", "D2")[-1].operation == "update"


def test_deals_refuse_what_is_not_there_not_known_or_not_theirs(api: Api, other_api: Api) -> None:
    with_deal(api)
    refused(
        api.call("POST", "/deals", DEAL | {"deal_id": "D2", "customer_id": "no"}),
        404,
        "customer-not-found",
        "customer_id",
    )
    refused(api.call("PATCH", "/deals/D1", {"customer_id": "no"}), 404, "customer-not-found", "customer_id")
    refused(api.call("PATCH", "/deals/D1", {"product_id": "no"}), 404, "product-not-found", "product_id")
    for body in ({"stage": "won"}, {"paid_at": "2026-01-01T00:00:00Z"}, {"amount": 5}, {"risk": "huge"}):
        assert api.call("PATCH", "/deals/D1", body)[0] == 422
    refused(other_api.call("GET", "/deals/D1"), 404, "deal-not-found", "deal_id")
    refused(other_api.call("PATCH", "/deals/D1", {"risk": "high"}), 404, "deal-not-found", "deal_id")
    refused(other_api.call("PATCH", "/deals/D1", {"amount": "1"}), 404, "deal-not-found", "deal_id")
    assert other_api.call("POST", "/deals", DEAL | {"customer_id": None})[0] == 201
    assert api.as_role("analyst").call("PATCH", "/deals/D1", {"risk": "high"})[0] == 403
    assert deal(api)["risk"] == "low"
