"""Personal values: only what the log names is read, the newest counts, and what was superseded goes when files fold."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest

from ingestion.app import extract, fold_personal
from ingestion.home import lake_read
from ingestion.journal import Journal

from .core_by_hand import CoreByHand, core_file, customer
from .test_extract import relation

QUOTE_LINES = (
    "create table quote_lines (tenant_id text, quote_id text, line_no integer, description text,"
    " primary key (tenant_id, quote_id, line_no))"
)


def names(home: Path) -> dict[str, str]:
    return {row["customer_id"]: row["name"] for row in relation(home, "raw_app.customer_profiles")}


def three_people(core: CoreByHand, home: Path) -> None:
    for number in (1, 2, 3):
        core.run("insert into customer_profiles values ('t', ?, 's', ?, null, null)", f"C{number}", f"Ada {number}")
    core.write("t", [customer(number, __personal=["name"]) for number in (1, 2, 3)])
    extract(home, core.url)


def stored(home: Path) -> list[Path]:
    return sorted((home / "intake" / "personal").iterdir())


def test_only_the_rows_that_the_log_names_are_read(core: CoreByHand, home: Path) -> None:
    three_people(core, home)
    core.run("update customer_profiles set name = 'Eve'")
    core.write("t", [customer(2, __personal=["name"]), customer(3, region="x")])
    extract(home, core.url)
    assert names(home) == {"C1": "Ada 1", "C2": "Eve", "C3": "Ada 3"}
    newest = max(stored(home), key=lambda path: path.stat().st_mtime_ns)
    assert duckdb.sql(f"select customer_id, name from read_parquet('{newest}')").fetchall() == [("C2", "Eve")]


def test_a_row_that_is_deleted_or_holds_nothing_any_more_is_gone(core: CoreByHand, home: Path) -> None:
    three_people(core, home)
    core.run("delete from customer_profiles where customer_id = 'C1'")
    core.run("update customer_profiles set name = null, subject_token = null where customer_id = 'C2'")
    core.write("t", [("customers", ("C1",), None), customer(2, __personal=["name"])])
    extract(home, core.url)
    assert names(home) == {"C3": "Ada 3"}
    fold_personal(home)
    assert names(home) == {"C3": "Ada 3"}


def test_a_row_is_found_by_a_key_of_two_columns_one_of_them_a_number(core: CoreByHand, home: Path) -> None:
    core.run(QUOTE_LINES)
    for line_no in (1, 2, 12):
        core.run("insert into quote_lines values ('t', 'Q1', ?, 'first')", line_no)
    core.write("t", [customer(1)])
    extract(home, core.url)
    core.run("update quote_lines set description = 'then' where line_no = 2")
    core.write("t", [("quote_lines", ("Q1", "2"), {"quote_id": "Q1", "line_no": 2, "__personal": ["description"]})])
    core.write("t", [("quote_lines", ("Q1", "12"), None)])
    extract(home, core.url)
    found = {(row["line_no"], row["description"]) for row in relation(home, "raw_app.quote_lines_personal")}
    assert found == {(1, "first"), (2, "then")}


def test_folding_leaves_one_file_without_what_was_superseded(core: CoreByHand, home: Path) -> None:
    three_people(core, home)
    for number in range(5):
        core.run("update customer_profiles set name = ? where customer_id = 'C1'", f"Superseded {number}")
        core.write("t", [customer(1, __personal=["name"])])
        extract(home, core.url)
    assert len(stored(home)) == 6
    assert fold_personal(home) == 6
    assert names(home) == {"C1": "Superseded 4", "C2": "Ada 2", "C3": "Ada 3"}
    [kept] = stored(home)
    content = kept.read_bytes()
    assert b"Superseded 4" in content and b"Superseded 3" not in content and b"Ada 1" not in content
    assert fold_personal(home) == 0


def test_while_somebody_reads_folded_files_stay_and_the_next_extraction_removes_them(
    core: CoreByHand, home: Path
) -> None:
    three_people(core, home)
    core.write("t", [customer(1, __personal=["name"])])
    extract(home, core.url)
    with lake_read(home):
        fold_personal(home)
        assert len(stored(home)) == 3
    extract(home, core.url)
    assert len(stored(home)) == 1


def test_files_do_not_grow_without_end(core: CoreByHand, home: Path) -> None:
    three_people(core, home)
    for _ in range(5):
        core.write("t", [customer(1, __personal=["name"])])
        extract(home, core.url, many_files=3)
        assert len(stored(home)) < 3


@pytest.mark.parametrize("is_first", [True, False])
def test_values_that_change_during_a_first_load_of_many_batches_are_current(
    core: CoreByHand, home: Path, is_first: bool
) -> None:
    for number in range(30):
        core.run("insert into customer_profiles values ('t', ?, 's', 'Ada', null, null)", f"C{number}")
    core.write("t", [customer(number, __personal=["name"]) for number in range(30)])
    if not is_first:
        extract(home, core.url, batch_changes=5)
        core.write("t", [customer(number, __personal=["name"]) for number in range(30)])

    def meanwhile(rows: int) -> None:
        core.run("update customer_profiles set name = 'Eve' where customer_id = ?", f"C{rows - 1}")
        core.write("t", [customer(rows - 1, __personal=["name"])])

    extract(home, core.url, meanwhile, batch_changes=5)
    extract(home, core.url)
    assert {name for key, name in names(home).items() if (int(key[1:]) + 1) % 5 == 0} == {"Eve"}


def test_every_stored_change_knows_its_time_and_its_entry(core: CoreByHand, home: Path) -> None:
    core.write("t", [customer(1)])
    core.run("update change_log set entry_hash = ?", "ab" * 32)
    extract(home, core.url)
    [row] = relation(home, "raw_app.customers")
    assert (str(row["changed_at"]), row["entry_hash"], row["change_no"]) == ("2026-01-01 00:00:00", "ab" * 32, 1)


def test_files_of_an_earlier_version_are_still_read(home: Path, tmp_path: Path) -> None:
    """Changes without time and hash, and one file of personal values with every column as text."""
    core = core_file(tmp_path)
    three_people(core, home)
    lake = home / "intake"
    with Journal(home) as journal, duckdb.connect() as con:
        for part in journal.parts("app/customers"):
            older = con.sql(f"select * exclude (changed_at, entry_hash, time_zone) from '{lake / part['path']}'")
            con.register("older", older.to_arrow_table())
            con.execute(f"copy (from older) to '{lake / part['path']}' (format parquet)")
        [path] = journal.personal()["app/customer_profiles"]
        older = con.sql(f"select * exclude (change_no, is_gone) from '{lake / path}'")
        con.register("older", older.to_arrow_table())
        con.execute(f"copy (from older) to '{lake / path}' (format parquet)")
    with sqlite3.connect(lake / "journal.db") as db:
        db.execute("insert into personal select relation, path, seq from personal_parts")
        db.executescript("drop table personal_parts; drop table merged")
    assert names(home) == {"C1": "Ada 1", "C2": "Ada 2", "C3": "Ada 3"}
    core.run("update customer_profiles set name = 'Eve' where customer_id = 'C1'")
    core.write("t", [customer(1, country="FR", time_zone="Europe/Paris", __personal=["name"])])
    extract(home, core.url)
    assert names(home) == {"C1": "Eve", "C2": "Ada 2", "C3": "Ada 3"}
    found = [(row["country"], row["time_zone"], row["entry_hash"]) for row in relation(home, "raw_app.customers")]
    assert sorted(found, key=str) == [("DE", None, None), ("DE", None, None), ("FR", "Europe/Paris", "")]
