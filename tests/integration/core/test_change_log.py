"""The log sees every write, in order, without gaps, and shows when somebody changed it."""

import json
import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from transactional_api.customers.service import change_customer, create_customer
from transactional_api.customers.tables import Customer
from transactional_api.database import Database
from transactional_api.invoices.rules import NewLine
from transactional_api.invoices.service import discard_draft, stage_invoice
from transactional_api.kit.change_log import ChangeLogEntry
from transactional_api.kit.recording import SavepointRefused, TenantMixed
from transactional_api.kit.statements import UnloggedWrite
from transactional_api.products.service import create_product
from transactional_api.products.tables import Product
from transactional_api.subscriptions.rules import Period
from transactional_api.subscriptions.service import cancel, change_terms, start_subscription
from transactional_api.tables import Base

Behind = Callable[[str], list[tuple[Any, ...]]]


def entries(database: Database, tenant_id: str = "acme") -> list[ChangeLogEntry]:
    with database.read(tenant_id) as unit:
        query = select(ChangeLogEntry).where(ChangeLogEntry.tenant_id == tenant_id)
        return list(unit.session.scalars(query.order_by(ChangeLogEntry.change_no)))


def write_products(database: Database, count: int, tenant_id: str = "acme", prefix: str = "p") -> None:
    with database.transaction(tenant_id, "test") as unit:
        for number in range(count):
            create_product(unit, product_id=f"{prefix}{number}", name="x", kind="usage")


class Changed(Exception):
    """Raised on purpose, to roll back."""


def test_eight_writers_with_rollbacks_leave_dense_numbers_and_an_unbroken_chain(database: Database) -> None:
    failures: list[BaseException] = []

    def work(writer: int) -> None:
        try:
            for turn in range(8):
                try:
                    with database.transaction("acme", f"writer-{writer}") as unit:
                        for row in range(1 + turn % 3):
                            create_product(unit, product_id=f"{writer}-{turn}-{row}", name="x", kind="usage")
                        if turn % 4 == 3:
                            unit.session.hold_tenant()
                            unit.session.flush()
                            raise Changed
                except Changed:
                    continue
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    log = entries(database)
    expected = 8 * sum(1 + turn % 3 for turn in range(8) if turn % 4 != 3)
    assert [entry.change_no for entry in log] == list(range(1, expected + 1))
    assert database.change_log_heads() == {"acme": expected}
    assert database.verify_chain("acme").holds


def test_a_rolled_back_transaction_leaves_neither_rows_nor_numbers(database: Database) -> None:
    write_products(database, 2)
    with pytest.raises(Changed), database.transaction("acme", "test") as unit:
        create_product(unit, product_id="gone", name="x", kind="usage")
        unit.session.flush()
        raise Changed
    write_products(database, 1, prefix="q")
    assert [entry.entity_key for entry in entries(database)] == ["p0", "p1", "q0"]
    assert database.verify_chain("acme").entries == 3


def test_an_entry_holds_the_whole_row_in_the_promised_form(database: Database) -> None:
    with database.transaction("acme", "alice") as unit:
        create_customer(unit, customer_id="C1", name="Ada", created_on=date(2026, 1, 1))
        start_subscription(
            unit,
            subscription_id="S1",
            customer_id="C1",
            currency="USD",
            items=[Period("seats", date(2026, 1, 1), "month", 2900, Decimal("2.50"))],
        )
    with database.transaction("acme", "alice") as unit:
        change_terms(unit, "S1", "seats", effective_on=date(2026, 2, 1), quantity=Decimal(3))
    log = entries(database)
    assert [(entry.entity, entry.entity_key, entry.operation) for entry in log[:3]] == [
        ("customers", "C1", "insert"),
        ("subscriptions", "S1", "insert"),
        ("subscription_periods", "S1\x1fseats\x1f2026-01-01", "insert"),
    ]
    assert {(entry.entity_key, entry.operation) for entry in log[3:]} == {
        ("S1\x1fseats\x1f2026-02-01", "insert"),
        ("S1\x1fseats\x1f2026-01-01", "update"),
    }
    first = json.loads(log[2].after_json or "")
    columns = {column.name for column in Base.metadata.tables["subscription_periods"].columns} - {"tenant_id"}
    assert set(first) == columns
    assert (first["quantity"], first["started_on"], first["ended_on"]) == ("2.50", "2026-01-01", None)
    changed = next(entry for entry in log[3:] if entry.operation == "update")
    assert json.loads(changed.before_json or "") == first
    assert json.loads(changed.after_json or "") == first | {"ended_on": "2026-02-01"}
    assert {entry.actor for entry in log} == {"alice"}


