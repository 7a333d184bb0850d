"""The second wall on PostgreSQL: a query that forgot its tenant sees nothing of another one."""

from contextlib import closing

import psycopg
import pytest
from psycopg import Connection

from tests.integration.core.conftest import APP_ROLE, as_owner, make_customer
from transactional_api.database import Database
from transactional_api.tables import Base

pytestmark = pytest.mark.postgres
TABLES = sorted(Base.metadata.tables)


@pytest.fixture
def walled(postgres_url: str) -> Database:
    database = Database(postgres_url)
    for tenant in ("acme", "globex"):
        with database.transaction(tenant, "test") as unit:
            make_customer(unit, f"C-{tenant}")
    return database


def see(connection: Connection, tenant: str) -> None:
    connection.execute("SELECT set_config('revhouse.tenant', %s, true)", [tenant])


def test_the_core_works_as_a_role_that_owns_nothing_and_passes_no_wall(postgres_url: str) -> None:
    with closing(psycopg.connect(postgres_url)) as db:
        role = db.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert role.fetchone() == (APP_ROLE, False, False)
        owned = db.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert owned.fetchone() == (0,)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_walled_for_its_owner_too(postgres_url: str, table: str) -> None:
    with closing(psycopg.connect(postgres_url)) as db:
        walled = db.execute("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", [table])
        assert walled.fetchone() == (True, True)


@pytest.mark.parametrize("table", ["customers", "customer_profiles", "change_log", "change_log_heads"])
def test_a_query_without_a_condition_sees_its_own_tenant_only(walled: Database, postgres_url: str, table: str) -> None:
    with closing(psycopg.connect(postgres_url)) as db:
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        for tenant in ("acme", "globex"):
            see(db, tenant)
            seen = db.execute(f"SELECT DISTINCT tenant_id FROM {table}").fetchall()
            assert seen == [(tenant,)]
        see(db, "*")
        assert db.execute(f"SELECT count(DISTINCT tenant_id) FROM {table}").fetchone() == (2,)


def test_writing_for_another_tenant_is_refused_by_the_database(walled: Database, postgres_url: str) -> None:
    with closing(psycopg.connect(postgres_url)) as db:
        see(db, "acme")
        assert db.execute("UPDATE customers SET country = 'DE'").rowcount == 1
        assert db.execute("DELETE FROM idempotency_keys WHERE tenant_id = 'globex'").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("UPDATE customers SET tenant_id = 'globex'")


def test_the_setting_ends_with_its_transaction(walled: Database) -> None:
    with walled.transaction("acme", "test") as unit:
        make_customer(unit, "C2")
    with walled.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM customers").scalar() == 0


def test_the_owner_of_the_tables_is_walled_as_well(walled: Database, postgres_url: str) -> None:
    with closing(psycopg.connect(as_owner(postgres_url))) as db:
        db.execute("CREATE ROLE plain_owner NOSUPERUSER NOBYPASSRLS")
        db.execute("ALTER TABLE customers OWNER TO plain_owner")
        db.execute("SET ROLE plain_owner")
        see(db, "acme")
        assert db.execute("SELECT count(*) FROM customers").fetchone() == (1,)
        db.rollback()
