"""The app contracts are the core's tables, and what the core itself logs arrives as it stands there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.app import extract
from ingestion.contracts import app_tables
from ingestion.csv.engine import connect
from ingestion.raw import create_raw_relations

tables = pytest.importorskip("transactional_api.tables", reason="the core is not part of this checkout")
from transactional_api.customers.tables import Customer, CustomerProfile  # noqa: E402
from transactional_api.database import Database  # noqa: E402
from transactional_api.products.tables import Product  # noqa: E402


def logged() -> dict[str, type]:
    classes = [mapper.class_ for mapper in tables.Base.registry.mappers]
    return {each.__tablename__: each for each in classes if each.is_logged}


def test_there_is_a_contract_for_every_table_and_no_other() -> None:
    assert {name for name, each in app_tables().items() if each.table == name} == set(logged())
    apart = {name for name, each in logged().items() if each.personal_columns and each.personal_to is None}
    assert {each.table for name, each in app_tables().items() if each.table != name} == apart


@pytest.mark.parametrize("name", sorted(app_tables()))
def test_a_contract_has_the_columns_and_the_key_of_its_table(name: str) -> None:
    contract = app_tables()[name]
    row = logged()[contract.table]
    key = {column.name for column in row.__table__.primary_key} - {"tenant_id"}
    columns = {column.name for column in row.__table__.columns} - {"tenant_id"}
    if row.personal_to is None and contract.personal:
        columns = key | set(row.personal_columns)
    elif row.personal_to is None:
        columns -= set(row.personal_columns)
    assert set(contract.columns) == columns
    assert set(contract.key) == key
    assert contract.personal == (row.personal_to is not None or contract.table != name)


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_what_the_core_writes_arrives(engine: str, home: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path}/real.db" if engine == "sqlite" else request.getfixturevalue("postgres_url")
    database = Database(url)
    assert extract(home, url).rows == 0
    database.migrate()
    with database.transaction("t", "test") as work:
        work.session.add(
            Customer(tenant_id="t", customer_id="C1", subject_token="s", created_on=date(2024, 2, 29), currency="EUR")
        )
        work.session.add(CustomerProfile(tenant_id="t", customer_id="C1", subject_token="s", name="Ada"))
        plan = Product(tenant_id="t", product_id="P1", name="Plan", kind="subscription")
        plan.standalone_price_minor, plan.currency = 1829, "EUR"
        work.session.add(plan)
    with database.transaction("t", "test") as work:
        work.session.get_one(Customer, ("t", "C1")).country = "NL"
    result = extract(home, url)
    assert result.rows == database.change_log_heads()["t"]
    database.close()
    con = connect(tmp_path)
    create_raw_relations(con, home)
    assert con.sql("select customer_id, created_on, country, currency from raw_app.customers").fetchall() == [
        ("C1", date(2024, 2, 29), "NL", "EUR")
    ]
    assert con.sql("select name, email from raw_app.customer_profiles").fetchall() == [("Ada", None)]
    assert con.sql("select standalone_price_minor::decimal from raw_app.products").fetchall() == [(Decimal(1829),)]
