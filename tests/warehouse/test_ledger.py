"""The ledger: every document's journal by example, and every balance against a plain sum over the documents."""

import shutil
from collections import defaultdict
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.compiled import manifest
from tests.warehouse.companies import EXPONENTS, Company
from tests.warehouse.conftest import Built
from tests.warehouse.reference import half_up
from tests.warehouse.tables import shown

LINES = "posted_on kind source_id account debit credit"


def journal(built: Built, tenant: str) -> list[str]:
    rows = built.world.read(
        f"select * from marts.journal_entries where tenant_id = 'books_{tenant}'"
        " order by posted_on, kind, source_id, debit = 0, account"
    )
    return shown(rows, LINES)


def test_documents_of_a_seller_post_these_journals(examples: Built) -> None:
    # Half of I1 was paid before it was issued, so half of its tax was owed from then on. 300 is earned over 90 days:
    # 96.67 in February. On 5 March 190 wait, of which the note takes 30; 160 are left for 57 days, 27 of them in March.
    assert journal(examples, "seller") == [
        "2024-01-20 | payment | P1 | 1000 | 180 | 0",
        "2024-01-20 | payment | P1 | 1100 | 0 | 180",
        "2024-01-20 | tax_point | I1 | 1350 | 30 | 0",
        "2024-01-20 | tax_point | I1 | 2200 | 0 | 30",
        "2024-02-01 | invoice | I1 | 1100 | 360 | 0",
        "2024-02-01 | invoice | I1 | 1350 | 0 | 30",
        "2024-02-01 | invoice | I1 | 2200 | 0 | 30",
        "2024-02-01 | invoice | I1 | 2400 | 0 | 300",
        "2024-02-05 | invoice | I2 | 1100 | 60 | 0",
        "2024-02-05 | invoice | I2 | 2200 | 0 | 10",
        "2024-02-05 | invoice | I2 | 2400 | 0 | 50",
        "2024-02-29 | recognition | 2024-02·C1·plan | 2400 | 96.67 | 0",
        "2024-02-29 | recognition | 2024-02·C1·plan | 4000-plan | 0 | 96.67",
        "2024-02-29 | recognition | 2024-02·C1·setup | 2400 | 50 | 0",
        "2024-02-29 | recognition | 2024-02·C1·setup | 4000-setup | 0 | 50",
        "2024-03-05 | credit_note | N1 | 2200 | 6 | 0",
        "2024-03-05 | credit_note | N1 | 2400 | 30 | 0",
        "2024-03-05 | credit_note | N1 | 1100 | 0 | 36",
        "2024-03-06 | credit_note | N2 | 2200 | 2 | 0",
        "2024-03-06 | credit_note | N2 | 4900 | 10 | 0",
        "2024-03-06 | credit_note | N2 | 1100 | 0 | 12",
        "2024-03-10 | invoice_void | I2 | 2200 | 10 | 0",
        "2024-03-10 | invoice_void | I2 | 2400 | 50 | 0",
        "2024-03-10 | invoice_void | I2 | 1100 | 0 | 60",
        "2024-03-20 | write_off | W1 | 6500 | 100 | 0",
        "2024-03-20 | write_off | W1 | 1100 | 0 | 100",
        "2024-03-25 | chargeback | R1 | 1100 | 80 | 0",
        "2024-03-25 | chargeback | R1 | 1000 | 0 | 80",
        "2024-03-31 | recognition | 2024-03·C1·plan | 2400 | 89.12 | 0",
        "2024-03-31 | recognition | 2024-03·C1·plan | 4000-plan | 0 | 89.12",
        "2024-03-31 | recognition | 2024-03·C1·setup | 4000-setup | 50 | 0",
        "2024-03-31 | recognition | 2024-03·C1·setup | 2400 | 0 | 50",
    ]


