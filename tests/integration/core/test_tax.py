"""Tax over HTTP: calculation, own rates, registrations, filings; and what an invoice's lines take over."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.core.conftest import Api
from transactional_api.customers.service import create_customer
from transactional_api.database import Database
from transactional_api.invoices import service as invoices
from transactional_api.invoices.rules import NewLine
from transactional_api.tax.errors import LocalRateUnknown, ThresholdNotJudged
from transactional_api.tax.service import NewRegistration, TaxableLine, for_lines, set_registrations

TAX = "/api/v1/revenue-ops/tax"
DAY = date(2025, 9, 1)
GERMAN = {"country": "DE", "vat_number": "DE136695976"}
RATE = {"rate_id": "R1", "jurisdiction": "DE", "kind": "VAT", "category": "books", "rate": "0.07"}
QUARTER = {"jurisdiction": "DE", "period_starts_on": "2025-07-01", "period_ends_on": "2025-09-30", "currency": "EUR"}


def asked(buyer: dict[str, Any], *amounts: str, **more: Any) -> dict[str, Any]:
    lines = [{"amount": amount} for amount in amounts or ("100.00",)]
    return {"tax_point": "2025-09-01", "currency": "EUR", "seller": GERMAN, "buyer": buyer, "lines": lines} | more


def done(answer: tuple[int, Any], status: int = 200) -> Any:
    assert answer[0] == status, answer[1]
    return answer[1]


def refused(answer: tuple[int, Any], status: int, slug: str, field: str | None) -> None:
    assert (answer[0], answer[1]["type"].rpartition(":")[2]) == (status, slug), answer[1]
    assert [error["field"] for error in answer[1]["errors"]] == ([field] if field else [])


def register(database: Database, home: str, *elsewhere: str, number: str | None = None) -> None:
    with database.transaction("acme", "test") as unit:
        listed = [NewRegistration(home, date(2020, 1, 1), number, True)]
        set_registrations(unit, [*listed, *(NewRegistration(one, date(2020, 1, 1)) for one in elsewhere)])


def invoice(
    database: Database,
    invoice_id: str,
    net: int,
    rate: str,
    code: str = "standard",
    *,
    currency: str = "EUR",
    **more: Any,
) -> None:
    """Posted on DAY to customer C1."""
    with database.transaction("acme", "test") as unit:
        invoices.stage_invoice(
            unit,
            invoice_id=invoice_id,
            customer_id="C1",
            issued_on=more.pop("issued_on", DAY),
            due_on=date(2025, 12, 1),
            currency=currency,
            lines=[NewLine(net, tax_rate=Decimal(rate), tax_code=code)],
            **more,
        )
        invoices.post_invoice(unit, invoice_id, needs_approval=False)


@pytest.mark.covers("POST /api/v1/revenue-ops/tax/calculate")
def test_a_calculation_says_per_line_jurisdiction_and_kind_what_is_taxed_and_why(api: Api) -> None:
    seller = {"country": "CA", "region": "ON"}
    body = asked({"country": "CA", "region": "QC"}, "19.99", "-19.99", currency="CAD", seller=seller)
    answer = done(api.call("POST", f"{TAX}/calculate", body))
    assert (answer["tax"], answer["is_local_rate_unknown"], answer["reverse_charge"]) == ("0.00", False, None)
    first, second = answer["lines"]
    assert [(tax["kind"], tax["jurisdiction"], tax["rate"], tax["taxable"], tax["tax"]) for tax in first["taxes"]] == [
        ("GST", "CA", "0.05", "19.99", "1.00"),
        ("QST", "CA-QC", "0.09975", "19.99", "1.99"),
    ]
    assert (first["tax"], second["tax"]) == ("2.99", "-2.99")
    assert first["taxes"][1]["source"].startswith("Revenu Québec")
    assert api.log("tax_rates") == []


def test_a_reverse_charge_shows_both_numbers_and_its_reason(api: Api) -> None:
    buyer = {"country": "FR", "vat_number": "FR83404833048"}
    answer = done(api.call("POST", f"{TAX}/calculate", asked(buyer)))
    assert (answer["tax"], answer["is_buyer_vat_number_valid"]) == ("0.00", True)
    assert answer["lines"][0]["taxes"][0]["tax_code"] == "reverse_charge"
    shown = answer["reverse_charge"]
    assert (shown["seller_vat_number"], shown["buyer_vat_number"]) == ("DE136695976", "FR83404833048")
    assert "Directive 2006/112/EC" in shown["note"]


def test_a_calculation_is_the_same_for_everybody_who_may_read_taxes(api: Api) -> None:
    body = asked({"country": "DE"})
    assert done(api.as_role("analyst").call("POST", f"{TAX}/calculate", body))["tax"] == "19.00"
    assert api.as_role("approver").call("POST", f"{TAX}/calculate", body)[0] == 403


@pytest.mark.parametrize(
    ("change", "slug", "field"),
    [
        ({"seller": None}, "seller-unknown", "seller"),
        ({"seller": {"country": "DE"}}, "seller-vat-number-needed", "seller.vat_number"),
        ({"tax_point": "2009-01-01", "buyer": {"country": "DE"}}, "no-rate-on-date", "tax_point"),
        (
            {"lines": [{"amount": "1", "category": "books"}], "buyer": {"country": "DE"}},
            "category-without-rate",
            "lines.0.category",
        ),
        ({"buyer": {"country": "CA"}, "seller": {"country": "CA", "region": "ON"}}, "region-needed", "buyer.region"),
        ({"buyer": {"country": "FR"}, "currency": "SEK"}, "threshold-not-judged", "union_sales"),
        ({"buyer": {"country": "FR"}, "currency": "SEK", "union_sales": {}}, "threshold-not-judged", "union_sales"),
        ({"lines": [{"amount": "1.001"}]}, "amount-refused", "lines.0.amount"),
        ({"currency": "ZZZ"}, "currency-unknown", "currency"),
        ({"buyer": {"country": "France"}}, "request-refused", "buyer.country"),
        ({"lines": []}, "request-refused", "lines"),
    ],
)
def test_a_calculation_that_would_have_to_guess_is_refused(
    api: Api, change: dict[str, Any], slug: str, field: str
) -> None:
    body = asked({"country": "FR", "vat_number": "FR83404833048"}) | change
    refused(api.call("POST", f"{TAX}/calculate", body), 422, slug, field)


def test_a_place_without_known_local_rate_is_marked(api: Api) -> None:
    body = asked({"country": "US", "region": "NY", "locality": "Ithaca"}, seller={"country": "US", "region": "NY"})
    answer = done(api.call("POST", f"{TAX}/calculate", body | {"currency": "USD"}))
    assert (answer["tax"], answer["is_local_rate_unknown"]) == ("4.00", True)


def test_the_threshold_counts_what_was_given_or_what_the_core_has_posted(api: Api, database: Database) -> None:
    given = asked({"country": "FR"}, union_sales={"this_year": "9900.01"})
    assert done(api.call("POST", f"{TAX}/calculate", given))["reason"] == "above_union_threshold"
    body = asked({"country": "FR"})
    assert done(api.call("POST", f"{TAX}/calculate", body))["reason"] == "below_union_threshold"
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id="C1", name="Ada", created_on=DAY, country="FR")
    invoice(database, "I1", 9_900_00, "0.19")
    invoice(database, "I2", 5_000_00, "0", "reverse_charge", ship_to_country="IT")
    assert done(api.call("POST", f"{TAX}/calculate", body))["reason"] == "below_union_threshold"
    invoice(database, "I3", 1, "0.19")
    assert done(api.call("POST", f"{TAX}/calculate", body))["reason"] == "above_union_threshold"


@pytest.mark.covers("POST /api/v1/revenue-ops/tax/rates")
@pytest.mark.covers("GET /api/v1/revenue-ops/tax/rates")
@pytest.mark.covers("PATCH /api/v1/revenue-ops/tax/rates/{rate_id}")
@pytest.mark.covers("DELETE /api/v1/revenue-ops/tax/rates/{rate_id}")
def test_an_own_rate_is_used_from_its_first_day_until_it_ends_or_is_removed(api: Api, other_api: Api) -> None:
    made = done(api.call("POST", f"{TAX}/rates", RATE | {"valid_from": "2025-01-01"}), 201)
    assert done(api.call("GET", f"{TAX}/rates?jurisdiction=DE"))["items"] == [made]
    assert done(other_api.call("GET", f"{TAX}/rates"))["items"] == []
    assert done(api.call("GET", f"{TAX}/rates?jurisdiction=FR"))["items"] == []
    books = asked({"country": "DE"}, lines=[{"amount": "100.00", "category": "books"}])
    assert done(api.call("POST", f"{TAX}/calculate", books))["tax"] == "7.00"
    ended = done(api.call("PATCH", f"{TAX}/rates/R1", {"valid_until": "2025-09-01"}))
    assert ended["valid_until"] == "2025-09-01"
    refused(api.call("POST", f"{TAX}/calculate", books), 422, "category-without-rate", "lines.0.category")
    assert other_api.call("DELETE", f"{TAX}/rates/R1")[0] == 404
    assert api.call("DELETE", f"{TAX}/rates/R1")[0] == 204
    assert done(api.call("GET", f"{TAX}/rates"))["items"] == []
    assert [entry.operation for entry in api.log("tax_rates", "R1")] == ["insert", "update", "delete"]


def test_two_own_rates_never_hold_on_one_day(api: Api) -> None:
    done(api.call("POST", f"{TAX}/rates", RATE | {"valid_from": "2025-01-01", "valid_until": "2025-07-01"}), 201)
    later = RATE | {"rate_id": "R2", "valid_from": "2025-06-30"}
    refused(api.call("POST", f"{TAX}/rates", later), 409, "rates-overlap", "valid_from")
    done(api.call("POST", f"{TAX}/rates", later | {"valid_from": "2025-07-01"}), 201)
    refused(api.call("PATCH", f"{TAX}/rates/R1", {"valid_until": None}), 409, "rates-overlap", "valid_from")
    refused(api.call("PATCH", f"{TAX}/rates/R1", {"valid_until": "2025-01-01"}), 422, "rate-refused", "valid_until")
    refused(api.call("PATCH", f"{TAX}/rates/none", {"valid_until": None}), 404, "rate-not-found", "rate_id")
    for change, field in (
        ({"rate": "1.01"}, "rate"),
        ({"rate": 0.07}, "rate"),
        ({"kind": "vat"}, "kind"),
        ({"jurisdiction": "Germany"}, "jurisdiction"),
        ({"category": "exempt"}, "category"),
        ({"valid_until": "2020-01-01"}, "valid_until"),
    ):
        status, problem = api.call("POST", f"{TAX}/rates", later | {"rate_id": "R3"} | change)
        assert (status, problem["errors"][0]["field"]) == (422, field), problem


@pytest.mark.covers("GET /api/v1/revenue-ops/tax/rates/packaged")
def test_packaged_rates_name_who_published_them(api: Api) -> None:
    page = done(api.call("GET", f"{TAX}/rates/packaged?jurisdiction=DE&on=2020-08-01"))
    assert [(one["category"], one["rate"], one["valid_until"]) for one in page["items"]] == [
        ("reduced", "0.05", "2021-01-01"),
        ("standard", "0.16", "2021-01-01"),
    ]
    assert page["items"][0]["source"].startswith("European Commission")
    seen: list[str] = []
    cursor = ""
    while True:
        page = done(api.call("GET", f"{TAX}/rates/packaged?limit=100{cursor}"))
        seen += [f"{one['jurisdiction']}{one['kind']}{one['category']}{one['valid_from']}" for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) > 200


@pytest.mark.covers("GET /api/v1/revenue-ops/tax/registrations")
@pytest.mark.covers("PUT /api/v1/revenue-ops/tax/registrations")
def test_registrations_say_where_the_tenant_is_and_collects(api: Api, other_api: Api) -> None:
    home = {"jurisdiction": "DE", "number": "DE136695976", "is_home": True, "registered_from": "2020-01-01"}
    france = {"jurisdiction": "FR", "registered_from": "2025-01-01"}
    done(api.call("PUT", f"{TAX}/registrations", {"registrations": [home, france]}))
    kept = done(api.call("GET", f"{TAX}/registrations"))["registrations"]
    assert [(one["jurisdiction"], one["is_home"], one["number"]) for one in kept] == [
        ("DE", True, "DE136695976"),
        ("FR", False, None),
    ]
    assert done(other_api.call("GET", f"{TAX}/registrations")) == {"registrations": []}
    consumer = asked({"country": "FR"})
    del consumer["seller"]
    assert done(api.call("POST", f"{TAX}/calculate", consumer))["reason"] == "registered_in_destination"
    moved = [home | {"is_home": False}, france | {"is_home": True, "number": "FR83404833048"}]
    done(api.call("PUT", f"{TAX}/registrations", {"registrations": moved}))
    assert done(api.call("POST", f"{TAX}/calculate", consumer))["reason"] == "domestic"
    done(api.call("PUT", f"{TAX}/registrations", {"registrations": moved[1:]}))
    assert len(done(api.call("GET", f"{TAX}/registrations"))["registrations"]) == 1
    log = api.log("tax_registrations", "DE")
    assert [entry.operation for entry in log] == ["insert", "update", "delete"]
    assert log[0].personal_fields == '["number"]'
    assert "136695976" not in f"{log[0].after_json}{log[1].before_json}{log[2].before_json}"


@pytest.mark.parametrize(
    ("registrations", "field"),
    [
        ([{"jurisdiction": "DE"}], "registrations"),
        ([{"jurisdiction": "DE", "is_home": True}, {"jurisdiction": "FR", "is_home": True}], "registrations"),
        ([{"jurisdiction": "DE", "is_home": True}, {"jurisdiction": "DE"}], "registrations.1.jurisdiction"),
        ([{"jurisdiction": "US", "is_home": True}], "registrations.0.jurisdiction"),
        ([{"jurisdiction": "EU-OSS", "is_home": True}], "registrations.0.is_home"),
        (
            [{"jurisdiction": "DE", "is_home": True, "registered_until": "2025-01-01"}],
            "registrations.0.registered_until",
        ),
    ],
)
def test_registrations_that_contradict_each_other_are_refused(
    api: Api, registrations: list[dict[str, Any]], field: str
) -> None:
    body = {"registrations": [{"registered_from": "2025-01-01"} | one for one in registrations]}
    status, problem = api.call("PUT", f"{TAX}/registrations", body)
    assert (status, problem["errors"][0]["field"]) == (422, field), problem
    assert done(api.call("GET", f"{TAX}/registrations"))["registrations"] == []


def test_the_database_itself_keeps_one_home(database: Database) -> None:
    from transactional_api.kit.errors import DomainError
    from transactional_api.tax.tables import TaxRegistration

    with pytest.raises(DomainError), database.transaction("acme", "test") as unit:
        for jurisdiction in ("DE", "FR"):
            row = TaxRegistration(jurisdiction=jurisdiction, is_home=1, registered_from=DAY)
            unit.session.add(row)


@pytest.mark.covers("POST /api/v1/revenue-ops/tax/filings")
@pytest.mark.covers("GET /api/v1/revenue-ops/tax/filings")
@pytest.mark.covers("GET /api/v1/revenue-ops/tax/filings/{filing_id}")
@pytest.mark.covers("POST /api/v1/revenue-ops/tax/filings/{filing_id}/file")
@pytest.mark.covers("POST /api/v1/revenue-ops/tax/filings/{filing_id}/pay")
def test_a_filing_takes_its_figures_from_posted_invoices_and_is_filed_and_paid(api: Api, database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id="C1", name="Ada", created_on=DAY, country="DE")
    invoice(database, "I1", 100_00, "0.19")
    invoice(database, "I2", 200_00, "0.07", "reduced")
    invoice(database, "I3", 300_00, "0", "exempt")
    invoice(database, "I4", 400_00, "0", "zero_rated")
    invoice(database, "I5", 500_00, "0.19", ship_to_country="AT")
    invoice(database, "I6", 600_00, "0.19", issued_on=date(2025, 6, 30))
    with database.transaction("acme", "test") as unit:
        invoices.void_invoice(unit, "I6", voided_on=date(2025, 7, 1))
        invoices.stage_invoice(
            unit,
            customer_id="C1",
            issued_on=DAY,
            due_on=DAY,
            currency="EUR",
            lines=[NewLine(9, tax_rate=Decimal("0.19"))],
        )
    made = done(api.call("POST", f"{TAX}/filings", QUARTER | {"filing_id": "F1", "due_on": "2025-10-10"}), 201)
    figures = {name: made[name] for name in ("taxable", "exempt", "zero_rated", "reverse_charge")}
    assert figures == {"taxable": "300.00", "exempt": "300.00", "zero_rated": "400.00", "reverse_charge": "0.00"}
    assert (made["tax_charged"], made["tax_credited"], made["net_due"]) == ("33.00", "114.00", "-81.00")
    assert (made["status"], made["is_derived"]) == ("open", True)
    assert done(api.call("GET", f"{TAX}/filings/F1")) == made
    refused(api.call("POST", f"{TAX}/filings/F1/pay", {"paid_on": "2025-10-10"}), 409, "wrong-filing-state", None)
    refused(api.call("POST", f"{TAX}/filings/F1/file", {"filed_on": "2025-09-30"}), 409, "filed-too-early", "filed_on")
    done(api.call("POST", f"{TAX}/filings/F1/file", {"filed_on": "2025-10-05"}))
    refused(api.call("POST", f"{TAX}/filings/F1/file", {"filed_on": "2025-10-06"}), 409, "wrong-filing-state", None)
    refused(api.call("POST", f"{TAX}/filings/F1/pay", {"paid_on": "2025-10-04"}), 409, "filed-too-early", "paid_on")
    paid = done(api.call("POST", f"{TAX}/filings/F1/pay", {"paid_on": "2025-10-10"}))
    assert done(api.call("GET", f"{TAX}/filings?status=paid&jurisdiction=DE"))["items"] == [paid]
    assert done(api.call("GET", f"{TAX}/filings?status=open"))["items"] == []
    assert [entry.operation for entry in api.log("tax_filings", "F1")] == ["insert", "update", "update"]


def test_a_period_of_a_jurisdiction_is_filed_once(api: Api, other_api: Api) -> None:
    done(api.call("POST", f"{TAX}/filings", QUARTER), 201)
    september = QUARTER | {"period_starts_on": "2025-09-01"}
    refused(api.call("POST", f"{TAX}/filings", september), 409, "filing-overlaps", "period_starts_on")
    done(api.call("POST", f"{TAX}/filings", september | {"jurisdiction": "FR"}), 201)
    done(other_api.call("POST", f"{TAX}/filings", QUARTER | {"filing_id": "F9"}), 201)
    refused(api.call("GET", f"{TAX}/filings/F9"), 404, "filing-not-found", "filing_id")


def test_a_filing_in_several_currencies_needs_figures(api: Api, database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id="C1", name="Ada", created_on=DAY, country="DE")
    invoice(database, "I1", 100_00, "0.19", currency="USD")
    refused(api.call("POST", f"{TAX}/filings", QUARTER), 409, "filing-in-several-currencies", "figures")
    figures = {"taxable": "92.00", "tax_charged": "17.48"}
    made = done(api.call("POST", f"{TAX}/filings", QUARTER | {"figures": figures}), 201)
    assert (made["net_due"], made["is_derived"]) == ("17.48", False)
    for change, field in (
        ({"figures": {"tax_charged": "-1"}}, "figures.tax_charged"),
        ({"period_ends_on": "2025-06-30"}, "period_ends_on"),
        ({"due_on": "2025-07-01"}, "due_on"),
        ({"jurisdiction": "EU-OSS"}, "figures"),
    ):
        status, problem = api.call("POST", f"{TAX}/filings", QUARTER | {"jurisdiction": "AT"} | change)
        assert (status, problem["errors"][0]["field"]) == (422, field), problem


def line_taxes(database: Database, customer: dict[str, Any], **more: Any) -> list[Any]:
    values: dict[str, Any] = {"ship_to_country": None, "ship_to_region": None, "currency": "EUR"}
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id="C9", name="x", created_on=DAY, **customer)
        lines = [TaxableLine(100_00), TaxableLine(33_33, "reduced")][: more.pop("count", 1)]
        return for_lines(unit, customer_id="C9", issued_on=DAY, lines=lines, **(values | more))


def test_an_invoice_line_takes_over_rate_tax_code_and_reason(database: Database) -> None:
    register(database, "DE", number="DE136695976")
    first, second = line_taxes(database, {"country": "DE"}, count=2)
    assert (first.tax_rate, first.tax_minor, first.tax_code, first.reason) == (
        Decimal("0.19"),
        19_00,
        "standard",
        "domestic",
    )
    assert (second.tax_rate, second.tax_minor, second.tax_code) == (Decimal("0.07"), 2_33, "reduced")


def test_an_invoice_to_a_business_abroad_is_reverse_charged_by_the_customers_own_number(database: Database) -> None:
    register(database, "DE", number="DE136695976")
    (found,) = line_taxes(database, {"country": "FR", "vat_number": "FR83404833048"})
    assert (found.tax_minor, found.tax_code, found.reason) == (0, "reverse_charge", "reverse_charge")


def test_several_kinds_are_one_rate_on_an_invoice_line(database: Database) -> None:
    register(database, "CA-ON")
    (found,) = line_taxes(database, {"country": "CA", "region": "QC"}, currency="CAD")
    assert (found.tax_rate, found.tax_minor) == (Decimal("0.14975"), 5_00 + 9_98)


def test_where_goods_go_counts_before_where_the_customer_is(database: Database) -> None:
    register(database, "CA-ON")
    (found,) = line_taxes(database, {"country": "US", "region": "NY"}, ship_to_country="CA", ship_to_region="AB")
    assert found.tax_rate == Decimal("0.05")


def test_without_registration_or_country_an_invoice_is_not_judged(database: Database) -> None:
    (found,) = line_taxes(database, {"country": "DE"})
    assert (found.tax_rate, found.tax_minor, found.tax_code, found.reason) == (0, 0, "standard", "no_registration")


def test_an_invoice_is_refused_where_part_of_its_tax_is_unknown(database: Database) -> None:
    register(database, "US-NY")
    with pytest.raises(LocalRateUnknown):
        line_taxes(database, {"country": "US", "region": "NY"}, currency="USD")
    register(database, "DE")
    with pytest.raises(ThresholdNotJudged):
        line_taxes(database, {"country": "FR"}, currency="SEK")
