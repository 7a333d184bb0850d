"""Invoices over HTTP: staged, approved, posted, corrected, void; and what is refused."""

from typing import Any

import pytest

from tests.integration.core.conftest import Api
from transactional_api.database import Database

CUSTOMER = {"customer_id": "C1", "name": "Ada Lovelace", "created_on": "2026-01-01", "currency": "USD"}
LINE = {"line_id": "L1", "unit_amount": "100.00", "tax_rate": "0.19", "description": "for Ada's garden"}
INVOICE = {
    "invoice_id": "I1",
    "customer_id": "C1",
    "issued_on": "2026-01-10",
    "due_on": "2026-02-09",
    "currency": "USD",
    "lines": [LINE],
}
PAYMENT = {"payment_id": "P1", "customer_id": "C1", "received_on": "2026-01-20", "amount": "119.00", "currency": "USD"}


def done(answer: tuple[int, Any]) -> Any:
    assert answer[0] in (200, 201, 204), answer
    return answer[1]


def refused(answer: tuple[int, Any], law: str, field: str | None = None) -> None:
    assert answer[1]["type"] == f"urn:revhouse:problem:{law}", answer
    if field is not None:
        assert [error["field"] for error in answer[1]["errors"]] == [field]


def post(api: Api, invoice_id: str = "I1", **values: Any) -> Any:
    """Staged by one, approved by another, posted."""
    done(api.call("POST", "/invoices/stage", INVOICE | {"invoice_id": invoice_id} | values))
    done(api.as_role("approver").call("POST", f"/invoices/{invoice_id}/approve"))
    return done(api.call("POST", f"/invoices/{invoice_id}/post", {}))


def outstanding(api: Api, invoice_id: str = "I1") -> str:
    return str(done(api.call("GET", f"/invoices/{invoice_id}"))["outstanding"])


@pytest.fixture
def furnished(api: Api) -> Api:
    done(api.call("POST", "/api/v1/customers", CUSTOMER))
    return api


@pytest.mark.covers("POST /invoices/stage")
@pytest.mark.covers("GET /invoices/{invoice_id}")
@pytest.mark.covers("GET /invoices")
def test_a_draft_shows_what_posting_it_would_write(furnished: Api) -> None:
    lines = [LINE, {"line_id": "L2", "unit_amount": "50.00", "service_starts_on": "2026-01-01"}]
    lines[1]["service_ends_on"] = "2026-01-31"
    done(furnished.call("POST", "/invoices/stage", INVOICE | {"lines": lines}))
    shown = done(furnished.call("GET", "/invoices/I1"))
    assert (shown["status"], shown["net"], shown["tax"], shown["total"]) == ("draft", "150.00", "19.00", "169.00")
    assert shown["outstanding"] == "0.00"
    assert [(one["tax_code"], one["tax_rate"], one["net"], one["tax"]) for one in shown["taxes"]] == [
        ("standard", "0", "50.00", "0.00"),
        ("standard", "0.19", "100.00", "19.00"),
    ]
    assert [(one["account_name"], one["debit"], one["credit"]) for one in shown["journal"]] == [
        ("Accounts receivable", "169.00", "0.00"),
        ("Revenue", "0.00", "100.00"),
        ("Tax payable", "0.00", "19.00"),
        ("Deferred revenue", "0.00", "50.00"),
    ]
    assert shown["postings"] == []
    listed = done(furnished.call("GET", "/invoices?status=draft&customer_id=C1"))["items"]
    assert [one["invoice_id"] for one in listed] == ["I1"]
    [entry] = furnished.log("invoices", "I1")
    assert (entry.operation, '"status":"draft"' in str(entry.after_json)) == ("insert", True)


def test_what_a_line_describes_is_never_in_the_log(furnished: Api) -> None:
    done(furnished.call("POST", "/invoices/stage", INVOICE))
    [entry] = furnished.log("invoice_lines", "L1")
    assert "garden" not in str(entry.after_json)
    assert entry.personal_fields == '["description"]'
    done(furnished.call("POST", "/api/v1/customers/C1/erase", {"reason": "other"}))
    assert done(furnished.call("GET", "/invoices/I1"))["lines"][0]["description"] is None


@pytest.mark.covers("POST /invoices/{invoice_id}/approve")
def test_nobody_approves_what_they_staged_also_not_with_another_key(furnished: Api) -> None:
    author = furnished.as_account("ada", "finance")
    done(author.call("POST", "/invoices/stage", INVOICE))
    status, problem = author.call("POST", "/invoices/I1/approve")
    assert status == 403
    refused((status, problem), "approved-by-its-author")
    other = furnished.as_account("grace", "approver")
    done(other.call("POST", "/invoices/I1/approve"))
    shown = done(furnished.call("GET", "/invoices/I1"))
    assert (shown["status"], shown["staged_by"], shown["approved_by"]) == (
        "approved",
        f"account:{author.account_id}",
        f"account:{other.account_id}",
    )
    refused(other.call("POST", "/invoices/I1/approve"), "wrong-invoice-state")
    assert [entry.operation for entry in furnished.log("invoices", "I1")] == ["insert", "update"]


