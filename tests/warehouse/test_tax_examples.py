"""Tax, disputes and bills of companies made by hand, through the warehouse; each with its story."""

import csv
import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.companies import Company
from tests.warehouse.tables import shown, table
from tests.warehouse.tax_reference import Taxes
from tests.warehouse.world import ROOT, World

VAT_RATES = ROOT.parent / "shared" / "data" / "vat_rates" / "vat_rates.csv"
SUMMARY = "jurisdiction period kind rate taxable exempt reverse_charge tax_charged tax_credited net_due"


Divided = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Made:
    """`cores`: companies of the core, with the taxes that it keeps of each line."""

    world: World
    cores: list[tuple[Company, Divided]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> "Made":
    world = World(tmp_path_factory.mktemp("tax"))
    _quebec(world)
    _months(world)
    _off(world)
    _vendors(world)
    _disputes(world)
    world.tenant("published", date(2026, 6, 30))
    _published(world)
    cores = [_core_company(world, seed) for seed in range(12)]
    result = world.build()
    assert result.code == 0, result.log[-3000:]
    return Made(world, cores)


def rows(built: Made, mart: str, tenant: str) -> list[dict[str, Any]]:
    found = built.world.read(f"select * from marts.{mart} where tenant_id = '{tenant}' order by all")
    return [
        r | {name: Decimal(0) for name, value in r.items() if isinstance(value, Decimal) and value == 0} for r in found
    ]


def _line(name: str, invoice: str, net: int, tax: int, **more: Any) -> dict[str, Any]:
    return {"line_id": name, "invoice_id": invoice, "net_minor": net, "tax_minor": tax, "quantity": 1, **more}


def _quebec(world: World) -> None:
    """Ontario to Quebec, CAD 1,000.00: GST 50.00 and QST 99.75 on one line; half of it is credited, then a dollar."""
    world.tenant("quebec", date(2026, 1, 31), currency="CAD", reporting_currency="USD")
    world.app("quebec", "customers", [{"customer_id": "C", "country": "CA", "region": "QC"}])
    invoice = {"customer_id": "C", "due_on": "2025-10-01", "currency": "EUR", "status": "posted"}
    world.app("quebec", "invoices", [{"invoice_id": "I", "issued_on": "2025-09-01", **invoice}])
    world.app("quebec", "invoice_lines", [_line("L", "I", 100000, 14975, tax_rate="0.14975", tax_code="standard")])
    taxes = [("CA", "GST", "0.05", 5000), ("CA-QC", "QST", "0.09975", 9975)]
    world.app(
        "quebec",
        "invoice_line_taxes",
        [
            {"line_id": "L", "jurisdiction": j, "kind": k, "rate": r, "tax_minor": t, "tax_code": "standard"}
            for j, k, r, t in taxes
        ],
    )
    note = {"customer_id": "C", "invoice_id": "I", "currency": "EUR"}
    world.app(
        "quebec",
        "credit_notes",
        [
            {"credit_note_id": "N1", "issued_on": "2025-10-05", "applied_on": "2025-10-05", "amount_minor": 57488}
            | {"tax_minor": 7488}
            | note,
            {"credit_note_id": "N2", "issued_on": "2025-10-06", "applied_on": "2025-10-06", "amount_minor": 115}
            | {"tax_minor": 15}
            | note,
        ],
    )
    filing = {"filing_id": "F", "jurisdiction": "CA", "period_starts_on": "2025-07-01", "period_ends_on": "2025-09-30"}
    world.app(
        "quebec",
        "tax_filings",
        [{**filing, "currency": "EUR", "due_on": "2025-10-31", "status": "filed", "filed_on": "2025-10-20"}],
    )


def test_a_line_with_two_taxes_counts_for_both_authorities(made: Made) -> None:
    found = rows(made, "tax_summary", "quebec")
    # 74.88 is 25.00 and 49.88 by what was charged; 0.15 of what is left (25.00 and 49.87) is 0.05 and 0.10.
    assert shown(found, SUMMARY) == [
        "CA | 2025-09-01 | GST | 0.05 | 1000 | 0 | 0 | 50 | 0 | 50",
        "CA | 2025-10-01 | GST | 0.05 | 0 | 0 | 0 | 0 | 25.05 | -25.05",
        "CA-QC | 2025-09-01 | QST | 0.09975 | 1000 | 0 | 0 | 99.75 | 0 | 99.75",
        "CA-QC | 2025-10-01 | QST | 0.09975 | 0 | 0 | 0 | 0 | 49.98 | -49.98",
    ]
    assert shown(found, "jurisdiction period due_on filing_status filing_id") == [
        "CA | 2025-09-01 | 2025-10-31 | filed | F",
        "CA | 2025-10-01 | 2025-11-30 | open | ",
        "CA-QC | 2025-09-01 | 2025-10-31 | open | ",
        "CA-QC | 2025-10-01 | 2025-11-30 | open | ",
    ]


def _months(world: World) -> None:
    """Germany, as of 20 March: what was paid ahead, voided, credited without an invoice, and what is dated tomorrow."""
    world.tenant("months", date(2024, 3, 20), currency="EUR", reporting_currency="EUR")
    world.csv("months", "customers", [{"customer_id": "C", "name": "C", "country": "DE"}])
    invoices = """
        invoice_id | customer_id | issued_on  | due_on     | currency | status | voided_on  | ship_to_country
        ahead      | C           | 2024-02-10 | 2024-03-10 | EUR      | posted |            |
        void       | C           | 2024-01-20 | 2024-02-20 | EUR      | void   | 2024-03-05 |
        still      | C           | 2024-01-20 | 2024-02-20 | EUR      | void   | 2024-03-21 |
        tomorrow   | C           | 2024-03-21 | 2024-04-20 | EUR      | posted |            |
        draft      | C           | 2024-03-01 | 2024-04-20 | EUR      | draft  |            |
        abroad     | C           | 2024-03-01 | 2024-04-20 | EUR      | posted |            | FR
    """
    world.csv("months", "invoices", table(invoices))
    lines = """
        line_id | invoice_id | net_amount | tax_rate | tax_amount | tax_code
        a1      | ahead      | 100        | 0.19     |            | standard
        a2      | ahead      | 50         | 0.07     |            | reduced
        v       | void       | 10         | 0.19     |            | standard
        s       | still      | 20         | 0.19     |            | standard
        t       | tomorrow   | 30         | 0.19     |            | standard
        d       | draft      | 40         | 0.19     |            | standard
        f1      | abroad     | 60         | 0        |            | reverse_charge
        f2      | abroad     | 70         | 0        |            | exempt
    """
    world.csv("months", "invoice_lines", table(lines))
    payments = """
        payment_id | customer_id | received_on | amount | currency | invoice_id
        P          | C           | 2024-01-15  | 86.25  | EUR      | ahead
    """
    world.csv("months", "payments", table(payments))
    notes = """
        credit_note_id | customer_id | issued_on  | amount | currency | tax_amount
        N              | C           | 2024-02-29 | 11.90  | EUR      | 1.90
        later          | C           | 2024-03-21 | 11.90  | EUR      | 1.90
    """
    world.csv("months", "credit_notes", table(notes))


def test_tax_falls_in_the_month_of_its_tax_point(made: Made) -> None:
    # 86.25 of 172.50 was paid in January: half of 19.00 and of 3.50 is January's. Seven per cent on 50.00: 1.75 twice.
    assert shown(rows(made, "tax_summary", "months"), SUMMARY) == [
        "DE | 2024-01-01 | VAT | 0.07 | 25 | 0 | 0 | 1.75 | 0 | 1.75",
        "DE | 2024-01-01 | VAT | 0.19 | 80 | 0 | 0 | 15.2 | 0 | 15.2",
        "DE | 2024-02-01 | VAT | 0.07 | 25 | 0 | 0 | 1.75 | 0 | 1.75",
        "DE | 2024-02-01 | VAT | 0.19 | 50 | 0 | 0 | 9.5 | 0 | 9.5",
        "DE | 2024-02-01 | VAT |  | 0 | 0 | 0 | 0 | 1.9 | -1.9",
        "DE | 2024-03-01 | VAT | 0.19 | 0 | 0 | 0 | 0 | 1.9 | -1.9",
        "FR | 2024-03-01 | VAT | 0 | 0 | 70 | 60 | 0 | 0 | 0",
    ]


def _off(world: World) -> None:
    """Lines that the tenant's own rates (19 % and 7 %, from 2024) do not give, and some that they do."""
    world.tenant("off", date(2024, 3, 31), currency="EUR", reporting_currency="EUR")
    world.csv("off", "customers", table("customer_id | name | country\nC | C | DE\nF | F | FR"))
    world.csv(
        "off",
        "products",
        table(
            "product_id | name | kind | tax_category\nB | Books | one_time | reduced\nS | Stamps | one_time | exempt"
        ),
    )
    rates = """
        jurisdiction | kind | category | rate | valid_from | valid_until
        DE           | VAT  | standard | 0.19 | 2024-01-01 |
        DE           | VAT  | reduced  | 0.07 | 2024-01-01 |
    """
    world.csv("off", "tax_rates", table(rates))
    for name, customer, day in (("I", "C", "2024-02-01"), ("old", "C", "2023-12-31"), ("else", "F", "2024-02-01")):
        invoice = {"invoice_id": name, "customer_id": customer, "issued_on": day, "due_on": day, "currency": "EUR"}
        world.csv("off", "invoices", [{**invoice, "status": "posted"}])
    lines = """
        line_id  | invoice_id | net_amount | tax_rate | tax_amount | tax_code       | product_id
        agrees   | I          | 100        | 0.19     |            | standard       |
        no-code  | I          | 100        | 0.19     |            |                |
        none     | I          | 100        |          |            |                |
        reverse  | I          | 100        | 0        | 0          | reverse_charge |
        book     | I          | 100        | 0.19     |            | standard       | B
        stamp    | I          | 100        | 0.19     |            | standard       | S
        exempt   | I          | 100        | 0.19     |            | exempt         |
        reduced  | I          | 100        | 0.19     |            | reduced        |
        old-rate | I          | 100        | 0.16     |            | standard       |
        rounded  | I          | 0.50       | 0.19     | 0.09       | standard       |
        typed    | I          | 100        | 0.19     | 91         | standard       |
        both     | I          | 100        | 0.16     | 16.01      | standard       |
        early    | old        | 100        | 0.19     |            | standard       |
        france   | else       | 100        | 0.19     |            | standard       |
    """
    world.csv("off", "invoice_lines", table(lines))


def test_differences_name_their_reason(made: Made) -> None:
    found = rows(made, "tax_differences", "off")
    parts = "wrong_code rate_differs amount_differs rounding no_rate_known"
    assert shown(found, f"line_id category charged_tax derived_tax difference {parts} reason") == [
        "book | reduced | 19 | 7 | 12 | 12 | 0 | 0 | 0 | 0 | wrong_code",
        "both | standard | 16.01 | 19 | -2.99 | 0 | -3 | 0 | 0.01 | 0 | rate_differs",
        "early | standard | 19 | 0 | 19 | 0 | 0 | 0 | 0 | 19 | no_rate_known",
        "exempt | exempt | 19 | 0 | 19 | 19 | 0 | 0 | 0 | 0 | wrong_code",
        "old-rate | standard | 16 | 19 | -3 | 0 | -3 | 0 | 0 | 0 | rate_differs",
        "reduced | reduced | 19 | 7 | 12 | 12 | 0 | 0 | 0 | 0 | wrong_code",
        "rounded | standard | 0.09 | 0.1 | -0.01 | 0 | 0 | 0 | -0.01 | 0 | rounding",
        "stamp | exempt | 19 | 0 | 19 | 19 | 0 | 0 | 0 | 0 | wrong_code",
        "typed | standard | 91 | 19 | 72 | 0 | 0 | 72 | 0 | 0 | amount_differs",
    ]


def _vendors(world: World) -> None:
    """One bill paid in part, one twice, one before it came; 31 March is a day late for what was due on the 30th."""
    world.tenant("vendors", date(2024, 3, 31), currency="EUR", reporting_currency="EUR")
    bills = """
        bill_id | vendor_id | issued_on  | due_on     | amount | currency | tax_amount
        part    | V         | 2024-01-10 | 2024-03-30 | 119    | EUR      | 19
        twice   | V         | 2024-01-10 | 2024-01-31 | 50     | EUR      |
        ahead   | W         | 2024-03-10 | 2024-03-31 | 30     | EUR      | 2
        later   | W         | 2024-04-01 | 2024-04-30 | 70     | EUR      | 7
    """
    world.csv("vendors", "bills", table(bills))
    payments = """
        bill_payment_id | bill_id | paid_on    | amount
        1               | part    | 2024-02-01 | 100
        2               | twice   | 2024-02-01 | 50
        3               | twice   | 2024-02-15 | 50
        4               | ahead   | 2024-02-20 | 10
        5               | later   | 2024-03-01 | 5
    """
    world.csv("vendors", "bill_payments", table(payments))
    expenses = (
        "expense_id | spent_on | amount | currency | category | tax_amount\nE | 2024-03-02 | 11 | EUR | travel | 1"
    )
    world.csv("vendors", "expenses", table(expenses))


def test_bills_are_open_paid_twice_or_paid_ahead(made: Made) -> None:
    found = rows(made, "accounts_payable", "vendors")
    assert shown(found, "bill_id net tax amount paid outstanding unapplied days_past_due bucket") == [
        "ahead | 28 | 2 | 30 | 10 | 20 | 0 | 0 | current",
        "part | 100 | 19 | 119 | 100 | 19 | 0 | 1 | 1-30",
        "twice | 50 | 0 | 50 | 100 | 0 | -50 |  | ",
    ]
    february = made.world.read("select * from marts.ap_aging_as_of(date '2024-02-29') order by bill_id")
    assert shown(february, "bill_id outstanding bucket") == ["part | 19 | current"]


def test_input_tax_is_that_of_bills_and_expenses(made: Made) -> None:
    assert shown(rows(made, "input_tax", "vendors"), "month currency source_table documents net input_tax") == [
        "2024-01-01 | EUR | bills | 1 | 100 | 19",
        "2024-03-01 | EUR | bills | 1 | 28 | 2",
        "2024-03-01 | EUR | expenses | 1 | 10 | 1",
    ]


def _disputes(world: World) -> None:
    """A charge-back that is open disputes its invoice; one that was lost only opens it again."""
    world.tenant("disputes", date(2024, 6, 30))
    world.app("disputes", "customers", [{"customer_id": "C"}])
    for name in ("open", "lost", "later"):
        invoice = {"invoice_id": name, "customer_id": "C", "issued_on": "2024-01-01", "due_on": "2024-01-31"}
        world.app("disputes", "invoices", [{**invoice, "currency": "USD", "status": "posted"}])
        world.app("disputes", "invoice_lines", [_line(name, name, 10000, 0)])
        payment = {"payment_id": name, "customer_id": "C", "received_on": "2024-02-01", "amount_minor": 10000}
        world.app("disputes", "payments", [{**payment, "currency": "USD", "status": "succeeded"}])
        allocation = {"payment_id": name, "invoice_id": name, "allocated_on": "2024-02-01", "amount_minor": 10000}
        world.app("disputes", "payment_allocations", [allocation])
    refunds = """
        refund_id | payment_id | invoice_id | kind       | refunded_on | amount_minor | currency | status
        R1        | open       | open       | chargeback | 2024-03-01  | 2500         | USD      | open
        R2        | lost       | lost       | chargeback | 2024-03-01  | 2500         | USD      | lost
        R3        | later      | later      | chargeback | 2024-07-01  | 2500         | USD      | open
    """
    world.app("disputes", "refunds", table(refunds))


def test_an_open_charge_back_disputes_its_invoice(made: Made) -> None:
    found = rows(made, "accounts_receivable", "disputes")
    assert shown(found, "invoice_id amount allocated refunded outstanding bucket is_disputed") == [
        "later | 100 | 100 | 0 | 0 |  | False",
        "lost | 100 | 100 | 25 | 25 | 120+ | False",
        "open | 100 | 100 | 25 | 25 | 120+ | True",
    ]


def _rates_file() -> list[dict[str, str]]:
    """Standard rates of single countries of the public collection."""
    if not Path(VAT_RATES).exists():
        return []
    with VAT_RATES.open(encoding="utf-8") as lines:
        found = [row for row in csv.DictReader(lines) if row["rate_type"] == "standard"]
    return [row for row in found if len(row["territory_codes"]) == 2]


def _published(world: World) -> None:
    """A line on the first and the last day of every published rate since 2000, charged at that rate."""
    for number, row in enumerate(_rates_file()):
        country, until = row["territory_codes"], row["stop_date"] or None
        rate = {"jurisdiction": country, "kind": "VAT", "category": "standard", "rate": row["rate"]}
        world.csv("published", "tax_rates", [{**rate, "valid_from": row["start_date"], "valid_until": until}])
        days = [date.fromisoformat(row["start_date"])]
        days += [date.fromordinal(date.fromisoformat(until).toordinal() - 1)] if until else []
        for at, day in enumerate(days):
            name = f"{country}-{number}-{at}"
            invoice = {"invoice_id": name, "customer_id": "C", "issued_on": day, "due_on": day, "currency": "EUR"}
            world.csv("published", "invoices", [{**invoice, "status": "posted", "ship_to_country": country}])
            wrong = {"line_id": f"{name}-wrong", "invoice_id": name, "net_amount": "100", "tax_rate": "0.99"}
            right = {"line_id": f"{name}-right", "invoice_id": name, "net_amount": "12.35", "tax_rate": row["rate"]}
            world.csv("published", "invoice_lines", [wrong, right])


@pytest.mark.reference
@pytest.mark.skipif(not VAT_RATES.exists(), reason="the reference data is not beside the project")
def test_published_rates_are_found_on_their_first_and_last_day(made: Made) -> None:
    found = rows(made, "tax_differences", "published")
    lines = made.world.read("select line_id from raw_csv.invoice_lines where tenant_id = 'published'")
    assert len(lines) > 200
    assert {r["line_id"] for r in found} == {r["line_id"] for r in lines if r["line_id"].endswith("-wrong")}
    rates = {row["territory_codes"] + f"-{n}": Fraction(row["rate"]) for n, row in enumerate(_rates_file())}
    for r in found:
        assert Fraction(r["derived_rate"]) == rates[r["line_id"].rsplit("-", 2)[0]], r


def _core_company(world: World, seed: int) -> tuple[Company, Divided]:
    """Invoices of the core with one to three authorities on a line, paid in part ahead, credited several times."""
    rng = random.Random(f"{seed}-core-tax")
    company = Company(f"core{seed:02d}", date(2024, 6, 30), "EUR", Decimal("0.8"))
    world.tenant(company.tenant_id, company.as_of, currency="EUR", reporting_currency="EUR")
    world.app(company.tenant_id, "customers", [{"customer_id": "C", "country": "US", "region": "NY"}])
    company["customers"].append({"customer_id": "C", "country": "US", "region": "NY"})
    divided: Divided = {}
    for number in range(8):
        name = f"I{number}"
        issued = date(2024, 1, 1).toordinal() + rng.randint(0, 150)
        invoice = {
            "invoice_id": name,
            "customer_id": "C",
            "issued_on": date.fromordinal(issued),
            "due_on": "2024-12-31",
        }
        invoice |= {"currency": "EUR", "status": "posted", "voided_on": None}
        world.app(company.tenant_id, "invoices", [invoice])
        company["invoices"].append(invoice)
        total = sum(_core_line(world, company, divided, rng, name, f"{name}-{n}") for n in range(rng.randint(1, 3)))
        if rng.random() < 0.5:
            paid = {"payment_id": name, "customer_id": "C", "received_on": date.fromordinal(issued - 20)}
            paid |= {"currency": "EUR", "status": "succeeded"}
            amount = rng.randint(1, total)
            world.app(company.tenant_id, "payments", [{**paid, "amount_minor": amount}])
            allocation = {"payment_id": name, "invoice_id": name, "allocated_on": date.fromordinal(issued)}
            world.app(company.tenant_id, "payment_allocations", [{**allocation, "amount_minor": amount}])
            company["payments"].append({**paid, "amount": Fraction(amount, 100), "invoice_id": None})
            company["payment_allocations"].append({**allocation, "amount": Fraction(amount, 100)})
        for n in range(rng.randint(0, 4)):
            note = {"credit_note_id": f"{name}-N{n}", "customer_id": "C", "invoice_id": name, "currency": "EUR"}
            note |= {"issued_on": date.fromordinal(issued + rng.randint(0, 40))}
            note |= {"applied_on": note["issued_on"]}
            tax, amount = rng.randint(0, 900), rng.randint(900, 3000)
            world.app(company.tenant_id, "credit_notes", [{**note, "amount_minor": amount, "tax_minor": tax}])
            company["credit_notes"].append({**note, "amount": Fraction(amount, 100), "tax_amount": Fraction(tax, 100)})
    return company, divided


def _core_line(world: World, company: Company, divided: Divided, rng: random.Random, invoice: str, name: str) -> int:
    net = rng.randint(100, 9000)
    places = [("US-NY", "US_STATE"), ("US-NY:New York", "US_CITY"), ("US-NY:New York", "US_DISTRICT")]
    taxes = [
        {"jurisdiction": j, "kind": k, "rate": f"0.0{rng.randint(1, 9)}", "tax_minor": rng.randint(0, 400)}
        for j, k in places[: rng.randint(0, 3)]
    ]
    taxes = [{**tax, "line_id": name, "tax_code": "standard"} for tax in taxes]
    total = sum(int(tax["tax_minor"]) for tax in taxes) if taxes else rng.randint(0, 500)
    if taxes and rng.random() < 0.1:
        total += 1  # they do not sum to the line: it counts as one
    world.app(company.tenant_id, "invoice_lines", [_line(name, invoice, net, total, tax_rate=None)])
    world.app(company.tenant_id, "invoice_line_taxes", taxes)
    company["invoice_lines"].append(
        {"line_id": name, "invoice_id": invoice, "net_amount": Fraction(net, 100), "tax_amount": Fraction(total, 100)}
    )
    divided[name] = taxes
    return net + total


def test_taxes_of_several_authorities_equal_the_plain_computation(made: Made) -> None:
    columns = ["taxable", "exempt", "zero_rated", "reverse_charge", "tax_charged", "tax_credited"]
    compared = 0
    for company, divided in made.cores:
        expected = Taxes(company, divided).summary()
        found = {
            (
                r["jurisdiction"],
                r["period"],
                r["currency"],
                r["kind"],
                None if r["rate"] is None else Fraction(r["rate"]),
            ): {name: Fraction(r[name]) for name in columns}
            for r in rows(made, "tax_summary", company.tenant_id)
        }
        assert found == expected, company.tenant_id
        compared += len(expected)
    assert compared > 300
