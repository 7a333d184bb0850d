"""Money that comes and goes reaches the accounting system: once, balanced, and as much of it as invoices owe."""

import json
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select

from tests.integration.core.conftest import NOW, Api
from tests.integration.core.test_payments import CARD, DAY, invoice, later, made
from transactional_api.accounting import service as accounting
from transactional_api.accounting.dispatch import dispatch_due
from transactional_api.accounting.tables import AccountingPosting
from transactional_api.customers.service import create_customer
from transactional_api.database import Database, UnitOfWork
from transactional_api.invoices import corrections
from transactional_api.invoices import repository as invoice_rows
from transactional_api.invoices import service as invoices
from transactional_api.invoices.rules import NewLine
from transactional_api.invoices.tables import Invoice
from transactional_api.kit import statements as statements_of_the_kit
from transactional_api.kit.errors import DomainError
from transactional_api.payments import processing, refunds, service
from transactional_api.payments.closing import funds_of
from transactional_api.payments.providers.local import SENT_AT, SIGNATURE, webhook_signature
from transactional_api.payments.reconciliation import take_webhook
from transactional_api.payments.rules import reference_of
from transactional_api.receivables.balance import outstanding_minor

CASH, OWED, UNAPPLIED = "cash", "receivable", "unapplied_payments"


@pytest.fixture
def shop(api: Api) -> Api:
    made(api, "POST", "/api/v1/customers", {"customer_id": "C1", "name": "Ada", "created_on": "2026-01-01"})
    return api


def journals(api: Api, *kinds: str) -> list[dict[str, str]]:
    """Of documents of these kinds, oldest first: by purpose, debit less credit."""
    with api.database.read(api.tenant_id) as unit:
        rows = unit.session.scalars(select(AccountingPosting).order_by(AccountingPosting.created_at))
        return [legs(row) for row in rows if row.tenant_id == api.tenant_id and row.document_kind in kinds]


def legs(posting: AccountingPosting) -> dict[str, str]:
    lines = accounting.document_of(posting).lines
    return {line.purpose: str(Decimal(line.debit_minor - line.credit_minor) / 100) for line in lines}


def recorded(api: Api, amount: str = "100.00", **values: Any) -> None:
    body = {"payment_id": "P1", "customer_id": "C1", "received_on": DAY, "amount": amount, "currency": "USD"}
    made(api, "POST", "/payments", body | values)


def allocated(api: Api, amount: str, invoice_id: str = "I1") -> None:
    made(api, "POST", "/payments/P1/allocations", {"invoice_id": invoice_id, "allocated_on": DAY, "amount": amount})


def test_a_payment_posts_what_it_closes_and_the_rest_as_unapplied(shop: Api) -> None:
    invoice(shop, "I1")
    made(shop, "POST", "/payments/process", CARD | {"amount": "130.00", "invoice_id": "I1"}, key="k")
    made(shop, "POST", "/payments/process", CARD | {"amount": "130.00", "invoice_id": "I1"}, key="k")
    assert journals(shop, "payment") == [{CASH: "130", OWED: "-100", UNAPPLIED: "-30"}]
    made(shop, "POST", "/payments/process", CARD | {"payment_id": "P2", "method": "card_declined"})
    assert len(journals(shop, "payment")) == 1


def test_an_allocation_and_its_taking_back_move_money_between_unapplied_and_owed(shop: Api) -> None:
    invoice(shop, "I1")
    recorded(shop)
    for _ in range(2):
        allocated(shop, "40.00")
        made(shop, "DELETE", f"/payments/P1/allocations/I1/{DAY}")
    assert journals(shop, "payment") == [{CASH: "100", UNAPPLIED: "-100"}]
    moves = Counter(tuple(sorted(one.items())) for one in journals(shop, "allocation"))
    assert moves == {
        ((OWED, "-40"), (UNAPPLIED, "40")): 2,
        ((OWED, "40"), (UNAPPLIED, "-40")): 2,
    }
    page = made(shop, "GET", "/accounting/postings")["items"]
    assert {one["number"] for one in page if one["document_kind"] == "allocation"} == {"P1"}


def test_money_that_a_person_expects_is_posted_when_it_arrives_and_not_when_it_fails(shop: Api) -> None:
    recorded(shop, status="pending")
    recorded(shop, payment_id="P2", status="pending")
    assert journals(shop, "payment") == []
    made(shop, "POST", "/payments/P1/succeed", {"received_on": "2026-02-03"})
    made(shop, "POST", "/payments/P2/fail")
    [row] = made(shop, "GET", "/accounting/postings?document_id=P1")["items"]
    assert (row["posted_on"], journals(shop, "payment")) == ("2026-02-03", [{CASH: "100", UNAPPLIED: "-100"}])


