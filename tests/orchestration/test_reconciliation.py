"""What the build says about its copy of the core: the same, or which tenant, day and table differ."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from ingestion.journal import Journal
from orchestration.build import Build, BuildRequest, building
from orchestration.defs.reconciliation import bring_up_to_date
from orchestration.lag import late_line
from orchestration.settings import Settings
from tests.orchestration.houses import new_home, revhouse, rows
from tests.orchestration.test_core_checks import behind_the_back
from transactional_api.customers.service import create_customer
from transactional_api.database import Database
from transactional_api.invoices.service import NewLine, post_invoice, stage_invoice
from transactional_api.kit.clock import FixedClock

FIRST = datetime(2026, 3, 30, 12, tzinfo=UTC)
SECOND = datetime(2026, 3, 31, 12, tzinfo=UTC)
TABLE = "ops.core_reconciliation"


def write(home: Path, number: int, at: datetime) -> None:
    database = Database(f"sqlite:///{home / 'core.db'}", FixedClock(at))
    database.migrate()
    with database.transaction("acme", "test") as unit:
        create_customer(
            unit, customer_id=f"C{number}", name=f"Ada {number}", created_on=date(2026, 1, 1), currency="USD"
        )
        stage_invoice(
            unit,
            invoice_id=f"I{number}",
            customer_id=f"C{number}",
            issued_on=date(2026, 2, 1),
            due_on=date(2026, 3, 1),
            currency="USD",
            lines=[NewLine(12345, description=f"work {number}")],
        )
        post_invoice(unit, f"I{number}", needs_approval=False)
    database.close()


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = new_home(tmp_path_factory.mktemp("reconciled") / "home")
    (home / "tenants.toml").write_text("[tenant.acme]\nas_of = 2026-03-31\n", encoding="utf-8")
    write(home, 1, FIRST)
    built = revhouse(home, "build", "--nightly")
    assert built.returncode == 0, built.stderr
    return home


@pytest.fixture
def home(tmp_path: Path, built_once: Path) -> Path:
    return Path(shutil.copytree(built_once, tmp_path / "home"))


def figures(home: Path) -> dict[tuple[str, str], tuple[int, bool, str]]:
    version = max((home / "warehouse").glob("warehouse-*.duckdb"))
    found = rows(version, f"select day::varchar, table_name, core_changes, agrees, version from {TABLE}")
    return {(day, name): (changes, agrees, made) for day, name, changes, agrees, made in found}


def compare(home: Path, whole: bool) -> list[str]:
    """The lines of what differs, from the two steps of a build that are concerned."""
    from ingestion.app import extract

    settings = Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}")
    extract(home, settings.database_url)
    with building(settings, BuildRequest(), "test", ["customers", "invoices"]) as build:
        return [one.line() for one in bring_up_to_date(build, whole).differences]


def test_a_build_adds_what_is_new_to_the_figures_and_they_are_those_of_a_whole_comparison(home: Path) -> None:
    write(home, 2, SECOND)
    write(home, 3, SECOND)
    compare(home, whole=False)
    write(home, 4, FIRST)
    built = revhouse(home, "build")
    assert built.returncode == 0, built.stderr
    found = figures(home)
    assert found["2026-03-30", "customers"] == (2, True, "000002")
    assert found["2026-03-31", "customers"] == (2, True, "000002")
    assert {agrees for _, agrees, _ in found.values()} == {True}
    by_hand = sum(changes for changes, _, _ in found.values())
    with behind_the_back(home) as core:
        assert core.execute("select count(*) from change_log").fetchone() == (by_hand,)
    query = f"select * exclude (version) from {TABLE} order by all"
    added = rows(max((home / "warehouse").glob("warehouse-*.duckdb")), query)
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}")
    with building(settings, BuildRequest(), "test", ["customers"]) as build:
        bring_up_to_date(build, whole=True)
        with build.connect() as connection:
            assert connection.sql(query).fetchall() == added


def test_an_amount_changed_in_the_lake_is_named_with_tenant_day_and_table(home: Path) -> None:
    write(home, 2, SECOND)
    rewrite(home, "app/invoice_lines", "net_minor + 1 as net_minor")
    (line,) = compare(home, whole=True)
    assert line.startswith("tenant acme, 2026-03-30, invoice_lines: minor sum 24690 in the core, 24691")
    assert "rows differ" in line


def test_a_text_changed_in_the_core_behind_the_log_is_found_at_night_and_names_the_key(home: Path) -> None:
    with behind_the_back(home) as core:
        core.execute("update customers set country = 'XX'")
    assert compare(home, whole=False) == []
    assert compare(home, whole=True) == ["tenant acme, 2026-03-30, customers: 1 rows differ, such as C1"]
    refused = revhouse(home, "build", "--nightly")
    assert refused.returncode == 1
    assert "core_equals_warehouse: tenant acme, 2026-03-30, customers: 1 rows differ, such as C1" in refused.stderr


def test_a_personal_value_changed_behind_the_log_is_found_without_being_told(home: Path) -> None:
    with behind_the_back(home) as core:
        core.execute("update customer_profiles set name = 'Somebody Else'")
    assert compare(home, whole=True) == ["tenant acme, no day, customer_profiles: 1 rows differ, such as C1"]


def test_a_row_deleted_from_the_core_behind_the_log_is_found(home: Path) -> None:
    with behind_the_back(home) as core:
        core.execute("delete from invoice_lines")
    lines = compare(home, whole=True)
    assert [line.split(":")[0] for line in lines] == [
        "tenant acme, 2026-03-30, invoice_lines",
        "tenant acme, no day, invoice_lines_personal",
    ]


def test_changes_since_the_extraction_are_no_difference(home: Path) -> None:
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}")
    write(home, 2, SECOND)
    database = Database(settings.database_url)
    with database.transaction("acme", "test") as unit:
        from transactional_api.customers.service import change_customer

        change_customer(unit, "C1", {"country": "NL", "email": "new@example.com"})
    database.close()
    with building(settings, BuildRequest(), "test", ["customers"]) as build:
        assert bring_up_to_date(build, whole=True).differences == []
    with behind_the_back(home) as core:
        core.execute("update invoice_lines set tax_code = 'exempt'")
    with building(settings, BuildRequest(), "test", ["customers"]) as build:
        lines = [one.line() for one in bring_up_to_date(build, whole=True).differences]
    assert lines == ["tenant acme, 2026-03-30, invoice_lines: 1 rows differ, such as " + lines[0].rpartition(" ")[2]]


def test_what_was_stored_before_entries_had_a_hash_is_left_out_of_the_log_and_compared_row_by_row(home: Path) -> None:
    for relation in ("app/customers", "app/invoices", "app/invoice_lines", "app/deals"):
        rewrite(home, relation, without=("changed_at", "entry_hash"))
    write(home, 2, SECOND)
    assert compare(home, whole=True) == []


def rewrite(home: Path, relation: str, replaced: str = "", without: tuple[str, ...] = ()) -> None:
    """Replaces the stored files of a relation by others."""
    with Journal(home) as journal, duckdb.connect() as con:
        for part in journal.parts(relation):
            path = home / "intake" / part["path"]
            kept = f"* exclude ({', '.join(without)})" if without else f"* replace ({replaced})"
            content = con.sql(f"select {kept} from read_parquet('{path}')").to_arrow_table()
            assert content.num_rows
            con.register("content", content)
            con.execute(f"copy (from content) to '{path}' (format parquet)")


def test_waiting_changes_are_an_alarm_after_the_time_that_is_allowed_and_not_before(home: Path) -> None:
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}")
    assert late_line(settings, ["customers"], SECOND) is None
    write(home, 2, FIRST.replace(hour=13))
    assert late_line(settings, ["customers"], FIRST.replace(hour=13, minute=15)) is None
    assert late_line(settings, ["products"], SECOND) is None, "nothing that figures rest on was changed"
    said = late_line(settings, ["customers"], FIRST.replace(hour=13, minute=16))
    assert said is not None and said.startswith("changes of tenant acme have been waiting for 16 minutes")
    told = revhouse(home, "doctor").stdout
    assert "core log: changes of tenant acme have been waiting" in told


def test_the_sensor_fails_a_check_of_the_extraction_while_changes_wait_and_passes_it_after(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster import DagsterInstance, SensorResult, SkipReason, build_sensor_context

    from orchestration.definitions import build_defs

    monkeypatch.setenv("REVHOUSE_HOME", str(home))
    [sensor] = [one for one in build_defs().sensors or () if one.name == "core_lag"]
    write(home, 2, FIRST)
    with DagsterInstance.ephemeral() as instance:
        late = sensor(build_sensor_context(instance))
        assert isinstance(late, SensorResult)
        [event] = late.asset_events
        assert (event.passed, event.severity.value) == (False, "WARN")
        assert isinstance(sensor(build_sensor_context(instance, cursor=late.cursor)), SkipReason)
        from ingestion.app import extract

        extract(home, f"sqlite:///{home / 'core.db'}")
        again = sensor(build_sensor_context(instance, cursor=late.cursor))
        assert isinstance(again, SensorResult) and again.asset_events[0].passed
        assert isinstance(sensor(build_sensor_context(instance, cursor=again.cursor)), SkipReason)


def test_a_look_at_the_past_compares_nothing(home: Path) -> None:
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}")
    with building(settings, BuildRequest(known_at=1), "test", ["customers"]) as build:
        assert isinstance(build, Build)
        assert bring_up_to_date(build, whole=True).compared == "nothing"