@pytest.mark.covers("POST /invoices/{invoice_id}/post")
def test_only_an_approved_invoice_is_posted_and_its_journal_arrives_once(furnished: Api) -> None:
    done(furnished.call("POST", "/invoices/stage", INVOICE))
    refused(furnished.call("POST", "/invoices/I1/post", {}), "wrong-invoice-state")
    done(furnished.as_role("approver").call("POST", "/invoices/I1/approve"))
    first = furnished.send("POST", "/invoices/I1/post", {"number": "2026-7"}, key="once")
    again = furnished.send("POST", "/invoices/I1/post", {"number": "2026-7"}, key="once")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    refused(furnished.call("POST", "/invoices/I1/post", {}), "wrong-invoice-state")
    shown = done(furnished.call("GET", "/invoices/I1"))
    assert (shown["number"], shown["posted_on"], shown["outstanding"]) == ("2026-7", "2026-01-10", "119.00")
    [posting] = shown["postings"]
    assert (posting["status"], posting["system"], posting["attempts"]) == ("posted", "file", 1)
    home = furnished.client.app.state.settings.home  # type: ignore[attr-defined]
    [file] = (home / "accounting" / "acme").rglob("*.csv")
    rows = file.read_text().splitlines()
    assert rows[1].startswith("2026-01-10,invoice,I1,2026-7,C1,1100,Accounts receivable,,119.00,,USD,")
    assert len(rows) == 4
    assert '"status":"posted"' in str(furnished.log("invoices", "I1")[-1].after_json)


@pytest.mark.covers("POST /invoices/{invoice_id}/void")
def test_a_line_of_keys_that_made_each_other_is_one_person(furnished: Api) -> None:
    done(furnished.call("POST", "/invoices/stage", INVOICE))
    made = done(furnished.call("POST", "/api-keys", {"name": "another", "roles": ["admin"]}))
    another = furnished.as_role("admin")
    another.key = made["key"]
    refused(another.call("POST", "/invoices/I1/approve"), "approved-by-its-author")


def test_a_void_reverses_the_journal_and_leaves_nothing_owed(furnished: Api) -> None:
    post(furnished)
    done(furnished.call("POST", "/invoices/I1/void", {"voided_on": "2026-02-01"}))
    shown = done(furnished.call("GET", "/invoices/I1"))
    assert (shown["status"], shown["outstanding"]) == ("void", "0.00")
    original, reversal = sorted(shown["postings"], key=lambda one: one["reverses"] is not None)
    assert (reversal["status"], reversal["reverses"]) == ("posted", original["posting_id"])
    turned = [(one["account"], one["credit"], one["debit"]) for one in reversal["lines"]]
    assert turned == [(one["account"], one["debit"], one["credit"]) for one in original["lines"]]
    refused(furnished.call("POST", "/invoices/I1/void", {"voided_on": "2026-02-01"}), "wrong-invoice-state")
    assert '"status":"void"' in str(furnished.log("invoices", "I1")[-1].after_json)


def test_what_was_credited_is_not_voided(furnished: Api) -> None:
    post(furnished)
    credit = {"issued_on": "2026-01-15", "amount": "1.00"}
    done(furnished.call("POST", "/invoices/I1/credit-notes", credit))
    refused(furnished.call("POST", "/invoices/I1/void", {"voided_on": "2026-02-01"}), "invoice-corrected")


@pytest.mark.covers("DELETE /invoices/{invoice_id}")
def test_what_is_not_posted_is_discarded_with_its_plan(furnished: Api) -> None:
    for invoice_id in ("I1", "I2"):
        line = LINE | {"line_id": f"L-{invoice_id}"}
        done(furnished.call("POST", "/invoices/stage", INVOICE | {"invoice_id": invoice_id, "lines": [line]}))
    plan = {"instalments": [{"due_on": "2026-02-09", "amount": "119.00"}]}
    done(furnished.call("POST", "/invoices/I1/instalments", plan))
    done(furnished.as_role("approver").call("POST", "/invoices/I2/approve"))
    for invoice_id in ("I1", "I2"):
        assert furnished.call("DELETE", f"/invoices/{invoice_id}") == (204, None)
        assert furnished.call("GET", f"/invoices/{invoice_id}")[0] == 404
        assert furnished.log("invoices", invoice_id)[-1].operation == "delete"
    post(furnished)
    refused(furnished.call("DELETE", "/invoices/I1"), "wrong-invoice-state")