def test_the_statements_of_a_seller(examples: Built) -> None:
    sheet = examples.world.read(
        "select * from marts.balance_sheet where tenant_id = 'books_seller' and period = date '2024-03-31' - 30"
    )
    assert shown(sorted(sheet, key=lambda row: str(row["account"])), "account kind amount") == [
        "1000 | asset | 100",
        "1100 | asset | 112",
        "2200 | liability | 52",
        "2400 | liability | 84.21",
        "retained earnings | equity | 75.79",
    ]
    earned = examples.world.read(
        "select * from marts.profit_and_loss where tenant_id = 'books_seller' order by period, account"
    )
    assert shown(earned, "period account kind amount") == [
        "2024-02-01 | 4000-plan | income | 96.67",
        "2024-02-01 | 4000-setup | income | 50",
        "2024-03-01 | 4000-plan | income | 89.12",
        "2024-03-01 | 4000-setup | income | -50",
        "2024-03-01 | 4900 | income | -10",
        "2024-03-01 | 6500 | expense | 100",
    ]
    cash = examples.world.read("select * from marts.cash_flow where tenant_id = 'books_seller' order by period")
    assert shown(cash, "period activity amount") == ["2024-01-01 | payment | 180", "2024-03-01 | chargeback | -80"]


def test_documents_of_a_buyer_post_these_journals(examples: Built) -> None:
    # B2 is dated after the as-of date. 3 × 1.335 − 1 = 3.005 of a day are 3.01 in the books.
    assert journal(examples, "buyer") == [
        "2024-01-05 | bill_payment | Q1 | 2000 | 50 | 0",
        "2024-01-05 | bill_payment | Q1 | 1000 | 0 | 50",
        "2024-01-10 | bill | B1 | 1300 | 20 | 0",
        "2024-01-10 | bill | B1 | 6000-rent | 100 | 0",
        "2024-01-10 | bill | B1 | 2000 | 0 | 120",
        "2024-02-02 | expense | E1 | 1300 | 1.9 | 0",
        "2024-02-02 | expense | E1 | 6000-travel | 10 | 0",
        "2024-02-02 | expense | E1 | 1000 | 0 | 11.9",
        "2024-02-03 | sales | 2024-02-03·Tea | 1000 | 3.01 | 0",
        "2024-02-03 | sales | 2024-02-03·Tea | 4000-Tea | 0 | 3.01",
        "2024-02-09 | bill_payment | Q2 | 2000 | 70 | 0",
        "2024-02-09 | bill_payment | Q2 | 1000 | 0 | 70",
    ]


def test_a_tenants_own_accounts_stand_before_the_chart(examples: Built) -> None:
    assert journal(examples, "mapped") == [
        "2024-01-01 | expense | E1 | 7010 | 5 | 0",
        "2024-01-01 | expense | E1 | 1930 | 0 | 5",
        "2024-01-01 | expense | E2 | 7700-travel | 7 | 0",
        "2024-01-01 | expense | E2 | 1930 | 0 | 7",
    ]
    names = examples.world.read(
        "select distinct account, account_name from marts.trial_balance where tenant_id = 'books_mapped'"
    )
    assert {row["account"]: row["account_name"] for row in names} == {
        "7010": "Rent",
        "7700-travel": "Overheads, travel",
        "1930": "Bank",
    }


def test_documents_stand_in_their_entity_their_contracts_or_at_home(examples: Built) -> None:
    rows = examples.world.read(
        "select entity_id, purpose, closing from marts.trial_balance where tenant_id = 'books_group' order by all"
    )
    assert shown(rows, "entity_id purpose closing") == [
        "child | cash | 100",
        "child | deferred_revenue | 0",
        "child | receivable | 100",
        "child | revenue | -200",
        "root | cash | 7",
        "root | deferred_revenue | 0",
        "root | receivable | 93",
        "root | revenue | -100",
    ]


Sums = dict[tuple[str, str], Fraction]


def fits(currency: str, *amounts: Any) -> bool:
    """Whether amounts can be paid in the currency; rows with more decimals are set aside."""
    return all((Fraction(amount or 0) * 10 ** EXPONENTS[currency]).denominator == 1 for amount in amounts)


def plain_balances(company: Company) -> Sums:
    """Balances on the as-of date that are plain sums over documents, by purpose and currency."""
    sums: Sums = defaultdict(Fraction)
    _add_customers_money(company, sums)
    _add_purchases(company, sums)
    return {key: value for key, value in sums.items() if value}


