"""Quotes over HTTP: judged at once, every reason named, one open quote a deal, approved by others than who asked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.core.conftest import NOW, Api
from tests.integration.core.desk import approvals, approve, deal, done, line, quote, refused, with_deal
from transactional_api.approvals.jobs import escalate_overdue
from transactional_api.approvals.tables import ApprovalRequest, ApprovalStep
from transactional_api.kit.clock import FixedClock
from transactional_api.kit.errors import ConstraintBroken, KeyTaken
from transactional_api.quotes import repository
from transactional_api.quotes.tables import Quote, QuoteLine
from transactional_api.signatures.tables import Envelope

PARALLEL = {"policy_id": "PAR", "name": "At once", "template": "parallel_review"}


@pytest.mark.covers("POST /deals/{deal_id}/quote")
@pytest.mark.covers("GET /deals/{deal_id}/quotes")
def test_a_quote_within_policy_is_approved_at_once(api: Api) -> None:
    with_deal(api)
    lines = [
        line("30", description="for Ada", service_starts_on="2026-03-01", service_ends_on="2027-02-28"),
        {"unit_amount": "0.99", "quantity": "3", "discount_percent": "20", "description": "setup"},
    ]
    made = quote(api, "D1", *lines, payment_terms_days=60, valid_until="2026-03-15", billing_interval="year")
    assert (made["status"], made["verdict"], made["violations"], made["quote_no"]) == ("approved", "pass", [], 1)
    assert (made["total"], made["lines"][0]["discount"], made["lines"][1]["net_amount"]) == ("702.38", "300.00", "2.38")
    assert (made["policy_id"], len(made["policy_sha256"])) == (None, 64)
    assert done(api.call("GET", "/deals/D1/quotes"))["items"] == [made]
    assert deal(api)["quote_sent_at"] == made["approved_at"] == "2026-03-01T12:00:00.000000Z"
    (entry,) = api.log("quotes", made["quote_id"])
    assert entry.operation == "insert"
    assert "Ada" not in str([one.after_json for one in api.log("quote_lines")])


def test_a_blocked_quote_names_every_reason(api: Api) -> None:
    with_deal(api, risk="high")
    made = quote(api, "D1", line("51"), line(product_id=None), payment_terms_days=90)
    assert (made["status"], made["approval_request_id"], made["approved_at"]) == ("blocked", None, None)
    assert [(one["rule_id"], one["outcome"], one["line_no"]) for one in made["violations"]] == [
        ("discount-high", "route", 1),
        ("discount-deep", "route", 1),
        ("payment-terms", "route", None),
        ("minimum-price", "block", 1),
    ]
    assert deal(api)["quote_sent_at"] is None
    assert approvals(api) == []
    assert api.log("quotes")[0].after_json is not None
    assert '"status":"blocked"' in str(api.log("quotes")[0].after_json)


@pytest.mark.parametrize(("risk", "limit"), [("low", 30), ("medium", 20), ("high", 10), (None, 10)])
def test_the_limit_follows_the_risk_exactly(api: Api, risk: str | None, limit: int) -> None:
    with_deal(api, risk=risk)
    assert quote(api, "D1", line(str(limit)))["status"] == "approved"
    assert quote(api, "D1", line(f"{limit}.000001"))["status"] == "pending_approval"


@pytest.mark.covers("POST /deals/{deal_id}/approvals")
@pytest.mark.covers("GET /deals/{deal_id}/approvals")
def test_approvers_are_asked_one_after_the_other_and_the_last_one_approves_the_quote(api: Api) -> None:
    with_deal(api)
    sales, finance, boss = (api.as_account(login, login) for login in ("sales", "finance", "approver"))
    made = quote(sales, "D1", line("45"))
    assert made["status"] == "pending_approval"
    refused(approve(boss), 403, "not-asked")
    going_on = done(approve(finance, comment="Ada is a good customer"))
    assert (going_on["status"], [step["status"] for step in going_on["steps"]]) == ("pending", ["approved", "open"])
    assert deal(api)["quote_sent_at"] is None
    decided = done(approve(boss))
    assert decided["status"] == "approved"
    (shown,) = approvals(api)
    assert shown == decided
    assert [(one["happened"], one["step_no"]) for one in shown["history"]] == [
        ("requested", None),
        ("opened", 1),
        ("approved", 1),
        ("opened", 2),
        ("approved", 2),
    ]
    assert shown["history"][2]["comment"] == "Ada is a good customer"
    (kept,) = done(api.call("GET", "/deals/D1/quotes"))["items"]
    assert (kept["status"], deal(api)["quote_sent_at"]) == ("approved", kept["approved_at"])
    assert [entry.operation for entry in api.log("approval_requests")] == ["insert", "update"]
    events = api.log("approval_events")
    assert len(events) == 5
    assert "good customer" not in str([one.after_json for one in events])
    assert events[2].personal_fields == '["comment"]'
    refused(approve(boss), 409, "nothing-to-decide")


def test_at_once_means_in_any_order(api: Api) -> None:
    with_deal(api)
    done(api.call("POST", "/policies", PARALLEL))
    done(api.call("POST", "/policies/PAR/activate", {}))
    finance, boss = (api.as_account(login, login) for login in ("finance", "approver"))
    quote(api, "D1", line("45"))
    assert done(approve(boss))["status"] == "pending"
    refused(approve(boss, step_no=2), 409, "step-not-open", "step_no")
    refused(approve(boss), 403, "not-asked")
    refused(approve(finance, step_no=9), 404, "step-not-found", "step_no")
    assert done(approve(finance))["status"] == "approved"


def test_a_reject_ends_the_request_and_the_quote(api: Api) -> None:
    with_deal(api)
    finance = api.as_role("finance")
    quote(api, "D1", line("45"))
    rejected = done(api.as_role("finance").call("POST", "/deals/D1/approvals", {"decision": "reject", "comment": "no"}))
    assert (rejected["status"], [step["status"] for step in rejected["steps"]]) == ("rejected", ["rejected", "skipped"])
    assert done(api.call("GET", "/deals/D1/quotes"))["items"][0]["status"] == "rejected"
    assert deal(api)["quote_sent_at"] is None
    refused(approve(finance), 409, "nothing-to-decide")


def test_nobody_approves_their_own_request_with_any_key_of_theirs(api: Api) -> None:
    with_deal(api)
    boss = api.as_account("boss", "admin")
    quote(boss, "D1", line("35"))
    refused(approve(boss), 403, "approves-own-request")
    key = done(boss.call("POST", "/api-keys", {"name": "mine", "roles": ["finance"]}))["key"]
    mine = api.as_role("finance")
    mine.key = key
    refused(approve(mine), 403, "approves-own-request")
    assert approvals(api)[0]["status"] == "pending"


def test_a_key_that_a_key_made_is_no_other_person(api: Api) -> None:
    with_deal(api)
    quote(api, "D1", line("35"))
    child = api.as_role("finance")
    child.key = done(api.call("POST", "/api-keys", {"name": "child", "roles": ["admin"]}))["key"]
    refused(approve(child), 403, "approves-own-request")
    grandchild = api.as_role("finance")
    grandchild.key = done(child.call("POST", "/api-keys", {"name": "grandchild", "roles": ["finance"]}))["key"]
    refused(approve(grandchild), 403, "approves-own-request")
    assert done(approve(api.as_role("finance")))["status"] == "approved"


@pytest.mark.covers("POST /approval-delegations")
@pytest.mark.covers("GET /approval-delegations")
@pytest.mark.covers("POST /approval-delegations/{delegation_id}/revoke")
def test_a_delegate_decides_for_whoever_is_asked_on_the_days_agreed(api: Api) -> None:
    with_deal(api)
    finance, boss = api.as_account("fin", "finance"), api.as_account("boss", "approver")
    body = {"delegation_id": "DE", "to_account_id": boss.account_id, "starts_on": "2026-03-01", "ends_on": "2026-03-02"}
    made = done(finance.call("POST", "/approval-delegations", body))
    assert (made["from_account_id"], made["revoked_at"]) == (finance.account_id, None)
    assert done(api.call("GET", f"/approval-delegations?account_id={boss.account_id}"))["items"] == [made]
    quote(api, "D1", line("35"))
    decided = done(approve(boss))
    assert (decided["status"], decided["steps"][0]["decided_for"]) == ("approved", finance.account_id)
    assert decided["history"][-1]["for_account_id"] == finance.account_id
    quote(api, "D1", line("36"))
    api.database.clock = FixedClock(NOW + timedelta(days=1))
    boss_later = api.as_account("boss2", "approver")
    refused(approve(boss_later), 403, "not-asked")
    api.database.clock = FixedClock(NOW)
    assert done(finance.call("POST", "/approval-delegations/DE/revoke"))["revoked_at"] is not None
    refused(approve(boss), 403, "not-asked")
    assert [entry.operation for entry in api.log("approval_delegations", "DE")] == ["insert", "update"]


def test_a_delegation_is_over_on_its_last_day(api: Api) -> None:
    with_deal(api)
    finance, boss = api.as_account("fin", "finance"), api.as_account("boss", "approver")
    body = {"to_account_id": boss.account_id, "starts_on": "2026-02-01", "ends_on": "2026-03-01"}
    done(finance.call("POST", "/approval-delegations", body))
    quote(api, "D1", line("35"))
    refused(approve(boss), 403, "not-asked")


def test_a_delegation_does_not_get_anybody_around_the_law(api: Api) -> None:
    with_deal(api)
    asker, boss = api.as_account("asker", "admin"), api.as_account("boss", "approver")
    body = {"to_account_id": boss.account_id, "starts_on": "2026-03-01", "ends_on": "2026-04-01"}
    done(asker.call("POST", "/approval-delegations", body))
    quote(asker, "D1", line("35"))
    refused(approve(boss), 403, "approves-own-request")
    back = {"to_account_id": asker.account_id, "starts_on": "2026-03-01", "ends_on": "2026-04-01"}
    done(boss.call("POST", "/approval-delegations", back))
    refused(approve(asker), 403, "approves-own-request")


def test_delegations_are_refused_by_their_field(api: Api, other_api: Api) -> None:
    finance, sales = api.as_account("fin", "finance"), api.as_account("sal", "sales")
    days = {"starts_on": "2026-03-01", "ends_on": "2026-04-01"}
    for body, status, law, field in (
        ({"to_account_id": finance.account_id}, 422, "delegation-refused", "to_account_id"),
        ({"to_account_id": sales.account_id}, 422, "delegation-refused", "to_account_id"),
        ({"to_account_id": "nobody"}, 404, "account-not-found", "to_account_id"),
        ({"to_account_id": "x", "from_account_id": sales.account_id}, 403, "delegation-of-others", "from_account_id"),
    ):
        refused(finance.call("POST", "/approval-delegations", days | body), status, law, field)
    boss = api.as_account("boss", "approver")
    empty = {"to_account_id": boss.account_id, "starts_on": "2026-03-01", "ends_on": "2026-03-01"}
    refused(finance.call("POST", "/approval-delegations", empty), 422, "delegation-refused", "ends_on")
    keyed = days | {"to_account_id": boss.account_id}
    refused(api.call("POST", "/approval-delegations", keyed), 422, "delegation-refused", "from_account_id")
    made = done(api.call("POST", "/approval-delegations", keyed | {"from_account_id": finance.account_id}))
    path = f"/approval-delegations/{made['delegation_id']}/revoke"
    refused(other_api.call("POST", path), 404, "delegation-not-found", "delegation_id")
    assert sales.call("POST", "/approval-delegations", keyed)[0] == 403


def test_after_the_deadline_the_escalation_role_may_decide_as_well(api: Api) -> None:
    with_deal(api)
    rule = {"rule_id": "r", "when": {"discount_percent": "> 1"}, "outcome": "route", "message": "m", "approvers": ["f"]}
    who = {"name": "f", "role": "finance", "deadline_hours": 4, "escalation_role": "approver"}
    done(
        api.call("POST", "/policies", {"policy_id": "E", "name": "E", "content": {"rules": [rule], "approvers": [who]}})
    )
    done(api.call("POST", "/policies/E/activate", {}))
    quote(api, "D1", line("5"))
    assert approvals(api)[0]["steps"][0]["due_at"] == "2026-03-01T16:00:00.000000Z"
    boss = api.as_account("boss", "approver")
    refused(approve(boss), 403, "not-asked")
    api.database.clock = FixedClock(NOW + timedelta(hours=4, seconds=-1))
    assert escalate_overdue(api.database) == 0
    api.database.clock = FixedClock(NOW + timedelta(hours=4))
    assert escalate_overdue(api.database) == 1
    assert escalate_overdue(api.database) == 0
    assert approvals(api)[0]["history"][-1]["happened"] == "escalated"
    assert api.log("approval_steps")[-1].actor == "job:approvals"
    api.database.clock = FixedClock(NOW)
    assert done(approve(boss))["status"] == "approved"


def test_a_new_quote_takes_the_place_of_the_open_one(api: Api) -> None:
    with_deal(api)
    quote(api, "D1", line("35"), quote_id="Q1")
    quote(api, "D1", line("10"), quote_id="Q2")
    quote(api, "D1", line("60"), quote_id="Q3")
    rows = done(api.call("GET", "/deals/D1/quotes"))["items"]
    statuses = {row["quote_id"]: row["status"] for row in rows}
    assert statuses == {"Q1": "superseded", "Q2": "superseded", "Q3": "blocked"}
    assert approvals(api)[0]["status"] == "withdrawn"
    assert approvals(api)[0]["history"][-1]["happened"] == "withdrawn"
    refused(approve(api.as_role("finance")), 409, "nothing-to-decide")
    with api.database.read("acme") as unit:
        assert repository.accepted(unit.session, "D1") is None


def test_the_accepted_quote_is_what_an_invoice_needs(api: Api) -> None:
    with_deal(api)
    quote(api, "D1", line("10"), quote_id="Q1", payment_terms_days=14)
    with api.database.read("acme") as unit:
        found = repository.accepted(unit.session, "D1")
        assert found is not None
        assert (found.quote_id, found.currency, found.payment_terms_days) == ("Q1", "USD", 14)
        (row,) = found.lines
        assert (row.line_no, row.unit_amount_minor, row.discount_minor, row.net_minor) == (1, 10000, 10000, 90000)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"lines": []}, 422, "lines"),
        ({"lines": [{"unit_amount": "1.001"}]}, 422, "lines.0.unit_amount"),
        ({"lines": [{"unit_amount": "-1"}]}, 422, "lines.0.quantity"),
        ({"lines": [{"unit_amount": 1.5}]}, 422, "lines.0.unit_amount"),
        ({"lines": [{"unit_amount": "1", "discount_percent": "100.1"}]}, 422, "lines.0.discount_percent"),
        ({"lines": [{"unit_amount": "1", "discount_percent": "30.0000001"}]}, 422, "lines.0.discount_percent"),
        ({"lines": [{"unit_amount": "1", "product_id": "none"}]}, 404, "lines.0.product_id"),
        ({"lines": [{"unit_amount": "1", "colour": "red"}]}, 422, "lines.0.colour"),
        ({"lines": [{"unit_amount": "1"}], "currency": "ZZZ"}, 422, "currency"),
        ({"lines": [{"unit_amount": "1"}], "valid_until": "2026-03-01"}, 422, "valid_until"),
        ({"lines": [{"unit_amount": "1"}], "payment_terms_days": -1}, 422, "payment_terms_days"),
    ],
)
def test_an_impossible_quote_is_refused_by_its_field_and_leaves_nothing(
    api: Api, body: dict[str, Any], status: int, field: str
) -> None:
    with_deal(api)
    got, problem = api.call("POST", "/deals/D1/quote", body)
    assert (got, problem["errors"][0]["field"]) == (status, field)
    assert done(api.call("GET", "/deals/D1/quotes"))["items"] == []


def test_a_closed_deal_is_not_quoted_and_a_lost_one_not_approved(api: Api) -> None:
    with_deal(api)
    quote(api, "D1", line("35"))
    lost = {"closed_at": "2026-03-01T10:00:00Z", "closed_on": "2026-03-01"}
    done(api.call("POST", "/deals/D1/lose", lost))
    refused(api.call("POST", "/deals/D1/quote", {"lines": [line()]}), 409, "deal-closed")
    refused(approve(api.as_role("finance")), 409, "deal-lost")


def test_other_tenants_and_roles_are_kept_out(api: Api, other_api: Api) -> None:
    with_deal(api)
    quote(api, "D1", line("35"))
    for method, path, body in (
        ("POST", "/deals/D1/quote", {"lines": [line()], "currency": "USD"}),
        ("GET", "/deals/D1/quotes", None),
        ("POST", "/deals/D1/approvals", {"decision": "approve"}),
        ("GET", "/deals/D1/approvals", None),
    ):
        refused(other_api.call(method, path, body), 404, "deal-not-found", "deal_id")
    assert approve(api.as_role("sales"))[0] == 403
    assert api.as_role("approver").call("POST", "/deals/D1/quote", {"lines": [line()]})[0] == 403
    assert len(done(api.call("GET", "/deals/D1/quotes"))["items"]) == 1


def test_the_same_key_makes_one_quote(api: Api) -> None:
    with_deal(api)
    body = {"lines": [line("35")]}
    first = api.call("POST", "/deals/D1/quote", body, key="k")
    assert api.call("POST", "/deals/D1/quote", body, key="k") == first
    assert len(done(api.call("GET", "/deals/D1/quotes"))["items"]) == 1
    assert len(approvals(api)) == 1


def test_quotes_made_at_once_leave_one_open(api: Api) -> None:
    with_deal(api)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: api.call("POST", "/deals/D1/quote", {"lines": [line(str(n))]}), range(6)))
    assert {status for status, _ in answers} == {201}
    rows = done(api.call("GET", "/deals/D1/quotes"))["items"]
    assert sorted(row["quote_no"] for row in rows) == [1, 2, 3, 4, 5, 6]
    assert [row["status"] for row in rows].count("approved") == 1
    assert api.database.verify_chain("acme").holds


def test_a_step_is_decided_once_even_at_the_same_moment(api: Api) -> None:
    with_deal(api)
    quote(api, "D1", line("35"))
    approvers = [api.as_role("finance") for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(approve, approvers))
    assert sorted(status for status, _ in answers) == [200] + [409] * 4
    assert [one["happened"] for one in approvals(api)[0]["history"]].count("approved") == 1


def _quote(**values: Any) -> Quote:
    facts = {"quote_id": "QX", "deal_id": "D1", "quote_no": 9, "status": "approved", "verdict": "pass"}
    money = {"currency": "USD", "total_minor": 1, "payment_terms_days": 30, "facts": "{}", "policy_sha256": "0" * 64}
    when = {"valid_until": NOW.date(), "created_at": NOW, "created_by": "x", "approved_at": NOW}
    return Quote(**facts | money | when | values)


def _envelope(**values: Any) -> Envelope:
    facts = {"envelope_id": "EX", "deal_id": "D1", "quote_id": "Q1", "provider": "local", "status": "sent"}
    when = {"document_sha256": "0" * 64, "created_at": NOW, "created_by": "x", "expires_at": NOW + timedelta(days=1)}
    return Envelope(**facts | when | values)


@pytest.mark.parametrize(
    "row",
    [
        _quote,
        lambda: _quote(status="superseded", quote_no=1),
        lambda: _quote(status="blocked"),
        lambda: _quote(status="superseded", verdict="route"),
        lambda: _quote(status="superseded", verdict="block"),
        lambda: _quote(status="superseded", total_minor=-1),
        lambda: _quote(status="superseded", deal_id="none"),
        lambda: _quote(status="superseded", policy_id="none"),
        lambda: QuoteLine(
            quote_id="Q1",
            line_no=9,
            quantity=Decimal(1),
            unit_amount_minor=1,
            discount_percent=Decimal(101),
            discount_minor=0,
            net_minor=1,
        ),
        lambda: _envelope(status="signed"),
        lambda: _envelope(status="signed", signed_at=NOW),
        lambda: _envelope(signature="x", signer_digest="x", public_key="x"),
        lambda: _envelope(expires_at=NOW),
        lambda: ApprovalRequest(
            request_id="R",
            subject_kind="quote",
            subject_id="Q1",
            status="approved",
            requested_by="x",
            requested_principal="x",
            requested_at=NOW,
        ),
        lambda: ApprovalStep(request_id="R", step_no=1, position=1, name="nobody", status="waiting"),
    ],
)
def test_the_database_refuses_what_the_services_would_have_refused(api: Api, row: Any) -> None:
    with_deal(api)
    quote(api, "D1", line(), quote_id="Q1")
    with pytest.raises((ConstraintBroken, KeyTaken)), api.database.transaction("acme", "test") as unit:
        unit.session.add(row())