@pytest.mark.covers("POST /invoices/{invoice_id}/credit-notes")
@pytest.mark.covers("GET /invoices/{invoice_id}/credit-notes")
def test_credit_notes_take_off_net_and_tax_but_never_more_than_is_left(furnished: Api) -> None:
    post(furnished)
    first = {"credit_note_id": "N1", "issued_on": "2026-01-15", "amount": "59.50", "reason": "Ada was ill"}
    done(furnished.call("POST", "/invoices/I1/credit-notes", first))
    assert outstanding(furnished) == "59.50"
    too_much = {"issued_on": "2026-01-16", "amount": "59.51"}
    refused(furnished.call("POST", "/invoices/I1/credit-notes", too_much), "credit-exceeds-invoice", "amount")
    too_much_tax = {"issued_on": "2026-01-16", "amount": "59.50", "tax_amount": "9.51"}
    refused(furnished.call("POST", "/invoices/I1/credit-notes", too_much_tax), "credit-exceeds-invoice", "tax_amount")
    too_early = {"issued_on": "2026-01-09", "amount": "1"}
    refused(furnished.call("POST", "/invoices/I1/credit-notes", too_early), "corrected-before-issued", "issued_on")
    rest = {"issued_on": "2026-01-16", "applied_on": "2026-02-01", "amount": "59.50"}
    done(furnished.call("POST", "/invoices/I1/credit-notes", rest))
    notes = done(furnished.call("GET", "/invoices/I1/credit-notes"))["items"]
    assert sorted((one["amount"], one["tax_amount"]) for one in notes) == [("59.50", "9.50"), ("59.50", "9.50")]
    assert outstanding(furnished) == "0.00"
    [entry] = furnished.log("credit_notes", "N1")
    assert "ill" not in str(entry.after_json)
    postings = done(furnished.call("GET", "/accounting/postings?document_id=N1"))["items"]
    assert [(one["account"], one["debit"], one["credit"]) for one in postings[0]["lines"]] == [
        ("2200", "9.50", "0.00"),
        ("1100", "0.00", "59.50"),
        ("4000", "50.00", "0.00"),
    ]


def test_a_paid_invoice_can_be_refunded_and_credited_until_nothing_is_owed(furnished: Api) -> None:
    post(furnished)
    done(furnished.call("POST", "/payments", PAYMENT))
    paid = {"invoice_id": "I1", "allocated_on": "2026-01-20", "amount": "119.00"}
    done(furnished.call("POST", "/payments/P1/allocations", paid))
    assert outstanding(furnished) == "0.00"
    done(furnished.call("POST", "/payments/P1/refunds", {"refunded_on": "2026-02-01", "amount": "119.00"}))
    assert outstanding(furnished) == "119.00"
    done(furnished.call("POST", "/invoices/I1/credit-notes", {"issued_on": "2026-02-01", "amount": "119.00"}))
    assert outstanding(furnished) == "0.00"


@pytest.mark.covers("POST /invoices/{invoice_id}/write-offs")
@pytest.mark.covers("GET /invoices/{invoice_id}/write-offs")
def test_what_is_outstanding_is_written_off_and_no_more(furnished: Api) -> None:
    draft = INVOICE | {"invoice_id": "I0", "lines": [LINE | {"line_id": "L0"}]}
    done(furnished.call("POST", "/invoices/stage", draft))
    body = {"written_off_on": "2026-02-20"}
    refused(furnished.call("POST", "/invoices/I0/write-offs", body), "wrong-invoice-state")
    post(furnished)
    part = body | {"write_off_id": "W1", "amount": "19.00"}
    done(furnished.call("POST", "/invoices/I1/write-offs", part))
    over = body | {"amount": "100.01"}
    refused(furnished.call("POST", "/invoices/I1/write-offs", over), "write-off-exceeds-outstanding", "amount")
    assert done(furnished.call("POST", "/invoices/I1/write-offs", body))["amount"] == "100.00"
    refused(furnished.call("POST", "/invoices/I1/write-offs", body), "write-off-exceeds-outstanding")
    rows = done(furnished.call("GET", "/invoices/I1/write-offs"))["items"]
    assert sorted(row["amount"] for row in rows) == ["100.00", "19.00"]
    assert (outstanding(furnished), len(furnished.log("write_offs", "W1"))) == ("0.00", 1)
    refused(
        furnished.call("POST", "/invoices/I1/credit-notes", {"issued_on": "2026-02-20", "amount": "1"}),
        "credit-exceeds-invoice",
    )


