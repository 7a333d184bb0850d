"""Billing what was agreed: a won deal's quote and a contract's periods, each once."""

from typing import Any

import pytest

from tests.integration.core.conftest import Api
from tests.integration.core.test_invoices import CUSTOMER, done, refused
from transactional_api.quotes.tables import Quote

OPS = "/api/v1/revenue-ops/revenue-recognition"
CONTRACT = {
    "contract_id": "K1",
    "customer_id": "C1",
    "signed_on": "2025-12-15",
    "starts_on": "2026-01-01",
    "ends_on": "2026-03-31",
    "total_amount": "1000.00",
    "currency": "USD",
    "billing_interval": "month",
    "obligations": [
        {"obligation_id": "O1", "standalone_price": "600.00", "recognition": "over_time"},
        {"obligation_id": "O2", "standalone_price": "600.00", "recognition": "point_in_time"},
    ],
}
STAGE = {"issued_on": "2026-01-10"}


@pytest.fixture
def furnished(api: Api) -> Api:
    done(api.call("POST", "/api/v1/customers", CUSTOMER))
    done(api.call("POST", f"{OPS}/create", CONTRACT))
    return api


def test_a_contract_is_billed_period_by_period_until_nothing_is_left(furnished: Api) -> None:
    staged = [done(furnished.call("POST", "/invoices/stage", STAGE | {"contract_id": "K1"})) for _ in range(3)]
    assert [one["total"] for one in staged] == ["333.34", "333.34", "333.32"]
    assert [line["service_starts_on"] for one in staged for line in one["lines"] if line["obligation_id"] == "O1"] == [
        "2026-01-01",
        "2026-02-01",
        "2026-03-01",
    ]
    assert staged[0]["due_on"] == "2026-02-09"
    refused(furnished.call("POST", "/invoices/stage", STAGE | {"contract_id": "K1"}), "nothing-left-to-bill")
    asked = STAGE | {"contract_id": "K1", "period_starts_on": "2026-02-01"}
    status, problem = furnished.call("POST", "/invoices/stage", asked)
    assert staged[1]["invoice_id"] in problem["detail"]
    refused((status, problem), "already-staged", "period_starts_on")
    wrong = STAGE | {"contract_id": "K1", "period_starts_on": "2026-02-02"}
    refused(furnished.call("POST", "/invoices/stage", wrong), "period-not-billed", "period_starts_on")
    done(furnished.call("DELETE", f"/invoices/{staged[1]['invoice_id']}"))
    done(furnished.call("POST", "/invoices/stage", asked))
    assert len(done(furnished.call("GET", "/invoices?contract_id=K1"))["items"]) == 3


def test_a_line_of_another_contracts_obligation_is_refused(furnished: Api) -> None:
    other = CONTRACT | {"contract_id": "K2", "obligations": [CONTRACT["obligations"][0] | {"obligation_id": "X1"}]}  # type: ignore[index, operator]
    done(furnished.call("POST", f"{OPS}/create", other))
    body: dict[str, Any] = STAGE | {"customer_id": "C1", "currency": "USD", "due_on": "2026-02-01", "contract_id": "K1"}
    answer = furnished.call("POST", "/invoices/stage", body | {"lines": [{"unit_amount": "1", "obligation_id": "X1"}]})
    refused(answer, "obligation-differs", "lines.0.obligation_id")


def test_a_won_deal_is_billed_once_from_its_accepted_quote(furnished: Api) -> None:
    deal = {"deal_id": "D1", "created_at": "2026-01-01T09:00:00Z", "stage": "proposal", "customer_id": "C1"}
    done(furnished.call("POST", "/deals", deal | {"currency": "USD", "risk": "low"}))
    body = STAGE | {"deal_id": "D1"}
    refused(furnished.call("POST", "/invoices/stage", body), "deal-not-billable", "deal_id")
    quote = {
        "currency": "USD",
        "payment_terms_days": 30,
        "lines": [{"unit_amount": "80.00", "quantity": "3", "discount_percent": "10", "description": "seats"}],
    }
    done(furnished.call("POST", "/deals/D1/quote", quote))
    won = {"closed_at": "2026-01-03T09:00:00Z", "closed_on": "2026-01-03"}
    done(furnished.call("POST", "/deals/D1/win", won))
    with furnished.database.transaction("acme", "test") as unit:
        from sqlalchemy import select

        assert unit.session.scalars(select(Quote).where(Quote.tenant_id == "acme")).one().status in (
            "approved",
            "signed",
        )
    staged = done(furnished.call("POST", "/invoices/stage", body))
    assert (staged["total"], staged["due_on"], staged["deal_id"]) == ("216.00", "2026-02-09", "D1")
    assert staged["lines"][0]["description"] == "seats"
    status, problem = furnished.call("POST", "/invoices/stage", body)
    assert staged["invoice_id"] in problem["detail"]
    refused((status, problem), "already-staged", "deal_id")
    done(furnished.as_role("approver").call("POST", f"/invoices/{staged['invoice_id']}/approve"))
    done(furnished.call("POST", f"/invoices/{staged['invoice_id']}/post", {}))
    done(furnished.call("POST", f"/invoices/{staged['invoice_id']}/void", {"voided_on": "2026-01-12"}))
    done(furnished.call("POST", "/invoices/stage", body))


def test_two_who_bill_a_deal_at_once_make_one_invoice(furnished: Api) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        period = STAGE | {"contract_id": "K1", "period_starts_on": "2026-01-01"}
        answers = list(pool.map(lambda _: furnished.call("POST", "/invoices/stage", period)[0], range(4)))
    assert sorted(answers) == [201, 409, 409, 409]
