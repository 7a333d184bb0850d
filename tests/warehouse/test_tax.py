"""Tax over the random companies, cell by cell, against a second computation that shares nothing with the SQL."""

from fractions import Fraction
from typing import Any

import pytest

from tests.warehouse.conftest import Built
from tests.warehouse.tax_reference import Taxes, input_tax, last_days
from tests.warehouse.test_random_companies import assert_same

COLUMNS = ["taxable", "exempt", "zero_rated", "reverse_charge", "tax_charged", "tax_credited"]


@pytest.fixture(scope="module")
def taxes(random_companies: Built) -> dict[str, Taxes]:
    return {company.tenant_id: Taxes(company) for company in random_companies.companies}


def _fraction(value: Any) -> Fraction | None:
    return None if value is None else Fraction(value)


def test_the_summary_equals_the_plain_computation(random_companies: Built, taxes: dict[str, Taxes]) -> None:
    rows = random_companies.world.read("select * from marts.tax_summary")
    actual = {
        (r["tenant_id"], r["jurisdiction"], r["period"], r["currency"], r["kind"], _fraction(r["rate"])): [
            Fraction(r[name]) for name in COLUMNS
        ]
        for r in rows
    }
    expected = {
        (tenant, *key): [cell[name] for name in COLUMNS]
        for tenant, one in taxes.items()
        for key, cell in one.summary().items()
    }
    assert len(expected) > 500
    assert_same(actual, expected)


def test_what_occurs_among_the_random_companies(taxes: dict[str, Taxes]) -> None:
    charges = [c for one in taxes.values() for c in one.charges]
    ahead = [c for one in taxes.values() for c in one.charges if c.on < one.invoices[c.invoice]["issued_on"]]
    several = [name for one in taxes.values() for name in one.invoices if len(one.points(name)) > 1]
    assert len(ahead) > 50
    assert len(several) > 30
    assert {c.kind for c in charges} == {"VAT", "GST", "HST", "GST+QST", "GST+PST", "US_SALES"}
    assert {c.code for c in charges} == {"standard", "reduced", "exempt", "zero_rated", "reverse_charge"}
    notes = [(invoice, tax) for one in taxes.values() for _, invoice, tax in one.notes()]
    assert sum(1 for invoice, tax in notes if invoice is None and tax) > 5
    assert sum(1 for invoice, tax in notes if invoice is not None and tax) > 20


def test_net_due_up_to_a_month_is_the_balance_of_tax_payable(random_companies: Built, taxes: dict[str, Taxes]) -> None:
    rows = random_companies.world.read(
        "select tenant_id, currency, period, sum(net_due) as net_due from marts.tax_summary group by all"
    )
    compared = 0
    for tenant, one in taxes.items():
        for day in last_days(one.as_of, 8):
            for currency, balance in one.payable(day).items():
                mine = [r for r in rows if r["tenant_id"] == tenant and r["currency"] == currency]
                found = sum((Fraction(r["net_due"]) for r in mine if r["period"] <= day), Fraction(0))
                assert found == balance, (tenant, currency, day)
                compared += balance != 0
    assert compared > 300


def test_differences_equal_the_plain_computation(random_companies: Built, taxes: dict[str, Taxes]) -> None:
    rows = random_companies.world.read("select * from marts.tax_differences")
    actual = {
        (r["tenant_id"], r["line_id"], r["jurisdiction"], r["kind"]): (
            r["reason"],
            Fraction(r["charged_tax"]),
            Fraction(r["derived_tax"]),
        )
        for r in rows
    }
    expected = {(tenant, *key): cell for tenant, one in taxes.items() for key, cell in one.differences().items()}
    assert {cell[0] for cell in expected.values()} >= {"no_rate_known", "wrong_code", "rate_differs", "amount_differs"}
    assert_same(actual, expected)


def test_input_tax_equals_the_plain_computation(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.input_tax")
    actual = {
        (r["tenant_id"], r["month"], r["currency"], r["source_table"]): (
            r["documents"],
            Fraction(r["net"]),
            Fraction(r["input_tax"]),
        )
        for r in rows
    }
    expected = {
        (company.tenant_id, *key): cell
        for company in random_companies.companies
        for key, cell in input_tax(company).items()
    }
    assert len(expected) > 100
    assert_same(actual, expected)


def test_expenses_whose_tax_their_currency_cannot_hold_are_listed_and_counted_without_it(
    random_companies: Built,
) -> None:
    listed = random_companies.world.read(
        "select tenant_id, detail, is_excluded from ops.set_aside_rows where data_set = 'expenses'"
    )
    expected = {
        (company.tenant_id, f"{row['expense_id']} · {row['currency']}", False)
        for company in random_companies.companies
        for row in company["expenses"]
        if str(row["tax_amount"]) == "1.0005"
    }
    assert len(expected) > 10
    assert {(r["tenant_id"], r["detail"], r["is_excluded"]) for r in listed} == expected
