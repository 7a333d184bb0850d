"""A migrated core with millions of logged changes, made by SQL in a minute: what loading is measured on.

Of twenty changes one is a customer with personal values, three are drafts of invoices, ten are lines, three are
payments, and three post the invoices. The hashes are not those of a chain: nothing here verifies it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg

from transactional_api.database import Database

TENANT = "bench"
GROUP = 20
CHUNK = 200_000

# Every column of the row, in the order of the names, as the core's canonical JSON has them.
CUSTOMER = """{acquisition_channel: 'web', country: ['DE', 'FR', 'US'][1 + g % 3], created_on: day, currency: 'EUR',
    customer_id: 'CUS-' || g, industry: 'software', parent_customer_id: NULL, region: NULL, segment: 'smb',
    subject_token: 'sub_' || g, time_zone: NULL}"""
INVOICE = """{approved_at: NULL, approved_by: NULL, contract_id: NULL, currency: 'EUR', customer_id: 'CUS-' || g,
    deal_id: NULL, due_on: day + 30, invoice_id: 'INV-' || (g * 3 + i), issued_on: day,
    number: if(posted, 'R-' || (g * 3 + i), NULL), posted_on: if(posted, day, NULL), ship_to_country: 'DE',
    ship_to_region: NULL, staged_by: 'key:ops', staged_from: NULL, status: if(posted, 'posted', 'draft'),
    subscription_id: NULL, void_posted_on: NULL, voided_on: NULL}"""
LINE = """{discount_minor: 0, invoice_id: 'INV-' || (g * 3 + i % 3), line_id: 'LIN-' || (g * 10 + i),
    net_minor: 1000 + n % 90000, obligation_id: NULL, product_id: NULL, quantity: (1 + n % 7) || '.5',
    service_ends_on: day + 29, service_starts_on: day, tax_code: 'standard', tax_minor: 190 + n % 7000,
    tax_rate: '0.19', unit_amount_minor: 1000 + n % 90000}"""
PAYMENT = """{amount_minor: 1190 + n % 97000, currency: 'EUR', customer_id: 'CUS-' || g, failure_code: NULL,
    invoice_id: 'INV-' || (g * 3 + i), method: 'card', payment_id: 'PAY-' || (g * 3 + i), provider: NULL,
    received_on: day + 14, refunded_minor: 0, status: 'succeeded'}"""

# kind -> (entity, which places of twenty, the row, its key)
KINDS = {
    "customer": ("customers", (0, 0), CUSTOMER, "customer_id"),
    "draft": ("invoices", (1, 3), INVOICE, "invoice_id"),
    "line": ("invoice_lines", (4, 13), LINE, "line_id"),
    "payment": ("payments", (14, 16), PAYMENT, "payment_id"),
    "posted": ("invoices", (17, 19), INVOICE, "invoice_id"),
}


def make_big_core(url: str, changes: int) -> None:
    """Migrate the database of `url` and fill it. A PostgreSQL must be asked as a superuser."""
    database = Database(url)
    database.migrate()
    database.close()
    append(url, 1, changes)
    if not url.startswith("sqlite"):
        with closing(psycopg.connect(url, autocommit=True)) as server:
            server.execute("VACUUM ANALYZE")


def append(url: str, first: int, last: int) -> None:
    """Changes `first` to `last` of the one tenant, with the rows that they leave, and the head moved."""
    with closing(duckdb.connect()) as con:
        con.execute("SET TimeZone = 'UTC'; SET threads = 2")
        load = _load_sqlite if url.startswith("sqlite") else _load_postgresql
        for start in range(first, last + 1, CHUNK):
            tables: dict[str, list[str]] = {}
            for table, query in _rows(start, min(last, start + CHUNK - 1)):
                tables.setdefault(table, []).append(query)
            log = " UNION ALL ".join(tables.pop("change_log"))
            load(con, url, {table: queries[0] for table, queries in tables.items()})
            load(con, url, {"change_log": f"FROM ({log}) ORDER BY change_no"})
    head = f"INSERT INTO change_log_heads VALUES ('{TENANT}', {last}, repeat('0', 64))"
    moved = f"UPDATE change_log_heads SET last_change_no = {last} WHERE tenant_id = '{TENANT}'"
    _run(url, head.replace("repeat('0', 64)", f"'{'0' * 64}'") if first == 1 else moved)


def _rows(first: int, last: int) -> Iterator[tuple[str, str]]:
    """Table and query of what a range of changes writes."""
    for name, (entity, (low, high), row, key) in KINDS.items():
        made = (
            f"SELECT *, {row} AS r FROM (SELECT n, (n - 1) // {GROUP} AS g, (n - 1) % {GROUP} - {low} AS i,"
            f" DATE '2024-01-01' + CAST(n // 8000 AS INTEGER) AS day, {name == 'posted'} AS posted"
            f" FROM range({first}, {last + 1}) t(n) WHERE (n - 1) % {GROUP} BETWEEN {low} AND {high})"
        )
        draft = row.replace("posted,", "false,")
        before = f"to_json({draft})::VARCHAR" if name == "posted" else "NULL"
        personal = {"customer": """'["email","name"]'""", "line": """if(i = 0, '["description"]', NULL)"""}.get(
            name, "NULL"
        )
        yield (
            "change_log",
            f"SELECT '{TENANT}' AS tenant_id, n AS change_no, '{entity}' AS entity, r.{key} AS entity_key,"
            f" '{'update' if name == 'posted' else 'insert'}' AS operation, 'key:ops' AS actor,"
            " strftime(day + to_microseconds(n % 8000 * 10000000), '%Y-%m-%dT%H:%M:%S.%fZ') AS changed_at,"
            f" {before} AS before_json, to_json(r)::VARCHAR AS after_json, {personal} AS personal_fields,"
            f" sha256((n - 1)::VARCHAR) AS previous_hash, sha256(n::VARCHAR) AS entry_hash FROM ({made})",
        )
        if name == "draft":
            continue  # posted by the same group, at the end of it
        own = ", if(i = 0, 'Work of ' || day, NULL) AS description" if name == "line" else ""
        yield entity, f"SELECT '{TENANT}' AS tenant_id, unnest(r){own} FROM ({made})"
        if name == "customer":
            yield (
                "customer_profiles",
                f"SELECT '{TENANT}' AS tenant_id, r.customer_id, r.subject_token, 'Person ' || g AS name,"
                f" 'person' || g || '@example.com' AS email, NULL::VARCHAR AS vat_number FROM ({made})",
            )


def _load_sqlite(con: duckdb.DuckDBPyConnection, url: str, rows: dict[str, str]) -> None:
    import adbc_driver_sqlite.dbapi as adbc

    with closing(adbc.connect(url.removeprefix("sqlite:///"))) as db, closing(db.cursor()) as cursor:
        for table, query in rows.items():
            dated = "SELECT * REPLACE (" + ", ".join(f"{c}::VARCHAR AS {c}" for c in _dates(con, query)) + ")"
            text = f"{dated} FROM ({query})" if _dates(con, query) else query
            cursor.adbc_ingest(table, con.sql(text).to_arrow_reader(100_000), mode="append")
        db.commit()


def _dates(con: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [name for name, kind, *_ in con.sql(f"DESCRIBE {query}").fetchall() if kind in ("DATE", '"NULL"')]


def _load_postgresql(con: duckdb.DuckDBPyConnection, url: str, rows: dict[str, str]) -> None:
    with closing(psycopg.connect(url)) as server, tempfile.TemporaryDirectory() as folder:
        server.execute("SET session_replication_role = replica")
        server.execute("SELECT set_config('revhouse.tenant', '*', false)")
        for table, query in rows.items():
            path = Path(folder) / "rows.csv"
            con.execute(f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER false)")
            columns = ", ".join(con.sql(query).columns)
            statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)"
            with server.cursor().copy(statement) as copy, path.open("rb") as file:
                while content := file.read(1 << 20):
                    copy.write(content)
        server.commit()


def _run(url: str, sql: str) -> None:
    if url.startswith("sqlite"):
        import sqlite3

        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as db, db:
            db.execute(sql)
    else:
        with closing(psycopg.connect(url)) as server, server:
            server.execute(sql)
