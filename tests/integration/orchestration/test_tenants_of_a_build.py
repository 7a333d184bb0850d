"""Which tenants a build is about, and which changes of the core start one: those that figures rest on."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import AssetSelection, DagsterInstance, RunRequest, SkipReason, build_sensor_context, define_asset_job

from ingestion.app import extract
from orchestration.build import BuildRequest, building
from orchestration.core import tables_with_figures
from orchestration.sensors import build_sensors
from orchestration.settings import DBT_PROJECT, Settings
from tests.compiled import copy_compiled
from tests.orchestration.houses import rows
from transactional_api.access.accounts import ensure_admin
from transactional_api.customers.service import change_customer, create_customer
from transactional_api.database import Database
from transactional_api.privacy.service import erase

PINNED = date(2026, 6, 30)


def declared() -> frozenset[str]:
    """The core's tables that the project's models read, as a build is told them."""
    sources = yaml.safe_load((DBT_PROJECT / "models" / "sources" / "sources.yml").read_text())["sources"]
    named = [{"schema": source["name"], "name": table["name"]} for source in sources for table in source["tables"]]
    return tables_with_figures({"sources": dict(enumerate(named))})


@pytest.fixture
def core(home: Path) -> Iterator[Database]:
    """A core after its first start: nothing but the admin of tenant `default`, whose settings are none."""
    copy_compiled(home)
    (home / "tenants.toml").write_text(f"[tenant.acme]\nas_of = {PINNED}\n")
    database = Database(f"sqlite:///{home / 'core.db'}")
    database.migrate()
    assert ensure_admin(database, "default") is not None
    yield database
    database.close()


def add_customer(core: Database, tenant_id: str, customer_id: str = "C1") -> None:
    with core.transaction(tenant_id, "test") as unit:
        create_customer(unit, customer_id=customer_id, name="Ada", created_on=date(2026, 1, 1), currency="USD")


def built() -> Path:
    """A version without its marts: intake, the relations that say what the build is about, publication."""
    settings = Settings()
    extract(settings.home, settings.database_url)
    with building(settings, BuildRequest(), "test", declared()) as build:
        build.ensure_raw()
        with build.connect() as connection:
            connection.execute("create table kept as select tenant_id, customer_id from raw_app.customers order by all")
        build.publish()
        return build.warehouse.path_of()


def test_the_first_start_of_a_core_adds_no_tenant_to_what_is_published(core: Database) -> None:
    add_customer(core, "acme")
    version = built()
    assert rows(version, "select tenant_id, as_of from run.tenants") == [("acme", PINNED)]
    assert rows(version, "select tenant_id, as_of from ops.publications") == [("acme", PINNED)]
    assert Settings().has_core and version.name == "warehouse-000001.duckdb"


def test_a_tenant_is_published_with_its_first_customer_and_stays(core: Database) -> None:
    add_customer(core, "acme")
    built()
    add_customer(core, "default", "C-FIRST")
    version = built()
    assert rows(version, "from kept") == [("acme", "C1"), ("default", "C-FIRST")]
    assert rows(version, "select tenant_id from run.tenants order by all") == [("acme",), ("default",)]
    [(as_of,)] = rows(version, "select as_of from ops.publications where tenant_id = 'default'")
    assert datetime.now(UTC).date() - as_of <= timedelta(days=2)
    listed = rows(built(), "select version from ops.publications where tenant_id = 'default' order by version")
    assert listed == [("000002",), ("000003",)]


def test_settings_alone_make_no_tenant_and_a_home_without_any_is_published_empty(core: Database) -> None:
    version = built()
    assert rows(version, "from run.tenants") == []
    assert rows(version, "select count(*) from ops.publications") == [(0,)]


def ask(cursor: str | None = None) -> tuple[Any, str | None]:
    """What the sensor on the core's log answers, and where it stands then."""
    job = define_asset_job("build", selection=AssetSelection.all())
    [core_log] = [one for one in build_sensors(job, declared()) if one.name == "core_log"]
    with DagsterInstance.ephemeral() as instance:
        context = build_sensor_context(instance=instance, cursor=cursor)
        return core_log(context), context.cursor


def test_an_account_starts_no_build_and_a_customer_does_once(core: Database) -> None:
    answer, cursor = ask()
    assert isinstance(answer, SkipReason) and "no new change" in str(answer.skip_message)
    add_customer(core, "default")
    answer, cursor = ask(cursor)
    assert isinstance(answer, RunRequest)
    assert ensure_admin(core, "globex") is not None
    answer, cursor = ask(cursor)
    assert isinstance(answer, SkipReason) and "was asked for" in str(answer.skip_message)
    extract(Settings().home, Settings().database_url)
    assert isinstance(ask(cursor)[0], SkipReason)


def test_a_name_that_is_never_in_the_log_starts_a_build(core: Database) -> None:
    add_customer(core, "default")
    extract(Settings().home, Settings().database_url)
    with core.transaction("default", "test") as unit:
        change_customer(unit, "C1", {"name": "Ada Lovelace"})
    assert isinstance(ask()[0], RunRequest)


def test_erasing_somebody_whom_only_files_know_starts_a_build(core: Database) -> None:
    with core.transaction("default", "test") as unit:
        erase(unit, "C-OF-A-FILE", reason="data_subject_request", known_elsewhere=True)
    assert isinstance(ask()[0], RunRequest)


def test_a_log_that_went_backwards_starts_the_build_that_says_so(core: Database, home: Path) -> None:
    add_customer(core, "default")
    extract(home, Settings().database_url)
    (home / "core.db").unlink()
    for beside in home.glob("core.db-*"):
        beside.unlink()
    core.close()
    core.migrate()
    assert isinstance(ask()[0], RunRequest)
