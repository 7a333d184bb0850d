"""Opening, migrating and refusing: what happens before the first row, and what the tables themselves forbid."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from transactional_api.customers.service import create_customer
from transactional_api.database import Database, DatabaseUnavailable
from transactional_api.kit.errors import ConstraintBroken, KeyTaken
from transactional_api.products.service import create_product
from transactional_api.tables import (
    Base,
    Deal,
    Invoice,
    InvoiceLine,
    Payment,
    PaymentAllocation,
    Product,
    SubscriptionPeriod,
)

DAY = date(2026, 1, 1)


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "sqlite://",
        "sqlite:////nowhere/at/all/core.db",
        "mysql://root:hunter2@localhost/core",
        "postgresql://nobody:hunter2@127.0.0.1:1/none",
    ],
)
def test_a_database_that_cannot_be_used_is_one_clear_line_without_a_password(url: str) -> None:
    with pytest.raises(DatabaseUnavailable) as refused:
        Database(url).migrate()
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_only_migrating_makes_a_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'core.db'}")
    with pytest.raises(DatabaseUnavailable):
        database.ping()
    assert list(tmp_path.iterdir()) == []
    database.migrate()
    database.ping()
    assert (tmp_path / "core.db").stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "core.db").write_text("a letter to the editor, rather long " * 100)
    with pytest.raises(DatabaseUnavailable):
        Database(f"sqlite:///{tmp_path / 'core.db'}").migrate()


def test_heads_are_empty_before_the_first_migration(tmp_path: Path) -> None:
    (tmp_path / "core.db").touch()
    assert Database(f"sqlite:///{tmp_path / 'core.db'}").change_log_heads() == {}


def test_processes_that_start_at_once_all_find_the_tables(tmp_path: Path) -> None:
    script = (
        "import sys; from transactional_api.database import Database; d = Database(sys.argv[1]); d.migrate(); d.ping()"
    )
    url = f"sqlite:///{tmp_path / 'core.db'}"
    started = [subprocess.Popen([sys.executable, "-c", script, url]) for _ in range(4)]
    assert [process.wait(60) for process in started] == [0, 0, 0, 0]


def test_the_migrations_build_exactly_the_declared_tables(database: Database) -> None:
    database.migrate()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_a_reader_of_the_core_does_not_load_the_web_framework() -> None:
    script = "import sys, transactional_api.database; assert not {'fastapi', 'alembic', 'starlette'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def invoice(**values: Any) -> Invoice:
    facts = {"invoice_id": "I", "customer_id": "C", "issued_on": DAY, "due_on": DAY, "currency": "USD"}
    return Invoice(**facts | {"status": "draft"} | values)


def line(**values: Any) -> InvoiceLine:
    facts = {
        "line_id": "L",
        "invoice_id": "I",
        "quantity": Decimal(1),
        "unit_amount_minor": 1,
        "discount_minor": 0,
        "net_minor": 1,
        "tax_rate": Decimal(0),
        "tax_minor": 0,
        "tax_code": "standard",
    }
    return InvoiceLine(**facts | values)


def period(**values: Any) -> SubscriptionPeriod:
    facts = {"subscription_id": "S", "item_id": "i", "started_on": DAY, "billing_interval": "month"}
    return SubscriptionPeriod(**facts | {"interval_count": 1, "unit_amount_minor": 1, "quantity": Decimal(1)} | values)


def payment(**values: Any) -> Payment:
    facts = {"payment_id": "P", "customer_id": "C", "received_on": DAY, "amount_minor": 1}
    return Payment(**facts | {"currency": "USD", "status": "succeeded"} | values)


@pytest.mark.parametrize(
    "row",
    [
        lambda: invoice(status="paid"),
        lambda: invoice(due_on=date(2025, 12, 31)),
        lambda: invoice(status="posted"),
        lambda: invoice(status="void", number="1"),
        lambda: invoice(currency="usd"),
        lambda: invoice(customer_id="nobody"),
        lambda: line(invoice_id="nothing"),
        lambda: line(net_minor=-1),
        lambda: line(net_minor=10**18),
        lambda: line(tax_rate=Decimal("1.1")),
        lambda: line(tax_code="whatever"),
        lambda: line(quantity=Decimal("-0.5")),
        lambda: period(ended_on=DAY),
        lambda: period(paused_until=date(2026, 2, 1)),
        lambda: period(discount_percent=Decimal("100.5")),
        lambda: period(billing_interval="fortnight"),
        lambda: payment(amount_minor=0),
        lambda: payment(status="maybe"),
        lambda: PaymentAllocation(payment_id="P", invoice_id="I", allocated_on=DAY, amount_minor=0),
        lambda: Product(product_id="p", name="p", kind="usage", unit_cost_minor=1),
        lambda: Deal(deal_id="D", stage="won", created_at=datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_database_refuses_what_the_services_would_have_refused(database: Database, row: Callable[[], Any]) -> None:
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id="C", name="Ada", created_on=DAY)
    with pytest.raises(ConstraintBroken), database.transaction("acme", "test") as unit:
        unit.session.add(row())


def test_a_taken_id_is_refused_by_name_of_its_field(database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        create_product(unit, product_id="p", name="p", kind="usage")
        with pytest.raises(KeyTaken):
            create_product(unit, product_id="p", name="p", kind="usage")
    with pytest.raises(KeyTaken) as refused, database.transaction("acme", "test") as unit:
        create_product(unit, product_id="p", name="p", kind="usage")
    assert (refused.value.table, refused.value.field) == ("products", "product_id")


def test_two_tenants_may_use_the_same_ids(database: Database) -> None:
    for tenant in ("acme", "globex"):
        with database.transaction(tenant, "test") as unit:
            create_customer(unit, customer_id="C", name=tenant, created_on=DAY)
    assert database.change_log_heads() == {"acme": 1, "globex": 1}


def test_a_foreign_key_never_reaches_into_another_tenant(database: Database) -> None:
    with database.transaction("globex", "test") as unit:
        create_customer(unit, customer_id="theirs", name="x", created_on=DAY)
    with pytest.raises(ConstraintBroken), database.transaction("acme", "test") as unit:
        unit.session.add(payment(customer_id="theirs"))


def test_a_process_finds_a_row_before_it_has_made_or_asked_for_any(database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        create_product(unit, product_id="P1", name="Seats", kind="subscription")
    url = database.url.render_as_string(hide_password=False)
    script = (
        "import sys\n"
        "from transactional_api.database import Database\n"
        "from transactional_api.products.tables import Product\n"
        "from transactional_api.kit.rows import find\n"
        "with Database(sys.argv[1]).read('acme') as unit: print(find(unit.session, Product, 'P1').kind)\n"
    )
    asked = subprocess.run([sys.executable, "-c", script, url], capture_output=True, text=True, check=False)
    assert (asked.stdout.strip(), asked.returncode) == ("subscription", 0), asked.stderr