def _add_customers_money(company: Company, sums: Sums) -> None:
    day = company.as_of
    takings: dict[tuple[date, str, str], Fraction] = defaultdict(Fraction)
    for row in company["sales"]:
        if row["sold_at"].date() <= day:
            takings[row["sold_at"].date(), row["product"], row["currency"]] += Fraction(row["quantity"]) * Fraction(
                row["unit_price"]
            )
    for (_, _, currency), value in takings.items():
        sums["cash", currency] += half_up(value, EXPONENTS[currency])
    paid = {row["payment_id"]: row for row in company["payments"] if (row["status"] or "succeeded") == "succeeded"}
    for row in paid.values():
        if row["received_on"] <= day:
            sums["cash", row["currency"]] += Fraction(row["amount"])
    back: dict[str, list[tuple[date, Fraction]]] = defaultdict(list)
    for row in company["refunds"]:
        if payment := paid.get(row["payment_id"]):
            on = max(row["refunded_on"], payment["received_on"])
            back[row["payment_id"]].append((on, Fraction(row["amount"])))
    for payment_id, rows in back.items():
        if sum(amount for _, amount in rows) <= Fraction(paid[payment_id]["amount"]):
            sums["cash", paid[payment_id]["currency"]] -= sum((amount for on, amount in rows if on <= day), Fraction(0))
    issued = {row["invoice_id"]: row for row in company["invoices"] if row["status"] != "draft"}
    for row in company["write_offs"]:
        invoice = issued.get(row["invoice_id"])
        if invoice and max(row["written_off_on"], invoice["issued_on"]) <= day:
            sums["bad_debt", invoice["currency"]] += Fraction(row["amount"])


def _add_purchases(company: Company, sums: Sums) -> None:
    day = company.as_of
    bills = {
        row["bill_id"]: row for row in company["bills"] if fits(row["currency"], row["amount"], row.get("tax_amount"))
    }
    bought = [
        ("cash", row) for row in company["expenses"] if row["spent_on"] <= day and fits(row["currency"], row["amount"])
    ]
    bought += [("payable", row) for row in bills.values() if row["issued_on"] <= day]
    for purpose, row in bought:
        amount, currency = Fraction(row["amount"]), row["currency"]
        tax = Fraction(row.get("tax_amount") or 0) if fits(currency, row.get("tax_amount")) else Fraction(0)
        sums[purpose, currency] -= amount
        sums["input_tax", currency] += tax
        sums["expense", currency] += amount - tax
    for row in company["bill_payments"]:
        bill = bills.get(row["bill_id"])
        if bill and row["paid_on"] <= day and fits(bill["currency"], row["amount"]):
            sums["payable", bill["currency"]] += Fraction(row["amount"])
            sums["cash", bill["currency"]] -= Fraction(row["amount"])


def test_balances_equal_plain_sums_over_the_documents(random_companies: Built) -> None:
    rows = random_companies.world.read(
        """select tenant_id, purpose, currency, sum(debit - credit) as balance from marts.journal_entries
        where purpose in ('cash', 'bad_debt', 'input_tax', 'expense', 'payable')
        group by all having sum(debit - credit) <> 0"""
    )
    found = {(row["tenant_id"], row["purpose"], row["currency"]): Fraction(row["balance"]) for row in rows}
    expected = {
        (company.tenant_id, *key): value
        for company in random_companies.companies
        for key, value in plain_balances(company).items()
    }
    assert len(expected) > 150
    assert found == expected


@pytest.fixture
def spoilt(random_companies: Built, tmp_path: Path) -> Path:
    """A built file that may be changed."""
    return Path(shutil.copyfile(random_companies.world.file, tmp_path / "build.duckdb"))


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("delete from intermediate.int_ledger__document_lines where rowid = 7", "journals_balance"),
        (
            "update marts.trial_balance set closing = closing + 0.01, debit = debit + 0.01"
            " where purpose = 'receivable' and rowid % 2 = 0",
            "ledger_agrees_with_its_sub_ledgers",
        ),
        (
            "delete from intermediate.int_revenue__line_months where deferred_closing_minor > 0",
            "ledger_agrees_with_its_sub_ledgers",
        ),
        ("delete from marts.balance_sheet where kind = 'equity'", "balance_sheets_balance"),
    ],
)
def test_a_line_that_is_missing_or_wrong_does_not_get_past_the_checks(spoilt: Path, change: str, check: str) -> None:
    (code,) = (node["compiled_code"] for node in manifest()["nodes"].values() if node["name"] == check)
    with duckdb.connect(str(spoilt)) as connection:
        connection.execute(change)
        assert connection.execute(f"select count(*) from ({code}\n)").fetchall()[0][0] > 0
