"""A build file as ingestion would hand it over, filled from plain dicts, and dbt run over it.

Knows the raw relations and their types, nothing about figures. Every relation exists, empty or not; a tenant is one
company, so that many of them share one build.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = ROOT / "dbt_project"
AMOUNT, RATE = "DECIMAL(38,6)", "DECIMAL(38,12)"

_TEXT = "VARCHAR"
_CSV: dict[str, str] = {
    "customers": "customer_id name email country region segment industry acquisition_channel created_on:d"
    " parent_customer_id vat_number currency time_zone",
    "products": "product_id name kind standalone_price:a unit_cost:a currency tax_category recognition",
    "subscriptions": "subscription_id customer_id started_on:d unit_amount:a currency billing_interval item_id"
    " product_id ended_on:d interval_count:i quantity:a discount_percent:a discount_ends_on:d trial_ends_on:d"
    " signed_on:d cancel_requested_on:d churn_reason paused_from:d paused_until:d minimum_commitment:a",
    "invoices": "invoice_id customer_id issued_on:d due_on:d currency status number entity_id deal_id contract_id"
    " subscription_id voided_on:d ship_to_country ship_to_region",
    "invoice_lines": "line_id invoice_id net_amount:a product_id description quantity:a unit_amount:a"
    " discount_amount:a tax_rate:r tax_amount:a tax_code service_starts_on:d service_ends_on:d obligation_id",
    "invoice_instalments": "invoice_id due_on:d amount:a",
    "payments": "payment_id customer_id received_on:d amount:a currency invoice_id status method reference",
    "payment_allocations": "payment_id invoice_id allocated_on:d amount:a",
    "refunds": "refund_id payment_id refunded_on:d amount:a kind invoice_id",
    "credit_notes": "credit_note_id customer_id issued_on:d amount:a currency invoice_id applied_on:d tax_amount:a"
    " reason",
    "write_offs": "write_off_id invoice_id written_off_on:d amount:a",
    "deals": "deal_id created_at:t stage amount:a currency customer_id name owner product_id risk discount_percent:a"
    " payment_terms_days:i first_touch_at:t quote_sent_at:t signed_at:t paid_at:t closed_on:d expected_close_on:d"
    " close_reason channel competitor",
    "deal_stages": "deal_id stage entered_at:t",
    "sales": "sale_id sold_at:t product quantity:a unit_price:a order_id customer_id unit_cost:a currency country",
    "fx_rates": "rate_on:d base quote rate:r",
}
_APP: dict[str, str] = {
    "customers": "customer_id subject_token country region segment industry acquisition_channel created_on:d"
    " parent_customer_id currency time_zone",
    "customer_profiles": "customer_id subject_token name email vat_number",
    "products": "product_id name kind standalone_price_minor:i unit_cost_minor:i currency tax_category recognition",
    "subscriptions": "subscription_id customer_id currency signed_on:d cancel_requested_on:d churn_reason",
    "subscription_periods": "subscription_id item_id started_on:d product_id ended_on:d billing_interval"
    " interval_count:i unit_amount_minor:i quantity discount_percent discount_ends_on:d trial_ends_on:d"
    " paused_from:d paused_until:d minimum_commitment_minor:i",
    "invoices": "invoice_id customer_id number issued_on:d due_on:d currency status deal_id subscription_id"
    " voided_on:d ship_to_country ship_to_region",
    "invoice_lines": "line_id invoice_id product_id description quantity unit_amount_minor:i discount_minor:i"
    " net_minor:i tax_rate tax_minor:i tax_code service_starts_on:d service_ends_on:d",
    "payments": "payment_id customer_id received_on:d amount_minor:i currency status method reference",
    "payment_allocations": "payment_id invoice_id allocated_on:d amount_minor:i",
    "deals": "deal_id customer_id name owner product_id stage amount_minor:i currency risk discount_percent"
    " payment_terms_days:i channel competitor created_at:u first_touch_at:u quote_sent_at:u signed_at:u paid_at:u"
    " closed_on:d expected_close_on:d close_reason",
    "deal_stages": "deal_id stage_no:i stage entered_at:u",
}
_TYPES = {"d": "DATE", "a": AMOUNT, "r": RATE, "i": "BIGINT", "u": "TIMESTAMP"}
_CURRENCIES = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3, "CHF": 2, "SEK": 2}


def _columns(text: str) -> list[tuple[str, str]]:
    columns = []
    for word in text.split():
        name, _, kind = word.partition(":")
        if kind == "t":
            columns += [(name, "TIMESTAMP"), (f"{name}_is_utc", "BOOLEAN")]
        else:
            columns.append((name, _TYPES.get(kind, _TEXT)))
    return columns


def relations() -> dict[str, list[tuple[str, str]]]:
    """Every raw relation that dbt reads, with its columns and types."""
    csv = {
        f"raw_csv.{name}": [("tenant_id", _TEXT), ("file_id", _TEXT), ("line", "BIGINT"), *_columns(text)]
        + [("extra", _TEXT)]
        for name, text in _CSV.items()
    }
    app = {
        f"raw_app.{name}": [("tenant_id", _TEXT), ("change_no", "BIGINT"), *_columns(text)]
        for name, text in _APP.items()
    }
    run = {
        "run.context": [("version", _TEXT), ("known_at", "BIGINT"), ("as_of", "DATE")],
        "run.tenants": [
            ("tenant_id", _TEXT),
            ("time_zone", _TEXT),
            ("currency", _TEXT),
            ("reporting_currency", _TEXT),
            ("gross_margin", "DECIMAL(9,6)"),
            ("fiscal_year_start", "INTEGER"),
            ("as_of", "DATE"),
        ],
        "run.currencies": [("currency", _TEXT), ("exponent", "INTEGER")],
    }
    return {**csv, **app, **run}


@dataclass
class BuildResult:
    """What dbt said: the exit code, its log, and one status per node."""

    code: int
    log: str
    statuses: dict[str, str]
    compiled: dict[str, str]

    def failed(self) -> list[str]:
        return sorted(name for name, status in self.statuses.items() if status in {"fail", "error"})


@dataclass
class World:
    """Rows by relation; `csv`, `app` and `tenant` add to them, `build` writes the file and runs dbt."""

    folder: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "build.duckdb"

    def tenant(self, tenant_id: str, as_of: date, **settings: Any) -> None:
        defaults = {
            "time_zone": "UTC",
            "currency": "USD",
            "reporting_currency": "USD",
            "gross_margin": Decimal("0.8"),
            "fiscal_year_start": 1,
        }
        self._add("run.tenants", [{"tenant_id": tenant_id, "as_of": as_of, **defaults, **settings}])

    def csv(self, tenant_id: str, data_set: str, rows: Iterable[Mapping[str, Any]]) -> None:
        relation = f"raw_csv.{data_set}"
        start = len(self.rows.get(relation, []))
        self._add(
            relation,
            [
                {"tenant_id": tenant_id, "file_id": f"f-{data_set}", "line": start + number + 2, **row}
                for number, row in enumerate(rows)
            ],
        )

    def app(self, tenant_id: str, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        relation = f"raw_app.{table}"
        start = len(self.rows.get(relation, []))
        self._add(relation, [{"tenant_id": tenant_id, "change_no": start + n + 1, **row} for n, row in enumerate(rows)])

    def _add(self, relation: str, rows: list[dict[str, Any]]) -> None:
        known = {name for name, _ in relations()[relation]}
        for row in rows:
            if unknown := set(row) - known:
                raise KeyError(f"{relation} has no column {sorted(unknown)}")
        self.rows.setdefault(relation, []).extend(rows)

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file.unlink(missing_ok=True)
        with duckdb.connect(str(self.file)) as connection:
            create_relations(connection)
            connection.executemany("insert into run.currencies values (?, ?)", list(_CURRENCIES.items()))
            for relation, rows in self.rows.items():
                self._load(connection, relation, rows)
        return self.file

    def _load(self, connection: duckdb.DuckDBPyConnection, relation: str, rows: list[dict[str, Any]]) -> None:
        columns = relations()[relation]
        path = self.folder / "rows.json"
        with path.open("w", encoding="utf-8") as out:
            for row in rows:
                out.write(json.dumps({k: None if v is None else str(v) for k, v in row.items()}) + "\n")
        shape = ", ".join(f"{name}: 'VARCHAR'" for name, _ in columns)
        casts = ", ".join(f"{name}::{kind}" for name, kind in columns)
        connection.execute(
            f"insert into {relation} select {casts} from read_json('{path}', columns={{{shape}}},"
            " format='newline_delimited')"
        )
        path.unlink()

    def build(self, *arguments: str) -> BuildResult:
        self.write()
        return run_dbt(self.file, self.folder / "target", *(arguments or ("build", "--exclude", "test_type:unit")))

    def read(self, sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def create_relations(connection: duckdb.DuckDBPyConnection) -> None:
    """The empty relations: by ingestion's own code where it is there, else from the contract columns above."""
    for schema in ("raw_csv", "raw_app", "run", "ops"):
        connection.execute(f"create schema if not exists {schema}")
    for relation, columns in relations().items():
        body = ", ".join(f"{name} {kind}" for name, kind in columns)
        connection.execute(f"create table {relation} ({body})")


def run_dbt(build_file: Path, target: Path, *arguments: str) -> BuildResult:
    """Runs dbt in a process of its own, so that no test inherits another's connection."""
    environment = {
        **os.environ,
        "REVHOUSE_BUILD_FILE": str(build_file),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
        "DO_NOT_TRACK": "1",
    }
    command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", *arguments]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    command += ["--target-path", str(target), "--log-path", str(target / "logs")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=build_file.parent)
    results = target / "run_results.json"
    nodes = json.loads(results.read_text(encoding="utf-8"))["results"] if results.exists() else []
    return BuildResult(
        done.returncode,
        done.stdout + done.stderr,
        {node["unique_id"]: node["status"] for node in nodes},
        {node["unique_id"]: node.get("compiled_code") or "" for node in nodes},
    )