def test_a_refund_takes_unapplied_money_first_and_opens_what_it_reopens(shop: Api) -> None:
    invoice(shop, "I1")
    recorded(shop, "130.00")
    allocated(shop, "100.00")
    made(shop, "POST", "/payments/P1/refunds", {"amount": "50.00"})
    assert journals(shop, "refund") == [{CASH: "-50", OWED: "20", UNAPPLIED: "30"}]


def test_a_chargeback_posts_when_it_is_opened_and_back_when_it_is_won(shop: Api) -> None:
    invoice(shop, "I1")
    recorded(shop)
    allocated(shop, "100.00")
    for chargeback_id, outcome in (("B1", "won"), ("B2", "lost")):
        made(shop, "POST", "/payments/P1/chargebacks", {"chargeback_id": chargeback_id, "amount": "60.00"})
        made(shop, "POST", f"/payments/P1/chargebacks/{chargeback_id}/resolve", {"outcome": outcome})
    assert journals(shop, "chargeback") == [{CASH: "-60", OWED: "60"}] * 2
    assert journals(shop, "chargeback_won") == [{CASH: "60", OWED: "-60"}]


def test_a_rollback_posts_back_what_came_and_nothing_if_nothing_came(shop: Api) -> None:
    invoice(shop, "I1")
    made(shop, "POST", "/payments/process", CARD | {"amount": "130.00", "invoice_id": "I1"})
    made(shop, "POST", "/payments/P1/rollback")
    recorded(shop, payment_id="P2", status="pending")
    made(shop, "POST", "/payments/P2/rollback")
    assert journals(shop, "payment_rollback") == [{CASH: "-130", OWED: "100", UNAPPLIED: "30"}]


def test_a_late_answer_posts_the_payment_once_however_often_it_is_heard(shop: Api) -> None:
    invoice(shop, "I1")
    late = made(shop, "POST", "/payments/process", CARD | {"method": "time_out_then_success", "invoice_id": "I1"})
    assert (late["status"], journals(shop, "payment")) == ("unknown", [])
    for _ in range(3):
        later(shop, 120)
    assert journals(shop, "payment") == [{CASH: "100", OWED: "-100"}]


def test_a_webhook_posts_the_payment_that_it_settles_once(shop: Api) -> None:
    made(shop, "POST", "/payments/process", CARD | {"method": "action_needed"})
    known = shop.client.app.state.settings  # type: ignore[attr-defined]
    known = known.model_copy(update={"local_payment_webhook_secret": "s3cret"})
    raw = json.dumps({"reference": reference_of("charge", "acme", "P1"), "outcome": "succeeded"}).encode()
    sent_at = str(int(NOW.timestamp()))
    headers = {SENT_AT: sent_at, SIGNATURE: webhook_signature("s3cret", sent_at, raw)}
    for _ in range(2):
        assert take_webhook(shop.database, known, "local", raw, headers)
    assert journals(shop, "payment") == [{CASH: "100", UNAPPLIED: "-100"}]


def test_a_void_invoice_gives_what_was_paid_back_to_the_customer(shop: Api) -> None:
    invoice(shop, "I1")
    recorded(shop)
    allocated(shop, "40.00")
    made(shop, "POST", "/invoices/I1/void", {"voided_on": "2026-02-01"})
    assert journals(shop, "void_allocations") == [{OWED: "40", UNAPPLIED: "-40"}]
    made(shop, "POST", "/payments/P1/refunds", {"amount": "100.00"})
    assert journals(shop, "refund") == [{CASH: "-100", UNAPPLIED: "100"}]


def test_what_is_credited_beyond_what_is_owed_is_the_customers_money(shop: Api) -> None:
    invoice(shop, "I1")
    recorded(shop)
    allocated(shop, "80.00")
    made(shop, "POST", "/invoices/I1/credit-notes", {"issued_on": DAY, "amount": "50.00"})
    [note] = journals(shop, "credit_note")
    assert (note[OWED], note[UNAPPLIED]) == ("-20", "-30")


def test_the_journal_gets_the_accounts_of_the_moment_in_which_it_is_carried_and_keeps_them(shop: Api) -> None:
    recorded(shop)
    made(shop, "PUT", "/accounting/mappings/cash", {"account": "1200", "account_name": "Bank"})
    shown = made(shop, "GET", "/accounting/postings?document_id=P1")["items"][0]
    assert (shown["status"], shown["lines"][0]["account"], shown["lines"][1]["account"]) == ("pending", "1200", "2300")
    app_settings = shop.client.app.state.settings  # type: ignore[attr-defined]
    assert dispatch_due(shop.database, app_settings) == 1
    made(shop, "PUT", "/accounting/mappings/cash", {"account": "1300", "account_name": "Other bank"})
    shown = made(shop, "GET", "/accounting/postings?document_id=P1")["items"][0]
    assert (shown["status"], shown["lines"][0]["account"]) == ("posted", "1200")
    [file] = (app_settings.home / "accounting").rglob("*-payment-*.csv")
    assert "1200,Bank" in file.read_text()


