"""Erasing a person in the core: rows, stored answers, the database's own files, and what the log says of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.core import canaries
from tests.integration.core.canaries import SOWN, Canaries, personal_texts
from tests.integration.core.conftest import Api
from tests.integration.core.receiver import receiving
from transactional_api.database import Database
from transactional_api.idempotency.service import Answer, Claim, find, keep
from transactional_api.kit.tables import Base
from transactional_api.privacy.cleaning import clean
from transactional_api.privacy.owned import belongs, personal_tables
from transactional_api.privacy.service import blank_of

Behind = Callable[[str], list[tuple[Any, ...]]]
CUSTOMERS = "/api/v1/customers"
ADDRESS = {("envelopes", "signer_address")}  # of the connection, not of what was said
ADA = {"customer_id": "C1", "name": "Canary Ada", "email": "canary@ada.example", "vat_number": "CANARY-1"}
BOB = {"customer_id": "C11", "name": "Bob Stays", "email": "bob@stays.example"}


@pytest.fixture
def two(api: Api) -> Api:
    for body in (ADA, BOB):
        status, answer = api.call(
            "POST", "/api/v1/customers", {**body, "created_on": "2026-01-01"}, key=body["customer_id"]
        )
        assert status == 201, answer
    return api


@pytest.mark.covers("POST /api/v1/customers/{customer_id}/erase")
@pytest.mark.covers("GET /api/v1/customers/{customer_id}/erasures")
def test_erasing_blanks_the_person_and_keeps_everybody_else(two: Api, behind: Behind) -> None:
    status, erasure = two.call("POST", f"{CUSTOMERS}/C1/erase", {"reason": "consent_withdrawn"})
    assert (status, erasure["customer_id"], erasure["reason"]) == (201, "C1", "consent_withdrawn")
    _, ada = two.call("GET", "/api/v1/customers/C1")
    assert (ada["name"], ada["email"], ada["vat_number"], ada["customer_id"]) == (None, None, None, "C1")
    assert two.call("GET", "/api/v1/customers/C11")[1]["email"] == "bob@stays.example"
    (entry,) = two.log("erasures", erasure["erasure_id"])
    assert "canary" not in (entry.after_json or "").lower()
    last = two.log("customers", "C1")[-1]
    assert last.personal_fields == '["email","name","vat_number"]'
    assert two.call("GET", f"{CUSTOMERS}/C1/erasures")[1]["items"] == [erasure]
    assert two.database.verify_chain("acme").holds
    assert "canary" not in str(behind("SELECT * FROM change_log")).lower()


def test_a_stored_answer_that_showed_the_person_says_so_and_others_stay(two: Api, behind: Behind) -> None:
    bodies = {
        "value": '{"customer":"x","lines":[{"description":"for Canary Ada"}]}',
        "id": '{"customer_id":"C1"}',
        "other": '{"customer_id":"C11","name":"Bob Stays"}',
    }
    with two.database.transaction("acme", "test") as unit:
        for key, body in bodies.items():
            keep(unit, Claim("somebody", key, "print"), Answer(201, body))
    two.call("POST", f"{CUSTOMERS}/C1/erase", {})
    with two.database.read("acme") as unit:
        answers = {key: find(unit.session, Claim("somebody", key, "print")) for key in bodies}
    assert answers["other"] == Answer(201, bodies["other"])
    for key in ("value", "id"):
        answer = answers[key]
        assert answer is not None and answer.status == 410
        assert json.loads(answer.body)["type"] == "urn:revhouse:problem:answer-erased"
    assert "canary" not in str(behind("SELECT * FROM idempotency_keys")).lower()


def test_the_same_key_erases_once_and_a_new_one_erases_what_came_back(two: Api) -> None:
    first = two.call("POST", f"{CUSTOMERS}/C1/erase", {}, key="once")
    assert two.call("POST", f"{CUSTOMERS}/C1/erase", {}, key="once") == first
    assert two.call("PATCH", "/api/v1/customers/C1", {"email": "canary@again.example"})[0] == 200
    assert two.call("POST", f"{CUSTOMERS}/C1/erase", {})[0] == 201
    assert two.call("GET", "/api/v1/customers/C1")[1]["email"] is None
    assert len(two.call("GET", f"{CUSTOMERS}/C1/erasures")[1]["items"]) == 2


def test_erasing_is_refused_without_key_reason_code_right_or_customer(two: Api, other_api: Api) -> None:
    path = f"{CUSTOMERS}/C1/erase"
    keyless = two.client.post(path, json={}, headers={"Authorization": f"Bearer {two.key}"})
    assert (keyless.status_code, keyless.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert two.call("POST", path, {"reason": "Ada asked"})[0] == 422
    assert two.call("POST", path, {"note": "Ada"})[0] == 422
    assert two.as_role("sales").call("POST", path, {})[0] == 403
    assert other_api.call("POST", path, {})[0] == 404
    status, problem = two.call("POST", f"{CUSTOMERS}/C404/erase", {})
    assert (status, problem["errors"][0]["field"]) == (404, "customer_id")
    assert two.call("GET", "/api/v1/customers/C1")[1]["name"] == "Canary Ada"


def test_the_files_of_the_database_are_rewritten_until_no_byte_is_left(two: Api, tmp_path: Path) -> None:
    two.call("POST", f"{CUSTOMERS}/C1/erase", {})
    assert clean(two.database) == 1
    assert clean(two.database) == 0
    if two.database.is_sqlite:
        path = Path(str(two.database.url.database))
        for file in path.parent.glob(f"{path.name}*"):
            content = file.read_bytes().lower()
            assert b"canary" not in content, file
        assert b"bob@stays.example" in path.read_bytes()
    (row,) = two.call("GET", f"{CUSTOMERS}/C1/erasures")[1]["items"]
    assert row["cleaned_at"] is not None


def held(behind: Behind) -> set[tuple[str, str]]:
    """Table and column of every cell that a canary stands in."""
    found = set()
    for name, table in Base.metadata.tables.items():
        columns = list(table.columns.keys())
        listed = ", ".join(f'"{column}"' for column in columns)
        for row in behind(f'SELECT {listed} FROM "{name}"'):
            found |= {(name, column) for column, cell in zip(columns, row, strict=True) if SOWN.search(as_text(cell))}
    return found


def as_text(cell: Any) -> str:
    return bytes(cell).decode("utf-8", "replace") if isinstance(cell, (bytes, memoryview)) else str(cell)


def test_every_text_that_comes_in_over_http_is_erased_and_only_personal_columns_hold_it(
    two: Api, behind: Behind
) -> None:
    settings = two.client.app.state.settings.model_copy(update=canaries.SETTINGS)  # type: ignore[attr-defined]
    two.client.app.state.settings = settings  # type: ignore[attr-defined]
    canary = Canaries()
    person = {name: canary() for name in ("name", "email", "vat_number")}
    assert two.call("PATCH", f"{CUSTOMERS}/C1", person)[0] == 200
    with receiving() as receiver:
        canaries.sow(two, "C1", canary, receiver)
    before = held(behind)
    assert personal_texts() - before == ADDRESS, "sow a new column in canaries.py"
    assert before - personal_texts() == {("idempotency_keys", "body")}, "name the column personal, or a holder"
    assert two.call("POST", f"{CUSTOMERS}/C1/erase", {})[0] == 201
    assert held(behind) == set()
    assert two.database.verify_chain("acme").holds


def test_what_an_accounting_system_answered_about_the_person_is_erased_and_the_journal_stays(
    two: Api, behind: Behind
) -> None:
    billed = {"customer_id": "C1", "issued_on": "2026-01-01", "due_on": "2026-01-31", "currency": "USD"}
    created = two.call("POST", "/api/v1/revenue-ops/ar/create", billed | {"lines": [{"unit_amount": "9.00"}]})
    assert created[0] == 201, created
    behind("UPDATE accounting_postings SET last_error = 'there is no contact Canary Ada'")
    journals = behind("SELECT document_json FROM accounting_postings")
    assert journals
    assert two.call("POST", f"{CUSTOMERS}/C1/erase", {})[0] == 201
    assert set(behind("SELECT last_error FROM accounting_postings")) == {("erased",)}
    assert behind("SELECT document_json FROM accounting_postings") == journals


def test_a_person_with_more_than_a_thousand_texts_is_erased(two: Api, behind: Behind) -> None:
    lines = [{"unit_amount": "1.00", "description": f"Canary work no. {number}"} for number in range(600)]
    billed = {"customer_id": "C1", "issued_on": "2026-01-01", "due_on": "2026-01-31", "currency": "USD"}
    for number in range(2):
        named = [line | {"description": f"{line['description']} of {number}"} for line in lines]
        status, answer = two.call("POST", "/invoices/stage", billed | {"invoice_id": f"I{number}", "lines": named})
        assert status == 201, answer
    assert two.call("POST", f"{CUSTOMERS}/C1/erase", {})[0] == 201
    for table in ("invoice_lines", "idempotency_keys"):
        assert "Canary work" not in str(behind(f"SELECT * FROM {table}"))


def test_every_table_of_personal_values_can_be_found_from_a_customer_or_is_about_our_own_people(
    database: Database,
) -> None:
    lost = [
        table.__tablename__
        for table in personal_tables()
        if belongs(table.__table__, "acme", "C1") is None  # type: ignore[arg-type]
    ]
    ours = {"accounts", "tax_registrations"}
    assert set(lost) <= ours, "give the table a nullable customer_id, or a foreign key to a table that has one"


def test_every_personal_value_can_be_blanked() -> None:
    for mapper in Base.registry.mappers:
        for name in mapper.class_.personal_columns:
            column = mapper.columns[name]
            blank = blank_of(mapper, name)
            assert column.nullable or blank is not None, f"{mapper.class_.__tablename__}.{name}"
            assert blank is None or isinstance(blank, column.type.python_type), f"{mapper.class_.__tablename__}.{name}"
