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
from orchestration.settings import Settings
from tests.orchestration.houses import new_home, revhouse, rows
from transactional_api.database import Database
from transactional_api.kit.change_log import FIRST_HASH, ChangeLogEntry, hash_entry


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = new_home(tmp_path_factory.mktemp("core") / "home")
    core, _ = split_company(invent_company(9, customers=5, months=3, currencies=(("USD", 1.0),)))
    write_core(core, Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}"), "acme")
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


def test_a_log_rewritten_with_all_its_hashes_blocks_publication(home: Path) -> None:
    columns = [column.name for column in ChangeLogEntry.__table__.columns]
    with behind_the_back(home) as core:
        for (trigger,) in core.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            core.execute(f'drop trigger "{trigger}"')
        previous = FIRST_HASH
        for row in core.execute(f"select {', '.join(columns)} from change_log order by change_no").fetchall():
            entry = dict(zip(columns, row, strict=True)) | {"previous_hash": previous, "actor": "nobody"}
            previous = hash_entry({name: value for name, value in entry.items() if name != "entry_hash"})
            core.execute(
                "update change_log set actor = 'nobody', previous_hash = ?, entry_hash = ? where change_no = ?",
                [entry["previous_hash"], previous, entry["change_no"]],
            )
        core.execute("update change_log_heads set last_hash = ?", [previous])
    database = Database(f"sqlite:///{home / 'core.db'}")
    assert database.verify_chain("acme").holds, "by its own hashes nothing is wrong"
    database.close()
    assert_not_published(home, "change_log_chain_holds")


def test_each_version_says_what_it_was_published_upon(built_once: Path) -> None:
    version = Warehouse(built_once / "warehouse").path_of()
    (row,) = rows(version, "select tenant_id, holds, verified_from, checkpoints from ops.audit_verifications")
    assert row == ("acme", True, 1, 1)
    told = revhouse(built_once, "doctor").stdout
    assert "audit checkpoints: change" in told


def test_an_untouched_core_is_published_and_equals_its_copy(built_once: Path) -> None:
    version = Warehouse(built_once / "warehouse").path_of()
    with behind_the_back(built_once) as core:
        counted = core.execute("select count(*), sum(net_minor) from invoice_lines").fetchall()
    assert (
        rows(version, "select count(*), (sum(net_amount) * 100)::bigint from staging.stg_app__invoice_lines") == counted
    )
