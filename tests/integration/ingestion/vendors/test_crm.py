"""HubSpot and Salesforce: columns that users choose, close dates that mean two things."""

from __future__ import annotations

from pathlib import Path

from tests.integration.ingestion.vendors import exports
from tests.integration.ingestion.vendors.looking import look, totals
from tests.unit.ingestion.drops import drop, reasons

DEALS = "deal_id, stage, amount, currency, closed_on, expected_close_on"


def test_a_close_date_is_the_day_of_closing_only_where_the_stage_says_closed(home: Path) -> None:
    receipt = drop(home, exports.hubspot_deals().text(), zone="America/New_York")
    assert totals(receipt.control_totals) == {"": "26210.50"}
    assert "no currency column: the tenant's currency is used" in receipt.notes
    assert look(home, "deals", DEALS) == [
        ("9001", "Closed Won", "25000.00", None, "2026-01-15", None),
        ("9002", "closedlost", None, None, "2026-02-01", None),
        ("9003", "Contract sent", "1200.50", None, None, "2026-06-30"),
        ("9004", "CLOSED WON (Sales Pipeline)", "10.00", None, "2026-03-01", None),
    ]
    assert look(home, "deals", "created_at, created_at_is_utc, owner")[-1] == ("2026-01-01 10:00:00", False, "Ann")


def test_deals_with_few_columns_and_with_a_currency_are_read(home: Path) -> None:
    receipt = drop(home, "\ufeffRecord ID,Deal Name,Deal Stage,Currency,Amount\n1,A,Proposal,eur,5\n2,B,Proposal,,7\n")
    assert (receipt.contract, receipt.rows_accepted) == ("hubspot_deals", 2)
    assert totals(receipt.control_totals) == {"": "7.00", "EUR": "5.00"}
    assert look(home, "deals", "currency, created_at") == [("EUR", None), (None, None)]


def test_a_deal_without_a_stage_is_quarantined(home: Path) -> None:
    receipt = drop(home, exports.hubspot_deals().changed(0, Deal_Stage="").changed(2, Amount="250k").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (2, 2)
    assert [(line, column) for line, column, _, _ in reasons(home)] == [(2, "Deal Stage"), (4, "Amount")]


def test_contacts_are_customers_by_name_or_e_mail(home: Path) -> None:
    drop(home, exports.hubspot_contacts().text())
    assert look(home, "customers", "customer_id, name, email, country, segment, created_on") == [
        ("5001", "Ada Love", "ada@example.com", "GB", "Customer", "2025-10-01"),
        ("5002", "bo@example.com", "bo@example.com", None, "Lead", "2025-10-02"),
    ]


def test_a_contact_that_nothing_names_is_quarantined(home: Path) -> None:
    receipt = drop(home, exports.hubspot_contacts().changed(1, Email="").text())
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (1, 1)
    assert [(line, column, reason) for line, column, _, reason in reasons(home)] == [
        (3, "name", "is required and blank")
    ]


def test_a_salesforce_report_goes_by_its_labels(home: Path) -> None:
    receipt = drop(home, exports.salesforce_report().text())
    assert totals(receipt.control_totals) == {"EUR": "800.50", "USD": "25000.00"}
    assert look(home, "deals", f"{DEALS}, customer_id, owner, channel") == [
        ("0061", "Closed Won", "25000.00", "USD", "2026-01-15", None, "Acme Ltd", "Ann", "Web"),
        ("0062", "Prospecting", "800.50", "EUR", None, "2026-12-31", "Globex", "Ben", None),
        ("0063", "Closed Lost", None, "USD", "2026-02-01", None, "Hooli", "Ben", None),
    ]


def test_salesforces_own_flag_says_what_is_closed_whatever_the_stage_is_called(home: Path) -> None:
    drop(home, exports.salesforce_api().text())
    assert look(home, "deals", f"{DEALS}, created_at_is_utc, customer_id") == [
        ("0061", "Gewonnen", "25000.00", "USD", "2026-01-15", None, True, "001A"),
        ("0062", "Prospecting", "800.50", "EUR", None, "2026-12-31", True, "001B"),
    ]


def test_two_names_for_one_column_refuse_the_file(home: Path) -> None:
    both = "Id,Opportunity ID,StageName,Amount,CloseDate\n1,1,Won,5,2026-01-31\n"
    receipt = drop(home, both)
    assert receipt.reason == "two columns of the header stand for id"
