"""Whose data there is to show, and which changes of the core somebody has to follow, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.app import extract, unread_changes
from ingestion.csv import copy_into_drop, scan_drop
from ingestion.errors import ChangeLogBroken
from ingestion.journal import Journal
from ingestion.raw import create_raw_relations, tenants_with_facts

from .core_by_hand import CoreByHand, core_file, customer, line

WITH_FIGURES = ("customers", "invoice_lines")


def account(number: int) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    return "accounts", (f"A{number}",), {"account_id": f"A{number}", "roles": "admin", "status": "active"}


def tenants(home: Path, known_at: int | None = None) -> list[str]:
    with Journal(home) as journal:
        limit = journal.head() if known_at is None else known_at
    return tenants_with_facts(duckdb.connect(), home, limit, WITH_FIGURES)


def test_a_tenant_with_nothing_but_accounts_has_no_facts(core: CoreByHand, home: Path) -> None:
    core.write("new", [account(1), account(2)])
    core.write("acme", [account(1), customer(1)])
    core.write("globex", [line(1)])
    extract(home, core.url)
    assert tenants(home) == ["acme", "globex"]


def test_its_first_customer_makes_it_a_tenant_with_all_that_it_ever_wrote(core: CoreByHand, home: Path) -> None:
    core.write("new", [account(1)])
    first = extract(home, core.url).seq
    core.write("new", [customer(1), account(2), line(1)])
    extract(home, core.url)
    assert (tenants(home, first), tenants(home)) == ([], ["new"])
    con = duckdb.connect()
    create_raw_relations(con, home)
    held = [con.sql(f"from raw_app.{name}").fetchall() for name in ("accounts", "customers", "invoice_lines")]
    assert [len(rows) for rows in held] == [2, 1, 1]


def test_a_tenant_whose_only_customer_was_deleted_keeps_its_place(core: CoreByHand, home: Path) -> None:
    core.write("acme", [customer(1)])
    extract(home, core.url)
    core.write("acme", [("customers", ("C1",), None)])
    extract(home, core.url)
    assert tenants(home) == ["acme"]


def test_a_tenant_of_whom_a_file_has_a_row_has_facts_and_one_whose_file_was_refused_has_none(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "good.csv").write_text("customer_id,name\nC1,Ada\n")
    (tmp_path / "bad.csv").write_text("what,is,this\n1,2,3\n")
    copy_into_drop(home, [tmp_path / "good.csv"], "acme")
    copy_into_drop(home, [tmp_path / "bad.csv"], "globex")
    scan_drop(home, lambda _: "UTC")
    assert tenants(home) == ["acme"]


def test_changes_of_other_tables_are_nothing_to_follow(core: CoreByHand, home: Path) -> None:
    core.write("acme", [account(1)])
    assert unread_changes(home, core.url, WITH_FIGURES) == {}
    core.write("acme", [customer(1), account(2)])
    core.write("globex", [account(1)])
    assert unread_changes(home, core.url, WITH_FIGURES) == {"acme": 2}


def test_what_was_read_is_not_followed_again(core: CoreByHand, home: Path) -> None:
    core.write("acme", [customer(1)])
    extract(home, core.url)
    assert unread_changes(home, core.url, WITH_FIGURES) == {}
    core.write("acme", [account(1)])
    core.write("acme", [customer(1, country="NL")])
    assert unread_changes(home, core.url, WITH_FIGURES) == {"acme": 3}


def test_the_changes_to_follow_are_found_among_more_tenants_than_one_query_asks_for(home: Path, tmp_path: Path) -> None:
    core = core_file(tmp_path)
    for number in range(450):
        core.write(f"t{number:03}", [customer(1) if number in (0, 449) else account(1)])
    assert unread_changes(home, core.url, WITH_FIGURES) == {"t000": 1, "t449": 1}


def test_a_log_that_went_backwards_is_an_error_before_anything_is_read(core: CoreByHand, home: Path) -> None:
    core.write("t", [customer(1), customer(2)])
    extract(home, core.url)
    core.run("update change_log_heads set last_change_no = ?", 1)
    with pytest.raises(ChangeLogBroken, match="ends at 1, but 2 was read before"):
        unread_changes(home, core.url, WITH_FIGURES)


def test_where_there_is_no_core_there_is_nothing_to_follow(home: Path, tmp_path: Path) -> None:
    assert unread_changes(home, f"sqlite:///{tmp_path}/nowhere.db", WITH_FIGURES) == {}
    assert not (tmp_path / "nowhere.db").exists()