def test_deletes_are_logged_with_what_was_deleted(database: Database, customer: str) -> None:
    with database.transaction("acme", "test") as unit:
        stage_invoice(
            unit,
            invoice_id="I1",
            customer_id=customer,
            issued_on=date(2026, 1, 1),
            due_on=date(2026, 2, 1),
            currency="USD",
            lines=[NewLine(1000, line_id="L1"), NewLine(500, line_id="L2")],
        )
    with database.transaction("acme", "test") as unit:
        discard_draft(unit, "I1")
    deleted = [entry for entry in entries(database) if entry.operation == "delete"]
    assert [(entry.entity, entry.entity_key) for entry in deleted] == [
        ("invoice_lines", "L1"),
        ("invoice_lines", "L2"),
        ("invoices", "I1"),
    ]
    assert all(entry.after_json is None and entry.before_json for entry in deleted)


def test_replaying_the_log_gives_the_tables(database: Database, behind: Behind) -> None:
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id="C1", name="Ada", created_on=date(2026, 1, 1))
        start_subscription(
            unit,
            subscription_id="S1",
            customer_id="C1",
            currency="JPY",
            items=[Period("a", date(2026, 1, 1), "month", 500), Period("b", date(2026, 6, 1), "year", 900)],
        )
        change_terms(unit, "S1", "a", effective_on=date(2026, 3, 1), unit_amount_minor=700)
    with database.transaction("acme", "test") as unit:
        cancel(unit, "S1", ended_on=date(2026, 4, 1), requested_on=date(2026, 3, 15))
    replayed: dict[tuple[str, str], Any] = {}
    for entry in entries(database):
        replayed[entry.entity, entry.entity_key] = json.loads(entry.after_json) if entry.after_json else None
    periods = {
        key: (row["unit_amount_minor"], row["ended_on"])
        for (entity, key), row in replayed.items()
        if entity == "subscription_periods" and row is not None
    }
    stored = behind("SELECT item_id, started_on, unit_amount_minor, ended_on FROM subscription_periods")
    assert periods == {f"S1\x1f{item}\x1f{start}": (amount, str(end)) for item, start, amount, end in stored}
    assert len(periods) == 2


def test_personal_values_never_enter_the_log(database: Database, behind: Behind) -> None:
    with database.transaction("acme", "test") as unit:
        create_customer(
            unit,
            customer_id="C1",
            name="Canary Name",
            created_on=date(2026, 1, 1),
            email="canary@old.example",
            vat_number="CANARY-VAT",
        )
    with database.transaction("acme", "test") as unit:
        change_customer(unit, "C1", {"email": "canary@new.example"})
    with database.transaction("acme", "test") as unit:
        change_customer(unit, "C1", {"vat_number": None, "country": "DE"})
    log = entries(database)
    assert [(entry.entity, entry.operation, entry.personal_fields) for entry in log] == [
        ("customers", "insert", '["email","name","vat_number"]'),
        ("customers", "update", '["email"]'),
        ("customers", "update", '["vat_number"]'),
    ]
    assert "canary" not in str(behind("SELECT * FROM change_log")).lower()
    assert behind("SELECT name, email FROM customer_profiles") == [("Canary Name", "canary@new.example")]


