"""The forms of values, keys and hashes in the log, and the statements that its guard recognises."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from transactional_api.access.session import SessionSecret
from transactional_api.kit.change_log import entity_key, hash_entry, plain
from transactional_api.kit.statements import _WRITES
from transactional_api.tables import Base

CONTRACT = Path(__file__).resolve().parents[3] / "docs" / "decisions" / "0001-parts-and-interfaces.md"


def test_values_have_one_form_in_the_log() -> None:
    berlin = timezone(timedelta(hours=2))
    assert plain(Decimal("1E+3")) == "1000"
    assert plain(Decimal("2.50")) == "2.50"
    assert plain(date(2026, 1, 2)) == "2026-01-02"
    assert plain(datetime(2026, 1, 2, 3, tzinfo=berlin)) == "2026-01-02T01:00:00.000000Z"
    assert (plain(None), plain(7), plain("x")) == (None, 7, "x")
    with pytest.raises(TypeError):
        plain(1.5)
    with pytest.raises(ValueError, match="offset"):
        plain(datetime(2026, 1, 2))  # noqa: DTZ001


def test_the_parts_of_a_key_cannot_run_together() -> None:
    assert entity_key(["S1", "seats", date(2026, 1, 1)]) == "S1\x1fseats\x1f2026-01-01"


def test_the_hash_covers_every_column_in_any_order() -> None:
    columns = {"change_no": 1, "actor": "é", "after_json": None}
    assert hash_entry(columns) == hash_entry(dict(reversed(columns.items())))
    assert len({hash_entry(columns | change) for change in ({}, {"actor": "e"}, {"change_no": 2}, {"x": None})}) == 4


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO products VALUES (1)",
        'update "products" set name = 1',
        "  DELETE FROM ONLY products",
        "INSERT OR REPLACE INTO products VALUES (1)",
        "REPLACE INTO products VALUES (1)",
        "/* note */ UPDATE public.products SET name = 1",
        "TRUNCATE products",
        "COPY products FROM STDIN",
    ],
)
def test_a_write_is_recognised_in_any_dress(statement: str) -> None:
    found = _WRITES.match(statement)
    assert found is not None
    assert found[1] == "products"


@pytest.mark.parametrize("statement", ["SELECT * FROM products", "BEGIN IMMEDIATE", "PRAGMA foreign_keys = ON"])
def test_reading_is_not_writing(statement: str) -> None:
    assert _WRITES.match(statement) is None


def test_the_tables_have_the_columns_that_were_promised() -> None:
    promised = {}
    for text in CONTRACT.read_text(encoding="utf-8").split("## The core's tables", 1)[1].splitlines():
        cells = [cell.strip() for cell in text.strip("|").split("|")]
        if text.startswith("| ") and len(cells) == 2 and cells[0] in Base.metadata.tables:
            listed = re.sub(r"(?<=\w) \([^)]*\)", "", cells[1]).split(":")[0].replace("(", "").replace(")", "")
            promised[cells[0]] = {"tenant_id", *(name.strip() for name in listed.split(","))}
    assert len(promised) == 13
    for table, columns in promised.items():
        assert {column.name for column in Base.metadata.tables[table].columns} >= columns, table


def test_a_session_ends_with_its_time_and_with_its_secret(tmp_path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    secret = SessionSecret(tmp_path / "one")
    cookie = secret.sign("abc", now + timedelta(hours=1))
    assert secret.read(cookie, now) == "abc"
    assert secret.read(cookie, now + timedelta(hours=1)) is None
    assert SessionSecret(tmp_path / "one").read(cookie, now) == "abc"
    assert SessionSecret(tmp_path / "two").read(cookie, now) is None
