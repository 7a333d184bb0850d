"""What goes wrong outside the product: one clear line, exit 1, nothing published, readers undisturbed."""

import os
import resource
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.publish import Warehouse, build_lock
from tests.orchestration.houses import build, drop, environment, new_home, revhouse

SUBSCRIPTIONS = "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval\n"
MARCH = date(2026, 3, 31)


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    home = new_home(folder / "home")
    (folder / "subs.csv").write_text(SUBSCRIPTIONS + "S1,C1,2026-01-05,100.00,USD,month\n")
    drop(home, folder / "subs.csv")
    build(home, MARCH)
    return home


@pytest.fixture
def published_home(tmp_path: Path, built_once: Path) -> Path:
    """A home with one subscription, published once as version 000001."""
    return Path(shutil.copytree(built_once, tmp_path / "home"))


def one_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("revhouse:")]
    assert len(lines) == 1, text
    return lines[0]


def test_a_missing_rate_fails_the_build_naming_currency_and_date_and_leaves_the_last_version_stale(
    published_home: Path, tmp_path: Path
) -> None:
    (tmp_path / "eur.csv").write_text(SUBSCRIPTIONS + "S2,C2,2026-01-05,80.00,EUR,month\n")
    drop(published_home, tmp_path / "eur.csv")
    failed = revhouse(published_home, "build", "--as-of", "2026-03-31")
    assert failed.returncode == 1
    message = one_line(failed.stderr)
    assert "EUR" in message and "2026-01-31" in message and "default" in message, message
    pointer = Warehouse(published_home / "warehouse").current()
    assert pointer is not None and pointer.version == "000001" and pointer.stale
    assert "EUR" in (pointer.stale_reason or "")
    read = revhouse(published_home, "sql", "select count(*) as n from marts.mrr_movements", "--format", "csv")
    assert read.stdout.splitlines()[-1] == "3"
    assert "stale" in read.stderr

    (tmp_path / "fx.csv").write_text(
        "rate_on,base,quote,rate\n2026-01-30,EUR,USD,1.10\n2026-02-27,EUR,USD,1.11\n2026-03-31,EUR,USD,1.12\n"
        "2025-12-31,EUR,USD,1.09\n"
    )
    drop(published_home, tmp_path / "fx.csv")
    build(published_home, MARCH)
    pointer = Warehouse(published_home / "warehouse").current()
    assert pointer is not None and not pointer.stale


def test_a_refused_file_says_why_and_a_bad_row_is_in_quarantine_with_its_place(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "odd.csv").write_text("what,is,this\n1,2,3\n")
    (tmp_path / "subs.csv").write_text(
        SUBSCRIPTIONS + "S1,C1,2026-01-05,100.00,USD,month\nS2,C2,2026-01-05,1e3,USD,month\n"
    )
    dropped = revhouse(home, "drop", str(tmp_path / "odd.csv"), str(tmp_path / "subs.csv"))
    assert dropped.returncode == 1 and "odd.csv" in dropped.stdout
    query = "select line, column_name, value, reason is not null from ops.quarantined_rows"
    shown = revhouse(home, "sql", query, "--format", "csv")
    assert shown.stdout.splitlines()[-1] == "3,unit_amount,1e3,True"
    assert list((home / "drop" / ".refused").rglob("odd.csv"))
    assert list((home / "drop" / ".refused").rglob("*.reason.txt"))


