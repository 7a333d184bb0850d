"""What is owed to vendors, day by day, against a computation that shares nothing with the SQL."""

from collections import defaultdict
from datetime import date
from fractions import Fraction

import pytest

from tests.warehouse.companies import EXPONENTS, Company
from tests.warehouse.conftest import Built
from tests.warehouse.reference import bucket, snapshots
from tests.warehouse.test_random_companies import assert_same

Open = dict[tuple[str, date], Fraction]


def holds(amount: object, currency: str) -> bool:
    return bool((Fraction(str(amount)) * 10 ** EXPONENTS[currency]).denominator == 1)


def owed(company: Company, day: date) -> tuple[Open, dict[tuple[str, str], Fraction]]:
    """Open bills by their due date, and what vendors hold beyond their bills."""
    bills = {b["bill_id"]: b for b in company["bills"] if holds(b["amount"], b["currency"])}
    bills = {n: b for n, b in bills.items() if b["tax_amount"] is None or holds(b["tax_amount"], b["currency"])}
    balance = {name: Fraction(b["amount"]) for name, b in bills.items() if b["issued_on"] <= day}
    beyond: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for payment in company["bill_payments"]:
        bill = bills.get(payment["bill_id"])
        if bill is None or payment["paid_on"] > day or not holds(payment["amount"], bill["currency"]):
            continue
        if bill["issued_on"] <= day:
            balance[payment["bill_id"]] -= Fraction(payment["amount"])
        else:
            beyond[bill["vendor_id"], bill["currency"]] -= Fraction(payment["amount"])
    for name, value in balance.items():
        if value < 0:
            beyond[bills[name]["vendor_id"], bills[name]["currency"]] += value
    found = {(name, bills[name]["due_on"]): value for name, value in balance.items() if value > 0}
    return found, {key: value for key, value in beyond.items() if value}


def test_aging_at_each_month_end_equals_the_plain_computation(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.ap_aging")
    actual = {
        (r["tenant_id"], r["as_of"], r["bill_id"], r["due_on"]): (Fraction(r["outstanding"]), r["bucket"]) for r in rows
    }
    others = random_companies.world.read("select * from marts.ap_unapplied")
    found = {(r["tenant_id"], r["as_of"], r["vendor_id"], r["currency"]): Fraction(r["unapplied"]) for r in others}
    expected, beyond = {}, {}
    for company in random_companies.companies:
        for day in snapshots(date(2021, 10, 1), company.as_of):
            bills, vendors = owed(company, day)
            for (name, due), value in bills.items():
                expected[company.tenant_id, day, name, due] = (value, bucket(due, day))
            for (vendor, currency), value in vendors.items():
                beyond[company.tenant_id, day, vendor, currency] = value
    assert len(expected) > 500
    assert {cell[1] for cell in expected.values()} == {"current", "1-30", "31-60", "61-90", "91-120", "120+"}
    assert_same(actual, expected)
    assert len(beyond) > 200
    assert_same(found, beyond)


@pytest.mark.parametrize("day", [date(2022, 5, 17), date(2022, 11, 30), date(2023, 2, 3), date(2023, 6, 10)])
def test_aging_of_any_day_equals_the_plain_computation(random_companies: Built, day: date) -> None:
    rows = random_companies.world.read(f"select * from marts.ap_aging_as_of(date '{day}')")
    actual = {
        (r["tenant_id"], r["bill_id"], r["due_on"]): (Fraction(r["outstanding"]), r["bucket"], r["as_of"]) for r in rows
    }
    expected = {
        (company.tenant_id, name, due): (value, bucket(due, day), day)
        for company in random_companies.companies
        for (name, due), value in owed(company, day)[0].items()
    }
    assert expected
    assert_same(actual, expected)


def test_accounts_payable_names_every_bill_with_what_is_open(random_companies: Built) -> None:
    rows = random_companies.world.read("select * from marts.accounts_payable")
    actual = {
        (r["tenant_id"], r["bill_id"]): (Fraction(r["amount"]), Fraction(r["outstanding"]), r["days_past_due"])
        for r in rows
    }
    expected = {}
    for company in random_companies.companies:
        open_bills, _ = owed(company, company.as_of)
        for bill in company["bills"]:
            if bill["issued_on"] <= company.as_of and holds(bill["amount"], bill["currency"]):
                value = open_bills.get((bill["bill_id"], bill["due_on"]))
                late = max((company.as_of - bill["due_on"]).days, 0) if value else None
                expected[company.tenant_id, bill["bill_id"]] = (
                    Fraction(bill["amount"]),
                    value or Fraction(0),
                    late,
                )
    assert len(expected) > 200
    assert_same(actual, expected)


def test_bills_that_their_currency_cannot_hold_are_listed(random_companies: Built) -> None:
    listed = random_companies.world.read(
        "select tenant_id, count(*) as n from ops.set_aside_rows where data_set = 'bills' and is_excluded group by 1"
    )
    expected = {
        c.tenant_id: sum(not holds(b["amount"], b["currency"]) for b in c["bills"]) for c in random_companies.companies
    }
    assert {r["tenant_id"]: r["n"] for r in listed} == {t: n for t, n in expected.items() if n}
    assert sum(expected.values()) > 5
