"""Journals on their way: mapped, sent once, retried, refused; and nothing is posted twice wherever a process dies."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.integration.core.conftest import Api
from tests.integration.core.test_invoices import CUSTOMER, INVOICE, done, post, refused
from transactional_api.accounting import dispatch, repository, service
from transactional_api.accounting.connectors.file import FileConnector
from transactional_api.accounting.connectors.port import AuthorisationExpired, Document, Refused, RetryLater
from transactional_api.accounting.dispatch import dispatch_due
from transactional_api.accounting.rules import balanced, invoice
from transactional_api.accounting.tables import AccountingPosting
from transactional_api.kit.clock import FixedClock


@pytest.fixture
def furnished(api: Api) -> Api:
    done(api.call("POST", "/api/v1/customers", CUSTOMER))
    return api


def settings_of(api: Api) -> Any:
    return api.client.app.state.settings  # type: ignore[attr-defined]


def files(api: Api) -> list[Path]:
    return sorted((settings_of(api).home / "accounting").rglob("*.csv"))


def later(api: Api, **by: float) -> None:
    clock = api.database.clock
    assert isinstance(clock, FixedClock)
    clock.instant += timedelta(**by)


class Ledger:
    """An accounting system that does what it is told, and remembers what it has."""

    name: ClassVar[str] = "ledger"
    is_at_hand: ClassVar[bool] = True

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.has: dict[str, str] = {}
        self.asked: list[str] = []

    def post(self, tenant_id: str, document: Document) -> str:
        self.asked.append("post")
        answer = self.answers.pop(0) if self.answers else None
        if not isinstance(answer, TimeoutError) and answer is not None:
            raise answer
        assert document.reference not in self.has
        self.has[document.reference] = f"ext-{len(self.has)}"
        if answer is not None:
            raise answer
        return self.has[document.reference]

    def find(self, tenant_id: str, document: Document) -> str | None:
        self.asked.append("find")
        return self.has.get(document.reference)

    def reverse(self, tenant_id: str, external_id: str, document: Document) -> str:
        self.asked.append(f"reverse {external_id}")
        return "ext-reversed"


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    made = Ledger()
    monkeypatch.setattr(dispatch, "connector_named", lambda _name, _settings: made)
    return made


def posting(api: Api, document_id: str = "I1") -> Any:
    return done(api.call("GET", f"/accounting/postings?document_id={document_id}"))["items"][0]


@pytest.mark.covers("GET /accounting/mappings")
@pytest.mark.covers("PUT /accounting/mappings/{purpose}")
def test_an_account_of_the_tenants_own_stands_before_the_default(furnished: Api) -> None:
    known = done(furnished.call("GET", "/accounting/mappings"))["items"]
    assert ("receivable", "*", "1100") in [(one["purpose"], one["detail"], one["account"]) for one in known]
    own = {"account": "8400", "account_name": "Sales", "detail": "P1"}
    done(furnished.call("PUT", "/accounting/mappings/revenue", own))
    done(furnished.call("PUT", "/accounting/mappings/revenue", own | {"account": "8401"}))
    done(furnished.call("PUT", "/accounting/mappings/tax_payable", {"account": "3806", "account_name": "VAT"}))
    product = {"product_id": "P1", "name": "Seats", "kind": "one_time"}
    done(furnished.call("POST", "/products", product))
    lines = [
        {"line_id": "L1", "unit_amount": "10", "product_id": "P1", "tax_rate": "0.1"},
        {"line_id": "L2", "unit_amount": "5"},
    ]
    done(furnished.call("POST", "/invoices/stage", INVOICE | {"lines": lines}))
    shown = done(furnished.call("GET", "/invoices/I1"))["journal"]
    assert {(one["account"], one["credit"]) for one in shown[1:]} == {
        ("8401", "10.00"),
        ("4000", "5.00"),
        ("3806", "1.00"),
    }
    assert [entry.operation for entry in furnished.log("gl_mappings", "revenue\x1fP1")] == ["insert", "update"]
    assert furnished.call("PUT", "/accounting/mappings/magic", own)[0] == 422
    assert furnished.as_role("sales").call("PUT", "/accounting/mappings/revenue", own)[0] == 403


@pytest.mark.covers("GET /accounting/postings")
@pytest.mark.covers("POST /accounting/postings/{posting_id}/retry")
def test_what_the_system_refuses_waits_for_a_person(furnished: Api, other_api: Api, ledger: Ledger) -> None:
    ledger.answers = [Refused("there is no account 4000")]
    post(furnished)
    failed = done(furnished.call("GET", "/accounting/postings?status=failed"))["items"]
    assert [(one["status"], one["last_error"]) for one in failed] == [("failed", "there is no account 4000")]
    later(furnished, days=1)
    assert dispatch_due(furnished.database, settings_of(furnished)) == 0
    path = f"/accounting/postings/{failed[0]['posting_id']}/retry"
    assert other_api.call("POST", path)[0] == 404
    done(furnished.call("POST", path))
    assert (posting(furnished)["status"], posting(furnished)["external_id"]) == ("posted", "ext-0")
    refused(furnished.call("POST", path), "posting-not-failed")
    assert furnished.as_role("analyst").call("POST", path)[0] == 403
    assert [entry.operation for entry in furnished.log("invoices", "I1")] == ["insert", "update", "update"]


def test_a_rate_limit_is_waited_for_and_a_lost_connection_until_it_is_made_again(
    furnished: Api, ledger: Ledger
) -> None:
    ledger.answers = [RetryLater(90, "too many calls"), AuthorisationExpired()]
    post(furnished)
    assert (posting(furnished)["status"], posting(furnished)["last_error"]) == ("pending", "too many calls")
    later(furnished, seconds=89)
    assert dispatch_due(furnished.database, settings_of(furnished)) == 0
    later(furnished, seconds=1)
    assert dispatch_due(furnished.database, settings_of(furnished)) == 1
    assert posting(furnished)["last_error"] == "AuthorisationExpired"
    later(furnished, minutes=15)
    dispatch_due(furnished.database, settings_of(furnished))
    assert (posting(furnished)["status"], posting(furnished)["attempts"]) == ("posted", 3)


def test_an_answer_that_is_lost_is_found_by_our_reference_and_not_posted_again(furnished: Api, ledger: Ledger) -> None:
    ledger.answers = [TimeoutError()]
    post(furnished)
    assert posting(furnished)["status"] == "pending"
    later(furnished, minutes=5)
    dispatch_due(furnished.database, settings_of(furnished))
    assert (posting(furnished)["status"], ledger.asked) == ("posted", ["post", "find"])


def test_a_reversal_waits_until_its_original_is_posted(furnished: Api, ledger: Ledger) -> None:
    ledger.answers = [RetryLater(3600, "away")]
    post(furnished)
    done(furnished.call("POST", "/invoices/I1/void", {"voided_on": "2026-02-01"}))
    assert ledger.asked == ["post"]
    later(furnished, hours=2)
    for _ in range(2):
        later(furnished, minutes=2)
        dispatch_due(furnished.database, settings_of(furnished))
    assert ledger.asked == ["post", "find", "post", "reverse ext-0"]
    statuses = [one["status"] for one in done(furnished.call("GET", "/invoices/I1"))["postings"]]
    assert statuses == ["posted", "posted"]


def test_a_crash_between_the_systems_commit_and_ours_leaves_one_file(furnished: Api) -> None:
    """The claim is committed and the file is there, but nobody wrote that down."""
    with furnished.database.transaction("acme", "test") as unit:
        journal = balanced("write_off", "W1", date(2026, 1, 1), "USD", invoice([]))
        assert service.queue(unit, journal, "file") is None
    done(furnished.call("POST", "/invoices/stage", INVOICE))
    done(furnished.as_role("approver").call("POST", "/invoices/I1/approve"))
    with furnished.database.transaction("acme", "test") as unit:
        from transactional_api.invoices.service import post_invoice

        post_invoice(unit, "I1", system="file")
        [row] = repository.postings_of(unit.session, ("invoice",), "I1")
        document = service.document_of(row)
    with furnished.database.transaction("acme", "test") as unit:
        assert dispatch._claim(unit, [row.posting_id])
    FileConnector(settings_of(furnished).home).post("acme", document)
    assert dispatch_due(furnished.database, settings_of(furnished)) == 0
    later(furnished, minutes=5)
    assert dispatch_due(furnished.database, settings_of(furnished)) == 1
    assert (len(files(furnished)), posting(furnished)["status"]) == (1, "posted")
    later(furnished, minutes=5)
    assert dispatch_due(furnished.database, settings_of(furnished)) == 0


def test_every_journal_in_the_folder_balances(furnished: Api) -> None:
    post(furnished)
    done(furnished.call("POST", "/invoices/I1/credit-notes", {"issued_on": "2026-01-15", "amount": "33.33"}))
    done(furnished.call("POST", "/invoices/I1/write-offs", {"written_off_on": "2026-02-01"}))
    bill = {"bill_id": "B1", "vendor_id": "V1", "issued_on": "2026-01-01", "due_on": "2026-01-31", "currency": "USD"}
    done(furnished.call("POST", "/api/v1/revenue-ops/ap/create", bill | {"amount": "11.90", "tax_amount": "1.90"}))
    done(furnished.call("POST", "/api/v1/revenue-ops/ap/B1/pay", {"paid_on": "2026-01-31"}))
    assert len(files(furnished)) == 5
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for path in files(furnished):
        rows = list(csv.DictReader(path.open()))
        assert sum(Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0) for row in rows) == 0
        for row in rows:
            sums[row["account_name"]] += Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
    assert (sums["Accounts receivable"], sums["Accounts payable"]) == (0, 0)


def test_a_tenants_name_leads_nowhere_out_of_the_folder(tmp_path: Path) -> None:
    document = Document("invoice", "I1", "r" * 32, date(2026, 1, 1), "USD", None, None, None, ())
    for tenant in ("..", "../..", "a/b", "x" * 300, "."):
        FileConnector(tmp_path).post(tenant, document)
    assert len(list((tmp_path / "accounting").iterdir())) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["accounting"]


def test_writers_that_are_killed_leave_whole_files_and_one_of_each(tmp_path: Path) -> None:
    script = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from transactional_api.accounting.connectors.file import FileConnector\n"
        "from transactional_api.accounting.connectors.port import AccountLine, Document\n"
        "line = AccountLine('cash', None, '1', 'Cash' * 500, 1, 0)\n"
        "for at in range(100_000):\n"
        "    one = Document('invoice', f'I{at}', f'{at:032}', date(2026, 1, 1), 'USD', None, None, None, (line,) * 9)\n"
        "    FileConnector(Path(sys.argv[1])).post('acme', one)\n"
    )
    for wait in (1.5, 1.8, 2.1):
        killed = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
        time.sleep(wait)
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    written = list((tmp_path / "accounting").rglob("[!.]*.csv"))
    assert written
    assert {len(list(csv.reader(path.open()))) for path in written} == {10}


def test_a_posting_is_there_once_in_the_database_too(furnished: Api) -> None:
    post(furnished)
    with furnished.database.transaction("acme", "test") as unit:
        [row] = repository.postings_of(unit.session, ("invoice",), "I1")
        values = {column.name: getattr(row, column.name) for column in AccountingPosting.__table__.columns}
    from transactional_api.kit.errors import KeyTaken

    with pytest.raises(KeyTaken), furnished.database.transaction("acme", "test") as unit:
        unit.session.add(AccountingPosting(**values | {"posting_id": "other"}))
