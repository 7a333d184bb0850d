"""SIGKILL in ingestion, in dbt and in publishing: readers keep the last version, a rerun completes, nothing is lost."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.csv import copy_into_drop
from orchestration.demo.company import invent_company
from orchestration.demo.write import split_company, write_company_csv, write_core
from orchestration.publish import Warehouse, lock_holder
from orchestration.settings import Settings
from tests.orchestration.houses import (
    differing_tables,
    environment,
    in_process,
    new_home,
    newest_version,
    revhouse,
    rows,
)

KILL_AT_PROGRESS = """
import os, signal
from datetime import date
from orchestration import progress
from orchestration.runner import run_build
from orchestration.settings import Settings
seen = []
def listener(step, message):
    seen.append(step)
    if step == {step!r} and seen.count(step) >= {times}:
        os.kill(os.getpid(), signal.SIGKILL)
with progress.listening(listener):
    run_build(Settings(), as_of=date(2026, 10, 31))
"""
KILL_BEFORE = """
import os, signal
from datetime import date
import {module} as module
from orchestration.runner import run_build
from orchestration.settings import Settings
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
module.{name} = die
run_build(Settings(), as_of=date(2026, 10, 31))
"""
MOMENTS = {
    "in ingestion, after some of the files": KILL_AT_PROGRESS.format(step="drop", times=4),
    "in ingestion, after the core's changes": KILL_AT_PROGRESS.format(step="core", times=1),
    "in dbt, after some of the tables": KILL_AT_PROGRESS.format(step="dbt", times=12),
    "in the forecast": KILL_AT_PROGRESS.format(step="forecast", times=1),
    "in publishing, before the file has its name": KILL_BEFORE.format(
        module="orchestration.publish", name="Warehouse.publish"
    ),
    "in publishing, before the pointer moves": KILL_BEFORE.format(
        module="orchestration.publish", name="Warehouse._point_to"
    ),
}
SOURCES = ("customers", "invoices", "invoice_lines", "payments", "payment_allocations", "deals")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the same facts publish when nothing is killed."""
    home = new_home(tmp_path_factory.mktemp("undisturbed") / "home")
    fill(home, first=True)
    fill(home, first=False)
    result = revhouse(home, "build", "--as-of", "2026-10-31")
    assert result.returncode == 0, result.stderr[-3000:]
    return home


@pytest.fixture(scope="module")
def half_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the first half published and the second half waiting."""
    home = new_home(tmp_path_factory.mktemp("half") / "home")
    fill(home, first=True)
    assert revhouse(home, "build", "--as-of", "2026-10-31").returncode == 0
    fill(home, first=False)
    return home


def fill(home: Path, *, first: bool) -> None:
    """Half of the company is there before the first build, half before the one that is killed."""
    company = invent_company(3 if first else 4, customers=18, months=10, sales_per_month=4)
    core, files = split_company(company)
    tenant = "first" if first else "second"
    write_core(core, Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}"), tenant)
    folder = home.parent / f"files-{tenant}"
    write_company_csv(files, folder)
    copy_into_drop(home, [folder], tenant)


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_build_changes_nothing_for_readers_and_a_rerun_completes_it(
    tmp_path: Path, undisturbed: Path, half_built: Path, moment: str
) -> None:
    shutil.copytree(half_built.parent, tmp_path, dirs_exist_ok=True)
    home = tmp_path / "home"
    before = newest_version(home).read_bytes()

    killed = in_process(home, MOMENTS[moment])
    assert killed.returncode == -9, f"the build was to be killed {moment}: {killed.stderr[-2000:]}"
    warehouse = Warehouse(home / "warehouse")
    pointer = warehouse.current()
    assert pointer is not None and pointer.version == "000001"
    assert warehouse.path_of().read_bytes() == before
    read = revhouse(
        home, "sql", "select count(*) from marts.mrr_movements where tenant_id = 'first'", "--format", "csv"
    )
    assert read.returncode == 0 and int(read.stdout.split()[-1]) > 0
    assert lock_holder(home / "warehouse") is None

    rerun = revhouse(home, "build", "--as-of", "2026-10-31")
    assert rerun.returncode == 0, rerun.stderr[-3000:]
    assert differing_tables(newest_version(home), newest_version(undisturbed)) == {}
    assert_raw_equals_source(home)


def assert_raw_equals_source(home: Path) -> None:
    """The core's rows, one by one, and the dropped files' rows, one by one, are the current raw rows."""
    code = """
import csv, duckdb, os, re, sqlite3, sys
from decimal import Decimal
from pathlib import Path
from ingestion.raw import create_raw_relations

def plain(value):
    text = "" if value is None else str(value)
    if re.fullmatch(r"-?[0-9]+([.][0-9]+)?(E-[0-9]+)?", text):
        return str(Decimal(text).normalize() + 0)
    return re.sub(r"([0-9])T([0-9])", r"\\1 \\2", text).removesuffix("Z").removesuffix(".000000")

home = Path(os.environ["REVHOUSE_HOME"])
con = duckdb.connect()
create_raw_relations(con, home)
core = sqlite3.connect(home / "core.db")
for table in sys.argv[1:]:
    logged = {"change_no", "changed_at", "entry_hash"}
    names = [row[0] for row in con.sql(f"describe raw_app.{table}").fetchall() if row[0] not in logged]
    listed = ", ".join(names)
    raw = sorted([plain(v) for v in row] for row in con.sql(f"select {listed} from raw_app.{table}").fetchall())
    source = sorted([plain(v) for v in row] for row in core.execute(f"select {listed} from {table}").fetchall())
    assert raw == source and raw, (table, raw[:1], source[:1])
    for tenant in ("first", "second"):
        path = home.parent / f"files-{tenant}" / f"{table}.csv"
        if not path.exists():
            continue
        with path.open() as file:
            source = list(csv.DictReader(file))
        listed = ", ".join(source[0])
        got = con.execute(f"select {listed} from raw_csv.{table} where tenant_id = ?", [tenant]).fetchall()
        expected = sorted([plain(v) for v in row.values()] for row in source)
        assert sorted([plain(v) for v in row] for row in got) == expected, (table, tenant)
"""
    child = subprocess.run(
        [sys.executable, "-c", code, *SOURCES],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    receipts = rows(newest_version(home), "select sum(rows_read) - sum(rows_accepted) from ops.ingest_receipts")
    assert receipts == [(0,)]
