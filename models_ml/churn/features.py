"""What was known of each paying customer on a day, and whether they then left.

A row stands on a month-end, or on the as-of date, where the customer has MRR. Everything is read by its date: a fact
dated after the day, an end of service that was not yet asked for, today's status of a payment or a ticket say nothing.
Terms that stand in a row from its first day (due date, end of a discount, end of a signed contract) count.
"""

from collections.abc import Mapping
from types import MappingProxyType

import duckdb

from models_ml.classifier.table import Columns

HORIZON = 3
"""Months after the day in which a month-end without MRR makes the row a one."""
HISTORY = 36
"""Month-ends back that are learned from."""

COLUMNS = Columns(
    numbers=(
        "mrr_number",
        "mrr_change_3m",
        "mrr_change_12m",
        "mrr_to_peak",
        "contractions_12m",
        "expansions_12m",
        "tenure_months",
        "months_away",
        "items",
        "quantity",
        "billing_months",
        "discount_percent",
        "discount_days_left",
        "renewal_days_left",
        "contract_days_left",
        "is_cancelling",
        "failed_payments_90d",
        "failed_payments_365d",
        "late_days_180d",
        "overdue_days",
        "overdue_to_mrr",
        "usage_30d",
        "usage_change_30d",
        "usage_change_90d",
        "active_days_30d",
        "days_since_usage",
        "tickets_90d",
        "tickets_open",
        "ticket_open_days",
        "satisfaction_365d",
    ),
    categories=("segment", "industry", "country", "acquisition_channel", "product"),
)

