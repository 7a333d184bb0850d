"""A core that was changed behind the change log's back is not published."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.demo.company import invent_company
from orchestration.demo.write import split_company, write_core
from orchestration.publish import Warehouse
from tests.orchestration.houses import new_home, revhouse, rows


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = new_home(tmp_path_factory.mktemp("core") / "home")
    core, _ = split_company(invent_company(9, customers=12, months=6, currencies=(("USD", 1.0),)))
    write_core(core, f"sqlite:///{home / 'core.db'}", "acme")
    result = revhouse(home, "build", "--as-of", "2026-10-31")
    assert result.returncode == 0, result.stderr
    return home


@pytest.fixture
def home(tmp_path: Path, built_once: Path) -> Path:
    return Path(shutil.copytree(built_once, tmp_path / "home"))


@contextmanager
def behind_the_back(home: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(home / "core.db")
    yield connection
    connection.commit()
    connection.close()


def assert_not_published(home: Path, check: str) -> None:
    failed = revhouse(home, "build", "--as-of", "2026-10-31")
    assert failed.returncode == 1
    assert check in failed.stderr
    pointer = Warehouse(home / "warehouse").current()
    assert pointer is not None and pointer.version == "000001" and pointer.stale


def test_a_row_changed_without_the_log_blocks_publication(home: Path) -> None:
    with behind_the_back(home) as core:
        [line_id] = core.execute("select min(line_id) from invoice_lines").fetchone()
        core.execute("update invoice_lines set net_minor = net_minor + 1 where line_id = ?", [line_id])
    assert_not_published(home, "warehouse_copy_equals_core")


def test_a_changed_log_entry_blocks_publication(home: Path) -> None:
    with behind_the_back(home) as core:
        for (trigger,) in core.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            core.execute(f'drop trigger "{trigger}"')
        core.execute("update change_log set actor = 'nobody' where change_no = 5")
    assert_not_published(home, "change_log_chain_holds")


def test_an_untouched_core_is_published_and_equals_its_copy(built_once: Path) -> None:
    version = Warehouse(built_once / "warehouse").path_of()
    with behind_the_back(built_once) as core:
        counted = core.execute("select count(*), sum(net_minor) from invoice_lines").fetchall()
    assert (
        rows(version, "select count(*), (sum(net_amount) * 100)::bigint from staging.stg_app__invoice_lines") == counted
    )