def test_money_of_a_closed_month_counts_in_the_first_open_one(shop: Api) -> None:
    made(shop, "POST", "/api/v1/revenue-ops/periods/2026-01/close", {})
    recorded(shop)
    assert made(shop, "GET", "/accounting/postings?document_id=P1")["items"][0]["posted_on"] == "2026-02-01"


def test_taking_money_asks_the_database_for_one_insert_more(shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the books elsewhere (no system) and with them here, the same payment otherwise."""
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement.split("(", maxsplit=1)[0].split("\n", maxsplit=1)[0])

    def drive(connection: Connection, sql: str, do: Any) -> Any:
        note(connection, None, sql)
        return driven(connection, sql, do)

    driven = statements_of_the_kit._driven
    monkeypatch.setattr(statements_of_the_kit, "_driven", drive)
    from transactional_api.payments.providers.registry import provider_named

    provider = provider_named("local", shop.client.app.state.settings)  # type: ignore[attr-defined]
    counts: dict[str | None, Counter[str]] = {}
    event.listen(shop.database.engine, "before_cursor_execute", note)
    for system in (None, "file"):
        statements.clear()
        with shop.database.transaction(shop.tenant_id, "test") as unit:
            order = {"customer_id": "C1", "amount_minor": 100, "currency": "USD", "method": "card_ok"}
            payment = processing.open_payment(unit, provider, **order)  # type: ignore[arg-type]
            processing.charge_within(unit, provider, payment, system)
        counts[system] = Counter(statements)
    event.remove(shop.database.engine, "before_cursor_execute", note)
    assert [one for one in (counts["file"] - counts[None])] == ["INSERT INTO accounting_postings "]
    assert (counts["file"] - counts[None]).total() == 1


def test_history_that_is_written_without_a_system_posts_nothing(shop: Api) -> None:
    day = date(2026, 1, 20)
    with shop.database.transaction(shop.tenant_id, "test") as unit:
        owed = {"issued_on": day, "due_on": day, "currency": "USD", "lines": [NewLine(10_000)]}
        invoices.stage_invoice(unit, invoice_id="I1", customer_id="C1", **owed)  # type: ignore[arg-type]
        invoices.post_invoice(unit, "I1", needs_approval=False)
        came = {"received_on": day, "amount_minor": 10_000, "currency": "USD"}
        service.record_payment(unit, payment_id="P1", customer_id="C1", **came)  # type: ignore[arg-type]
        service.allocate(unit, "P1", "I1", allocated_on=day, amount_minor=5_000)
    assert made(shop, "GET", "/accounting/postings")["items"] == []


OFTEN = ("allocate", "allocate", "allocate", "credit", "refund", "chargeback")
VERBS = (*OFTEN, "take_back", "win", "roll_back", "write_off", "void")
STEP = st.tuples(st.sampled_from(VERBS), st.integers(0, 1), st.integers(0, 1), st.integers(1, 150), st.booleans())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    totals=st.lists(st.integers(100, 300), min_size=1, max_size=2),
    funds=st.lists(st.integers(100, 400), min_size=1, max_size=2),
    steps=st.lists(STEP, min_size=8, max_size=16),
)
def test_the_ledgers_receivable_is_what_posted_invoices_owe_after_any_sequence(
    database: Database, totals: list[int], funds: list[int], steps: list[tuple[str, int, int, int, bool]]
) -> None:
    tenant, day = f"t{uuid4()}", date(2026, 1, 1)
    with database.transaction(tenant, "test") as unit:
        create_customer(unit, customer_id="C", name="x", created_on=day)
        for at, total in enumerate(totals):
            owed = {"issued_on": day, "due_on": day, "currency": "USD", "lines": [NewLine(total)]}
            invoices.stage_invoice(unit, invoice_id=f"I{at}", customer_id="C", **owed)  # type: ignore[arg-type]
            invoices.post_invoice(unit, f"I{at}", needs_approval=False, system="file")
        for at, amount in enumerate(funds):
            came = {"received_on": day, "amount_minor": amount, "currency": "USD", "system": "file"}
            service.record_payment(unit, payment_id=f"P{at}", customer_id="C", **came)  # type: ignore[arg-type]
    for number, (verb, payment, owing, minor, named) in enumerate(steps, start=1):
        on = day + timedelta(days=number)
        try:
            with database.transaction(tenant, "test") as unit:
                step(unit, verb, f"P{payment % len(funds)}", f"I{owing % len(totals)}", minor, on, number, named)
        except DomainError:
            pass
        with database.read(tenant) as unit:
            check(unit, funds)


def step(
    unit: UnitOfWork, verb: str, payment_id: str, invoice_id: str, minor: int, on: date, number: int, named: bool
) -> None:
    """One event; `named` says whether a refund names its invoice."""
    to = "file"
    back = {"amount_minor": minor, "invoice_id": invoice_id if named else None, "system": to}
    if verb == "allocate":
        funds = funds_of(service.get_payment(unit, payment_id))
        open_minor = outstanding_minor(unit, invoices.get_invoice(unit, invoice_id))
        minor = min(max(minor, 80), funds.amount_minor - funds.used_minor, open_minor)
        service.allocate(unit, payment_id, invoice_id, allocated_on=on, amount_minor=minor, system=to)
    elif verb == "take_back":
        for row in service.get_payment(unit, payment_id).allocations[:1]:
            service.take_back_allocation(unit, payment_id, row.invoice_id, allocated_on=row.allocated_on, system=to)
    elif verb == "refund":
        refunds.begin_refund(unit, payment_id, refunded_on=on, **back)  # type: ignore[arg-type]
    elif verb == "chargeback":
        refunds.open_chargeback(unit, payment_id, opened_on=on, **back)  # type: ignore[arg-type]
    elif verb == "win":
        for one in service.get_payment(unit, payment_id).refunds:
            if one.status == "open":
                won = {"outcome": "won" if named else "lost", "resolved_on": on, "system": to}
                refunds.resolve_chargeback(unit, payment_id, one.refund_id, **won)  # type: ignore[arg-type]
                break
    elif verb == "roll_back":
        processing.roll_back_within(unit, None, payment_id, to)
    elif verb == "credit":
        taken = invoice_rows.taken(unit.session, invoice_id)
        whole = invoices.total_minor(invoices.get_invoice(unit, invoice_id))
        minor = min(minor, whole - taken.credited_minor - taken.written_off_minor)
        corrections.credit(unit, invoice_id, issued_on=on, amount_minor=minor, system=to)
    elif verb == "write_off":
        corrections.write_off(unit, invoice_id, written_off_on=on, amount_minor=minor, system=to)
    elif verb == "void":
        invoices.void_invoice(unit, invoice_id, voided_on=on)


def check(unit: UnitOfWork, funds: list[int]) -> None:
    sums: dict[str, int] = defaultdict(int)
    for posting in unit.session.scalars(select(AccountingPosting).where(AccountingPosting.tenant_id == unit.tenant_id)):
        lines = accounting.document_of(posting).lines
        assert sum(line.debit_minor - line.credit_minor for line in lines) == 0
        for line in lines:
            sums[line.purpose] += line.debit_minor - line.credit_minor
    rows = unit.session.scalars(select(Invoice).where(Invoice.tenant_id == unit.tenant_id, Invoice.status == "posted"))
    assert sums[OWED] == sum(outstanding_minor(unit, row) for row in rows)
    payments = [service.get_payment(unit, f"P{at}") for at in range(len(funds))]
    kept = [row.amount_minor - row.refunded_minor for row in payments if row.status == "succeeded"]
    assert sums[CASH] == sum(kept)
    assert sums[UNAPPLIED] <= 0


def test_what_happens_to_one_invoice_at_the_same_time_is_booked_as_if_one_after_the_other(database: Database) -> None:
    day = date(2026, 1, 20)
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id="C", name="x", created_on=day)
        owed = {"issued_on": day, "due_on": day, "currency": "USD", "lines": [NewLine(1_000)]}
        invoices.stage_invoice(unit, invoice_id="I0", customer_id="C", **owed)  # type: ignore[arg-type]
        invoices.post_invoice(unit, "I0", needs_approval=False, system="file")
        for at in range(4):
            came = {"received_on": day, "amount_minor": 250, "currency": "USD", "system": "file"}
            service.record_payment(unit, payment_id=f"P{at}", customer_id="C", **came)  # type: ignore[arg-type]
            service.allocate(unit, f"P{at}", "I0", allocated_on=day, amount_minor=250, system="file")
    doing = [("take_back", 0), ("credit", 0), ("refund", 1), ("credit", 0), ("chargeback", 2), ("roll_back", 3)]

    def run(what: tuple[int, tuple[str, int]]) -> None:
        number, (verb, payment) = what
        with database.transaction("acme", "test") as unit:
            step(unit, verb, f"P{payment}", "I0", 200, day, number, False)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(run, enumerate(doing)))
    with database.read("acme") as unit:
        check(unit, [250] * 4)


def test_a_receivable_that_is_posted_at_once_asks_for_the_permission_to_post(shop: Api) -> None:
    paths = shop.client.app.openapi()["paths"]  # type: ignore[attr-defined]
    assert paths["/api/v1/revenue-ops/ar/create"]["post"]["x-permission"] == "invoices:post"
