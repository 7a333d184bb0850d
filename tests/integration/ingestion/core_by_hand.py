"""A core reduced to what ingestion reads: the change log, its heads and the personal values, written by
hand.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

UNIT = "\x1f"
TABLES = """
create table change_log (
    tenant_id text not null, change_no bigint not null, entity text not null, entity_key text not null,
    operation text not null, actor text, changed_at text, before_json text, after_json text, personal_fields text,
    previous_hash text, entry_hash text, primary key (tenant_id, change_no));
create table change_log_heads (tenant_id text primary key, last_change_no bigint not null, last_hash text);
create table customer_profiles (
    tenant_id text not null, customer_id text not null, subject_token text, name text, email text, vat_number text,
    primary key (tenant_id, customer_id));
"""


@dataclass
class CoreByHand:
    """Writes on SQLite or PostgreSQL. `current` is what the core's tables would hold now."""

    url: str
    current: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        if self.url.startswith("sqlite"):
            db: Any = sqlite3.connect(self.url.removeprefix("sqlite:///"))
        else:
            db = psycopg.connect(self.url)
        try:
            yield db.cursor()
            db.commit()
        finally:
            db.close()

    def create(self) -> CoreByHand:
        with self._cursor() as cursor:
            for statement in TABLES.split(";"):
                if statement.strip():
                    cursor.execute(statement)
        return self

    def run(self, sql: str, *values: object) -> None:
        mark = "?" if self.url.startswith("sqlite") else "%s"
        with self._cursor() as cursor:
            cursor.execute(sql.replace("?", mark), values)

    def write(self, tenant: str, changes: list[tuple[str, tuple[str, ...], dict[str, Any] | None]]) -> None:
        """Log changes: entity, key values, the row after it (None = deleted)."""
        mark = "?" if self.url.startswith("sqlite") else "%s"
        with self._cursor() as cursor:
            cursor.execute(f"select last_change_no from change_log_heads where tenant_id = {mark}", (tenant,))
            found = cursor.fetchone()
            number = found[0] if found else 0
            rows = []
            for entity, key, after in changes:
                number += 1
                place = (tenant, entity, UNIT.join(key))
                operation = "delete" if after is None else "update" if place in self.current else "insert"
                personal = after.pop("__personal", None) if after else None
                if after is None:
                    self.current.pop(place, None)
                else:
                    self.current[place] = after
                rows.append(
                    (
                        tenant,
                        number,
                        entity,
                        UNIT.join(key),
                        operation,
                        "test",
                        "2026-01-01T00:00:00Z",
                        None,
                        None if after is None else json.dumps(after),
                        json.dumps(personal) if personal else None,
                        "",
                        "",
                    )
                )
            cursor.executemany(f"insert into change_log values ({', '.join([mark] * 12)})", rows)
            cursor.execute(f"delete from change_log_heads where tenant_id = {mark}", (tenant,))
            cursor.execute(f"insert into change_log_heads values ({mark}, {mark}, {mark})", (tenant, number, ""))


def customer(number: int, **changes: Any) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    row = {
        "customer_id": f"C{number}",
        "subject_token": f"s{number}",
        "country": "DE",
        "region": None,
        "segment": "smb",
        "industry": 'a "quoted" text,\nover two lines',
        "acquisition_channel": None,
        "created_on": "2024-02-29",
        "parent_customer_id": None,
        "currency": "EUR",
        "time_zone": None,
    }
    return "customers", (f"C{number}",), row | changes


def line(number: int, **changes: Any) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    row = {
        "line_id": f"L{number}",
        "invoice_id": "I1",
        "product_id": None,
        "quantity": "1.333333",
        "unit_amount_minor": 1000,
        "discount_minor": 0,
        "net_minor": 999_999_999_999_999_999,
        "tax_rate": "0.195",
        "tax_minor": 190,
        "tax_code": "standard",
        "service_starts_on": "2024-01-01",
        "service_ends_on": None,
    }
    return "invoice_lines", (f"L{number}",), row | changes


def deal(number: int, **changes: Any) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    row = {"deal_id": f"D{number}", "stage": "Won", "amount_minor": None, "created_at": "2024-03-31T02:30:00+00:00"}
    return "deals", (f"D{number}",), row | changes


def core_file(folder: Path) -> CoreByHand:
    return CoreByHand(f"sqlite:///{folder}/core.db").create()