@pytest.mark.covers("POST /invoices/{invoice_id}/instalments")
@pytest.mark.covers("GET /invoices/{invoice_id}/instalments")
def test_instalments_sum_to_the_total_and_are_replaced_as_a_whole(furnished: Api) -> None:
    done(furnished.call("POST", "/invoices/stage", INVOICE))

    def plan(*parts: tuple[str, str]) -> tuple[int, Any]:
        body = {"instalments": [{"due_on": day, "amount": amount} for day, amount in parts]}
        return furnished.call("POST", "/invoices/I1/instalments", body)

    done(plan(("2026-02-09", "60.00"), ("2026-03-09", "59.00")))
    refused(plan(("2026-02-09", "60.00"), ("2026-03-09", "58.99")), "instalments-do-not-sum", "instalments")
    refused(plan(("2026-02-09", "60"), ("2026-02-09", "59")), "instalment-refused", "instalments.1.due_on")
    refused(plan(("2026-01-09", "119")), "instalment-refused", "instalments.0.due_on")
    refused(plan(("2026-02-09", "119"), ("2026-03-09", "0")), "amount-not-positive", "instalments.1.amount")
    done(plan(("2026-03-09", "19.00"), ("2026-04-09", "100.00")))
    shown = done(furnished.call("GET", "/invoices/I1/instalments"))
    assert [(one["due_on"], one["amount"]) for one in shown["instalments"]] == [
        ("2026-03-09", "19.00"),
        ("2026-04-09", "100.00"),
    ]
    operations = [entry.operation for entry in furnished.log("invoice_instalments")]
    assert sorted(operations) == ["delete", "insert", "insert", "insert", "update"]
    assert done(plan())["instalments"] == []


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"lines": None}, 422, "lines"),
        ({"lines": []}, 422, "lines"),
        ({"customer_id": None}, 422, "customer_id"),
        ({"due_on": None}, 422, "due_on"),
        ({"period_starts_on": "2026-01-01"}, 422, "period_starts_on"),
        ({"contract_id": "nothing"}, 404, "contract_id"),
        ({"deal_id": "nothing"}, 404, "deal_id"),
        ({"lines": [LINE | {"obligation_id": "nothing"}]}, 404, "lines.0.obligation_id"),
        ({"lines": None, "deal_id": "nothing"}, 422, "customer_id"),
        ({"lines": None, "customer_id": None, "currency": None, "deal_id": "nothing"}, 404, "deal_id"),
        ({"lines": None, "customer_id": None, "currency": None, "contract_id": "nothing"}, 404, "contract_id"),
    ],
)
def test_a_draft_that_cannot_be_is_refused_by_name(
    furnished: Api, change: dict[str, Any], status: int, field: str
) -> None:
    before = furnished.database.change_log_heads()
    got, problem = furnished.call("POST", "/invoices/stage", INVOICE | change)
    assert (got, [error["field"] for error in problem["errors"]]) == (status, [field])
    assert furnished.database.change_log_heads() == before


def test_another_tenant_finds_none_of_it(furnished: Api, other_api: Api) -> None:
    post(furnished)
    before = furnished.database.change_log_heads()
    for method, path, body in (
        ("GET", "/invoices/I1", None),
        ("POST", "/invoices/I1/approve", None),
        ("POST", "/invoices/I1/post", {}),
        ("POST", "/invoices/I1/void", {"voided_on": "2026-02-01"}),
        ("DELETE", "/invoices/I1", None),
        ("POST", "/invoices/I1/credit-notes", {"issued_on": "2026-02-01", "amount": "1"}),
        ("GET", "/invoices/I1/credit-notes", None),
        ("POST", "/invoices/I1/write-offs", {"written_off_on": "2026-02-01"}),
        ("GET", "/invoices/I1/write-offs", None),
        ("POST", "/invoices/I1/instalments", {"instalments": []}),
        ("GET", "/invoices/I1/instalments", None),
    ):
        assert other_api.call(method, path, body)[0] == 404, path
    assert furnished.database.change_log_heads() == before


@pytest.mark.parametrize(
    ("role", "path"),
    [("approver", "stage"), ("sales", "I1/approve"), ("approver", "I1/post"), ("analyst", "I1/credit-notes")],
)
def test_a_role_without_the_right_is_turned_away(furnished: Api, role: str, path: str) -> None:
    assert furnished.as_role(role).call("POST", f"/invoices/{path}", INVOICE)[0] == 403


def test_the_tables_refuse_an_approval_by_the_author(database: Database, furnished: Api, behind: Any) -> None:
    done(furnished.call("POST", "/invoices/stage", INVOICE))
    with pytest.raises(Exception, match="approved_by_another"):
        behind("UPDATE invoices SET status = 'approved', approved_by = staged_by, approved_at = '2026-01-01T00:00:00Z'")