@pytest.mark.parametrize(
    ("column", "value"),
    [("after_json", "'{}'"), ("actor", "'mallory'"), ("entity_key", "'p9'"), ("changed_at", None)],
)
def test_an_edited_entry_breaks_the_chain_where_it_was_edited(
    database: Database, behind: Behind, column: str, value: str | None
) -> None:
    write_products(database, 5)
    disarm(database, behind)
    value = value or "'2020-01-01T00:00:00.000000Z'"
    behind(f"UPDATE change_log SET {column} = {value} WHERE change_no = 3")
    verdict = database.verify_chain("acme")
    assert (verdict.holds, verdict.broken_at) == (False, 3)


@pytest.mark.parametrize(("number", "broken_at"), [(1, 1), (3, 3), (5, 5)])
def test_a_deleted_entry_breaks_the_chain_where_it_was(
    database: Database, behind: Behind, number: int, broken_at: int
) -> None:
    write_products(database, 5)
    disarm(database, behind)
    behind(f"DELETE FROM change_log WHERE change_no = {number}")
    assert database.verify_chain("acme").broken_at == broken_at


def disarm(database: Database, behind: Behind) -> None:
    """As an intruder with all rights would: without the triggers."""
    if database.is_sqlite:
        for (name,) in behind("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            behind(f"DROP TRIGGER {name}")
    else:
        behind("ALTER TABLE change_log DISABLE TRIGGER ALL")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE change_log SET actor = 'mallory'",
        "DELETE FROM change_log",
        "DELETE FROM change_log_heads",
        "UPDATE change_log_heads SET last_change_no = 1",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(database: Database, behind: Behind, sql: str) -> None:
    write_products(database, 3)
    with pytest.raises(Exception, match=r"append-only|only moves forward"):
        behind(sql)
    assert database.verify_chain("acme").entries == 3


def test_replacing_or_truncating_the_log_is_refused_too(database: Database, behind: Behind) -> None:
    write_products(database, 1)
    sql = "INSERT OR REPLACE INTO change_log SELECT * FROM change_log" if database.is_sqlite else "TRUNCATE change_log"
    with pytest.raises(Exception, match="append-only"):
        behind(sql)


def test_a_write_that_the_log_could_not_see_is_refused(database: Database) -> None:
    write_products(database, 1)
    statements: list[Any] = [
        insert(Product).values(tenant_id="acme", product_id="x", name="x", kind="usage"),
        update(Product).values(name="y"),
        text("DELETE FROM products"),
        text("  update \"products\" set name = 'y'"),
        text("DELETE FROM change_log"),
    ]
    for statement in statements:
        with pytest.raises(UnloggedWrite), database.transaction("acme", "test") as unit:
            unit.session.execute(statement)
    with pytest.raises(UnloggedWrite), database.transaction("acme", "test") as unit:
        unit.session.bulk_save_objects([Product(tenant_id="acme", product_id="x", name="x", kind="usage")])
    with pytest.raises(UnloggedWrite), database.read("acme") as unit:
        unit.session.add(Product(product_id="x", name="x", kind="usage"))
        unit.session.flush()
    assert len(entries(database)) == 1


def test_savepoints_and_rows_of_another_tenant_are_refused(database: Database) -> None:
    with pytest.raises(SavepointRefused), database.transaction("acme", "test") as unit:
        unit.session.begin_nested()
    # On PostgreSQL row security is quicker.
    with pytest.raises((TenantMixed, ProgrammingError)), database.transaction("acme", "test") as unit:
        unit.session.add(Customer(tenant_id="globex", customer_id="C", subject_token="x", created_on=date(2026, 1, 1)))


def test_each_tenant_has_a_chain_of_its_own(database: Database) -> None:
    write_products(database, 2, "acme")
    write_products(database, 3, "globex")
    assert database.change_log_heads() == {"acme": 2, "globex": 3}
    assert database.verify_chain("globex").entries == 3


def test_several_thousand_logged_rows_are_written_in_a_second_or_two(database: Database) -> None:
    import time

    before = time.perf_counter()
    write_products(database, 5000)
    assert time.perf_counter() - before < 10  # a guard against a query per row, not a benchmark
    assert database.verify_chain("acme").entries == 5000