_MONTHS = """
-- MRR of a customer at month snapshots, in ten-thousandths of the reporting currency.
churn_months as (
    select
        m.tenant_id,
        m.customer_id,
        m.month_index,
        -- What is in the reporting currency is itself, and dividing such numbers takes long.
        sum(
            case
                when r.numerator = r.denominator then m.net_mrr
                else (m.net_mrr::hugeint * r.numerator * 2 + r.denominator) // (r.denominator * 2)
            end
        )::bigint as mrr
    from intermediate.int_mrr__customer_months as m
    inner join intermediate.int_fx__month_rates as r using (tenant_id, currency, month_index)
    where m.net_mrr > 0
    group by all
),

churn_days as (
    select
        m.tenant_id,
        m.customer_id,
        m.month_index,
        least(last_day(make_date(m.month_index // 12, m.month_index % 12 + 1, 1)), t.as_of) as scored_on,
        t.as_of_month - m.month_index as months_back,
        t.last_full_month,
        m.mrr
    from churn_months as m
    inner join tenants as t using (tenant_id)
    where m.mrr > 0 and t.as_of_month - m.month_index <= {history}
),

-- The days that are asked for; every group below is one row per day or none.
days as (select * from churn_days where {which})
"""

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "outcome": f"""
select
    d.tenant_id, d.customer_id, d.month_index,
    count(*) filter (where m.month_index > d.month_index) < {HORIZON} as churned
from days as d
inner join churn_months as m
    on m.tenant_id = d.tenant_id and m.customer_id = d.customer_id
    and m.month_index between d.month_index and d.month_index + {HORIZON}
where d.month_index + {HORIZON} <= d.last_full_month
group by all
""",
        "mrr": """
select
    d.tenant_id, d.customer_id, d.month_index,
    d.mrr / 10000 as mrr_number,
    d.mrr / max(m.mrr) filter (where m.month_index = d.month_index - 3) - 1 as mrr_change_3m,
    d.mrr / max(m.mrr) filter (where m.month_index = d.month_index - 12) - 1 as mrr_change_12m,
    d.mrr / max(m.mrr) filter (where m.month_index > d.month_index - 12) as mrr_to_peak,
    d.month_index - min(m.month_index) as tenure_months,
    d.month_index - min(m.month_index) + 1 - count(*) as months_away
from days as d
inner join churn_months as m
    on m.tenant_id = d.tenant_id and m.customer_id = d.customer_id and m.month_index <= d.month_index
group by d.tenant_id, d.customer_id, d.month_index, d.mrr
""",
        "changes": """
select
    d.tenant_id, d.customer_id, d.month_index,
    count(*) filter (where c.change < 0) as contractions_12m,
    count(*) filter (where c.change > 0) as expansions_12m
from days as d
inner join (
    select
        tenant_id, customer_id, currency, month_index,
        net_mrr - lag(net_mrr) over (partition by tenant_id, customer_id, currency order by month_index) as change
    from intermediate.int_mrr__customer_months
    where net_mrr > 0
) as c
    on c.tenant_id = d.tenant_id and c.customer_id = d.customer_id
    and c.month_index > d.month_index - 12 and c.month_index <= d.month_index
group by all
""",
        "terms": """
select
    tenant_id, customer_id, month_index,
    count(distinct (subscription_id, item_id)) as items,
    sum(quantity)::double as quantity,
    max(billing_months) as billing_months,
    max(case when is_discounted then discount_percent end)::double as discount_percent,
    min(case when is_discounted then discount_ends_on - scored_on end) as discount_days_left,
    min(
        case when billing_months > 1 then (
            started_on
            + to_months((datesub('month', started_on, scored_on) // billing_months + 1) * billing_months)
        )::date - scored_on end
    ) as renewal_days_left,
    bool_or(coalesce(cancel_requested_on <= scored_on, false)) as is_cancelling,
    max_by(product_id, (list_mrr, product_id)) as product
from (
    select
        d.scored_on, d.month_index, i.*,
        coalesce(
            i.discount_percent > 0 and i.discount_ends_on > d.scored_on, false
        ) as is_discounted,
        case i.billing_interval when 'quarter' then 3 when 'year' then 12 when 'month' then 1 else 0 end
        * i.interval_count as billing_months
    from days as d
    inner join intermediate.int_mrr__items_dated as i
        on i.tenant_id = d.tenant_id and i.customer_id = d.customer_id
        and i.started_on <= d.scored_on and i.valid_to > d.scored_on
    where i.set_aside_rule is null
)
group by all
""",
        "contracts": """
select d.tenant_id, d.customer_id, d.month_index, min(c.ends_on - d.scored_on) as contract_days_left
from days as d
inner join intermediate.int_revenue__contracts_judged as c
    on c.tenant_id = d.tenant_id and c.customer_id = d.customer_id
    and c.signed_on <= d.scored_on and c.ends_on >= d.scored_on
where c.set_aside_rule is null
group by all
""",
        "payments": """
select
    d.tenant_id, d.customer_id, d.month_index,
    count(*) filter (where p.received_on > d.scored_on - 90) as failed_payments_90d,
    count(*) as failed_payments_365d
from days as d
inner join intermediate.int_receivables__payments_unioned as p
    on p.tenant_id = d.tenant_id and p.customer_id = d.customer_id
    and p.received_on > d.scored_on - 365 and p.received_on <= d.scored_on
where p.status = 'failed'
group by all
""",
        "lateness": """
select
    d.tenant_id, d.customer_id, d.month_index,
    sum(greatest(a.effective_on - i.due_on, 0)) / count(*) as late_days_180d
from days as d
inner join intermediate.int_receivables__allocations_judged as a
    on a.tenant_id = d.tenant_id and a.customer_id = d.customer_id
    and a.effective_on > d.scored_on - 180 and a.effective_on <= d.scored_on
inner join intermediate.int_receivables__invoices_totalled as i
    on i.tenant_id = a.tenant_id and i.invoice_id = a.invoice_id
where a.set_aside_rule is null and i.due_on is not null
group by all
""",
        "overdue": """
-- The balances of the days first: left to itself the database joins those of all months with their invoices.
with balances as materialized (
    select d.scored_on, d.mrr, b.*
    from days as d
    inner join intermediate.int_receivables__invoice_balances as b using (tenant_id, customer_id, month_index)
    where b.balance_minor > 0
)
select
    b.tenant_id, b.customer_id, b.month_index,
    max(b.scored_on - i.due_on) as overdue_days,
    sum((b.balance_minor::hugeint * (c.millionths_per_minor // 100) * r.numerator) // r.denominator)::double
    / max(b.mrr) as overdue_to_mrr
from balances as b
inner join intermediate.int_receivables__invoices_totalled as i
    on i.tenant_id = b.tenant_id and i.invoice_id = b.invoice_id
inner join intermediate.int_fx__month_rates as r
    on r.tenant_id = b.tenant_id and r.currency = b.currency and r.month_index = b.month_index
inner join staging.stg_run__currencies as c on c.currency = b.currency
where i.due_on < b.scored_on
group by all
""",
        "usage": """
select
    tenant_id, customer_id, month_index,
    sum(case when earlier_60 > 0 then least(2 * last_30 / earlier_60 - 1, 10)::decimal(18, 6) end)::double
    / count(*) filter (where earlier_60 > 0) as usage_change_30d,
    sum(case when earlier_90 > 0 then least((last_30 + earlier_60) / earlier_90 - 1, 10)::decimal(18, 6) end)::double
    / count(*) filter (where earlier_90 > 0) as usage_change_90d,
    max(active_days) as active_days_30d,
    min(days_since) as days_since_usage,
    arg_max(last_30, (all_180, metric)) as usage_30d
from (
    select
        d.tenant_id, d.customer_id, d.month_index, u.metric,
        coalesce(sum(u.quantity) filter (where u.used_on > d.scored_on - 30), 0)::double as last_30,
        coalesce(sum(u.quantity) filter (where u.used_on between d.scored_on - 89 and d.scored_on - 30), 0)::double
        as earlier_60,
        coalesce(sum(u.quantity) filter (where u.used_on <= d.scored_on - 90), 0)::double as earlier_90,
        sum(u.quantity)::double as all_180,
        count(*) filter (where u.used_on > d.scored_on - 30 and u.quantity > 0) as active_days,
        d.scored_on - max(u.used_on) filter (where u.quantity > 0) as days_since
    from days as d
    inner join staging.stg_csv__product_usage as u
        on u.tenant_id = d.tenant_id and u.customer_id = d.customer_id
        and u.used_on > d.scored_on - 180 and u.used_on <= d.scored_on
    group by d.tenant_id, d.customer_id, d.month_index, d.scored_on, u.metric
)
group by all
""",
        "tickets": """
select
    d.tenant_id, d.customer_id, d.month_index,
    count(*) filter (where t.opened_on > d.scored_on - 90) as tickets_90d,
    count(*) filter (where coalesce(t.closed_on > d.scored_on, true)) as tickets_open,
    max(d.scored_on - t.opened_on) filter (where coalesce(t.closed_on > d.scored_on, true)) as ticket_open_days,
    sum(t.satisfaction) filter (where t.closed_on <= d.scored_on)::double
    / count(t.satisfaction) filter (where t.closed_on <= d.scored_on) as satisfaction_365d
from days as d
inner join staging.stg_csv__support_tickets as t
    on t.tenant_id = d.tenant_id and t.customer_id = d.customer_id
    and t.opened_on > d.scored_on - 365 and t.opened_on <= d.scored_on
group by all
""",
        "customers": """
select
    d.tenant_id, d.customer_id, d.month_index, c.segment, c.industry, c.country, c.acquisition_channel
from days as d
inner join intermediate.int_customers__customers_unioned as c using (tenant_id, customer_id)
""",
    }
)