def test_before_the_first_publication_sql_says_what_to_run(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    asked = revhouse(home, "sql", "from marts.revenue_metrics")
    assert asked.returncode == 1 and "nothing published yet; run revhouse build" in asked.stderr


@pytest.mark.parametrize(
    "url",
    ["postgresql://nobody:hunter2@127.0.0.1:1/none", "mysql://u:hunter2@x/y", "not a url"],
    ids=["closed", "kind", "text"],
)
def test_a_wrong_database_url_is_one_line_without_its_password(tmp_path: Path, url: str) -> None:
    home = new_home(tmp_path / "home")
    failed = revhouse(home, "build", REVHOUSE_DATABASE_URL=url)
    assert failed.returncode == 1
    assert "hunter2" not in failed.stderr + failed.stdout
    assert "adbc" not in failed.stderr, "the product's own words, not a driver's"
    one_line(failed.stderr)
    assert not list((home / "warehouse").glob("warehouse-*.duckdb"))


def test_a_second_build_is_told_who_holds_the_lock(published_home: Path) -> None:
    with build_lock(published_home / "warehouse", 0, "run 1234"):
        second = revhouse(published_home, "build", REVHOUSE_LOCK_WAIT_SECONDS="0.5")
    assert second.returncode == 1
    assert "a build is running: run 1234" in one_line(second.stderr)
    pointer = Warehouse(published_home / "warehouse").current()
    assert pointer is not None and not pointer.stale, "a build that never began makes nothing stale"


def test_a_reader_of_the_published_version_does_not_block_a_build(published_home: Path) -> None:
    with duckdb.connect(str(Warehouse(published_home / "warehouse").path_of()), read_only=True):
        assert revhouse(published_home, "build", "--as-of", "2026-03-31").returncode == 0


def test_a_full_disk_is_one_line_and_publishes_nothing(published_home: Path) -> None:
    """A limit on file size stands for the full disk: every write past it is refused by the system."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

    failed = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "build", "--as-of", "2026-03-31"],
        env=environment(published_home),
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
        cwd=os.fspath(published_home),
    )
    assert failed.returncode == 1, failed.stdout + failed.stderr
    one_line(failed.stderr)
    pointer = Warehouse(published_home / "warehouse").current()
    assert pointer is not None and pointer.version == "000001"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("build", "--as-of", "31.12.2026"),
        ("drop",),
        ("drop", "/no/such/file.csv"),
        ("sql", "drop table x"),
        ("sql", "explain analyze copy (select 1) to 'x.csv'"),
        ("sql", "select 1", "--version", "abc"),
        ("build", "--known-at", "-3"),
    ],
)
def test_wrong_usage_exits_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert revhouse(home, *arguments).returncode == 2


def test_a_password_is_neither_shown_nor_kept_when_the_core_cannot_be_read(published_home: Path) -> None:
    for url in ("mysql://u:hunter2@h/db", "postgresql://u:hunter2@127.0.0.1:1/db"):
        assert revhouse(published_home, "build", REVHOUSE_DATABASE_URL=url).returncode == 1
        assert "hunter2" not in (published_home / "warehouse" / "current.json").read_text()


def test_a_sequence_that_does_not_exist_is_refused_and_makes_nothing_stale(published_home: Path) -> None:
    failed = revhouse(published_home, "build", "--known-at", "999")
    assert failed.returncode == 1
    assert "sequence 999 does not exist yet; the newest is 1" in one_line(failed.stderr)
    pointer = Warehouse(published_home / "warehouse").current()
    assert pointer is not None and not pointer.stale


def test_selected_tables_cannot_be_built_as_of_another_date_than_those_that_stay(published_home: Path) -> None:
    failed = revhouse(published_home, "build", "--as-of", "2026-04-30", "--select", 'key:"marts/mrr_events"')
    assert failed.returncode == 1
    assert "stay as of 2026-03-31" in one_line(failed.stderr)
    pointer = Warehouse(published_home / "warehouse").current()
    assert pointer is not None and pointer.version == "000001" and not pointer.stale


def test_a_failing_look_at_the_past_does_not_make_the_published_version_stale(published_home: Path) -> None:
    (published_home.parent / "eur.csv").write_text(SUBSCRIPTIONS + "S2,C2,2026-01-05,80.00,EUR,month\n")
    drop(published_home, published_home.parent / "eur.csv")
    assert revhouse(published_home, "build", "--as-of", "2026-02-28").returncode == 1
    pointer = Warehouse(published_home / "warehouse").current()
    assert pointer is not None and not pointer.stale


def test_sql_prints_brackets_as_they_are_and_lists_each_table_once(published_home: Path) -> None:
    shown = revhouse(published_home, "sql", "select 'Acme [old] Ltd' as n, 'a [/b] c' as m")
    assert shown.stdout.splitlines()[-1].split("  ") == ["Acme [old] Ltd", "a [/b] c"]
    query = "select count(*) from ops.tables where table_name = 'mrr_movements'"
    assert revhouse(published_home, "sql", query, "--format", "csv").stdout.split()[-1] == "1"


def test_sql_cannot_write(published_home: Path) -> None:
    for statement in (
        "delete from marts.mrr_movements",
        "create table x (a int)",
        "copy (select 1) to '/tmp/x.csv'",
    ):
        assert revhouse(published_home, "sql", statement).returncode == 2
