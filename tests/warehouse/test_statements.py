"""Statements of customers and the list of invoices, against the plain computation of what is open."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.warehouse.companies import Company
from tests.warehouse.conftest import Built
from tests.warehouse.reference import FOREVER, Receivables, month_end
from tests.warehouse.test_random_companies import assert_same

Cells = dict[tuple[str, str, date], dict[str, Fraction]]
COLUMNS = ("invoices", "voids", "payments", "credits", "refunds", "write_offs", "transfers")


def statement(company: Company) -> Cells:
    """What moved each customer's balance, per currency and month, from the documents alone."""
    books, cells = Receivables(company), defaultdict(lambda: dict.fromkeys(COLUMNS, Fraction(0)))

    def add(customer: str, currency: str, day: date, column: str, amount: Any) -> None:
        if day <= company.as_of:
            cells[customer, currency, day.replace(day=1)][column] += Fraction(amount)

    for name, invoice in books.invoices.items():
        key = (invoice["customer_id"], invoice["currency"])
        add(*key, invoice["issued_on"], "invoices", books.totals[name])
        void_on = invoice["voided_on"] or (invoice["issued_on"] if invoice["status"] == "void" else FOREVER)
        if void_on != FOREVER:
            add(*key, max(void_on, invoice["issued_on"]), "voids", -books.totals[name])
    for payment in books.payments.values():
        add(payment["customer_id"], payment["currency"], payment["received_on"], "payments", -payment["amount"])
    for allocation in books.allocations:
        payer, owner = books.payments[allocation["payment_id"]], books.invoices[allocation["invoice_id"]]
        if payer["customer_id"] != owner["customer_id"]:
            add(payer["customer_id"], payer["currency"], allocation["on"], "transfers", allocation["amount"])
            add(owner["customer_id"], payer["currency"], allocation["on"], "transfers", -allocation["amount"])
    for note in company["credit_notes"]:
        add(note["customer_id"], note["currency"], note["issued_on"], "credits", -note["amount"])
        invoice = books.invoices.get(note["invoice_id"])
        if invoice and invoice["currency"] == note["currency"] and invoice["customer_id"] != note["customer_id"]:
            day = max(note["applied_on"] or note["issued_on"], note["issued_on"], invoice["issued_on"])
            add(note["customer_id"], note["currency"], day, "transfers", note["amount"])
            add(invoice["customer_id"], note["currency"], day, "transfers", -note["amount"])
    for loss in company["write_offs"]:
        if invoice := books.invoices.get(loss["invoice_id"]):
            day = max(loss["written_off_on"], invoice["issued_on"])
            add(invoice["customer_id"], invoice["currency"], day, "write_offs", -loss["amount"])
    return cells


def test_statements_move_by_the_documents(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.customer_statements")
    without_refunds = [name for name in COLUMNS if name not in ("refunds", "transfers")]
    actual = {
        (r["tenant_id"], r["customer_id"], r["currency"], r["month"]): [Fraction(r[name]) for name in without_refunds]
        for r in rows
    }
    actual = {key: cell for key, cell in actual.items() if any(cell)}
    expected = {
        (company.tenant_id, *key): [cell[name] for name in without_refunds]
        for company in random_companies.companies
        for key, cell in statement(company).items()
    }
    assert len(expected) > 300
    assert_same(actual, {key: cell for key, cell in expected.items() if any(cell)})
    plain = {c.tenant_id: statement(c) for c in random_companies.companies if not c["refunds"]}
    moved = {
        (r["tenant_id"], r["customer_id"], r["currency"], r["month"]): Fraction(r["transfers"])
        for r in rows
        if r["tenant_id"] in plain and r["transfers"]
    }
    transfers = {(tenant, *key): cell["transfers"] for tenant, cells in plain.items() for key, cell in cells.items()}
    assert sum(1 for value in transfers.values() if value) > 3
    assert_same(moved, {key: value for key, value in transfers.items() if value})


def test_closings_sum_to_receivables_and_open_the_next_month(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.customer_statements order by month")
    closings: dict[tuple[str, date, str], Fraction] = defaultdict(Fraction)
    before: dict[tuple[str, str, str], tuple[date, Fraction]] = {}
    by_id = {company.tenant_id: company for company in random_companies.companies}
    for r in rows:
        key = (r["tenant_id"], r["customer_id"], r["currency"])
        month, closing = before.get(key, (None, Fraction(0)))
        carried = closing if month and month == (r["month"] - timedelta(days=1)).replace(day=1) else Fraction(0)
        assert Fraction(r["opening"]) == carried, r
        assert month is None or carried == closing, r
        before[key] = (r["month"], Fraction(r["closing"]))
        day = min(month_end(r["month"]), by_id[r["tenant_id"]].as_of)
        closings[r["tenant_id"], day, r["currency"]] += Fraction(r["closing"])
    compared = 0
    for company in random_companies.companies:
        books = Receivables(company)
        for day in {d for tenant, d, _ in closings if tenant == company.tenant_id}:
            parts, account = books.on(day)
            for currency in {books.invoices[name]["currency"] for name, _ in parts} | set(account):
                open_parts = (v for (n, _), v in parts.items() if books.invoices[n]["currency"] == currency)
                expected = sum(open_parts, account.get(currency, Fraction(0)))
                assert closings[company.tenant_id, day, currency] == expected, (company.tenant_id, day, currency)
                compared += expected != 0
    assert compared > 300


def test_the_last_line_of_a_statement_is_its_closing(random_companies: Built) -> None:
    differing = random_companies.world.read("""
        select tenant_id, customer_id, currency, s.closing, l.balance
        from (select * from marts.customer_statements qualify month = max(month) over (
                partition by tenant_id, customer_id, currency)) as s
        full join (select tenant_id, customer_id, currency, sum(amount) as balance
                from marts.customer_statement_lines group by all) as l
            using (tenant_id, customer_id, currency)
        where s.closing is distinct from l.balance
    """)
    assert differing == []
    lines = random_companies.world.read(
        "select * from marts.customer_statement_lines"
        " order by tenant_id, customer_id, currency, posted_on, kind, document_id"
    )
    assert len(lines) > 1000
    running: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    for line in lines:
        key = (line["tenant_id"], line["customer_id"], line["currency"])
        running[key] += Fraction(line["amount"])
        assert Fraction(line["balance"]) == running[key], line


def test_accounts_receivable_names_every_invoice_with_what_is_open(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.accounts_receivable")
    actual = {(r["tenant_id"], r["invoice_id"]): (Fraction(r["amount"]), Fraction(r["outstanding"])) for r in rows}
    expected = {}
    for company in random_companies.companies:
        books = Receivables(company)
        open_parts: dict[str, Fraction] = defaultdict(Fraction)
        for (name, _), value in books.on(company.as_of)[0].items():
            open_parts[name] += value
        for name, invoice in books.invoices.items():
            if invoice["issued_on"] <= company.as_of:
                expected[company.tenant_id, name] = (books.totals[name], open_parts[name])
    assert len(expected) > 300
    assert_same(actual, expected)
