"""Small worlds for lifetime value: the relations that its features read, filled by hand or from a seed."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from models_ml.artefacts import Artefacts
from models_ml.ltv.evaluation import write_decisions
from models_ml.ltv.features import write_features
from models_ml.ltv.scoring import write_values
from models_ml.ltv.training import KIND, write_candidates
from models_ml.registry import Registry, Training, read_registry

RELATIONS = """
create schema run; create schema marts; create schema intermediate; create schema staging; create schema raw_csv;
create table run.tenants (tenant_id varchar, reporting_currency varchar, gross_margin decimal(9, 6), as_of date);
create table run.currencies as select * from (values ('USD', 2), ('EUR', 2), ('JPY', 0)) as c (currency, exponent);
create table marts.mrr_movements (tenant_id varchar, customer_id varchar, month date, currency varchar,
    opening_mrr decimal(28, 4), closing_mrr decimal(28, 4), closing_mrr_reporting decimal(28, 4), reason varchar);
create table marts.revenue_metrics (tenant_id varchar, month date, gross_margin double, opening_customers bigint,
    churned_customers bigint, new_customers bigint, new_mrr decimal(28, 4), is_partial boolean);
create table intermediate.int_mrr__items_dated (tenant_id varchar, customer_id varchar, subscription_id varchar,
    item_id varchar, product_id varchar, billing_interval varchar, started_on date, valid_to date,
    discounted_mrr bigint, set_aside_rule varchar);
create table intermediate.int_customers__customers_unioned (tenant_id varchar, customer_id varchar, segment varchar,
    acquisition_channel varchar);
create table intermediate.int_retail__sales_dated (tenant_id varchar, customer_id varchar, currency varchar,
    sold_on date, revenue decimal(38, 12), cost decimal(38, 12));
create table intermediate.int_receivables__invoices_totalled (tenant_id varchar, customer_id varchar,
    currency varchar, issued_on date, voided_on date, net_minor bigint);
create table intermediate.int_pipeline__deals_dated (tenant_id varchar, as_of date, outcome varchar,
    cycle_days bigint, ended_on date);
create table raw_csv.marketing_spend (tenant_id varchar, spent_on date, amount decimal(38, 6), currency varchar);
create table staging.lifetime_discount_rates as select '*' as tenant_id, 0.1::decimal(9, 6) as discount_rate;
"""

METRICS = """
insert into marts.revenue_metrics
with months as (
    select tenant_id, customer_id, month, sum(opening_mrr) as opening, sum(closing_mrr) as closing
    from marts.mrr_movements group by all
)
select m.tenant_id, m.month, 0.8, count(*) filter (where opening > 0),
    count(*) filter (where opening > 0 and closing = 0),
    count(*) filter (where opening = 0 and m.month = first), coalesce(sum(closing) filter (where m.month = first), 0),
    m.month = date_trunc('month', t.as_of) and t.as_of < last_day(t.as_of)
from months as m
inner join run.tenants as t using (tenant_id)
inner join (select tenant_id, customer_id, min(month) as first from months group by all) using (tenant_id, customer_id)
group by all order by all
"""


def month(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


def index_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def empty_world(**as_of: date) -> duckdb.DuckDBPyConnection:
    """All relations without a row, and the tenants with their as-of dates."""
    connection = duckdb.connect()
    connection.execute(RELATIONS)
    for tenant_id, day in as_of.items():
        connection.execute("insert into run.tenants values (?, 'USD', 0.8, ?)", [tenant_id, day])
    return connection


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Appends whole rows, all at once."""
    columns = [pa.array(values) for values in zip(*rows, strict=True)]
    connection.register("filled", pa.table(columns, names=[f"c{at}" for at in range(len(columns))]))
    connection.execute(f"insert into {table} from filled")
    connection.unregister("filled")