COUNTED = (
    "contractions_12m",
    "expansions_12m",
    "failed_payments_90d",
    "failed_payments_365d",
    "overdue_days",
    "overdue_to_mrr",
    "tickets_90d",
    "tickets_open",
    "ticket_open_days",
    "discount_percent",
)
"""Nothing of the kind is 0; elsewhere nothing is unknown. Where the tenant records no such thing at all, the column
does not vary and is not learned from."""


def features_sql(which: str, tenants: str = "true", extra: Mapping[str, str] = MappingProxyType({})) -> str:
    """A row per customer and day that `which` names (a condition on `months_back`, `month_index`, `last_full_month`).

    `tenants` is a condition on `tenant_id`. `extra` adds groups by name, as `GROUPS` has them, whose columns are
    appended. Columns: tenant_id, customer_id, scored_on, month_index, churned (null where the horizon is not over),
    mrr (exact, in the reporting currency), then `COLUMNS`.
    """
    groups = {**GROUPS, **extra}
    ctes = ",\n".join(f"churn_{name} as ({body})" for name, body in groups.items())
    joins = "\n".join(f"left join churn_{name} using (tenant_id, customer_id, month_index)" for name in groups)
    values = ",\n".join([*map(_number, COLUMNS.numbers), *map(_category, COLUMNS.categories)])
    more = "".join(f", churn_{name}.* exclude (tenant_id, customer_id, month_index)" for name in extra)
    return f"""
with
tenants as (
    select
        tenant_id, as_of, year(as_of) * 12 + month(as_of) - 1 as as_of_month,
        year(as_of) * 12 + month(as_of) - 1 - (as_of < last_day(as_of))::integer as last_full_month
    from run.tenants where {tenants}
),
{_MONTHS.format(history=HISTORY, which=which)},
{ctes}
select tenant_id, customer_id, days.scored_on, month_index, churned,
    (days.mrr * 0.0001::decimal(5, 4))::decimal(28, 4) as mrr,
    {values}{more}
from days
{joins}
order by tenant_id, month_index, customer_id
"""


def _number(name: str) -> str:
    value = f"{name}::double"
    return f"{f'coalesce({value}, 0)' if name in COUNTED else value} as {name}"


def _category(name: str) -> str:
    return f"coalesce(nullif(trim({name}), ''), '(none)') as {name}"


TODAY = "months_back = 0"
TRACKED = f"months_back <= 1 or month_index between last_full_month - {HORIZON + 2} and last_full_month - {HORIZON}"
"""The as-of date and the month-end before it, and the newest three month-ends of which the outcome is known."""
LEARNED = f"month_index <= last_full_month - {HORIZON}"


def write_features(connection: duckdb.DuckDBPyConnection) -> int:
    """`ml.churn_features` of the tracked days; returns the number of rows."""
    connection.execute("create schema if not exists ml")
    connection.execute(f"create or replace table ml.churn_features as {features_sql(TRACKED)}")
    return int(connection.execute("select count(*) from ml.churn_features").fetchall()[0][0])
