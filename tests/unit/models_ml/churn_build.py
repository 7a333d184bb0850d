"""The tables of a build that churn reads, filled from one year of usage per customer: those who fade out leave."""

import random
from collections.abc import Iterable
from datetime import date, timedelta

import duckdb

AS_OF = date(2026, 6, 30)
MONTHS = 30

TABLES = """
create schema run; create schema staging; create schema intermediate; create schema marts;
create table run.tenants (
    tenant_id varchar, as_of date, reporting_currency varchar, gross_margin decimal(9, 6), time_zone varchar
);
create table marts.revenue_metrics (tenant_id varchar, month date, gross_margin double);
create table intermediate.int_mrr__customer_months (
    tenant_id varchar, customer_id varchar, currency varchar, month_index bigint, net_mrr bigint
);
create table intermediate.int_fx__month_rates (
    tenant_id varchar, currency varchar, month_index bigint, numerator hugeint, denominator hugeint
);
create table intermediate.int_mrr__items_dated (
    tenant_id varchar, customer_id varchar, subscription_id varchar, item_id varchar, started_on date, valid_to date,
    quantity decimal(38, 6), billing_interval varchar, interval_count bigint, discount_percent decimal(38, 6),
    discount_ends_on date, cancel_requested_on date, product_id varchar, list_mrr bigint, set_aside_rule varchar
);
create table intermediate.int_revenue__contracts_judged (
    tenant_id varchar, customer_id varchar, signed_on date, ends_on date, set_aside_rule varchar
);
create table intermediate.int_receivables__payments_unioned (
    tenant_id varchar, customer_id varchar, received_on date, status varchar
);
create table intermediate.int_receivables__allocations_judged (
    tenant_id varchar, customer_id varchar, invoice_id varchar, effective_on date, set_aside_rule varchar
);
create table intermediate.int_receivables__invoices_totalled (tenant_id varchar, invoice_id varchar, due_on date);
create table intermediate.int_receivables__invoice_balances (
    tenant_id varchar, customer_id varchar, invoice_id varchar, currency varchar, month_index bigint,
    balance_minor bigint
);
create table staging.stg_run__currencies (currency varchar, millionths_per_minor bigint);
create table staging.stg_csv__product_usage (
    tenant_id varchar, customer_id varchar, used_on date, metric varchar, quantity decimal(38, 6)
);
create table staging.stg_csv__support_tickets (
    tenant_id varchar, customer_id varchar, opened_on date, closed_on date, satisfaction decimal(38, 6)
);
create table intermediate.int_customers__customers_unioned (
    tenant_id varchar, customer_id varchar, segment varchar, industry varchar, country varchar,
    acquisition_channel varchar
);
create table staging.churn_actions (
    tenant_id varchar, risk_level varchar, action varchar, cost decimal(18, 4), save_rate decimal(9, 6), months integer
);
create table staging.churn_interventions (tenant_id varchar, feature varchar, suggestion varchar);
insert into staging.churn_actions values ('*', 'medium', 'message', 1, 0.05, 12), ('*', 'high', 'call', 60, 0.2, 12);
insert into staging.churn_interventions values ('*', 'usage_change_30d', 'Ask why usage fell');
"""


def month_index(day: date) -> int:
    return day.year * 12 + day.month - 1


def month_end(index: int) -> date:
    return date(index // 12 + (index % 12 == 11), (index + 1) % 12 + 1, 1) - timedelta(days=1)


def build() -> duckdb.DuckDBPyConnection:
    """An empty build."""
    connection = duckdb.connect()
    connection.execute(TABLES)
    return connection


def add_tenant(connection: duckdb.DuckDBPyConnection, tenant: str, as_of: date = AS_OF) -> None:
    connection.execute("insert into run.tenants values (?, ?, 'USD', 0.8, 'UTC')", [tenant, as_of])
    connection.execute(
        "insert into intermediate.int_fx__month_rates select ?, 'USD', unnest(range(?, ?)), 1, 1",
        [tenant, month_index(as_of) - 60, month_index(as_of) + 1],
    )


def add_customers(
    connection: duckdb.DuckDBPyConnection,
    tenant: str,
    count: int,
    *,
    leaving: float = 0.04,
    signs: float = 0.9,
    as_of: date = AS_OF,
    seed: int = 1,
) -> None:
    """Customers with MRR from their first month on; `leaving` is the chance of a month to be the last, `signs` the
    share of leavers whose usage falls in the months before."""
    rng = random.Random(f"{seed} {tenant}")
    last, months, usage, customers = month_index(as_of), [], [], []
    for number in range(count):
        customer = f"C{number:04d}"
        first = last - rng.randint(0, MONTHS)
        end = next((month for month in range(first + 1, last + 1) if rng.random() < leaving), None)
        shows = rng.random() < signs
        mrr, level = rng.randint(20, 900) * 10_000, rng.uniform(20, 200)
        customers.append((tenant, customer, rng.choice(["smb", "enterprise"]), None, "US", "organic"))
        for month in range(first, (end if end is not None else last + 1)):
            months.append((tenant, customer, "USD", month, mrr))
            left = 9 if end is None or not shows else end - month
            share = min(1.0, 0.2 + 0.25 * left)
            day = min(month_end(month), as_of)
            usage += [
                (tenant, customer, day - timedelta(days=back), "logins", round(level * share * rng.uniform(0.8, 1.2)))
                for back in (3, 10, 17, 24)
            ]
    _insert(connection, "intermediate.int_mrr__customer_months", months)
    _insert(connection, "staging.stg_csv__product_usage", usage)
    _insert(connection, "intermediate.int_customers__customers_unioned", customers)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    import pandas as pd

    frame = pd.DataFrame(list(rows), dtype=object)
    if len(frame):
        connection.register("new_rows", frame)
        connection.execute(f"insert into {table} from new_rows")
        connection.unregister("new_rows")