def add_contract(
    connection: duckdb.DuckDBPyConnection,
    tenant_id: str,
    customer_id: str,
    amounts: Mapping[date, int],
    paused: Sequence[date] = (),
) -> None:
    """MRR at month-ends; a month without an amount is one without MRR. `paused` months end or begin a pause."""
    as_of = connection.execute("select as_of from run.tenants where tenant_id = ?", [tenant_id]).fetchall()[0][0]
    found = []
    for at in range(index_of(min(amounts)), index_of(as_of) + 1):
        opening, closing = amounts.get(month(at - 1), 0), amounts.get(month(at), 0)
        if opening or closing:
            reason = "pause" if month(at) in paused else None
            found.append((tenant_id, customer_id, month(at), "USD", opening, closing, closing, reason))
    fill(connection, "marts.mrr_movements", found)


def months(first: date, count: int, amount: int = 100) -> dict[date, int]:
    return {month(index_of(first) + at): amount for at in range(count)}


def add_item(connection: duckdb.DuckDBPyConnection, tenant_id: str, customer_id: str, started_on: date) -> None:
    of = (tenant_id, customer_id, "s", "i", "basic", "month", started_on, date(9999, 12, 31), 1, None)
    connection.execute(f"insert into intermediate.int_mrr__items_dated values ({', '.join('?' * 10)})", of)


def add_sale(
    connection: duckdb.DuckDBPyConnection,
    tenant_id: str,
    customer_id: str | None,
    day: date,
    revenue: str | float,
    currency: str = "USD",
) -> None:
    connection.execute(
        "insert into intermediate.int_retail__sales_dated values (?, ?, ?, ?, ?, null)",
        [tenant_id, customer_id, currency, day, Decimal(str(revenue))],
    )


def add_subscribers(connection: duckdb.DuckDBPyConnection, tenant_id: str, customers: int, seed: int) -> None:
    """Two segments, of whom the smaller customers leave four times as fast, begun over 30 months."""
    rng = np.random.default_rng(seed)
    as_of = connection.execute("select as_of from run.tenants where tenant_id = ?", [tenant_id]).fetchall()[0][0]
    last, movements, people = index_of(as_of), [], []
    for number in range(customers):
        is_small = bool(rng.random() < 0.5)
        began, stays = last - int(rng.integers(0, 30)), int(rng.geometric(0.08 if is_small else 0.02))
        customer_id = f"C{number:05d}"
        for at in range(began, min(began + stays, last) + 1):
            opening, closing = (0 if at == began else 50), (0 if at == began + stays else 50)
            movements.append((tenant_id, customer_id, month(at), "USD", opening, closing, closing, None))
        people.append((tenant_id, customer_id, "small" if is_small else "large", "web"))
    fill(connection, "marts.mrr_movements", movements)
    fill(connection, "intermediate.int_customers__customers_unioned", people)


def add_shoppers(connection: duckdb.DuckDBPyConnection, tenant_id: str, customers: int, seed: int) -> None:
    """Customers as BG/NBD and Gamma-Gamma have them, over two years."""
    rng = np.random.default_rng(seed)
    as_of = connection.execute("select as_of from run.tenants where tenant_id = ?", [tenant_id]).fetchall()[0][0]
    rows = []
    for number in range(customers):
        rate, leaves, scale = rng.gamma(0.8, 1 / 6.0), rng.beta(0.9, 2.5), rng.gamma(4.0, 1 / 45.0)
        week, age = 0.0, float(rng.uniform(30, 104))
        while week <= age:
            day = as_of - timedelta(int(age * 7)) + timedelta(int(week * 7))
            value = Decimal(round(100 * rng.gamma(6.0, 1 / scale)) + 1) / 100
            rows.append((tenant_id, f"R{number:05d}", "USD", day, value, None))
            if week > 0 and rng.random() < leaves:
                break
            week += rng.exponential(1 / rate)
    fill(connection, "intermediate.int_retail__sales_dated", rows)


def build(connection: duckdb.DuckDBPyConnection, folder: Path, training: Training | None = None) -> Registry:
    """All four steps as a build does them, from the registry that the connection has; returns the one after it."""
    connection.execute("delete from marts.revenue_metrics")
    connection.execute(METRICS)
    artefacts = Artefacts(folder)
    before = read_registry(connection, KIND, training or Training())
    write_features(connection)
    write_candidates(connection, before, artefacts)
    write_decisions(connection, before, artefacts)
    after = read_registry(connection, KIND, training or Training())
    write_values(connection, after, artefacts)
    return after
