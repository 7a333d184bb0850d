"""Which tax of an invoice is declared where, and when; what the threshold of the union counts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.core.conftest import Api
from transactional_api.customers.service import create_customer
from transactional_api.database import Database
from transactional_api.invoices import corrections, staging
from transactional_api.invoices import service as invoices
from transactional_api.invoices.errors import LineRefused
from transactional_api.invoices.rules import KindOfTax, NewLine
from transactional_api.periods.service import close
from transactional_api.tax import filings
from transactional_api.tax.errors import FilingNotSplit
from transactional_api.tax.filings import Figures
from transactional_api.tax.service import NewRegistration, set_registrations

DAY = date(2025, 9, 1)
QUARTER = (date(2025, 7, 1), date(2025, 9, 30))


def register(database: Database, home: str, *elsewhere: str) -> None:
    with database.transaction("acme", "test") as unit:
        listed = [NewRegistration(home, date(2020, 1, 1), None, True)]
        set_registrations(unit, [*listed, *(NewRegistration(one, date(2020, 1, 1)) for one in elsewhere)])


def customer(database: Database, customer_id: str, country: str, region: str | None = None) -> None:
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id=customer_id, name="x", created_on=DAY, country=country, region=region)


def stage(
    database: Database,
    invoice_id: str,
    customer_id: str,
    net_minor: int = 1000_00,
    on: date = DAY,
    currency: str = "CAD",
    post: bool = True,
) -> dict[str, tuple[Decimal, int]]:
    """A draft as staging from an agreement makes it; its taxes by kind."""
    with database.transaction("acme", "test") as unit:
        invoice = staging._stage(
            unit,
            lines=[NewLine(net_minor)],
            nets=[net_minor],
            customer_id=customer_id,
            currency=currency,
            issued_on=on,
            due_on=on,
            invoice_id=invoice_id,
            ship_to=(None, None),
            staged_by=None,
            staged_from=f"test:{invoice_id}",
        )
        if post:
            invoices.post_invoice(unit, invoice_id, needs_approval=False)
        return {f"{one.kind} {one.jurisdiction}": (one.rate, one.tax_minor) for one in invoice.lines[0].taxes}


def by_hand(database: Database, invoice_id: str, customer_id: str, line: NewLine, currency: str) -> None:
    with database.transaction("acme", "test") as unit:
        invoices.stage_invoice(
            unit,
            invoice_id=invoice_id,
            customer_id=customer_id,
            issued_on=DAY,
            due_on=DAY,
            currency=currency,
            lines=[line],
        )
        invoices.post_invoice(unit, invoice_id, needs_approval=False)


def derived(
    database: Database, jurisdiction: str, currency: str = "CAD", period: tuple[date, date] = QUARTER
) -> Figures:
    with database.read("acme") as unit:
        return filings.derive(unit, jurisdiction, *period, currency)


def test_each_authority_of_a_canadian_sale_is_declared_its_own_tax(database: Database, api: Api) -> None:
    register(database, "CA-ON")
    for customer_id, region in (("QC", "QC"), ("ON", "ON"), ("BC", "BC"), ("AB", "AB")):
        customer(database, customer_id, "CA", region)
    assert stage(database, "I1", "QC") == {
        "GST CA": (Decimal("0.05"), 50_00),
        "QST CA-QC": (Decimal("0.09975"), 99_75),
    }
    stage(database, "I2", "ON")
    stage(database, "I3", "BC")
    stage(database, "I4", "AB")
    found = {one: derived(database, one) for one in ("CA", "CA-QC", "CA-ON", "CA-BC", "CA-AB")}
    assert {one: figures.tax_charged_minor for one, figures in found.items()} == {
        "CA": 150_00,
        "CA-QC": 99_75,
        "CA-ON": 130_00,
        "CA-BC": 70_00,
        "CA-AB": 0,
    }
    assert [figures.taxable_minor for figures in found.values()] == [3000_00, 1000_00, 1000_00, 1000_00, 0]
    made = api.call(
        "POST",
        "/api/v1/revenue-ops/tax/filings",
        {"jurisdiction": "CA", "period_starts_on": "2025-07-01", "period_ends_on": "2025-09-30", "currency": "CAD"},
    )
    assert (made[0], made[1]["tax_charged"]) == (201, "150.00")
    assert sorted(entry.operation for entry in api.log("invoice_line_taxes")) == ["insert"] * 6


def test_a_state_and_its_city_are_declared_apart_and_a_net_counts_once_in_each(database: Database) -> None:
    customer(database, "TX", "US", "TX")
    parts = (
        KindOfTax("US-TX", "US_STATE", Decimal("0.0625"), 62_50, "standard"),
        KindOfTax("US-TX:Austin", "US_CITY", Decimal("0.01"), 10_00, "standard"),
        KindOfTax("US-TX:Austin", "US_DISTRICT", Decimal("0.01"), 10_00, "standard"),
    )
    line = NewLine(1000_00, tax_rate=Decimal("0.0825"), tax_minor=82_50, taxes=parts)
    by_hand(database, "I1", "TX", line, "USD")
    assert derived(database, "US-TX", "USD") == Figures(taxable_minor=1000_00, tax_charged_minor=62_50)
    assert derived(database, "US-TX:Austin", "USD") == Figures(taxable_minor=1000_00, tax_charged_minor=20_00)


def test_kinds_that_do_not_sum_to_the_lines_tax_are_refused(database: Database) -> None:
    customer(database, "QC", "CA", "QC")
    parts = (KindOfTax("CA", "GST", Decimal("0.05"), 50_00, "standard"),)
    with pytest.raises(LineRefused):
        by_hand(database, "I1", "QC", NewLine(1000_00, tax_rate=Decimal("0.05"), tax_minor=50_01, taxes=parts), "CAD")


def test_a_tax_given_by_hand_is_the_countrys_and_is_not_shared_by_guessing(database: Database, api: Api) -> None:
    customer(database, "DE", "DE")
    customer(database, "QC", "CA", "QC")
    by_hand(database, "I1", "DE", NewLine(1000_00, tax_rate=Decimal("0.19")), "EUR")
    by_hand(database, "I2", "QC", NewLine(1000_00, tax_rate=Decimal("0.14975")), "CAD")
    assert derived(database, "DE", "EUR") == Figures(taxable_minor=1000_00, tax_charged_minor=190_00)
    for jurisdiction in ("CA", "CA-QC"):
        with pytest.raises(FilingNotSplit):
            derived(database, jurisdiction)
    assert derived(database, "CA-ON") == Figures()
    body: dict[str, Any] = {
        "jurisdiction": "CA",
        "period_starts_on": "2025-07-01",
        "period_ends_on": "2025-09-30",
        "currency": "CAD",
    }
    status, problem = api.call("POST", "/api/v1/revenue-ops/tax/filings", body)
    assert (status, problem["type"].rpartition(":")[2], problem["errors"][0]["field"]) == (
        409,
        "filing-not-split",
        "figures",
    )
    assert api.call("POST", "/api/v1/revenue-ops/tax/filings", body | {"figures": {"tax_charged": "50"}})[0] == 201


def test_credit_notes_take_each_authoritys_share_and_all_of_it_in_the_end(database: Database) -> None:
    register(database, "CA-ON")
    customer(database, "QC", "CA", "QC")
    stage(database, "I1", "QC", 10_10)
    taxes = []
    for at, amount_minor in enumerate((4_00, 4_00, 3_62)):
        with database.transaction("acme", "test") as unit:
            note = corrections.credit(unit, "I1", issued_on=date(2025, 9, 10 + at), amount_minor=amount_minor)
            taxes.append(note.tax_minor)
    days = [(date(2025, 9, day), date(2025, 9, day)) for day in (10, 11, 12)]
    shares = [[derived(database, one, period=day).tax_credited_minor for day in days] for one in ("CA", "CA-QC")]
    assert [sum(shared) for shared in zip(*shares, strict=True)] == taxes
    assert [sum(of_one) for of_one in shares] == [51, 1_01]
    assert derived(database, "CA").tax_credited_minor == derived(database, "CA").tax_charged_minor == 51


def test_a_discarded_draft_takes_its_taxes_with_it(database: Database, api: Api) -> None:
    register(database, "CA-ON")
    customer(database, "QC", "CA", "QC")
    stage(database, "I1", "QC", post=False)
    with database.transaction("acme", "test") as unit:
        invoices.discard_draft(unit, "I1")
    assert sorted(entry.operation for entry in api.log("invoice_line_taxes")) == ["delete"] * 2 + ["insert"] * 2


def test_a_draft_counts_towards_the_threshold_and_keeps_its_own_treatment(database: Database) -> None:
    register(database, "DE")
    for customer_id in ("C1", "C2"):
        customer(database, customer_id, "FR")
    assert stage(database, "I1", "C1", 9_000_00, currency="EUR", post=False) == {"VAT DE": (Decimal("0.19"), 1_710_00)}
    assert stage(database, "I2", "C2", 9_000_00, currency="EUR", post=False) == {"VAT FR": (Decimal("0.20"), 1_800_00)}
    with database.transaction("acme", "test") as unit:
        for invoice_id in ("I1", "I2"):
            invoices.approve_invoice(unit, invoice_id, by="somebody else")
            invoices.post_invoice(unit, invoice_id)
    assert derived(database, "DE", "EUR").tax_charged_minor == 1_710_00
    assert derived(database, "FR", "EUR").tax_charged_minor == 1_800_00


def test_a_later_sale_that_keeps_the_sellers_rate_counts_for_one_staged_after_it(database: Database) -> None:
    register(database, "DE")
    customer(database, "C1", "FR")
    stage(database, "I1", "C1", 9_000_00, date(2025, 10, 20), "EUR", post=False)
    assert set(stage(database, "I2", "C1", 9_000_00, date(2025, 10, 10), "EUR", post=False)) == {"VAT FR"}


def test_a_later_sale_beyond_the_threshold_does_not_move_one_before_it(database: Database) -> None:
    register(database, "DE")
    customer(database, "C1", "FR")
    stage(database, "I1", "C1", 10_000_01, date(2025, 10, 20), "EUR")
    assert set(stage(database, "I2", "C1", 100_00, date(2025, 10, 10), "EUR")) == {"VAT DE"}


def test_a_discarded_draft_no_longer_counts_towards_the_threshold(database: Database) -> None:
    register(database, "DE")
    customer(database, "C1", "FR")
    stage(database, "I1", "C1", 9_000_00, currency="EUR", post=False)
    with database.transaction("acme", "test") as unit:
        invoices.discard_draft(unit, "I1")
    assert set(stage(database, "I2", "C1", 9_000_00, currency="EUR", post=False)) == {"VAT DE"}


def test_two_drafts_at_once_do_not_both_stay_below_the_threshold(database: Database) -> None:
    register(database, "DE")
    customer(database, "C1", "FR")
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(stage, database, f"I{at}", "C1", 9_000_00, DAY, "EUR", False) for at in range(2)]
        kinds = sorted(kind for one in asked for kind in one.result())
    assert kinds == ["VAT DE", "VAT FR"]


def test_what_comes_late_is_declared_in_the_first_open_period(database: Database) -> None:
    january, february = (date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 2, 28))
    register(database, "DE")
    customer(database, "C1", "DE")
    for invoice_id, net_minor in (("VOIDED", 100_00), ("CREDITED", 200_00)):
        stage(database, invoice_id, "C1", net_minor, date(2026, 1, 10), "EUR")
    with database.transaction("acme", "test") as unit:
        close(unit, "2026-01", by="test")
    stage(database, "LATE", "C1", 1000_00, date(2026, 1, 20), "EUR")
    with database.transaction("acme", "test") as unit:
        invoices.void_invoice(unit, "VOIDED", voided_on=date(2026, 1, 25))
        corrections.credit(unit, "CREDITED", issued_on=date(2026, 1, 26), amount_minor=119_00)
    assert derived(database, "DE", "EUR", january) == Figures(taxable_minor=300_00, tax_charged_minor=57_00)
    assert derived(database, "DE", "EUR", february) == Figures(
        taxable_minor=1000_00, tax_charged_minor=190_00, tax_credited_minor=19_00 + 19_00
    )
