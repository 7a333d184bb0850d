"""The core and the warehouse earn the same of a contract, month by month, where both are asked."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.warehouse.companies import EXPONENTS, Company, Row
from tests.warehouse.conftest import Built
from tests.warehouse.revenue_reference import Revenue
from tests.warehouse.test_random_companies import assert_same
from transactional_api.revenue import rules
from transactional_api.revenue.recognition import schedule
from transactional_api.revenue.rules import Line, Modification


def test_a_contract_earns_in_the_core_what_it_earns_in_the_warehouse(random_companies: Built) -> None:
    rows = random_companies.world.read(
        "select tenant_id, source_kind, source_id, strftime(month, '%Y-%m') as month, recognized"
        " from marts.revenue_recognition where source_kind <> 'invoice_line' and recognized <> 0"
    )
    actual: dict[Any, Fraction] = {}
    expected: dict[Any, Fraction] = {}
    compared = set()
    for company in random_companies.companies:
        refused = {name for _, name in Revenue(company).set_aside}
        for contract in company["contracts"]:
            parts = [r for n in ("obligations", "contract_modifications") for r in _of(company, n, contract)]
            names = {contract["contract_id"], *(r.get("modification_id") or r["obligation_id"] for r in parts)}
            if not names & refused and contract["signed_on"] <= company.as_of:
                compared.add((company.tenant_id, contract["contract_id"]))
                expected |= _in_the_core(company, contract)
    for r in rows:
        if (r["tenant_id"], r["source_id"].split("-")[0]) in compared:
            actual[r["tenant_id"], r["source_kind"], r["source_id"], r["month"]] = Fraction(r["recognized"])
    assert len(compared) > 40
    assert len(expected) > 500
    assert_same(actual, expected)


def _of(company: Company, data_set: str, contract: Row) -> list[Row]:
    return [r for r in company[data_set] if r["contract_id"] == contract["contract_id"]]


def _minor(amount: Decimal, contract: Row) -> int:
    return int(amount.scaleb(EXPONENTS[contract["currency"]]))


def _in_the_core(company: Company, contract: Row) -> dict[Any, Fraction]:
    rows = sorted(_of(company, "obligations", contract), key=lambda r: r["obligation_id"])
    # Stand-alone prices of the drop may have more decimals than the currency: the core is given them in thousandths.
    weights = [int(Decimal(r["standalone_price"]) * 1000) for r in rows]
    prices = rules.allocate(_minor(contract["total_amount"], contract), weights)
    lines = [_line(company, contract, row, *both) for row, *both in zip(rows, prices, weights, strict=True)]
    changes = [
        Modification(
            m["modification_id"],
            m["effective_on"],
            _minor(m["price_change"], contract),
            rules.treatment_of(m["is_distinct"], m["is_at_standalone_price"]),
            m["obligation_id"],
            m["new_ends_on"],
        )
        for m in _of(company, "contract_modifications", contract)
        if m["effective_on"] <= company.as_of
    ]
    months = schedule(rules.modified(lines, changes, contract["ends_on"]), company.as_of)
    unit = Fraction(1, 10 ** EXPONENTS[contract["currency"]])
    return {
        (company.tenant_id, one.source_kind, one.source_id, one.month): one.amount_minor * unit
        for one in months
        if one.amount_minor
    }


def _line(company: Company, contract: Row, row: Row, price: int, weight: int) -> Line:
    progress = [p for p in company["progress"] if p["obligation_id"] == row["obligation_id"]]
    return Line(
        source_kind="obligation",
        source_id=row["obligation_id"],
        product_id=row["product_id"],
        price_minor=price,
        standalone_price_minor=weight,
        recognition=row["recognition"],
        starts_on=row["starts_on"] or contract["starts_on"],
        ends_on=row["ends_on"] or contract["ends_on"],
        transferred_on=row["transferred_on"] if row["recognition"] == "point_in_time" else None,
        progress=tuple(
            (p["measured_on"], p["percent_complete"])
            for p in sorted(progress, key=lambda p: p["measured_on"])
            if p["measured_on"] <= company.as_of
        ),
    )
