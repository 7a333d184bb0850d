"""The core's changes arrive each exactly once, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.app import extract, fold_personal
from ingestion.closes import period_changes
from ingestion.contracts import app_tables
from ingestion.errors import ChangeLogBroken, CoreUnreadable
from ingestion.expectations import judge_new_batches
from ingestion.raw import create_raw_relations

from .core_by_hand import CoreByHand, core_file, customer, deal, line


def relation(home: Path, name: str, known_at: int | None = None) -> list[dict[str, Any]]:
    con = duckdb.connect()
    create_raw_relations(con, home, known_at)
    return con.sql(f"from {name} order by all").to_arrow_table().to_pylist()


def same_as_core(home: Path, core: CoreByHand, entity: str) -> None:
    table = app_tables()[entity]
    found = {
        (row["tenant_id"], "\x1f".join(str(row[key]) for key in table.key)): row
        for row in relation(home, f"raw_app.{entity}")
    }
    wanted = {(tenant, key): row for (tenant, name, key), row in core.current.items() if name == entity}
    assert found.keys() == wanted.keys()
    for place, row in wanted.items():
        for name, value in row.items():
            got = found[place][name]
            if isinstance(got, Decimal):
                assert got == Decimal(value)
            elif isinstance(got, datetime):
                assert got == datetime.fromisoformat(value).replace(tzinfo=None)
            elif isinstance(got, date):
                assert got.isoformat() == value
            else:
                assert got == value, name


def test_inserts_corrections_and_deletes_arrive(core: CoreByHand, home: Path) -> None:
    core.write("t1", [customer(1), customer(2), line(1), deal(1)])
    core.write("t2", [customer(1, country="FR")])
    first = extract(home, core.url)
    assert (first.rows, first.seq) == (5, 1)
    core.write("t1", [customer(1, country="NL"), ("customers", ("C2",), None), line(1, tax_minor=191)])
    second = extract(home, core.url)
    assert (second.rows, second.seq) == (3, 2)
    for entity in ("customers", "invoice_lines", "deals"):
        same_as_core(home, core, entity)
    assert len(relation(home, "raw_app.customers")) == 2


def test_every_version_stays_known_at_its_sequence(core: CoreByHand, home: Path) -> None:
    core.write("t", [customer(1, country="DE")])
    first = extract(home, core.url).seq
    core.write("t", [("customers", ("C1",), None)])
    second = extract(home, core.url).seq
    core.write("t", [customer(1, country="PL")])
    extract(home, core.url)
    assert [row["country"] for row in relation(home, "raw_app.customers", first)] == ["DE"]
    assert relation(home, "raw_app.customers", second) == []
    assert [row["country"] for row in relation(home, "raw_app.customers")] == ["PL"]


def closing(month: str, status: str = "closed") -> tuple[str, tuple[str, ...], dict[str, Any]]:
    at, by = "2026-02-03T10:00:00.000000Z", "key:1"
    row = {"month": month, "status": status, "closed_at": at, "closed_by": by, "reopened_at": None, "reopened_by": None}
    if status == "open":
        row |= {"reopened_at": "2026-02-04T10:00:00.000000Z", "reopened_by": "key:2"}
    return "periods", (month,), row


def test_a_batch_ends_where_a_month_is_closed_so_that_nothing_later_is_known_at_the_close(
    core: CoreByHand, home: Path
) -> None:
    core.write("a", [customer(1), closing("2026-01"), customer(2), closing("2026-02"), closing("2026-02", "open")])
    core.write("b", [customer(1), closing("2026-01"), customer(2)])
    done = extract(home, core.url)
    assert done.rows == 8 and {span.tenant_id: span.last_change_no for span in done.spans} == {"a": 5, "b": 3}
    found = period_changes(duckdb.connect(), home, 99)
    assert [(one.tenant_id, one.month, one.is_closed, one.seq, one.by) for one in found] == [
        ("a", "2026-01", True, 1, "key:1"),
        ("a", "2026-02", True, 2, "key:1"),
        ("a", "2026-02", False, 3, "key:2"),
        ("b", "2026-01", True, 4, "key:1"),
    ]
    known = [(row["tenant_id"], row["customer_id"]) for row in relation(home, "raw_app.customers", 1)]
    assert known == [("a", "C1")]
    con = duckdb.connect()
    create_raw_relations(con, home, tenants={"a": 1, "b": 4})
    alone = con.sql("select tenant_id, customer_id from raw_app.customers order by all").fetchall()
    assert alone == [("a", "C1"), ("b", "C1")]
    assert period_changes(duckdb.connect(), home, 1) == found[:1]


def test_nothing_new_gives_no_batch(core: CoreByHand, home: Path) -> None:
    core.write("t", [customer(1)])
    extract(home, core.url)
    again = extract(home, core.url)
    assert (again.seq, again.rows, again.spans) == (None, 0, ())


def test_small_batches_give_the_same_as_one(core: CoreByHand, home: Path, tmp_path: Path) -> None:
    for tenant in ("a", "b"):
        core.write(tenant, [customer(n % 7, region=str(n)) for n in range(23)])
    progress: list[int] = []
    result = extract(home, core.url, progress.append, batch_changes=10)
    assert progress == [10, 20, 30, 40, 46]
    assert [(s.tenant_id, s.first_change_no, s.last_change_no) for s in result.spans] == [
        ("a", 1, 23),
        ("b", 1, 23),
    ]
    other = tmp_path / "other"
    extract(other, core.url)
    assert relation(home, "raw_app.customers") == relation(other, "raw_app.customers")


def test_a_hole_in_the_log_is_an_error_and_nothing_is_taken(core: CoreByHand, home: Path) -> None:
    core.write("t", [customer(n) for n in range(5)])
    core.run("delete from change_log where change_no = ?", 3)
    with pytest.raises(ChangeLogBroken, match="tenant t has 4 of the 5 changes"):
        extract(home, core.url)
    assert relation(home, "raw_app.customers") == []


def test_a_log_that_went_backwards_is_an_error(core: CoreByHand, home: Path) -> None:
    core.write("t", [customer(1), customer(2)])
    extract(home, core.url)
    core.run("update change_log_heads set last_change_no = ?", 1)
    with pytest.raises(ChangeLogBroken, match="ends at 1, but 2 was read before"):
        extract(home, core.url)


def test_a_table_without_contract_is_an_error(core: CoreByHand, home: Path) -> None:
    core.write("t", [("surprises", ("S1",), {"surprise_id": "S1"})])
    with pytest.raises(ChangeLogBroken, match="surprises"):
        extract(home, core.url)


def test_a_decimal_that_would_be_rounded_is_an_error(core: CoreByHand, home: Path) -> None:
    core.write("t", [line(1, quantity="0.1234567")])
    with pytest.raises(ChangeLogBroken, match=r"quantity .* exactly: 0\.1234567"):
        extract(home, core.url)


def test_personal_values_are_current_only_and_old_copies_are_gone(core: CoreByHand, home: Path) -> None:
    core.run("insert into customer_profiles values ('t', 'C1', 's1', 'Ada', 'ada@example.com', null)")
    core.write("t", [customer(1, __personal=["name", "email"])])
    extract(home, core.url)
    assert [row["name"] for row in relation(home, "raw_app.customer_profiles")] == ["Ada"]
    core.run("update customer_profiles set name = '', email = null")
    core.write("t", [customer(1)])
    extract(home, core.url)
    assert [row["name"] for row in relation(home, "raw_app.customer_profiles")] == ["Ada"]
    core.write("t", [customer(1, __personal=["name", "email"])])
    extract(home, core.url)
    assert [row["name"] for row in relation(home, "raw_app.customer_profiles", 1)] == [""]
    assert fold_personal(home) == 2
    assert [row["name"] for row in relation(home, "raw_app.customer_profiles")] == [""]
    assert len(list((home / "intake" / "personal").iterdir())) == 1
    everything = b"".join(path.read_bytes() for path in (home / "intake").rglob("*") if path.is_file())
    assert b"ada@example.com" not in everything


def test_great_expectations_judges_core_batches_once(core: CoreByHand, home: Path) -> None:
    core.write("t", [customer(1), line(1)])
    extract(home, core.url)
    verdicts = judge_new_batches(home)
    assert {verdict.relation for verdict in verdicts} == {"app/customers", "app/invoice_lines"}
    assert all(verdict.success for verdict in verdicts)
    assert judge_new_batches(home) == []


def test_no_core_is_nothing_to_do(home: Path, tmp_path: Path) -> None:
    assert extract(home, f"sqlite:///{tmp_path}/nowhere.db").seq is None
    assert not (tmp_path / "nowhere.db").exists()


def test_a_file_that_is_no_core_is_one_clear_line(home: Path, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to be read as one" * 20)
    with pytest.raises(CoreUnreadable) as caught:
        extract(home, f"sqlite:///{tmp_path}/text.db")
    assert "\n" not in str(caught.value)


def test_an_unreachable_server_is_one_clear_line_without_the_password(home: Path) -> None:
    with pytest.raises(CoreUnreadable) as caught:
        extract(home, "postgresql://someone:secret@127.0.0.1:1/core")
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value)


def test_the_core_is_not_written_to(home: Path, tmp_path: Path) -> None:
    core = core_file(tmp_path)
    core.write("t", [customer(1)])
    before = (tmp_path / "core.db").read_bytes()
    extract(home, core.url)
    assert (tmp_path / "core.db").read_bytes() == before
    assert json.dumps([row["customer_id"] for row in relation(home, "raw_app.customers")]) == '["C1"]'
